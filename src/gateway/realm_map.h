#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/realm.h"

namespace ferryman::gateway {

// Whether a configuration may declare that name: a realm, "*." and a realm, or "*".
bool may_declare(std::string_view name);

// Finds the realm that a request names, without case: exact names and aliases first, then the longest
// wildcard ("*.EXAMPLE.COM" serves every realm below EXAMPLE.COM), then "*". One per worker.
//
// A realm that only a wildcard declares is made when it is first asked for: its name is the asked one in
// upper case, its dns_domain that in lower case. As many as `max_derived` are kept.
class RealmMap {
 public:
  explicit RealmMap(const std::vector<Realm>& realms);

  // Null when the realm is not served.
  std::shared_ptr<const Realm> find(std::string_view name);
  // Without wildcards.
  std::shared_ptr<const Realm> find_exact(std::string_view name) const;

 private:
  static constexpr std::size_t max_name = 255;  // a DNS name's; no realm that is served is longer
  static constexpr std::size_t max_derived = 1024;

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Map = std::unordered_map<std::string, std::shared_ptr<const Realm>, Hash, std::equal_to<>>;

  using Buffer = std::array<char, max_name>;
  static std::string_view key_of(std::string_view name, Buffer& buffer);

  std::shared_ptr<const Realm> derive(const Realm& wildcard, std::string_view upper_name);

  Map exact_, wildcards_, derived_;
  std::shared_ptr<const Realm> any_;
};

}  // namespace ferryman::gateway
