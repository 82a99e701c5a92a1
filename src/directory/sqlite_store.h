#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "directory/rows.h"
#include "directory/sqlite.h"
#include "directory/sqlite_directory.h"

namespace ferryman::directory::sqlite {

// Connections that nobody uses at the moment. There are as many as threads have been in the database at once.
class Pool {
 public:
  explicit Pool(std::string file) : file_(std::move(file)) {}

  Outcome<std::unique_ptr<Connection>> take();
  void give_back(std::unique_ptr<Connection> connection);

 private:
  const std::string file_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

// The directory in SQLite. Each function is one transaction; its parts are in store_*.cc.
class Store final : public SqliteDirectory {
 public:
  Store(SqliteOptions options, MasterKey master)
      : pool_(options.file), aliases_(std::move(options.host_aliases)), master_(std::move(master)) {}

  Outcome<void> prepare(bool create, const std::string& file);

  Outcome<std::vector<std::string>> check() override;
  Outcome<void> back_up(const std::string& file) override;

  Outcome<Tenant> create_tenant(const TenantSettings& settings, const std::string& realm,
                                std::span<const std::int32_t> etypes, std::int64_t now) override;
  Outcome<Tenant> tenant(const TenantId& id) override;
  Outcome<Tenant> find_tenant(std::string_view name) override;
  Outcome<void> set_tenant(const TenantId& id, const TenantSettings& settings) override;
  Outcome<Page<Tenant>> tenants(const PageRequest& page) override;

  Outcome<Principal> find_client(const TenantId& tenant, std::span<const std::string_view> components,
                                 std::int32_t name_type) override;
  Outcome<Principal> find_service(const TenantId& tenant,
                                  std::span<const std::string_view> components) override;
  Outcome<Principal> principal(const TenantId& tenant, const ObjectId& id) override;
  Outcome<std::vector<LongTermKey>> keys(const TenantId& tenant, const ObjectId& account,
                                         std::uint32_t kvno) override;
  Outcome<std::vector<LongTermKey>> krbtgt_keys(const TenantId& tenant, std::uint32_t kvno) override;
  Outcome<Lockout> note_failure(const TenantId& tenant, const ObjectId& account, const LockoutPolicy& policy,
                                std::int64_t now) override;
  void note_success(const TenantId& tenant, const ObjectId& account, std::int64_t timestamp,
                    std::int64_t now) override;
  Outcome<void> write_behind() override;

  Outcome<Account> create_account(const TenantId& tenant, const NewAccount& account,
                                  std::int64_t now) override;
  Outcome<Account> account(const TenantId& tenant, const ObjectId& id) override;
  Outcome<Account> find_account(const TenantId& tenant, std::string_view name) override;
  Outcome<Page<Account>> accounts(const TenantId& tenant, AccountKind kind, const PageRequest& page) override;
  Outcome<void> set_account(const TenantId& tenant, const ObjectId& id,
                            const AccountSettings& settings) override;
  Outcome<void> rename_account(const TenantId& tenant, const ObjectId& id, std::string_view name) override;
  Outcome<void> add_upn(const TenantId& tenant, const ObjectId& id, std::string_view upn) override;
  Outcome<void> add_spn(const TenantId& tenant, const ObjectId& id, std::string_view spn) override;
  Outcome<void> remove_upn(const TenantId& tenant, const ObjectId& id, std::string_view upn) override;
  Outcome<void> remove_spn(const TenantId& tenant, const ObjectId& id, std::string_view spn) override;
  Outcome<void> unlock_account(const TenantId& tenant, const ObjectId& id) override;
  Outcome<void> remove_account(const TenantId& tenant, const ObjectId& id) override;

  Outcome<std::uint32_t> set_keys(const TenantId& tenant, const ObjectId& account,
                                  std::span<const LongTermKey> keys, const KeyChange& change) override;
  Outcome<std::vector<FormerKey>> history(const TenantId& tenant, const ObjectId& account) override;

  Outcome<Group> create_group(const TenantId& tenant, const NewGroup& group) override;
  Outcome<Group> find_group(const TenantId& tenant, std::string_view name) override;
  Outcome<Page<Group>> groups(const TenantId& tenant, const PageRequest& page) override;
  Outcome<void> require_key(const TenantId& tenant, const ObjectId& group, bool key_required) override;
  Outcome<void> join_group(const TenantId& tenant, const ObjectId& group, const ObjectId& account) override;
  Outcome<void> leave_group(const TenantId& tenant, const ObjectId& group, const ObjectId& account) override;
  Outcome<Page<Account>> members(const TenantId& tenant, const ObjectId& group,
                                 const PageRequest& page) override;
  Outcome<void> remove_group(const TenantId& tenant, const ObjectId& group) override;

 private:
  // A logon that is not written yet.
  struct Logon {
    std::int64_t timestamp, at;
  };
  using Logons = std::map<std::pair<TenantId, ObjectId>, Logon>;

  // A transaction on a connection of the pool. how: &Connection::read and so on, as a lambda.
  template <typename How>
  auto with_connection(const How& how) -> std::invoke_result_t<How, Connection&> {
    auto connection = pool_.take();
    if (!connection) return tl::unexpected(connection.error());
    auto outcome = how(**connection);
    pool_.give_back(*std::move(connection));
    return outcome;
  }
  template <typename Body>
  auto read(const Body& body) {
    return with_connection([&body](Connection& c) { return c.read(body); });
  }
  template <typename Body>
  auto write(const Body& body) {
    return with_connection([&body](Connection& c) { return c.write(body); });
  }
  template <typename Body>
  auto count(const Body& body) {
    return with_connection([&body](Connection& c) { return c.count(body); });
  }

  Pool pool_;
  const std::vector<std::string> aliases_;
  const MasterKey master_;
  std::mutex logons_mutex_;
  Logons logons_;  // one for each account that was used since write_behind()
};

}  // namespace ferryman::directory::sqlite
