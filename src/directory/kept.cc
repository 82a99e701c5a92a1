#include "directory/kept.h"

#include <memory>
#include <utility>

#include "crypto/key.h"
#include "kerberos/numbers.h"

namespace ferryman::directory {

void make_ready(std::vector<LongTermKey>& keys) {
  for (LongTermKey& key : keys) {
    auto made = crypto::Key::make(key.etype, key.key.bytes());
    if (!made) continue;
    made->keep_derived({kerberos::key_usage::ticket, kerberos::key_usage::pac_signature});
    key.ready = std::make_shared<const crypto::Key>(*std::move(made));
  }
}

}  // namespace ferryman::directory
