#include "directory/postgresql_url.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace ferryman::directory::postgresql {
namespace {

constexpr std::array<std::string_view, 2> schemes{"postgresql://", "postgres://"};
constexpr std::array<std::string_view, 5> taken{"host", "port", "user", "requirepeer", "passfile"};
// Debian's; libpq would ask the environment first.
constexpr const char* default_host = "/var/run/postgresql";

// What was written may have a password, and is not shown.
tl::unexpected<Failure> no_url() {
  return fail(Reason::invalid,
              "the database's URL is not understood; postgresql:///ferryman would be one, without escapes");
}

tl::unexpected<Failure> not_local() {
  return fail(
      Reason::invalid,
      "the database's server is reached by a unix socket alone, as by postgresql:///ferryman or "
      "postgresql:///ferryman?host=/DIRECTORY; where it is elsewhere, pgbouncer on this machine leads "
      "there");
}

bool are_directories(std::string_view hosts) {
  while (true) {
    if (!hosts.starts_with('/')) return false;
    const auto comma = hosts.find(',');
    if (comma == hosts.npos) return true;
    hosts.remove_prefix(comma + 1);
  }
}

Outcome<void> check(std::string_view keyword, std::string_view value) {
  if (keyword == "password")
    return fail(Reason::invalid,
                "no password stands in the database's URL; the server tells ferryman-realm by its user "
                "(peer), or libpq reads a passfile");
  if (std::find(taken.begin(), taken.end(), keyword) == taken.end())
    return fail(Reason::invalid, fmt::format("{} is not taken in the database's URL", printable(keyword)));
  if (value.empty())
    return fail(Reason::invalid, fmt::format("{} has no value in the database's URL", keyword));
  if (keyword == "host" && !are_directories(value)) return not_local();
  return {};
}

void add_default(Url& url, std::string_view keyword, const std::string& value) {
  const auto is_it = [keyword](const auto& each) { return each.first == keyword; };
  if (std::none_of(url.keywords.begin(), url.keywords.end(), is_it))
    url.keywords.emplace_back(keyword, value);
}

// "a=b&c=d".
Outcome<void> read_settings(std::string_view text, Url& url) {
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const std::string_view keyword = part.substr(0, part.find('='));
    const std::string_view value = part.substr(std::min(part.size(), keyword.size() + 1));
    if (auto checked = check(keyword, value); !checked) return checked;
    url.keywords.emplace_back(keyword, value);
  }
  return {};
}

std::string own_name() {
  passwd user{};
  passwd* found = nullptr;
  std::array<char, 4096> texts{};
  ::getpwuid_r(::geteuid(), &user, texts.data(), texts.size(), &found);
  return found != nullptr ? found->pw_name : std::string();
}

}  // namespace

bool is_url(std::string_view database) {
  return std::any_of(schemes.begin(), schemes.end(),
                     [database](std::string_view scheme) { return database.starts_with(scheme); });
}

Outcome<Url> parse_url(const std::string& text) {
  if (!is_url(text) || text.find_first_of(std::string_view("%\0", 2)) != text.npos) return no_url();
  std::string_view rest = std::string_view(text).substr(text.find("//") + 2);
  if (!rest.starts_with('/')) return not_local();
  rest.remove_prefix(1);
  const std::string database(rest.substr(0, rest.find('?')));
  if (database.empty() || database.find('/') != database.npos) return no_url();
  rest.remove_prefix(std::min(rest.size(), database.size() + 1));
  Url url{{{"dbname", database}}, text};
  if (auto read = read_settings(rest, url); !read) return tl::unexpected(read.error());
  add_default(url, "host", default_host);
  add_default(url, "user", own_name());
  return url;
}

}  // namespace ferryman::directory::postgresql
