#pragma once

#include "realm/admin_call.h"

// The commands of docs/admin-protocol.md, by object.
namespace ferryman::realm {

admin::Reply add_user(Call& call);
admin::Reply list_users(Call& call);
admin::Reply show_user(Call& call);
admin::Reply set_user(Call& call);
admin::Reply reset_password(Call& call);

// Of users and of services alike.
admin::Reply disable_account(Call& call, directory::AccountKind kind);
admin::Reply enable_account(Call& call, directory::AccountKind kind);
admin::Reply unlock_account(Call& call, directory::AccountKind kind);
admin::Reply remove_account(Call& call, directory::AccountKind kind);
// One of these as an Action.
template <auto action, directory::AccountKind kind>
admin::Reply of(Call& call) {
  return action(call, kind);
}

admin::Reply add_group(Call& call);
admin::Reply list_groups(Call& call);
admin::Reply show_group(Call& call);
admin::Reply set_group(Call& call);
admin::Reply remove_group(Call& call);
admin::Reply join_group(Call& call);
admin::Reply leave_group(Call& call);

admin::Reply add_service(Call& call);
admin::Reply list_services(Call& call);
admin::Reply show_service(Call& call);
admin::Reply find_service(Call& call);
admin::Reply set_service(Call& call);
admin::Reply make_keytab(Call& call);
admin::Reply rotate_service(Call& call);
// With what a user signs in, and where.
admin::Reply make_code(Call& call);
admin::Reply list_keys(Call& call);
admin::Reply revoke_key(Call& call);
admin::Reply revoke_tokens(Call& call);
admin::Reply list_devices(Call& call);
admin::Reply show_device(Call& call);
admin::Reply disable_device(Call& call);
admin::Reply enable_device(Call& call);
admin::Reply remove_device(Call& call);

// Read-only domain controllers, whose partial TGTs are taken.
admin::Reply add_rodc(Call& call);
admin::Reply list_rodcs(Call& call);
admin::Reply show_rodc(Call& call);
admin::Reply set_rodc(Call& call);
admin::Reply rotate_rodc(Call& call);
admin::Reply remove_rodc(Call& call);

// Of the tenant.
admin::Reply rotate_krbtgt(Call& call);
admin::Reply show_pkinit_anchor(Call& call);

admin::Reply import_accounts(Call& call);

// On-premises domains, and who users are there. Users come and go only with domains that are linked:
// find_ad_link() tells not_found of others.
admin::Outcome<directory::AdLink> find_ad_link(Call& call, std::string_view domain);
admin::Reply link_ad(Call& call);
admin::Reply show_ad(Call& call);
admin::Reply unlink_ad(Call& call);
admin::Reply upsert_ad_users(Call& call);
admin::Reply disable_ad_users(Call& call);
admin::Reply list_ad_users(Call& call);
admin::Reply list_ad_keys(Call& call);

// These are of the tenants themselves; the call's is the default one.
admin::Reply add_tenant(Call& call);
admin::Reply list_tenants(Call& call);
admin::Reply show_tenant(Call& call);
admin::Reply set_tenant(Call& call);
admin::Reply disable_tenant(Call& call);
admin::Reply enable_tenant(Call& call);
admin::Reply remove_tenant(Call& call);

}  // namespace ferryman::realm
