#include "signin/posix_accounts.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "directory/names.h"
#include "signin/form.h"
#include "signin/tokens.h"

namespace ferryman::signin {
namespace {

using directory::Account;
using directory::AccountKind;
using directory::Principal;
using directory::Reason;
using directory::Tenant;
using nlohmann::json;

// Tools for POSIX groups know no longer names.
constexpr std::size_t max_group_name = 64;
constexpr std::size_t members_page = 100;

auto not_found() {
  return refuse({404, "not_found", entra::none, "There is no such user or group.", "no such user or group"});
}

auto bad_request() {
  return refuse({400, "invalid_request", entra::bad_request, "Either user or group has to be named, once."});
}

std::vector<std::uint32_t> rids_of(const Principal& principal) {
  std::vector<std::uint32_t> rids = principal.groups;
  rids.push_back(principal.account.settings.primary_group);
  return rids;
}

// One answer in the making.
class Listing {
 public:
  Listing(const Realm& realm, const Tenant& tenant) : realm_(realm), tenant_(tenant) {}

  void add(Principal user) {
    for (const std::uint32_t rid : rids_of(user))
      if (groups_.insert(rid).second) size_ += max_group_name;
    size_ += text_size + user.account.settings.display_name.size() + 12 * user.groups.size();
    user.keys.clear();
    users_.push_back(std::move(user));
  }
  bool is_full() const { return size_ >= max_posix_answer; }
  Step<std::string> text(const std::string& next) const;

 private:
  static constexpr std::size_t text_size = 1024;  // of a user's names
  Step<std::map<std::uint32_t, directory::Group>> named_groups() const;
  json user(const Principal& user, const std::map<std::uint32_t, directory::Group>& groups) const;

