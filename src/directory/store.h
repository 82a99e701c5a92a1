#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "directory/database.h"
#include "directory/engine.h"
#include "directory/rows.h"
#include "directory/sql.h"

namespace ferryman::directory::sql {

// Connections that nobody uses at the moment. There are as many as threads have been in the database at once.
class Pool {
 public:
  explicit Pool(Engine& engine) : engine_(engine) {}

  Outcome<std::unique_ptr<Connection>> take();
  // One that is lost is not kept, nor are the others, which are of the same server.
  void give_back(std::unique_ptr<Connection> connection);

 private:
  Engine& engine_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

// The directory in a database of any engine. Each function is one transaction; its parts are in store_*.cc.
class Store final : public Database {
 public:
  Store(std::unique_ptr<Engine> engine, std::vector<std::string> host_aliases, MasterKey master,
        FindMasterKey find_key)
      : engine_(std::move(engine)),
        pool_(*engine_),
        aliases_(std::move(host_aliases)),
        masters_(std::move(master), std::move(find_key)) {}

  Outcome<void> prepare(const std::string& location, bool create);

  // A transaction on a connection of the pool. how: &Connection::read and so on, as a lambda. What the
  // database's server has undone, as by its restart, is done again.
  template <typename How>
  auto with_connection(const How& how) -> std::invoke_result_t<How, Connection&> {
    constexpr int most = 4;
    for (int tries = 1;; ++tries) {
      auto connection = pool_.take();
      if (!connection) return tl::unexpected(connection.error());
      auto outcome = how(**connection);
      const bool again = !outcome && (*connection)->was_undone() && tries < most;
      pool_.give_back(*std::move(connection));
      if (!again) return outcome;
    }
  }
  // The thread's moment, if it has one in this store.
  class OpenMoment;
  Connection* moment() const;
  void end_moment();
  template <typename Body>
  auto read(const Body& body) {
    if (Connection* const c = moment()) return c->within(body);
    return read_now(body);
  }
  // The same of what is kept within a moment, in a map of Kept's by its name. prepare: called before it is.
  template <typename Name, typename T, typename Body>
  Outcome<Shared<T>> read_or_keep(
      Kept::Map<Name, T>& (Kept::*map)(), const Name& name, const Body& body,
      void (*prepare)(T&) = [](T&) {}) {
    Connection* const c = moment();
    if (c == nullptr) return shared<T>(read_now(body));
    Kept::Map<Name, T>& kept = (c->kept().*map)();
    if (const auto found = kept.find(name); found != kept.end()) return found->second;
    auto read = c->within(body);
    if (read) prepare(*read);
    auto outcome = shared<T>(std::move(read));
    if (outcome) kept.emplace(name, *outcome);
    return outcome;
  }
  template <typename T>
  static Outcome<Shared<T>> shared(Outcome<T> read) {
    if (!read) return tl::unexpected(std::move(read.error()));
    return std::make_shared<const T>(*std::move(read));
  }
  template <typename Body>
  auto read_now(const Body& body) {
    return with_connection([&body](Connection& c) { return c.read(body); });
  }
  template <typename Body>
  auto write(const Body& body) {
    return with_connection([&body](Connection& c) { return c.write(body); });
  }
  template <typename Body>
  auto write_unsynced(const Body& body) {
    return with_connection([&body](Connection& c) { return c.write_unsynced(body); });
  }
  template <typename Body>
  auto count(const Body& body) {
    return with_connection([&body](Connection& c) { return c.count(body); });
  }

  std::unique_ptr<Moment> one_moment() override;

  Outcome<void> check_writable() override;
  Outcome<std::vector<std::string>> check() override;
  Outcome<void> back_up(const std::string& file) override;
  Outcome<bool> change_master_key(MasterKey next) override;

