#include <cstdlib>

#include "crypto/keytab.h"

// What can be read of a keytab is written so that the same is read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman;
  const auto entries = crypto::read_keytab({data, size});
  if (!entries) return 0;
  const auto again = crypto::read_keytab(crypto::write_keytab(*entries).bytes());
  if (!again || again->size() != entries->size()) std::abort();
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const auto &a = (*entries)[i], &b = (*again)[i];
    const bool same = a.realm == b.realm && a.components == b.components && a.name_type == b.name_type &&
                      a.timestamp == b.timestamp && a.kvno == b.kvno && a.key.etype() == b.key.etype() &&
                      equal_in_constant_time(a.key.octets(), b.key.octets());
    if (!same) std::abort();
    a.principal();
  }
  return 0;
}
