#include "attestation/fault.h"

namespace ferryman::attestation {

std::string_view name(Fault fault) {
  switch (fault) {
    case Fault::malformed:
      return "TPM: malformed";
    case Fault::endorsement:
      return "TPM: no endorsement certificate";
    case Fault::endorsement_root:
      return "TPM: endorsement certificate of another root";
    case Fault::attester:
      return "TPM: attestation key is not restricted to its TPM";
    case Fault::signature:
      return "TPM: wrong signature";
    case Fault::not_certified:
      return "TPM: not a certification by a TPM";
    case Fault::wrong_challenge:
      return "TPM: wrong challenge";
    case Fault::other_key:
      return "TPM: another key is certified";
    case Fault::key_can_leave:
      return "TPM: key can leave it";
    case Fault::key_from_elsewhere:
      return "TPM: key was not made in it";
    case Fault::no_lockout:
      return "TPM: PIN of the key can be guessed";
  }
  return "TPM";
}

}  // namespace ferryman::attestation
