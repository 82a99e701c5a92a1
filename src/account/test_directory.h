#pragma once

#include <algorithm>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/string_to_key.h"
#include "directory/directory.h"
#include "kerberos/numbers.h"

// For tests: the directory of one tenant in memory, with what a KDC asks and no administration. Accounts are
// changed by hand.
namespace ferryman::account {

class TestDirectory : public directory::Directory {
 public:
  using Tenant = directory::Tenant;
  using Principal = directory::Principal;
  using ObjectId = directory::ObjectId;
  using TenantId = directory::TenantId;
  template <typename T>
  using Outcome = directory::Outcome<T>;

  bool is_full = false;                  // failures cannot be written
  std::vector<directory::PrtId> prts{};  // that are good, of whichever user
  std::map<std::uint16_t, directory::Rodc> rodc_list{};
  std::map<std::pair<ObjectId, ObjectId>, directory::Delegation> delegation_list{};  // by actor, target
  std::map<std::pair<std::uint16_t, std::uint32_t>, directory::LongTermKey>
      rodc_keys{};  // by number, version

  struct Entry {
    Principal principal;
    std::map<std::uint32_t, std::vector<directory::LongTermKey>> former;
    std::vector<directory::FormerKey> history;
    std::int64_t newest_timestamp = 0;
  };

  explicit TestDirectory(std::string realm = "R.TEST", std::uint8_t number = 1) {
    tenant_.id.octets.fill(number);
    tenant_.realm = std::move(realm);
    tenant_.settings.name = "r";
    tenant_.domain_sid = "S-1-5-21-1-2-" + std::to_string(number);
    add("krbtgt/" + tenant_.realm, directory::AccountKind::krbtgt);
    add("kadmin/changepw", directory::AccountKind::password_change);
  }

  const Tenant& tenant() const { return tenant_; }

  // A read-only domain controller that may vouch for members of the group of that RID. Its key.
  crypto::Key add_rodc(std::uint16_t number, std::uint32_t version, std::uint32_t allowed_rid) {
    directory::Group allowed;
    allowed.rid = allowed_rid;
    rodc_list[number] = {number, version, 0, 0, {allowed}, {}};
    auto key = crypto::Key::random(kerberos::etype::aes256_sha1);
    rodc_keys[{number, version}] = {key.etype(), rodc_list[number].kvno(), {}, {}, Secret(key.octets())};
    return key;
  }
  // With random AES keys; the reference stays.
  Entry& add(const std::string& name, directory::AccountKind kind, std::vector<std::string> spns = {}) {
    Entry& entry = entries_.emplace_back();
    Principal& principal = entry.principal;
    principal.tenant = tenant_.id;
    principal.account.id.octets.fill(static_cast<std::uint8_t>(entries_.size()));
    principal.account.kind = kind;
    principal.account.name = name;
    principal.account.spns = std::move(spns);
    principal.account.rid = static_cast<std::uint32_t>(1000 + entries_.size());
    principal.account.kvno = 2;
    for (const std::int32_t etype : {18, 17}) {
      const auto key = crypto::Key::random(etype);
      principal.keys.push_back({etype, 2, {}, {}, Secret(key.octets())});
    }
    return entry;
  }
  Entry& add_user(const std::string& name, std::string_view password) {
    Entry& entry = add(name, directory::AccountKind::user);
    entry.principal.keys = keys_of(password, tenant_.realm + name, 2);
    return entry;
  }
  static std::vector<directory::LongTermKey> keys_of(std::string_view password, const std::string& salt,
                                                     std::uint32_t kvno) {
    std::vector<directory::LongTermKey> keys;
    for (const std::int32_t etype : {18, 17}) {
      const auto key = crypto::string_to_key(etype, as_bytes(password), as_bytes(salt));
      keys.push_back({etype, kvno, salt, {}, Secret(key->octets())});
    }
    return keys;
  }
  Entry& at(std::string_view name) {
    return *std::find_if(entries_.begin(), entries_.end(),
                         [&](const Entry& entry) { return entry.principal.account.name == name; });
  }
  void remove(std::string_view name) {
    entries_.remove_if([&](const Entry& entry) { return entry.principal.account.name == name; });
  }
  crypto::Key key(std::string_view name, std::int32_t etype) {
    for (const auto& key : at(name).principal.keys) {
      if (key.etype == etype) return std::move(*crypto::Key::make(etype, key.key.bytes()));
    }
    return crypto::Key::random(etype);
  }

