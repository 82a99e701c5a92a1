#include <fmt/format.h>

#include "base/text.h"
#include "realm/admin_commands.h"
#include "realm/admin_objects.h"
#include "realm/admin_settings.h"

namespace ferryman::realm {
namespace {

using directory::AccountKind;

admin::Reply account_reply(const Call& call, AccountKind kind, const directory::ObjectId& id) {
  return kind == AccountKind::user ? user_reply(call, id) : service_reply(call, id);
}

admin::Reply set_disabled(Call& call, AccountKind kind, bool disabled) {
  const auto account = named_account(call, kind);
  if (!account) return tl::unexpected(account.error());
  if (auto kept = keep_own_state(call, *account); !kept) return tl::unexpected(std::move(kept.error()));
  const auto done = call.directory.change_account(
      call.tenant.id, account->id,
      [disabled](directory::AccountSettings& settings) { settings.flags.disabled = disabled; });
  if (done) return account_reply(call, kind, account->id);
  return failed(fmt::format("{} cannot be {}", printable(account->name), disabled ? "disabled" : "enabled"),
                done.error());
}

}  // namespace

admin::Reply disable_account(Call& call, AccountKind kind) {
  return set_disabled(call, kind, true);
}

admin::Reply enable_account(Call& call, AccountKind kind) {
  return set_disabled(call, kind, false);
}

admin::Reply unlock_account(Call& call, AccountKind kind) {
  const auto account = named_account(call, kind);
  if (!account) return tl::unexpected(account.error());
  if (const auto done = call.directory.unlock_account(call.tenant.id, account->id); !done)
    return failed(fmt::format("{} cannot be unlocked", printable(account->name)), done.error());
  call.forget_failures(account->id);
  return account_reply(call, kind, account->id);
}

admin::Reply remove_account(Call& call, AccountKind kind) {
  const auto account = named_account(call, kind);
  if (!account) return tl::unexpected(account.error());
  if (const auto done = call.directory.remove_account(call.tenant.id, account->id); !done)
    return failed(fmt::format("{} cannot be removed", printable(account->name)), done.error());
  return admin::Json{{"name", account->name}};
}

}  // namespace ferryman::realm
