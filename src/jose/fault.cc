#include "jose/fault.h"

namespace ferryman::jose {

std::string_view name(Fault fault) {
  switch (fault) {
    case Fault::too_large:
      return "too_large";
    case Fault::malformed:
      return "malformed";
    case Fault::critical:
      return "critical";
    case Fault::algorithm:
      return "algorithm";
    case Fault::header:
      return "header";
    case Fault::key:
      return "key";
    case Fault::signature:
      return "signature";
    case Fault::encryption:
      return "encryption";
    case Fault::claim:
      return "claim";
    case Fault::expired:
      return "expired";
    case Fault::not_yet_valid:
      return "not_yet_valid";
    case Fault::too_old:
      return "too_old";
  }
  return {};
}

}  // namespace ferryman::jose
