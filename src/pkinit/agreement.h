#pragma once

#include <utility>

#include "base/bytes.h"
#include "base/secret.h"
#include "pki/owned.h"
#include "pkinit/group.h"
#include "ticket/refusal.h"

namespace ferryman::pkinit {

// A client's public key, as far as it costs nothing to tell.
struct PeerKey {
  Group group;
  Octets value;  // of a curve the point, uncompressed; of a MODP group the number, as long as the prime
};

// clientPublicValue (RFC 4556 3.2.1): a SubjectPublicKeyInfo, in DER. Cheap. 65 (dh_parameters_not_accepted)
// with TD-DH-PARAMETERS for everything but a key of those groups: parameters that are not, octet for octet,
// those of a well-known group (whose q may be left out), a compressed point, a number that is not in
// 1 < y < p - 1.
Judged<PeerKey> parse_peer(Bytes client_public_value);

// What the KDC contributes, and what both have then.
struct Agreement {
  Octets public_key;  // what KDCDHKeyInfo's subjectPublicKey holds (RFC 4556 3.2.3.1): of a MODP group an
                      // INTEGER in DER, of a curve a point, uncompressed; without a BIT STRING's first octet
  Secret shared;      // DHSharedSecret: of a MODP group as long as the prime, zeros in front; of a curve x
};

// With a key pair that is made for it and never used again. Dear: it is for after everything else was found
// right. 65, as above, for a point that is not on its curve. Throws std::runtime_error where there is no
// randomness.
Judged<Agreement> agree(const PeerKey& peer);

// A client's half: a key pair that is made for one agreement.
class ClientKey {
 public:
  // Throws std::runtime_error where there is no randomness.
  static ClientKey make(Group group);

  Octets public_value() const;  // clientPublicValue
  // DHSharedSecret with KDCDHKeyInfo's subjectPublicKey, without a BIT STRING's first octet. Empty where that
  // is no key of the group.
  Secret agree(Bytes kdc_public_key) const;

 private:
  ClientKey(const GroupParameters& group, pki::OwnedKey key) : group_(&group), key_(std::move(key)) {}

  const GroupParameters* group_;
  pki::OwnedKey key_;
};

}  // namespace ferryman::pkinit
