#include "realm/open_sealed.h"

#include <optional>
#include <utility>

#include "realm/master_key.h"

namespace ferryman::realm {

using directory::DatabaseOptions;
using directory::MasterKey;
using directory::Outcome;

namespace {

// Where another process has changed it.
std::optional<MasterKey> find_key(const std::string& source, std::uint32_t id) {
  std::optional<MasterKey> found;
  each_master_key(source, [&](MasterKey key, MasterKeyPlace /*place*/) {
    if (key.id() == id) found = std::move(key);
    return found.has_value();
  });
  return found;
}

}  // namespace

Outcome<OpenedDatabase> open_sealed(DatabaseOptions options, const std::string& source, MasterKey key) {
  options.find_key = [source](std::uint32_t id) { return find_key(source, id); };
  auto opened = directory::open_database(options, std::move(key));
  if (opened) return OpenedDatabase{*std::move(opened), false};
  std::optional<OpenedDatabase> again;
  if (opened.error().reason == directory::Reason::wrong_master_key)
    each_master_key(source, [&](MasterKey other, MasterKeyPlace place) {
      if (auto under_it = directory::open_database(options, std::move(other)))
        again = {*std::move(under_it), place == MasterKeyPlace::next};
      return again.has_value();
    });
  if (again) return *std::move(again);
  return tl::unexpected(std::move(opened.error()));
}

}  // namespace ferryman::realm