  Outcome<Tenant> create_tenant(const TenantSettings& settings, const std::string& realm,
                                std::span<const std::int32_t> etypes, std::int64_t now) override;
  Outcome<Tenant> tenant(const TenantId& id) override;
  Outcome<Tenant> find_tenant(std::string_view name) override;
  Outcome<void> set_tenant(const TenantId& id, const TenantSettings& settings) override;
  Outcome<Page<Tenant>> tenants(const PageRequest& page) override;
  Outcome<void> remove_tenant(const TenantId& id) override;

  Outcome<Shared<Principal>> find_client(const TenantId& tenant, std::span<const std::string_view> components,
                                         std::int32_t name_type) override;
  Outcome<Shared<Principal>> find_service(const TenantId& tenant,
                                          std::span<const std::string_view> components) override;
  Outcome<Principal> principal(const TenantId& tenant, const ObjectId& id) override;
  Outcome<std::vector<LongTermKey>> keys(const TenantId& tenant, const ObjectId& account,
                                         std::uint32_t kvno) override;
  Outcome<std::vector<LongTermKey>> kept_keys(const TenantId& tenant, const ObjectId& account) override;
  Outcome<Shared<std::vector<LongTermKey>>> krbtgt_keys(const TenantId& tenant, std::uint32_t kvno) override;
  Outcome<LongTermKey> rodc_key(const TenantId& tenant, std::uint16_t number, std::uint32_t version) override;
  Outcome<Rodc> rodc(const TenantId& tenant, std::uint16_t number) override;
  Outcome<Delegation> delegation(const TenantId& tenant, const ObjectId& actor,
                                 const ObjectId& target) override;
  Outcome<void> check_prt(const TenantId& tenant, const ObjectId& user, const PrtId& prt) override;
  Outcome<CountedFailure> note_failure(const TenantId& tenant, const ObjectId& account,
                                       const LockoutPolicy& policy, std::int64_t now) override;
  void note_success(const TenantId& tenant, const ObjectId& account, std::int64_t timestamp,
                    std::int64_t now) override;
  Outcome<void> write_behind() override;

  Outcome<Account> create_account(const TenantId& tenant, const WholeAccount& account,
                                  std::int64_t now) override;
  Outcome<std::vector<Outcome<void>>> import_accounts(const TenantId& tenant,
                                                      std::span<const WholeAccount> accounts, Import how,
                                                      std::int64_t now) override;
  Outcome<Account> account(const TenantId& tenant, const ObjectId& id) override;
  Outcome<Account> find_account(const TenantId& tenant, std::string_view name) override;
  Outcome<Page<Account>> accounts(const TenantId& tenant, AccountKind kind, const PageRequest& page) override;
  Outcome<void> change_account(const TenantId& tenant, const ObjectId& id,
                               const SettingsChange& change) override;
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

  Outcome<Rodc> add_rodc(const TenantId& tenant, std::uint16_t number, const LongTermKey& key,
                         const RodcGroups& groups, std::int64_t now) override;
  Outcome<Page<Rodc>> rodcs(const TenantId& tenant, const PageRequest& page) override;
  Outcome<void> change_rodc(const TenantId& tenant, std::uint16_t number, const RodcGroups& groups) override;
  Outcome<void> set_rodc_key(const TenantId& tenant, std::uint16_t number, const LongTermKey& key,
                             bool forget_former, std::int64_t now) override;
  Outcome<void> remove_rodc(const TenantId& tenant, std::uint16_t number) override;

  Outcome<DelegationLists> delegations(const TenantId& tenant, const ObjectId& account) override;
  Outcome<void> change_delegations(const TenantId& tenant, const ObjectId& account,
                                   const DelegationChanges& changes) override;

