#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "pac/info.h"
#include "pki/key_credential.h"
#include "realm/admin_arguments.h"
#include "realm/admin_commands.h"

// Hello keys of users of an on-premises domain, as it keeps them itself.
namespace ferryman::realm {
namespace {

using admin::Json;
using directory::OnPremisesUser;

// Of a page, so that the message ends below its limit with one more user's keys.
constexpr std::size_t max_octets = 256 * 1024;

tl::unexpected<admin::Failure> unreadable(const directory::Failure& failure) {
  return failed("Keys of the domain's users cannot be read", failure);
}

// With its last use, which the directory keeps beside it.
admin::Outcome<Octets> used_blob(const directory::KeyCredential& key) {
  auto credential = pki::parse_key_credential(key.blob);
  if (!credential)
    return unreadable(
        {directory::Reason::damaged, "The key " + base64url_of(key.id) + " is not as it was written."});
  if (key.last_used) credential->last_logon = pac::file_time(*key.last_used);
  return pki::key_credential_blob(*credential);
}

// Those that she can sign in with: none where she is disabled, and not those of devices that are.
admin::Outcome<std::vector<directory::KeyCredential>> good_keys(Call& call, const directory::ObjectId& user) {
  const auto account = call.directory.account(call.tenant.id, user);
  if (!account) return unreadable(account.error());
  if (account->settings.flags.disabled) return std::vector<directory::KeyCredential>();
  auto keys = call.records.keys_of(call.tenant.id, user);
  if (!keys) return unreadable(keys.error());
  std::erase_if(*keys, [](const auto& key) { return key.kind != directory::KeyKind::hello; });
  if (keys->empty()) return *std::move(keys);
  const auto devices = call.records.devices_of(call.tenant.id, user);
  if (!devices) return unreadable(devices.error());
  std::erase_if(*keys, [&](const directory::KeyCredential& key) {
    return std::any_of(devices->begin(), devices->end(), [&](const directory::Device& device) {
      return device.disabled && key.device == device.id;
    });
  });
  return *std::move(keys);
}

// octets: grows by what she has.
admin::Outcome<Json> keys_json(Call& call, const directory::ObjectId& user, std::size_t& octets) {
  const auto keys = good_keys(call, user);
  if (!keys) return tl::unexpected(keys.error());
  Json list = Json::array();
  for (const directory::KeyCredential& key : *keys) {
    const auto blob = used_blob(key);
    if (!blob) return tl::unexpected(blob.error());
    std::string text = base64_of(*blob);
    octets += text.size();
    list.push_back({{"id", base64url_of(key.id)}, {"blob", std::move(text)}});
  }
  return list;
}

}  // namespace

admin::Reply list_ad_keys(Call& call) {
  const std::string_view domain = call.arguments.text("domain");
  const directory::PageRequest request = call.arguments.page();
  if (auto mistake = call.arguments.mistake()) return tl::unexpected(*std::move(mistake));
  const auto link = find_ad_link(call, domain);
  if (!link) return tl::unexpected(link.error());
  const auto page = call.records.on_premises_users(call.tenant.id, link->domain, request);
  if (!page) return failed("The users of the domain cannot be read", page.error());
  Json users = Json::array();
  std::size_t octets = 0;
  for (const OnPremisesUser& user : page->items) {
    auto keys = keys_json(call, user.user, octets);
    if (!keys) return tl::unexpected(keys.error());
    users.push_back({{"sid", user.sid}, {"keys", *std::move(keys)}});
    if (octets > max_octets && &user != &page->items.back())
      return Json{{"users", std::move(users)}, {"next", user.sid}};
  }
  return Json{{"users", std::move(users)}, {"next", page->next}};
}

}  // namespace ferryman::realm
