#include "directory/account.h"

#include "directory/seal.h"

namespace ferryman::directory {

Outcome<Secret> LongTermKey::open() const {
  if (!sealed) return key.copy();
  return sealed->open();
}

}  // namespace ferryman::directory
