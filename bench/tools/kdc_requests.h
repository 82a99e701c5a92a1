#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "crypto/key.h"
#include "kerberos/padata.h"
#include "kerberos/whole_kdc_req.h"
#include "pki/certificate.h"
#include "pki/private_key.h"

// What a client asks of a KDC, each request another, made in advance. All throws std::runtime_error where a
// KDC's answer is not what it should be.
namespace bench {

using ferryman::Bytes;
using ferryman::Octets;

struct User {
  std::string name;
  ferryman::crypto::Key key;
};

struct Tgt {
  std::string client;
  Octets ticket;
  ferryman::crypto::Key session_key;
};

// What signs for a user, and her half of the key agreement, in MODP group 14. A Certificate and a PKCS #8
// key, in DER.
struct Signer {
  Signer(Bytes certificate_der, Bytes key_der);

  ferryman::pki::Certificate certificate;
  ferryman::pki::PrivateKey key;
  Octets public_value;  // a SubjectPublicKeyInfo, the same for all requests
};

inline constexpr std::int32_t user_etype = 18;  // aes256-cts-hmac-sha1-96, which all KDCs here have

// The users of a large directory, from 1: with names and keys that need no table.
std::string numbered_name(std::uint32_t number);
ferryman::crypto::Key numbered_key(std::uint32_t number);

class Requests {
 public:
  explicit Requests(std::string realm) : realm_(std::move(realm)) {}

  // Without a proof of the key, which a KDC answers with KDC_ERR_PREAUTH_REQUIRED.
  Octets as_req(std::string_view client);
  // With PA-ENC-TIMESTAMP.
  Octets as_req(const User& user);
  // With PA-PK-AS-REQ over a token of PA-AS-FRESHNESS.
  Octets as_req(std::string_view client, const Signer& signer, Bytes token);
  // Without a proof, but asking for such a token, which is in the answer.
  Octets freshness_req(std::string_view client);
  static Octets token_of(Bytes answer);
  // service: an SPN of two components. As MIT's client makes it: with a subkey, and a keyed checksum.
  Octets tgs_req(const Tgt& tgt, std::string_view service_class, std::string_view host);

  // The user whose password it is, with the salt of the answer to as_req(client).
  static User user_of(std::string_view client, std::string_view password, Bytes answer);
  static Tgt tgt_of(const User& user, Bytes answer);
  // Of a KRB-ERROR; 0 for anything else.
  static std::int32_t error_code(Bytes answer);

 private:
  using Proof = std::function<void(const ferryman::kerberos::KdcReqBody& body,
                                   ferryman::kerberos::Made<ferryman::kerberos::PadataList>& list)>;
  Octets as_req(std::string_view client, const Proof& add_proof);
  std::int32_t next_microsecond() { return static_cast<std::int32_t>(++made_ % 1'000'000); }

  const std::string realm_;
  std::uint32_t made_ = 0;
};

}  // namespace bench
