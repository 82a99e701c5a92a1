#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "account/identity.h"
#include "base/base64.h"
#include "base/text.h"
#include "crypto/keytab.h"
#include "directory/names.h"
#include "kerberos/numbers.h"
#include "realm/admin_commands.h"
#include "realm/admin_delegations.h"
#include "realm/admin_objects.h"
#include "realm/admin_settings.h"
#include "realm/service_keys.h"

namespace ferryman::realm {
namespace {

using admin::Json;
using directory::Account;
using directory::AccountKind;
using directory::AccountSettings;
using directory::Principal;
using directory::Reason;

// Of SPNs that are often asked for.
constexpr std::array<std::string_view, 8> known_classes{"HTTP", "HOST", "CIFS", "LDAP",
                                                        "DNS",  "NFS",  "imap", "postgres"};

void set_etypes(AccountSettings& settings, std::span<const std::int32_t> etypes) {
  settings.supported_enctypes = enctypes_of(etypes);
  settings.flags.rc4 = std::find(etypes.begin(), etypes.end(), kerberos::etype::rc4_hmac) != etypes.end();
}

directory::Outcome<std::uint32_t> give_keys(Call& call, const directory::ObjectId& service,
                                            std::span<const std::int32_t> etypes) {
  directory::KeyChange change;
  change.now = call.now;
  return call.directory.set_keys(call.tenant.id, service, random_keys(etypes), change);
}

admin::Outcome<Account> create(Call& call, const directory::WholeAccount& wanted) {
  auto service = call.directory.create_account(call.tenant.id, wanted, call.now);
  if (service) return *std::move(service);
  return failed(fmt::format("The service {} cannot be added", printable(wanted.account.name)),
                service.error());
}

admin::Outcome<Principal> named_service(Call& call) {
  const auto account = named_account(call, AccountKind::service);
  if (!account) return tl::unexpected(account.error());
  auto service = call.directory.principal(call.tenant.id, account->id);
  if (!service)
    return failed(fmt::format("The service {} cannot be read", printable(account->name)), service.error());
  return *std::move(service);
}

bool has_keys_of(const Principal& service, std::span<const std::int32_t> etypes) {
  return service.keys.size() == etypes.size() &&
         std::all_of(service.keys.begin(), service.keys.end(), [&](const directory::LongTermKey& key) {
           return std::find(etypes.begin(), etypes.end(), key.etype) != etypes.end();
         });
}

// By which of its SPNs the service was found: the one that was asked for, or HOST in place of its class.
std::string matched(const Account& service, std::string_view asked) {
  const auto find = [&service](std::string_view spn) {
    const auto found = std::find_if(service.spns.begin(), service.spns.end(), [&](const std::string& each) {
      return directory::unique_key(each) == directory::unique_key(spn);
    });
    return found == service.spns.end() ? std::string() : *found;
  };
  std::string exact = find(asked);
  if (!exact.empty()) return exact;
  const std::size_t slash = asked.find('/');
  return slash == asked.npos ? service.name : find("HOST" + std::string(asked.substr(slash)));
}

// The present ones, and the former ones for as long as there may be tickets of them.
admin::Outcome<std::vector<directory::LongTermKey>> keytab_keys(const Call& call, const Account& service) {
  auto keys = call.directory.kept_keys(call.tenant.id, service.id);
  if (!keys)
    return failed(fmt::format("The keys of {} cannot be read", printable(service.name)), keys.error());
  if (service_tickets_until(call.policy, service) <= call.now)
    std::erase_if(*keys, [&](const directory::LongTermKey& key) { return key.kvno != service.kvno; });
  return *std::move(keys);
}

// What service.set is to do.
struct Changes {
  NameChanges spns;
  std::optional<std::vector<std::int32_t>> etypes;
  bool settings = false;
  std::optional<directory::DelegationChanges> delegations{};
};

// Nothing, or what the administrator most likely meant by a name that no ticket could be for.
std::string meant_by(std::string_view name) {
  const std::string shown = printable(name);
  if (name.find('.') != name.npos) return fmt::format("HOST/{0} or HTTP/{0}, where that is a host", shown);
  const bool is_class = std::any_of(known_classes.begin(), known_classes.end(),
                                    [name](std::string_view each) { return equal_without_case(each, name); });
  return is_class ? fmt::format("{0}/HOST, such as {0}/www.example.com", shown)
                  : fmt::format("{}$, where that is a computer, or else say --spn as well", shown);
}

admin::Outcome<void> check_has_tickets(const directory::NewAccount& wanted) {
  const std::string& name = wanted.name;
  if (name.empty() || name.ends_with('$') || name.find('/') != name.npos || !wanted.spns.empty()) return {};
  return invalid(fmt::format(
      "\"{}\" is neither an SPN, CLASS/HOST, nor a computer's name, which ends in \"$\". Did you mean {}?",
      printable(name), meant_by(name)));
}

// Whether it got new keys.
admin::Outcome<bool> change(Call& call, const Principal& service, const Changes& changes) {
  const directory::ObjectId& id = service.account.id;
  const std::string what = fmt::format("{} cannot be changed", printable(service.account.name));
  auto named =
      change_names(call, id, changes.spns, &directory::Directory::add_spn, &directory::Directory::remove_spn);
  if (!named) return tl::unexpected(std::move(named.error()));
  if (changes.spns.any()) note(call, event_id::computer_changed);
  if (changes.delegations) {
    if (const auto done = call.directory.change_delegations(call.tenant.id, id, *changes.delegations); !done)
      return failed(what, done.error());
    note(call, event_id::computer_changed);
  }
  if (changes.settings || changes.etypes) {
    const auto done = change_settings(call, service.account, [&](AccountSettings& settings) {
      take_service_settings(call.arguments, settings);
      if (changes.etypes) set_etypes(settings, *changes.etypes);
    });
    if (!done) return tl::unexpected(done.error());
    note(call, event_id::computer_changed);
    if (*done != event_id::none) note(call, *done);
  }
  const bool new_keys = changes.etypes && !has_keys_of(service, *changes.etypes);
  if (new_keys)
    if (const auto given = give_keys(call, id, *changes.etypes); !given) return failed(what, given.error());
  return new_keys;
}

}  // namespace

admin::Reply add_service(Call& call) {
  Arguments& arguments = call.arguments;
  directory::WholeAccount whole;
  directory::NewAccount& wanted = whole.account;
  wanted.kind = AccountKind::service;
  wanted.name = arguments.text("name");
  wanted.spns = arguments.maybe_texts("spns").value_or(std::vector<std::string>());
  take_service_settings(arguments, wanted.settings);
  const auto names = arguments.maybe_texts("etypes");
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  if (auto checked = check_has_tickets(wanted); !checked) return tl::unexpected(std::move(checked.error()));
  const auto etypes = service_etypes(call.policy, names);
  if (!etypes) return tl::unexpected(etypes.error());
  set_etypes(wanted.settings, *etypes);
  if (wanted.name.ends_with('$')) wanted.settings.primary_group = directory::rid::domain_computers;
  whole.keys = random_keys(*etypes);
  whole.password_changed = call.now;
  const auto service = create(call, whole);
  if (!service) return tl::unexpected(service.error());
  return service_reply(call, service->id);
}

admin::Reply list_services(Call& call) {
  const directory::PageRequest request = call.arguments.page();
  if (auto mistake = call.arguments.mistake()) return tl::unexpected(*std::move(mistake));
  const auto page = call.directory.accounts(call.tenant.id, AccountKind::service, request);
  if (!page) return failed("The services cannot be read", page.error());
  Json list = Json::array();
  for (const Account& account : page->items) {
    const auto service = call.directory.principal(call.tenant.id, account.id);
    if (service) {
      list.push_back(service_json(call, *service));
    } else if (service.error().reason != Reason::not_found) {  // removed meanwhile
      return failed(fmt::format("The service {} cannot be read", printable(account.name)), service.error());
    }
  }
  return Json{{"services", std::move(list)}, {"next", page->next}};
}

admin::Reply show_service(Call& call) {
  const auto service = named_service(call);
  if (!service) return tl::unexpected(service.error());
  return whole_service_json(call, *service);
}

admin::Reply find_service(Call& call) {
  const std::string_view spn = call.arguments.text("spn");
  if (auto mistake = call.arguments.mistake()) return tl::unexpected(*std::move(mistake));
  const auto service = call.directory.find_service(call.tenant.id, directory::components_of(spn));
  if (!service) {
    if (service.error().reason == Reason::not_found) return none_such(call, "service for", spn);
    return failed(fmt::format("{} cannot be looked up", printable(spn)), service.error());
  }
  const Account& account = (*service)->account;
  if (account.kind != AccountKind::service || !account::is_service(account)) {
    auto none = none_such(call, "service for", spn);
    none.value().text +=
        fmt::format(" It is a name of {}, which {}.", printable(account.name),
                    account.kind == AccountKind::krbtgt || account.kind == AccountKind::password_change
                        ? "is the KDC's own"
                        : "has no SPN: tickets for it are made by user-to-user alone");
    return none;
  }
  auto reply = whole_service_json(call, **service);
  if (reply) (*reply)["matched"] = matched(account, spn);
  return reply;
}

admin::Reply set_service(Call& call) {
  Arguments& arguments = call.arguments;
  Changes changes;
  changes.spns = name_changes(arguments, "add_spns", "remove_spns");
  AccountSettings ignored;
  changes.settings = take_service_settings(arguments, ignored);
  const auto names = arguments.maybe_texts("etypes");
  const DelegationNames delegations(arguments);
  const auto service = named_service(call);
  if (!service) return tl::unexpected(service.error());
  if (!changes.settings && !changes.spns.any() && !names && !delegations.any())
    return invalid("service.set: say what is to be set.");
  if (delegations.any()) {
    auto found = delegations.find(call);
    if (!found) return tl::unexpected(std::move(found.error()));
    changes.delegations = *std::move(found);
  }
  if (names) {
    auto etypes = service_etypes(call.policy, names);
    if (!etypes) return tl::unexpected(std::move(etypes.error()));
    changes.etypes = *std::move(etypes);
  }
  if (auto checked = check_names(changes.spns, &directory::check_spn); !checked)
    return tl::unexpected(std::move(checked.error()));
  const auto new_keys = change(call, *service, changes);
  if (!new_keys) return tl::unexpected(new_keys.error());
  auto reply = service_reply(call, service->account.id);
  if (reply && changes.etypes) (*reply)["new_keys"] = *new_keys;
  return reply;
}

admin::Reply make_keytab(Call& call) {
  const auto service = named_service(call);
  if (!service) return tl::unexpected(service.error());
  const auto keys = keytab_keys(call, service->account);
  if (!keys) return tl::unexpected(keys.error());
  const auto entries = keytab_entries(call.tenant.realm, service->account, *keys, call.now);
  if (entries.empty()) {
    return invalid(fmt::format("{} has no keys: give it some by service.set with its etypes.",
                               printable(service->account.name)));
  }
  const Secret file = crypto::write_keytab(entries);
  std::string text = base64_of(file.bytes());
  Json json{{"keytab", text}, {"kvno", service->account.kvno}, {"entries", entries.size()}};
  admin::wipe_text(text);
  return json;
}

}  // namespace ferryman::realm
