#include "realm/administration.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "realm/admin_arguments.h"
#include "realm/admin_call.h"
#include "realm/admin_commands.h"
#include "realm/admin_event.h"
#include "realm/find_tenant.h"

namespace ferryman::realm {

struct Command {
  std::string_view name;
  Action action;
  bool is_event = false;
  std::int64_t event_id = event_id::none;  // unless the call says otherwise
};

namespace {

using admin::Json;
using directory::AccountKind;
using directory::Reason;

constexpr std::array commands{
    Command{"user.add", add_user, true, event_id::user_created},
    Command{"user.list", list_users},
    Command{"user.show", show_user},
    Command{"user.set", set_user, true, event_id::user_changed},
    Command{"user.disable", of<disable_account, AccountKind::user>, true, event_id::disabled},
    Command{"user.enable", of<enable_account, AccountKind::user>, true, event_id::enabled},
    Command{"user.unlock", of<unlock_account, AccountKind::user>, true, event_id::unlocked},
    Command{"user.remove", of<remove_account, AccountKind::user>, true, event_id::user_deleted},
    Command{"user.password", reset_password, true, event_id::password_reset},
    Command{"user.code", make_code, true, event_id::user_changed},
    Command{"user.keys", list_keys},
    Command{"user.revoke_key", revoke_key, true, event_id::user_changed},
    Command{"user.revoke_tokens", revoke_tokens, true, event_id::user_changed},
    Command{"device.list", list_devices},
    Command{"device.show", show_device},
    Command{"device.disable", disable_device, true, event_id::disabled},
    Command{"device.enable", enable_device, true, event_id::enabled},
    Command{"device.remove", remove_device, true, event_id::computer_deleted},
    Command{"group.add", add_group, true, event_id::group_created},
    Command{"group.list", list_groups},
    Command{"group.show", show_group},
    Command{"group.set", set_group, true, event_id::group_changed},
    Command{"group.remove", remove_group, true, event_id::group_deleted},
    Command{"group.join", join_group, true, event_id::member_added},
    Command{"group.leave", leave_group, true, event_id::member_removed},
    Command{"service.add", add_service, true, event_id::computer_created},
    Command{"service.list", list_services},
    Command{"service.show", show_service},
    Command{"service.find", find_service},
    Command{"service.set", set_service, true, event_id::computer_changed},
    Command{"service.disable", of<disable_account, AccountKind::service>, true, event_id::disabled},
    Command{"service.enable", of<enable_account, AccountKind::service>, true, event_id::enabled},
    Command{"service.unlock", of<unlock_account, AccountKind::service>, true, event_id::unlocked},
    Command{"service.remove", of<remove_account, AccountKind::service>, true, event_id::computer_deleted},
    Command{"service.keytab", make_keytab, true},
    Command{"import.accounts", import_accounts, true},
    Command{"service.rotate", rotate_service, true, event_id::computer_changed},
    Command{"rodc.add", add_rodc, true},
    Command{"rodc.list", list_rodcs},
    Command{"rodc.show", show_rodc},
    Command{"rodc.set", set_rodc, true},
    Command{"rodc.rotate", rotate_rodc, true},
    Command{"rodc.remove", remove_rodc, true},
    Command{"rotate.krbtgt", rotate_krbtgt, true, event_id::password_reset},
    Command{"pkinit.anchor", show_pkinit_anchor},
    Command{"ad.link", link_ad, true, event_id::domain_changed},
    Command{"ad.show", show_ad},
    Command{"ad.unlink", unlink_ad, true, event_id::domain_changed},
    Command{"ad.upsert", upsert_ad_users, true},
    Command{"ad.disable", disable_ad_users, true},
    Command{"ad.users", list_ad_users},
    Command{"ad.keys", list_ad_keys},
    Command{"tenant.add", add_tenant, true},
    Command{"tenant.list", list_tenants},
    Command{"tenant.show", show_tenant},
    Command{"tenant.set", set_tenant, true, event_id::domain_changed},
    Command{"tenant.disable", disable_tenant, true, event_id::domain_changed},
    Command{"tenant.enable", enable_tenant, true, event_id::domain_changed},
    Command{"tenant.remove", remove_tenant, true},
};

// What who synchronises an on-premises domain may ask for.
bool is_of_sync(std::string_view command) {
  constexpr std::string_view names[] = {"ad.upsert", "ad.disable", "ad.users", "ad.keys", "ad.show"};
  return std::find(std::begin(names), std::end(names), command) != std::end(names);
}

tl::unexpected<admin::Failure> not_of_sync(telemetry::Log& log, const admin::Request& request,
                                           const Caller& caller) {
  const std::string command = printable(request.command);
  log.write(telemetry::Level::warning, "a command is refused that is not the synchronisation's",
            {{"command", command}, {"uid", std::to_string(caller.uid)}, {"pid", std::to_string(caller.pid)}});
  return tl::unexpected(admin::Failure{
      std::string(admin::reason::not_allowed),
      fmt::format("{} is not carried out at this socket, which is for synchronisation alone.", command)});
}

// They name their tenant as their object.
bool is_of_tenants(std::string_view command) {
  return command.starts_with("tenant.");
}

directory::Outcome<std::vector<std::string>> tenant_names(directory::Directory& directory) {
  std::vector<std::string> names;
  directory::PageRequest request{.limit = directory::max_page};
  do {
    const auto page = directory.tenants(request);
    if (!page) return tl::unexpected(page.error());
    for (const directory::Tenant& tenant : page->items) names.push_back(tenant.settings.name);
    request.after = page->next;
  } while (!request.after.empty());
  return names;
}

void tell_each(const Administration::Surroundings& surroundings, AdminEvent event,
               const std::vector<ObjectEvent>& events) {
  event.changed.clear();  // the same of each
  for (const ObjectEvent& each : events) {
    event.object = each.object;
    const admin::Failure* failure = each.failure ? &*each.failure : nullptr;
    tell(surroundings.log, surroundings.history, event, each.event_id, failure);
  }
}

// A master key's.
std::string id_text(std::uint32_t id) {
  return fmt::format("{:08x}", id);
}

// A piece, which fits into a message.
admin::Reply read_backup(const admin::Request& request, const std::optional<BackupCopy>& backup) {
  constexpr std::size_t piece = 512 * 1024;
  Arguments arguments(request.command, request.arguments);
  const auto offset = arguments.maybe_number("offset", 0, INT64_MAX);
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  if (!backup) return invalid("backup.read: there is none; backup.begin makes one, on the same connection.");
  const auto octets = backup->read(offset.value_or(0), piece);
  if (!octets) return failed("The backup cannot be read", octets.error());
  return Json{{"octets", base64_of(*octets)}};
}

}  // namespace

admin::Reply Administration::answer(const admin::Request& request, Session& session, std::int64_t now) {
  answered_.fetch_add(1, std::memory_order_relaxed);
  if (session.commands == Commands::of_sync && !is_of_sync(request.command))
    return not_of_sync(surroundings_.log, request, session.caller);
  if (request.command == "status") return status(request);
  if (request.command == "events") return events(request);
  if (request.command == "backup.begin") return begin_backup(request, session);
  if (request.command == "backup.read") return read_backup(request, session.backup);
  if (request.command == "rotate.master_key") return rotate_master_key(request, session.caller);
  const auto* command = std::find_if(commands.begin(), commands.end(),
                                     [&](const Command& each) { return each.name == request.command; });
  if (command != commands.end()) return carry_out(*command, request, session.caller, now);
  return tl::unexpected(
      admin::Failure{std::string(admin::reason::not_understood),
                     fmt::format("There is no command {}: use a ferryman of the service's version.",
                                 printable(request.command))});
}

admin::Outcome<directory::Tenant> Administration::tenant_of(const admin::Request& request) const {
  const bool names_one = !request.tenant.empty() && !is_of_tenants(request.command);
  const std::string name = names_one ? request.tenant : surroundings_.default_tenant();
  auto tenant = find_tenant(surroundings_.directory, name);
  if (tenant) return *std::move(tenant);
  if (tenant.error().reason != Reason::not_found)
    return failed(fmt::format("The tenant {} cannot be read", printable(name)), tenant.error());
  return no_tenant(name);
}

admin::Reply Administration::status(const admin::Request& request) const {
  if (auto mistake = Arguments(request.command, request.arguments).mistake())
    return tl::unexpected(*std::move(mistake));
  const auto tenants = tenant_names(surroundings_.directory);
  if (!tenants) return failed("The tenants cannot be read", tenants.error());
  Json json = surroundings_.status();
  json["default_tenant"] = surroundings_.default_tenant();
  json["tenants"] = *tenants;
  json["pid"] = ::getpid();
  json["admin"] = answered_.load(std::memory_order_relaxed);
  return json;
}

admin::Reply Administration::events(const admin::Request& request) const {
  Arguments arguments(request.command, request.arguments);
  const auto after = arguments.maybe_number("after", 0, INT64_MAX);
  const auto limit = arguments.maybe_number("limit", 1, directory::max_page);
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  constexpr std::int64_t usual = 100;
  auto page = surroundings_.history.after(static_cast<std::uint64_t>(after.value_or(0)),
                                          static_cast<std::size_t>(limit.value_or(usual)));
  return Json{{"events", std::move(page.events)}, {"next", page.next}};
}

admin::Reply Administration::begin_backup(const admin::Request& request, Session& session) const {
  if (auto mistake = Arguments(request.command, request.arguments).mistake())
    return tl::unexpected(*std::move(mistake));
  session.backup.reset();
  AdminEvent event(request, session.caller);
  event.tenant.clear();
  auto backup = surroundings_.back_up();
  if (!backup) {
    const auto failure = failed("The database cannot be copied", backup.error());
    tell(surroundings_.log, surroundings_.history, event, event_id::none, &failure.value());
    return failure;
  }
  tell(surroundings_.log, surroundings_.history, event, event_id::none, nullptr);
  session.backup.emplace(*std::move(backup));
  return Json{{"size", session.backup->size()}};
}

admin::Reply Administration::rotate_master_key(const admin::Request& request, const Caller& caller) const {
  Arguments arguments(request.command, request.arguments);
  const std::string_view source = arguments.text("source");
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  AdminEvent event(request, caller);
  event.tenant.clear();
  event.changed.clear();
  const auto change = surroundings_.change_master_key(source);
  if (!change) {
    const auto failure = failed("The master key cannot be changed", change.error());
    tell(surroundings_.log, surroundings_.history, event, event_id::none, &failure.value());
    return failure;
  }
  event.object = id_text(change->present);
  tell(surroundings_.log, surroundings_.history, event, event_id::none, nullptr);
  return Json{
      {"id", id_text(change->present)}, {"former", id_text(change->former)}, {"resealed", change->resealed}};
}

admin::Reply Administration::carry_out(const Command& command, const admin::Request& request,
                                       const Caller& caller, std::int64_t now) const {
  const Surroundings& s = surroundings_;
  AdminEvent event(request, caller);
  std::vector<std::int64_t> done;  // what has been done by then, also where the rest fails
  std::optional<std::vector<ObjectEvent>> of_objects;
  admin::Reply reply;
  if (const auto tenant = tenant_of(request)) {
    event.tenant = is_of_tenants(command.name) ? "" : tenant->settings.name;
    const account::Policy policy = s.policy();
    Arguments arguments(command.name, request.arguments);
    Call call{s.directory, s.records, *tenant, policy, arguments, s.forget_failures, s.takes_codes(), now};
    reply = command.action(call);
    if (!call.object.empty()) event.object = call.object;
    done = std::move(call.event_ids);
    of_objects = std::move(call.events);
  } else {
    reply = tl::unexpected(tenant.error());
  }
  if (!command.is_event) return reply;
  if (of_objects) {
    tell_each(s, std::move(event), *of_objects);
    return reply;
  }
  if (reply && done.empty()) done.push_back(command.event_id);
  for (const std::int64_t id : done) tell(s.log, s.history, event, id, nullptr);
  if (!reply) tell(s.log, s.history, event, command.event_id, &reply.error());
  return reply;
}

}  // namespace ferryman::realm
