#include <fmt/format.h>

#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "realm/admin_commands.h"
#include "realm/admin_objects.h"
#include "signin/enrolment_code.h"
#include "signin/key_attestation.h"

namespace ferryman::realm {
namespace {

using admin::Json;
using directory::Account;
using directory::AccountKind;
using directory::Device;
using directory::DeviceId;
using directory::Reason;

constexpr std::int64_t code_lifetime = 3600;  // seconds

admin::Outcome<Account> named_user(Call& call) {
  return named_account(call, AccountKind::user);
}

Json time_json(const std::optional<std::int64_t>& time) {
  return time ? Json(*time) : Json();
}

std::string key_text(const directory::KeyId& id) {
  return base64url_of(id);
}

// The device's owner by name; her id where she has gone meanwhile.
std::string owner_name(const Call& call, const Device& device) {
  const auto owner = call.directory.account(call.tenant.id, device.owner);
  return owner ? owner->name : device.owner.text();
}

Json device_json(const Call& call, const Device& device) {
  return {{"id", device.id.text()},    {"owner", owner_name(call, device)},
          {"name", device.name},       {"type", device.type},
          {"version", device.version}, {"disabled", device.disabled},
          {"created", device.created}, {"last_used", time_json(device.last_used)}};
}

admin::Outcome<Device> named_device(Call& call) {
  const std::string_view name = call.arguments.text("name");
  if (auto mistake = call.arguments.mistake()) return tl::unexpected(*std::move(mistake));
  const auto id = guid_of_text(name);
  if (!id) return invalid("A device is named by its id, as \"ferryman realm device list\" shows it.");
  auto device = call.records.device(call.tenant.id, DeviceId{*id});
  if (!device && device.error().reason == Reason::not_found) return none_such(call, "device", name);
  if (!device) return failed(fmt::format("The device {} cannot be read", printable(name)), device.error());
  call.object = device->id.text();
  return *std::move(device);
}

admin::Reply set_disabled(Call& call, bool disabled) {
  auto device = named_device(call);
  if (!device) return tl::unexpected(device.error());
  if (const auto done = call.records.disable_device(call.tenant.id, device->id, disabled); !done)
    return failed(fmt::format("The device {} cannot be changed", device->id.text()), done.error());
  device->disabled = disabled;
  return device_json(call, *device);
}

Json key_json(const directory::KeyCredential& key) {
  return {{"id", key_text(key.id)},
          {"kind", key.kind == directory::KeyKind::fido ? "fido" : "hello"},
          {"attested", signin::is_attested(key)},
          {"device", key.device ? Json(key.device->text()) : Json()},
          {"display_name", key.name},
          {"aaguid", key.aaguid ? Json(key.aaguid->text()) : Json()},
          {"sign_count", key.kind == directory::KeyKind::fido ? Json(key.sign_count) : Json()},
          {"created", key.created},
          {"last_used", time_json(key.last_used)}};
}

Json prt_json(const directory::Prt& prt) {
  return {{"id", prt.id.text()},
          {"device", prt.device.text()},
          {"key", prt.key ? Json(key_text(*prt.key)) : Json()},
          {"created", prt.created},
          {"expires", prt.expires}};
}

}  // namespace

admin::Reply make_code(Call& call) {
  const auto user = named_user(call);
  if (!user) return tl::unexpected(user.error());
  if (!call.takes_codes)
    return invalid(
        "Nobody enrols by a code here: put \"code\" into [sign_in] enrol of realm.toml first, and "
        "reload the service.");
  const Secret code = signin::new_enrolment_code();
  const std::string text(as_text(code.bytes()));
  const std::int64_t expires = call.now + code_lifetime;
  const auto set =
      call.records.set_code(call.tenant.id, user->id, *signin::hash_of_enrolment_code(text), expires);
  if (!set) return failed(fmt::format("No code can be made for {}", printable(user->name)), set.error());
  return Json{{"name", user->name}, {"code", text}, {"expires", expires}};
}

admin::Reply list_keys(Call& call) {
  const auto user = named_user(call);
  if (!user) return tl::unexpected(user.error());
  const std::string what = fmt::format("The keys of {} cannot be read", printable(user->name));
  const auto keys = call.records.keys_of(call.tenant.id, user->id);
  if (!keys) return failed(what, keys.error());
  const auto prts = call.records.prts_of(call.tenant.id, user->id);
  if (!prts) return failed(what, prts.error());
  Json json{{"name", user->name}, {"keys", Json::array()}, {"tokens", Json::array()}};
  for (const auto& key : *keys) json["keys"].push_back(key_json(key));
  for (const auto& prt : *prts) json["tokens"].push_back(prt_json(prt));
  return json;
}

admin::Reply revoke_key(Call& call) {
  const std::string_view text = call.arguments.text("key");
  const auto user = named_user(call);
  if (!user) return tl::unexpected(user.error());
  const auto octets = octets_of_base64url(text);
  directory::KeyId id{};
  if (!octets || octets->size() != id.size())
    return invalid("A key is named by its id, as \"ferryman realm user keys\" shows it.");
  std::copy(octets->begin(), octets->end(), id.begin());
  const auto key = call.records.key(call.tenant.id, id);
  if (!key && key.error().reason != Reason::not_found) return failed("The key cannot be read", key.error());
  if (!key || key->user != user->id) return none_such(call, "key", text);
  if (const auto done = call.records.remove_key(call.tenant.id, id); !done)
    return failed("The key cannot be revoked", done.error());
  return Json{{"name", user->name}, {"key", key_text(id)}};
}

admin::Reply revoke_tokens(Call& call) {
  const auto text = call.arguments.maybe_text("token");
  const auto user = named_user(call);
  if (!user) return tl::unexpected(user.error());
  if (!text) {
    if (const auto done = call.records.remove_prts_of(call.tenant.id, user->id); !done)
      return failed("The tokens cannot be revoked", done.error());
    return Json{{"name", user->name}};
  }
  const auto id = guid_of_text(*text);
  if (!id) return invalid("A token is named by its id, as \"ferryman realm user keys\" shows it.");
  const auto prt = call.records.prt(call.tenant.id, directory::PrtId{*id});
  if (!prt && prt.error().reason != Reason::not_found) return failed("The token cannot be read", prt.error());
  if (!prt || prt->user != user->id) return none_such(call, "token", *text);
  if (const auto done = call.records.remove_prt(call.tenant.id, prt->id); !done)
    return failed("The token cannot be revoked", done.error());
  return Json{{"name", user->name}, {"token", prt->id.text()}};
}

admin::Reply list_devices(Call& call) {
  const auto request = call.arguments.page();
  if (auto mistake = call.arguments.mistake()) return tl::unexpected(*std::move(mistake));
  const auto page = call.records.devices(call.tenant.id, request);
  if (!page) return failed("The devices cannot be read", page.error());
  return page_json("devices", *page, [&](const Device& device) { return device_json(call, device); });
}

admin::Reply show_device(Call& call) {
  const auto device = named_device(call);
  if (!device) return tl::unexpected(device.error());
  return device_json(call, *device);
}

admin::Reply disable_device(Call& call) {
  return set_disabled(call, true);
}

admin::Reply enable_device(Call& call) {
  return set_disabled(call, false);
}

admin::Reply remove_device(Call& call) {
  const auto device = named_device(call);
  if (!device) return tl::unexpected(device.error());
  if (const auto done = call.records.remove_device(call.tenant.id, device->id); !done)
    return failed(fmt::format("The device {} cannot be removed", device->id.text()), done.error());
  return Json{{"name", device->id.text()}};
}

}  // namespace ferryman::realm