  template <typename T>
  using Shared = directory::Shared<T>;

  Outcome<Shared<Principal>> find_client(const TenantId&, std::span<const std::string_view> components,
                                         std::int32_t name_type) override {
    const std::scoped_lock lock(mutex_);
    const std::string name = joined(components);
    for (const Entry& entry : entries_) {
      const directory::Account& account = entry.principal.account;
      if (account.kind == directory::AccountKind::krbtgt ||
          account.kind == directory::AccountKind::password_change)
        continue;
      const bool has_upn = std::find(account.upns.begin(), account.upns.end(), name) != account.upns.end();
      if ((account.name == name && name_type != kerberos::name_type::enterprise) || has_upn)
        return std::make_shared<const Principal>(copy(entry.principal));
    }
    return directory::fail(directory::Reason::not_found);
  }
  Outcome<Shared<Principal>> find_service(const TenantId&,
                                          std::span<const std::string_view> components) override {
    const std::scoped_lock lock(mutex_);
    const std::string name = joined(components);
    for (const Entry& entry : entries_) {
      const auto& spns = entry.principal.account.spns;
      if (entry.principal.account.name == name || std::find(spns.begin(), spns.end(), name) != spns.end())
        return std::make_shared<const Principal>(copy(entry.principal));
    }
    return directory::fail(directory::Reason::not_found);
  }
  Outcome<Principal> principal(const TenantId&, const ObjectId& id) override {
    const std::scoped_lock lock(mutex_);
    const Entry* entry = find(id);
    if (entry == nullptr) return directory::fail(directory::Reason::not_found);
    return copy(entry->principal);
  }
  Outcome<std::vector<directory::LongTermKey>> keys(const TenantId&, const ObjectId& id,
                                                    std::uint32_t kvno) override {
    const std::scoped_lock lock(mutex_);
    const Entry* entry = find(id);
    if (entry != nullptr && entry->principal.account.kvno == kvno) return copy(entry->principal.keys);
    if (entry == nullptr || entry->former.count(kvno) == 0)
      return directory::fail(directory::Reason::not_found);
    return copy(entry->former.at(kvno));
  }
  Outcome<std::vector<directory::LongTermKey>> kept_keys(const TenantId&, const ObjectId& id) override {
    const std::scoped_lock lock(mutex_);
    const Entry* entry = find(id);
    if (entry == nullptr) return std::vector<directory::LongTermKey>();
    auto kept = copy(entry->principal.keys);
    for (auto former = entry->former.rbegin(); former != entry->former.rend(); ++former)
      for (auto& key : copy(former->second)) kept.push_back(std::move(key));
    return kept;
  }
  Outcome<Shared<std::vector<directory::LongTermKey>>> krbtgt_keys(const TenantId& tenant,
                                                                   std::uint32_t kvno) override {
    auto found = keys(tenant, at("krbtgt/" + tenant_.realm).principal.account.id, kvno);
    if (!found) return tl::unexpected(found.error());
    return std::make_shared<const std::vector<directory::LongTermKey>>(*std::move(found));
  }
  Outcome<directory::LongTermKey> rodc_key(const TenantId&, std::uint16_t number,
                                           std::uint32_t version) override {
    const auto found = rodc_keys.find({number, version});
    if (found == rodc_keys.end()) return directory::fail(directory::Reason::not_found);
    return found->second.copy();
  }
  Outcome<directory::Rodc> rodc(const TenantId&, std::uint16_t number) override {
    const auto found = rodc_list.find(number);
    if (found == rodc_list.end()) return directory::fail(directory::Reason::not_found);
    return found->second;
  }
  Outcome<directory::Delegation> delegation(const TenantId&, const ObjectId& actor,
                                            const ObjectId& target) override {
    const auto found = delegation_list.find({actor, target});
    return found == delegation_list.end() ? directory::Delegation{} : found->second;
  }
  Outcome<void> check_prt(const TenantId&, const ObjectId&, const directory::PrtId& prt) override {
    if (std::find(prts.begin(), prts.end(), prt) == prts.end())
      return directory::fail(directory::Reason::not_found);
    return {};
  }
  Outcome<directory::CountedFailure> note_failure(const TenantId&, const ObjectId& id,
                                                  const directory::LockoutPolicy& policy,
                                                  std::int64_t now) override {
    const std::scoped_lock lock(mutex_);
    if (is_full) return directory::fail(directory::Reason::full);
    Entry* entry = find(id);
    if (entry == nullptr) return directory::fail(directory::Reason::not_found);
    directory::Lockout& lockout = entry->principal.account.lockout;
    if (lockout.locked_until && *lockout.locked_until > now) return directory::CountedFailure{lockout, false};
    if (now - lockout.window_began >= policy.window || lockout.locked_until) lockout = {0, now, {}};
    if (++lockout.failures == policy.threshold) lockout.locked_until = now + policy.duration;
    return directory::CountedFailure{lockout, true};
  }
  void note_success(const TenantId&, const ObjectId& id, std::int64_t timestamp, std::int64_t) override {
    const std::scoped_lock lock(mutex_);
    Entry* entry = find(id);
    if (entry == nullptr || timestamp <= entry->newest_timestamp) return;
    entry->newest_timestamp = timestamp;
    if (!entry->principal.account.lockout.locked_until) entry->principal.account.lockout = {};
  }
  Outcome<directory::Account> account(const TenantId&, const ObjectId& id) override {
    const std::scoped_lock lock(mutex_);
    const Entry* entry = find(id);
    if (entry == nullptr) return directory::fail(directory::Reason::not_found);
    return entry->principal.account;
  }
  Outcome<std::uint32_t> set_keys(const TenantId&, const ObjectId& id,
                                  std::span<const directory::LongTermKey> keys,
                                  const directory::KeyChange& change) override {
    const std::scoped_lock lock(mutex_);
    Entry* entry = find(id);
    if (entry == nullptr) return directory::fail(directory::Reason::not_found);
    Principal& principal = entry->principal;
    entry->former[principal.account.kvno] = std::move(principal.keys);
    principal.keys = copy(keys);
    ++principal.account.kvno;
    for (auto& key : principal.keys) key.kvno = principal.account.kvno;
    principal.account.password_changed = change.now;
    principal.account.password_expires = change.password_expires;
    principal.account.settings.flags.must_change = change.must_change;
    return principal.account.kvno;
  }
  Outcome<std::vector<directory::FormerKey>> history(const TenantId&, const ObjectId&) override {
    return std::vector<directory::FormerKey>();
  }

