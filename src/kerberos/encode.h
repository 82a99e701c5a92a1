#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "kerberos/kdc_req.h"
#include "kerberos/principal_name.h"

namespace ferryman::kerberos {

// Whole messages for those who need nothing particular. Each is empty where a value has no encoding, such as
// a time after 9999.

// An AS-REQ (RFC 4120 5.4.1) for a ticket of the realm's krbtgt; without padata there is no
// pre-authentication. client: one component, as it stands. etypes in the order of preference; the nonce is
// random. Empty where realm or client are longer than a KDC takes (kerberos/limits.h).
std::vector<std::uint8_t> make_as_req(std::string_view client, std::string_view realm,
                                      std::span<const std::int32_t> etypes,
                                      std::span<const Padata> padata = {});

// EncryptedData (RFC 4120 5.2.9) without kvno, as PA-ENC-TIMESTAMP holds it.
std::vector<std::uint8_t> make_encrypted_data(std::int32_t etype, Bytes cipher);

// What a KRB-ERROR (RFC 4120 5.9.1) of our own says. time is the KDC's clock: seconds since 1970.
struct KrbErrorFields {
  std::int32_t error_code = 0;
  std::string_view realm;
  std::string_view service = "krbtgt";  // sname is service/instance
  std::string_view instance;
  std::optional<PrincipalName> sname{};  // in place of those two
  std::string_view text;                 // e-text, for people
  Bytes e_data;                          // empty: none
  std::int64_t time = 0;
};
std::vector<std::uint8_t> make_krb_error(const KrbErrorFields& fields);

// A kpasswd answer without AP-REP (RFC 3244 2) that carries that KRB-ERROR.
std::vector<std::uint8_t> make_kpasswd_error(Bytes krb_error);

}  // namespace ferryman::kerberos
