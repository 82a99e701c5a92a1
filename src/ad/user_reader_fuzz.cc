#include <algorithm>
#include <cstdlib>

#include "ad/sync_state.h"
#include "ad/user_reader.h"
#include "base/text.h"

namespace {

using namespace ferryman;

// Values of the attributes that are asked for, each behind an octet that says which one and one of its
// length.
ad::Entry entry_of(Bytes octets) {
  const auto& names = ad::UserReader::attributes();
  ad::Entry entry;
  while (octets.size() >= 2) {
    const std::string& name = names[octets[0] % names.size()];
    const std::size_t length = std::min<std::size_t>(octets[1], octets.size() - 2);
    entry.attributes[name].emplace_back(as_text(octets.subspan(2, length)));
    octets = octets.subspan(2 + length);
  }
  return entry;
}

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// Whoever is a user is one of the domain, by a name that a realm can be told. A state that is read is written
// so that the same is read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const pac::Sid domain = *pac::Sid::of_text("S-1-5-21-1-2-3");
  const ad::UserReader reader(domain, 1'900'000'000);
  const ad::Entry entry = entry_of({data, size});
  if (const auto user = reader.read(entry)) {
    check(user->sid.rid_in(domain) == user->rid && user->rid != 501 && user->rid != 502);
    check(!user->name.empty() && is_utf8(user->name) && is_utf8(user->upn));
    check(is_utf8(user->display_name) && user->display_name.size() <= 1024);
    check(reader.read_member(entry)->disabled == user->disabled);
  }
  if (const auto state = ad::parse_state(as_text({data, size})))
    check(ad::parse_state(ad::print(*state)) == state);
  return 0;
}
