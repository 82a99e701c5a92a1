#include "webauthn/fault.h"

namespace ferryman::webauthn {

std::string_view name(Fault fault) {
  switch (fault) {
    case Fault::malformed:
      return "security key: malformed";
    case Fault::wrong_type:
      return "security key: another ceremony";
    case Fault::wrong_challenge:
      return "security key: wrong challenge";
    case Fault::wrong_origin:
      return "security key: wrong origin";
    case Fault::wrong_rp:
      return "security key: wrong relying party";
    case Fault::no_user_present:
      return "security key: user not present";
    case Fault::no_user_verified:
      return "security key: user not verified";
    case Fault::no_credential:
      return "security key: no credential";
    case Fault::wrong_credential:
      return "security key: another credential";
    case Fault::algorithm:
      return "security key: algorithm";
    case Fault::key:
      return "security key: no public key";
    case Fault::signature:
      return "security key: wrong signature";
    case Fault::attestation_format:
      return "security key: attestation format";
    case Fault::attestation:
      return "security key: bad attestation";
    case Fault::attestation_missing:
      return "security key: attestation missing";
    case Fault::attestation_root:
      return "security key: attestation of another root";
  }
  return {};
}

}  // namespace ferryman::webauthn
