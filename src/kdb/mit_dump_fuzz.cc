#include <algorithm>
#include <cstdlib>
#include <vector>

#include "crypto/keytab.h"
#include "kdb/master_keys.h"
#include "kdb/test_tools.h"

namespace {

using namespace ferryman;

// A stash file with one key, of version 1.
kdb::MasterKeys master_keys() {
  std::vector<crypto::KeytabEntry> entries;
  entries.push_back({"R", {"K", "M"}, 1, 0, 1, *crypto::Key::make(18, Octets(32, 7))});
  return *kdb::MasterKeys::read(crypto::write_keytab(entries).bytes());
}

}  // namespace

// What can be read of a principal is written so that the same is read again. Nothing in it is sealed under
// the master key, and so nothing opens.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  kdb::version_of_dump(text);
  const auto principal = kdb::read_principal(text);
  if (!principal) return 0;
  if (kdb::read_principal(kdb::line_of(*principal)) != principal) std::abort();
  kdb::MasterKeys master = master_keys();
  if (master.add(*principal)) std::abort();
  for (const kdb::SealedKey& key : principal->keys) {
    kdb::salt_of(*principal, key);
    if (master.open(key, principal->master_kvno)) std::abort();
  }
  return 0;
}