  const Realm& realm_;
  const Tenant& tenant_;
  std::vector<Principal> users_;
  std::set<std::uint32_t> groups_;
  std::size_t size_ = 0;
};

// The directory has groups by name alone.
Step<std::map<std::uint32_t, directory::Group>> Listing::named_groups() const {
  std::map<std::uint32_t, directory::Group> found;
  std::size_t seen = 0;
  directory::PageRequest request{.limit = directory::max_page};
  do {
    auto page = realm_.directory.groups(tenant_.id, request);
    if (!page) return tl::unexpected(unavailable(page.error()));
    for (directory::Group& group : page->items) {
      if (!groups_.contains(group.rid)) continue;
      ++seen;
      if (group.name.size() <= max_group_name) found.emplace(group.rid, std::move(group));
    }
    request.after = page->next;
  } while (!request.after.empty() && seen < groups_.size());
  return found;
}

json Listing::user(const Principal& user, const std::map<std::uint32_t, directory::Group>& groups) const {
  json gids = json::array();
  for (const std::uint32_t rid : rids_of(user))
    if (const auto group = groups.find(rid); group != groups.end()) gids.push_back(group->second.gid);
  const Account& account = user.account;
  return {{"id", account.id.text()},
          {"name", account.name},
          {"upn", upn_of(tenant_, account)},
          {"display_name", account.settings.display_name},
          {"uid", account.uid},
          {"gid", account.gid},
          {"disabled", !check_active(realm_, account)},
          {"groups", std::move(gids)}};
}

Step<std::string> Listing::text(const std::string& next) const {
  const auto groups = named_groups();
  if (!groups) return tl::unexpected(groups.error());
  json body{{"time", realm_.now()},
            {"offline_logon", tenant_.settings.offline_logon},
            {"users", json::array()},
            {"groups", json::array()},
            {"next", next}};
  for (const Principal& each : users_) body["users"].push_back(user(each, *groups));
  for (const auto& [rid, group] : *groups)
    body["groups"].push_back({{"name", group.name}, {"gid", group.gid}});
  return body.dump();
}

Step<void> check_reader(const Realm& realm, const Access& access) {
  const auto readers = realm.directory.find_group(access.tenant.id, directory_readers);
  if (!readers && readers.error().reason != Reason::not_found)
    return tl::unexpected(unavailable(readers.error()));
  if (readers && std::ranges::count(access.user.groups, readers->rid) != 0) return {};
  return refuse({403, "access_denied", entra::none,
                 "Only members of the group Directory Readers may ask for others.", "no directory reader"});
}

Step<std::string> one_user(const Realm& realm, const Access& access, std::string_view name) {
  auto user = find_user(realm, access.tenant, name);
  if (!user) return tl::unexpected(user.error());
  // Whoever may not read does not learn either whether there is one.
  if (!*user || (*user)->account.id != access.user.account.id)
    if (const auto may = check_reader(realm, access); !may) return tl::unexpected(may.error());
  if (!*user) return not_found();
  Listing listing(realm, access.tenant);
  listing.add(std::move(**user));
  return listing.text({});
}

// Of a primary group that is every user of the tenant.
Step<directory::Page<Account>> members_of(const Realm& realm, const Tenant& tenant,
                                          const directory::Group& group, std::string after) {
  const directory::PageRequest request{.after = std::move(after), .limit = members_page};
  auto page = group.rid == directory::rid::domain_users
                  ? realm.directory.accounts(tenant.id, AccountKind::user, request)
                  : realm.directory.members(tenant.id, group.id, request);
  if (!page) return tl::unexpected(unavailable(page.error()));
  return *std::move(page);
}

// What a page goes on behind, where it ends with this one.
std::string cursor_of(const directory::Group& group, const Account& last) {
  return group.rid == directory::rid::domain_users ? directory::unique_key(last.name) : last.id.text();
}

Step<std::string> members(const Realm& realm, const Access& access, std::string_view name,
                          std::string after) {
  if (const auto may = check_reader(realm, access); !may) return tl::unexpected(may.error());
  const auto group = realm.directory.find_group(access.tenant.id, name);
  if (!group && group.error().reason != Reason::not_found) return tl::unexpected(unavailable(group.error()));
  if (!group) return not_found();
  const auto page = members_of(realm, access.tenant, *group, std::move(after));
  if (!page) return tl::unexpected(page.error());
  Listing listing(realm, access.tenant);
  std::string next = page->next;
  for (const Account& each : page->items) {
    if (each.kind != AccountKind::user) continue;
    auto principal = realm.directory.principal(access.tenant.id, each.id);
    if (!principal && principal.error().reason == Reason::not_found) continue;  // it was removed meanwhile
    if (!principal) return tl::unexpected(unavailable(principal.error()));
    listing.add(std::move(*principal));
    if (!listing.is_full() || &each == &page->items.back()) continue;
    next = cursor_of(*group, each);
    break;
  }
  return listing.text(next);
}

Step<std::string> asked(const Realm& realm, const local::HttpRequest& request, const Access& access) {
  using State = Parameter::State;
  const auto user = find_parameter(request.query, "user"), group = find_parameter(request.query, "group"),
             after = find_parameter(request.query, "after");
  if (user.state == State::single && group.state == State::absent) return one_user(realm, access, user.value);
  if (group.state == State::single && user.state == State::absent && after.state != State::repeated)
    return members(realm, access, group.value, after.value);
  return bad_request();
}

}  // namespace

Answer posix_accounts(const Realm& realm, const local::HttpRequest& request, std::string_view path_tenant) {
  const auto access = verify_access(realm, request);
  if (!access) return access.error();
  const auto tenant = find_tenant(realm, path_tenant);
  if (!tenant) return tenant.error();
  if (tenant->id != access->tenant.id)
    return refusal({403, "access_denied", entra::none, "The token is of another tenant."});
  const auto body = asked(realm, request, *access);
  Answer answer = body ? json_answer(*body) : body.error();
  answer.user = access->user.account.name;
  answer.tenant = access->tenant.settings.name;
  return answer;
}

}  // namespace ferryman::signin
