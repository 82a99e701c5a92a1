#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "directory/account.h"
#include "directory/directory.h"
#include "directory/master_keys.h"
#include "directory/sql.h"
#include "directory/tenant.h"

// Rows of the schema as structs. All run inside a transaction of the connection's, which tells what failed;
// what they return then does not matter.
namespace ferryman::directory::sql {

enum class NameKind : std::uint8_t { name = 1, upn = 2, spn = 3 };
inline constexpr std::uint8_t group_kind = 5;  // in objects.kind, behind AccountKind's

// In tenants.disabled, behind 0 and 1: Tenant::half_removed.
inline constexpr std::int64_t half_removed = 2;
Outcome<Tenant> load_tenant(Connection& connection, const TenantId& id);
Outcome<std::string> realm_of(Connection& connection, const TenantId& id);

// The next RID of the tenant.
Outcome<std::uint32_t> allocate_rid(Connection& connection, const TenantId& tenant);

struct ObjectRow {
  ObjectId id;
  std::uint8_t kind;
  std::string name;
  std::uint32_t rid;
  std::uint32_t posix_id;
  bool key_required;
};
Outcome<void> insert_object(Connection& connection, const TenantId& tenant, const ObjectRow& object);

struct NameRow {
  ObjectId object;
  NameKind kind;
  std::string text;
  bool exact;
};
// Refuses a uid that another account of the tenant has, or a gid of another group.
Outcome<void> check_posix_id(Connection& connection, const TenantId& tenant, const ObjectId& id,
                             bool is_group, std::uint32_t posix_id);
// Refuses a name that another object has, also one that it has as a UPN in the tenant's realm.
Outcome<void> insert_name(Connection& connection, const TenantId& tenant, const NameRow& name);
// The object that has the name as one of these kinds, in the way it was registered.
std::optional<ObjectId> find_name(Connection& connection, const TenantId& tenant, std::string_view text,
                                  std::initializer_list<NameKind> kinds);

// Makes the account's rows; the object's is there.
Outcome<void> insert_account(Connection& connection, const TenantId& tenant, const ObjectId& id,
                             const AccountSettings& settings, bool exact_names, std::int64_t now);
// The account with its names and no keys; what is wanted is held against the rules first.
Outcome<void> insert_new_account(Connection& connection, const TenantId& tenant, const ObjectId& id,
                                 const NewAccount& wanted, std::int64_t now);
Outcome<Account> load_account(Connection& connection, const TenantId& tenant, const ObjectId& id);
// Keys that are read, opened or left as they are, of which one at most will be used.
enum class Keys : std::uint8_t { opened, sealed };
Outcome<Principal> load_principal(Connection& connection, const MasterKeys& masters, const TenantId& tenant,
                                  const ObjectId& id, Keys keys = Keys::opened);
std::int64_t mask_of(const AccountFlags& flags);

// Keys of one version. rc4: whether the account may have one of RC4.
Outcome<void> check_keys(std::span<const LongTermKey> keys, bool rc4);
// What is sealed in this transaction is sealed under. Another process may have changed it since the last one.
Outcome<std::shared_ptr<const MasterKey>> sealing_key(Connection& connection, const MasterKeys& masters);
Outcome<void> insert_keys(Connection& connection, const MasterKey& master, const TenantId& tenant,
                          const ObjectId& id, std::uint32_t kvno, std::span<const LongTermKey> keys);
// Empty where there are none.
Outcome<std::vector<LongTermKey>> load_keys(Connection& connection, const MasterKeys& masters,
                                            const TenantId& tenant, const ObjectId& id, std::uint32_t kvno,
                                            Keys how = Keys::opened);
// Of all versions that are kept, the newest first.
Outcome<std::vector<LongTermKey>> load_kept_keys(Connection& connection, const MasterKeys& masters,
                                                 const TenantId& tenant, const ObjectId& id);

// Who an account's user is in a domain, in place of what was known of her; the account is there.
Outcome<void> write_on_premises(Connection& connection, const TenantId& tenant, const OnPremisesUser& user);

Outcome<Group> load_group(Connection& connection, const TenantId& tenant, const ObjectId& id);
// The account, which is there, joins the group; not_found: the tenant has no such group.
Outcome<void> insert_member(Connection& connection, const TenantId& tenant, const ObjectId& group,
                            const ObjectId& account);

// Ids of part of a list become its page. load(id) returns an Outcome; next(item): what to go on behind.
std::size_t rows_for(const PageRequest& page);
template <typename Id, typename Load, typename Next>
auto page_of(const std::vector<Id>& ids, const PageRequest& request, const Load& load, const Next& next)
    -> Outcome<Page<typename std::invoke_result_t<Load, const Id&>::value_type>> {
  Page<typename std::invoke_result_t<Load, const Id&>::value_type> page;
  const std::size_t limit = rows_for(request) - 1;  // one row more tells whether there is another page
  for (std::size_t i = 0; i < ids.size() && i < limit; ++i) {
    auto item = load(ids[i]);
    if (!item) return tl::unexpected(item.error());
    page.items.push_back(*std::move(item));
  }
  if (ids.size() > limit) page.next = next(page.items.back());
  return page;
}
// The first columns of all rows.
template <typename Id>
std::vector<Id> ids_of(Statement& statement) {
  std::vector<Id> ids;
  while (statement.step()) ids.push_back(statement.id<Id>(0));
  return ids;
}

}  // namespace ferryman::directory::sql