  Outcome<SignInSecret> secret(const TenantId& tenant, SecretKind kind,
                               const std::function<SignInSecret()>& make, std::int64_t now) override;
  Outcome<void> set_code(const TenantId& tenant, const ObjectId& user, const Digest& hash,
                         std::int64_t expires) override;
  Outcome<CodeVerdict> try_code(const TenantId& tenant, const ObjectId& user, const Digest& hash,
                                std::int64_t now) override;
  Outcome<void> add_device(const TenantId& tenant, const Device& device) override;
  Outcome<Device> device(const TenantId& tenant, const DeviceId& id) override;
  Outcome<Page<Device>> devices(const TenantId& tenant, const PageRequest& page) override;
  Outcome<std::vector<Device>> devices_of(const TenantId& tenant, const ObjectId& user) override;
  Outcome<void> disable_device(const TenantId& tenant, const DeviceId& id, bool disabled) override;
  Outcome<void> remove_device(const TenantId& tenant, const DeviceId& id) override;
  Outcome<void> add_key(const TenantId& tenant, const KeyCredential& key) override;
  Outcome<KeyCredential> key(const TenantId& tenant, const KeyId& id) override;
  Outcome<std::vector<KeyCredential>> keys_of(const TenantId& tenant, const ObjectId& user) override;
  Outcome<void> remove_key(const TenantId& tenant, const KeyId& id) override;
  Outcome<Octets> user_handle(const TenantId& tenant, const ObjectId& user) override;
  Outcome<void> use_nonces(std::span<const NonceUse> nonces) override;
  Outcome<void> use_key(const TenantId& tenant, const KeyId& id, std::uint32_t sign_count, std::int64_t now,
                        std::span<const NonceUse> nonces) override;
  Outcome<void> add_prt(const TenantId& tenant, const Prt& prt, std::span<const NonceUse> nonces) override;
  Outcome<void> renew_prt(const TenantId& tenant, const PrtId& id, std::int64_t expires, std::int64_t now,
                          std::span<const NonceUse> nonces) override;
  Outcome<Prt> prt(const TenantId& tenant, const PrtId& id) override;
  Outcome<std::vector<Prt>> prts_of(const TenantId& tenant, const ObjectId& user) override;
  Outcome<void> remove_prt(const TenantId& tenant, const PrtId& id) override;
  Outcome<void> remove_prts_of(const TenantId& tenant, const ObjectId& user) override;
  Outcome<std::int64_t> revocations(const TenantId& tenant, const ObjectId& user) override;
  Outcome<bool> is_used(const Digest& nonce) override;
  Outcome<void> add_device_code(const DeviceCode& code) override;
  Outcome<DeviceCode> device_code(const TenantId& tenant, const Digest& user_code, std::int64_t now) override;
  Outcome<void> decide_device_code(const TenantId& tenant, const Digest& user_code, Decision decision,
                                   std::string_view grant, std::int64_t now) override;
  Outcome<PolledDeviceCode> poll_device_code(const Digest& code, std::string_view client, std::int64_t pause,
                                             std::int64_t now) override;
  Outcome<void> forget_expired(std::int64_t now) override;
  Outcome<void> set_ad_link(const TenantId& tenant, const AdLink& link, Bytes key, std::int64_t now) override;
  Outcome<std::vector<AdLink>> ad_links(const TenantId& tenant) override;
  Outcome<void> remove_ad_link(const TenantId& tenant, std::string_view domain) override;
  Outcome<void> set_on_premises(const TenantId& tenant, const OnPremisesUser& user) override;
  Outcome<void> forget_on_premises(const TenantId& tenant, const ObjectId& user) override;
  Outcome<OnPremisesUser> on_premises(const TenantId& tenant, const ObjectId& user) override;
  Outcome<OnPremisesUser> find_on_premises(const TenantId& tenant, std::string_view sid) override;
  Outcome<Page<OnPremisesUser>> on_premises_users(const TenantId& tenant, std::string_view domain,
                                                  const PageRequest& page) override;
  Outcome<AdIdentity> ad_identity(const TenantId& tenant, const ObjectId& user) override;

 private:
  // A logon that is not written yet.
  struct Logon {
    std::int64_t timestamp, at;
  };
  using Logons = std::map<std::pair<TenantId, ObjectId>, Logon>;

  const std::unique_ptr<Engine> engine_;
  Pool pool_;
  const std::vector<std::string> aliases_;
  MasterKeys masters_;
  std::mutex logons_mutex_;
  Logons logons_;  // one for each account that was used since write_behind()
};

}  // namespace ferryman::directory::sql
