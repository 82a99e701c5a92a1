#include "realm/admin_call.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "directory/names.h"

namespace ferryman::realm {
namespace {

using directory::Account;
using directory::AccountKind;
using directory::Reason;

// What to do about it.
std::string_view advice(Reason reason) {
  switch (reason) {
    case Reason::already_exists:
      return " Choose another one.";
    case Reason::wrong_master_key:
      return " Set [realm] master_key of realm.toml to the key that the database was made with.";
    case Reason::damaged:
      return " Restore the database from a backup.";
    case Reason::full:
      return " Make room on the disk of the database.";
    case Reason::read_only:
      return " Let the service's user write these and their directory.";
    case Reason::busy:
      return " Try again.";
    case Reason::not_found:
    case Reason::invalid:
    case Reason::wrong_version:
    case Reason::unavailable:
      return "";
  }
  return "";
}

std::string_view word(AccountKind kind) {
  switch (kind) {
    case AccountKind::user:
      return "user";
    case AccountKind::service:
      return "service";
    case AccountKind::krbtgt:
    case AccountKind::password_change:
      break;
  }
  return "account of the KDC itself";
}

}  // namespace

tl::unexpected<admin::Failure> invalid(std::string text) {
  return tl::unexpected(admin::Failure{std::string(admin::reason::invalid), std::move(text)});
}

tl::unexpected<admin::Failure> none_such(const Call& call, std::string_view kind, std::string_view name) {
  const std::string realm = "@" + call.tenant.realm;
  return tl::unexpected(admin::Failure{
      std::string(directory::name(Reason::not_found)),
      fmt::format("There is no {} {} in the tenant {}.{}", kind, printable(name), call.tenant.settings.name,
                  name.ends_with(realm) ? fmt::format(" Leave off {}, its realm.", realm) : "")});
}

tl::unexpected<admin::Failure> no_tenant(std::string_view name) {
  return tl::unexpected(admin::Failure{std::string(directory::name(Reason::not_found)),
                                       fmt::format("There is no tenant {}.", printable(name))});
}

tl::unexpected<admin::Failure> failed(std::string_view what, const directory::Failure& failure) {
  // Somebody else removed it meanwhile.
  const std::string_view why =
      failure.text.empty() ? "it is not there any more" : std::string_view(failure.text);
  return tl::unexpected(admin::Failure{std::string(directory::name(failure.reason)),
                                       fmt::format("{}: {}.{}", what, why, advice(failure.reason))});
}

admin::Outcome<Account> find_account(Call& call, AccountKind kind, std::string_view name) {
  auto account = call.directory.find_account(call.tenant.id, name);
  if (!account) {
    if (account.error().reason == Reason::not_found) return none_such(call, word(kind), name);
    return failed(fmt::format("The {} {} cannot be read", word(kind), printable(name)), account.error());
  }
  if (account->kind != kind) {
    auto other = none_such(call, word(kind), name);
    const bool is_its_name = directory::unique_key(name) == directory::unique_key(account->name);
    other.value().text += fmt::format(
        " {} is a{} {}.",
        is_its_name ? printable(account->name)
                    : fmt::format("{} is a name of {}, which", printable(name), printable(account->name)),
        word(account->kind).starts_with('a') ? "n" : "", word(account->kind));
    return other;
  }
  call.object = account->name;
  return *std::move(account);
}

admin::Outcome<directory::Group> find_group(Call& call, std::string_view name) {
  auto group = call.directory.find_group(call.tenant.id, name);
  if (!group) {
    if (group.error().reason == Reason::not_found) return none_such(call, "group", name);
    return failed(fmt::format("The group {} cannot be read", printable(name)), group.error());
  }
  call.object = group->name;
  return *std::move(group);
}

admin::Outcome<Account> named_account(Call& call, AccountKind kind) {
  const std::string_view name = call.arguments.text("name");
  if (auto mistake = call.arguments.mistake()) return tl::unexpected(*std::move(mistake));
  return find_account(call, kind, name);
}

}  // namespace ferryman::realm
