#include "realm/master_key_change.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "realm/master_key.h"
#include "realm/open_sealed.h"

namespace ferryman::realm {

using directory::fail;
using directory::MasterKey;
using directory::Outcome;
using directory::Reason;

namespace {

std::string file_of(const std::string& source) {
  return printable(master_key_file(source).value_or(source));
}

// What the database itself says: what this process knows does not tell which key is in the file.
Outcome<void> check_present(const FixedConfig& config, MasterKey present) {
  const auto opened =
      open_sealed({config.database, false, config.spn_aliases}, config.master_key, std::move(present));
  if (opened) return {};
  if (opened.error().reason != Reason::wrong_master_key) return tl::unexpected(opened.error());
  return fail(Reason::invalid, fmt::format("{0}, in {1}: put the one of the database back there, from your "
                                           "copy; those that were changed since are {1}.NUMBER",
                                           opened.error().text, file_of(config.master_key)));
}

}  // namespace

Outcome<MasterKeyChange> change_master_key(directory::Database& directory, const FixedConfig& config,
                                           std::string_view asked) {
  const std::string& source = config.master_key;
  if (asked != source)
    return fail(Reason::invalid, fmt::format("the service was started with master_key = \"{}\", and this is "
                                             "about \"{}\": restart it, or name its realm.toml",
                                             printable(source), printable(asked)));
  auto present = read_master_key(source);
  if (!present) return fail(Reason::unavailable, present.error());
  MasterKeyChange change{0, present->id()};
  if (auto checked = check_present(config, *std::move(present)); !checked)
    return tl::unexpected(std::move(checked.error()));
  auto next = read_master_key(next_master_key(source));
  if (!next)
    return fail(Reason::unavailable,
                next.error() + "; or remove it, and call this again, which makes another");
  change.present = next->id();
  if (change.present == change.former)
    return fail(Reason::invalid, fmt::format("{} is the same key as {}: remove it, and call this again",
                                             file_of(next_master_key(source)), file_of(source)));
  const auto resealed = directory.change_master_key(*std::move(next));
  if (!resealed) return tl::unexpected(resealed.error());
  change.resealed = *resealed;
  return change;
}

}  // namespace ferryman::realm
