#include "realm/open_directory.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string_view>
#include <utility>

#include "realm/file_access.h"
#include "realm/master_key.h"
#include "realm/open_sealed.h"

namespace ferryman::realm {
namespace {

using directory::Reason;

bool is_missing(const std::string& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) != 0 && errno == ENOENT;
}

// What to do about a database that cannot be read or written.
std::string advice_on_access(const directory::Failure& failure, const std::string& database) {
  if (directory::is_file(database))
    return is_missing(database) ? "`ferryman realm init` makes one" : what_bars_database(database);
  if (failure.reason == Reason::read_only) return {};
  const std::string self = user_name(::geteuid()), other = user_of_url(database);
  if (other.empty()) return fmt::format("its server must run and let the user {} in", self);
  return fmt::format(
      "its server must run and let the user {} in as {}, by a line of its pg_ident.conf: leave user= off "
      "where "
      "there is none",
      self, other);
}

bool is_empty(const std::string& database) {
  if (directory::is_file(database)) return false;
  const auto filled = directory::is_filled(database);
  return filled && !*filled;
}

// What is wrong with the database of that name, and what to do.
std::string explain(const directory::Failure& failure, const std::string& database) {
  const auto with = [&failure](std::string_view advice) {
    return fmt::format("{}{}{}", failure.text, advice.empty() ? "" : "; ", advice);
  };
  switch (failure.reason) {
    case Reason::wrong_master_key:
      return with(
          "master_key in [realm] must be the one that the database was sealed under last; one that was "
          "changed since is kept beside it, with its number behind its name");
    case Reason::full:
      return with("make room there");
    case Reason::busy:
      return with("end that process, or wait for it");
    case Reason::damaged:
      return with("restore it from a backup");
    case Reason::unavailable:
      if (is_empty(database))
        return fmt::format(
            "the database {} is empty; `ferryman realm init` makes a realm in it, and `ferryman realm "
            "migrate "
            "--to` brings one there, called while realm.toml names the former database",
            database);
      return with(advice_on_access(failure, database));
    case Reason::read_only:
      return with(advice_on_access(failure, database));
    case Reason::not_found:
    case Reason::already_exists:
    case Reason::invalid:
    case Reason::wrong_version:
      break;
  }
  return failure.text;
}

}  // namespace

tl::expected<std::unique_ptr<directory::Database>, std::string> open_directory(const FixedConfig& config) {
  auto key = read_master_key(config.master_key);
  if (!key) return tl::unexpected(std::move(key.error()));
  auto opened = open_sealed({config.database, false, config.spn_aliases}, config.master_key, std::move(*key));
  if (!opened) return tl::unexpected(explain(opened.error(), config.database));
  if (opened->under_next_key) {
    fmt::print(stderr,
               "ferryman-realm: warning: the master key is {} still, since a change of it was interrupted; "
               "`ferryman realm rotate master-key` finishes it\n",
               next_master_key(config.master_key));
  }
  if (const auto writable = opened->directory->check_writable(); !writable) {
    fmt::print(stderr,
               "ferryman-realm: warning: no change can be made, and wrong passwords are counted by "
               "this process alone: {}\n",
               explain(writable.error(), config.database));
  }
  return std::move(opened->directory);
}

std::string user_of_url(const std::string& location) {
  if (directory::is_file(location)) return {};
  for (std::size_t at = location.find_first_of("?&"); at != std::string::npos;
       at = location.find('&', at + 1)) {
    constexpr std::string_view key = "user=";
    std::string_view rest = std::string_view(location).substr(at + 1);
    if (!rest.starts_with(key)) continue;
    rest.remove_prefix(key.size());
    return std::string(rest.substr(0, rest.find('&')));
  }
  return {};
}

std::string check_default_tenant(directory::Directory& directory, const Config& config) {
  const std::string& name = config.sign_in.tenant;
  const auto tenant = directory.find_tenant(name);
  if (!tenant && tenant.error().reason == Reason::not_found)
    return fmt::format("there is no tenant {}, which default_tenant in [realm] names", name);
  if (!tenant) return tenant.error().text;
  if (tenant->realm != config.name)
    return fmt::format("name = \"{}\" in [realm], and the realm of the tenant {} is {}", config.name, name,
                       tenant->realm);
  return {};
}

}  // namespace ferryman::realm
