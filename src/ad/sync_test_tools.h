#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "ad/entry.h"
#include "base/bytes.h"
#include "pac/sid.h"

// A domain as tests make it up.
namespace ferryman::ad {

inline constexpr std::int64_t test_now = 1'900'000'000;

inline pac::Sid made_up_domain() {
  return pac::Sid(5, std::array<std::uint32_t, 4>{21, 1, 2, 3});
}

inline std::string octets_of(const pac::Sid& sid) {
  Octets octets;
  sid.append_to(octets);
  return std::string(as_text(octets));
}

// more: attributes in place of others; without values: she has none.
inline Entry user_entry(std::uint32_t rid, const std::string& name, Attributes more = {}) {
  Entry entry{"CN=" + name + ",CN=Users,DC=ad,DC=example,DC=test",
              {{"objectSid", {octets_of(made_up_domain().with_rid(rid))}},
               {"sAMAccountName", {name}},
               {"userAccountControl", {"512"}},
               {"accountExpires", {"9223372036854775807"}}}};
  for (auto& [attribute, values] : more) entry.attributes[attribute] = std::move(values);
  return entry;
}

}  // namespace ferryman::ad