  Outcome<Tenant> create_tenant(const directory::TenantSettings&, const std::string&,
                                std::span<const std::int32_t>, std::int64_t) override {
    return none();
  }
  Outcome<Tenant> tenant(const TenantId&) override { return tenant_; }
  Outcome<Tenant> find_tenant(std::string_view) override { return tenant_; }
  Outcome<void> set_tenant(const TenantId&, const directory::TenantSettings&) override { return none(); }
  Outcome<directory::Page<Tenant>> tenants(const directory::PageRequest&) override { return none(); }
  Outcome<void> remove_tenant(const TenantId&) override { return none(); }
  Outcome<void> write_behind() override { return {}; }
  Outcome<directory::Account> create_account(const TenantId&, const directory::WholeAccount&,
                                             std::int64_t) override {
    return none();
  }
  Outcome<std::vector<Outcome<void>>> import_accounts(const TenantId&,
                                                      std::span<const directory::WholeAccount>,
                                                      directory::Import, std::int64_t) override {
    return none();
  }
  Outcome<directory::Account> find_account(const TenantId&, std::string_view) override { return none(); }
  Outcome<directory::Page<directory::Account>> accounts(const TenantId&, directory::AccountKind,
                                                        const directory::PageRequest&) override {
    return none();
  }
  Outcome<void> change_account(const TenantId&, const ObjectId&, const SettingsChange&) override {
    return none();
  }
  Outcome<void> rename_account(const TenantId&, const ObjectId&, std::string_view) override { return none(); }
  Outcome<void> add_upn(const TenantId&, const ObjectId&, std::string_view) override { return none(); }
  Outcome<void> add_spn(const TenantId&, const ObjectId&, std::string_view) override { return none(); }
  Outcome<void> remove_upn(const TenantId&, const ObjectId&, std::string_view) override { return none(); }
  Outcome<void> remove_spn(const TenantId&, const ObjectId&, std::string_view) override { return none(); }
  Outcome<void> unlock_account(const TenantId&, const ObjectId&) override { return none(); }
  Outcome<void> remove_account(const TenantId&, const ObjectId&) override { return none(); }
  Outcome<directory::Group> create_group(const TenantId&, const directory::NewGroup&) override {
    return none();
  }
  Outcome<directory::Group> find_group(const TenantId&, std::string_view) override { return none(); }
  Outcome<directory::Page<directory::Group>> groups(const TenantId&, const directory::PageRequest&) override {
    return none();
  }
  Outcome<void> require_key(const TenantId&, const ObjectId&, bool) override { return none(); }
  Outcome<void> join_group(const TenantId&, const ObjectId&, const ObjectId&) override { return none(); }
  Outcome<void> leave_group(const TenantId&, const ObjectId&, const ObjectId&) override { return none(); }
  Outcome<directory::Page<directory::Account>> members(const TenantId&, const ObjectId&,
                                                       const directory::PageRequest&) override {
    return none();
  }
  Outcome<void> remove_group(const TenantId&, const ObjectId&) override { return none(); }
  Outcome<directory::Rodc> add_rodc(const TenantId&, std::uint16_t, const directory::LongTermKey&,
                                    const directory::RodcGroups&, std::int64_t) override {
    return none();
  }
  Outcome<directory::Page<directory::Rodc>> rodcs(const TenantId&, const directory::PageRequest&) override {
    return none();
  }
  Outcome<void> change_rodc(const TenantId&, std::uint16_t, const directory::RodcGroups&) override {
    return none();
  }
  Outcome<void> set_rodc_key(const TenantId&, std::uint16_t, const directory::LongTermKey&, bool,
                             std::int64_t) override {
    return none();
  }
  Outcome<void> remove_rodc(const TenantId&, std::uint16_t) override { return none(); }
  Outcome<directory::DelegationLists> delegations(const TenantId&, const ObjectId&) override {
    return none();
  }
  Outcome<void> change_delegations(const TenantId&, const ObjectId&,
                                   const directory::DelegationChanges&) override {
    return none();
  }

 private:
  static tl::unexpected<directory::Failure> none() {
    return directory::fail(directory::Reason::unavailable, "not in this test");
  }
  static std::string joined(std::span<const std::string_view> components) {
    std::string name;
    for (const std::string_view component : components) {
      if (!name.empty()) name += '/';
      name += component;
    }
    return name;
  }
  static std::vector<directory::LongTermKey> copy(std::span<const directory::LongTermKey> keys) {
    std::vector<directory::LongTermKey> copies;
    for (const auto& key : keys) copies.push_back(key.copy());
    return copies;
  }
  static Principal copy(const Principal& principal) {
    return {principal.tenant, principal.account, principal.key_required, principal.groups,
            copy(principal.keys)};
  }
  Entry* find(const ObjectId& id) {
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& entry) { return entry.principal.account.id == id; });
    return found == entries_.end() ? nullptr : &*found;
  }

  std::mutex mutex_;
  Tenant tenant_;
  std::list<Entry> entries_;
};

}  // namespace ferryman::account
