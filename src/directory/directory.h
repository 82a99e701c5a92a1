#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "directory/account.h"
#include "directory/ad_link.h"
#include "directory/delegation.h"
#include "directory/failure.h"
#include "directory/guid.h"
#include "directory/rodc.h"
#include "directory/tenant.h"

namespace ferryman::directory {

// Part of a list, in the order of names without case; members of a group in that of their ids.
template <typename T>
struct Page {
  std::vector<T> items;
  std::string next;  // what to go on behind; empty: this was the last
};
inline constexpr std::size_t max_page = 1000;

// Groups that an account may be in, besides its primary one. All of them go into each of its tickets, and
// services take little more.
inline constexpr std::size_t max_groups_of_account = 1000;

// Where a list begins and how much of it is wanted.
struct PageRequest {
  std::string after{};      // the last page's next
  std::size_t limit = 100;  // at most max_page, which stands for more
};

struct NewGroup {
  std::string name{};
  std::optional<std::uint32_t> gid{};  // none: by its RID
  bool key_required = false;
};

// How an account gets new keys.
struct KeyChange {
  std::int64_t now = 0;
  std::optional<std::int64_t> password_expires{};
  bool must_change = false;
  std::optional<std::uint32_t> kvno{};  // none: the next; else one that was not there before and is higher
  std::size_t history = 0;              // former passwords that are remembered, at most max_history
  bool forget_former = false;           // no version before this one stays readable
};
inline constexpr std::size_t max_history = 24;
// Versions of an account's keys that stay readable behind the present one.
inline constexpr std::uint32_t former_versions = 2;
// Beyond, the upper half of a krbtgt's kvno names a read-only KDC ([MS-KILE] 3.1.5.8).
inline constexpr std::uint32_t first_kvno = 1, max_kvno = 0x7fffffff, max_krbtgt_kvno = 0xffff;

// An account with all that it has from its first moment on, be it new or as another KDC had it.
struct WholeAccount {
  NewAccount account{};
  // Of any versions, from 1 to max_kvno; the highest is the present one. One of each etype and version. Of
  // the others the newest former_versions are kept. None: it cannot log on until it gets some.
  std::vector<LongTermKey> keys{};
  std::optional<std::int64_t> password_changed{}, password_expires{};
  std::vector<ObjectId> groups{};  // besides its primary one
  // Of a user, who she is in an on-premises domain; its `user` is not looked at.
  std::optional<OnPremisesUser> on_premises{};
};
// What is to come of accounts that are imported: nothing, but what would have is told.
enum class Import : std::uint8_t { for_good, dry_run };

// A former password, told by what its key was: hash_of_key() of a key that is made in the same way is the
// same.
struct FormerKey {
  std::int32_t etype = 0;
  std::string salt{};
  Octets s2kparams{};
  Secret hash{};
};
Secret hash_of_key(Bytes key);

// Tenants, accounts and groups, and the keys of accounts, wherever they are kept. Any thread may call any of
// it at the same time; it may wait for a disk, or for a server that comes back. What a function changes is
// changed whole, and durable when it returns, or not at all; note_failure() and note_success() are not
// durable through a loss of power.
//
// Everything but tenants is looked up within one tenant, and an object of another one is not_found. Names
// are compared as names.h says; within a tenant no two objects have the same one. now: seconds since 1970.
class Directory {
 public:
  virtual ~Directory() = default;

  // Until what it returns goes, or the thread's note_failure(), what this thread reads is of one moment, but
  // for account(), which is of the present; that is quicker than a moment for each. Null where there is
  // nothing to gain. Not for a thread that changes something else and then reads it.
  class Moment {
   public:
    Moment() = default;
    virtual ~Moment() = default;
    Moment(const Moment&) = delete;
    Moment& operator=(const Moment&) = delete;
  };
  [[nodiscard]] virtual std::unique_ptr<Moment> one_moment() { return nullptr; }

  // Tenants. A new one has the accounts krbtgt/REALM and kadmin/changepw with random keys of etypes but RC4,
  // and the groups Domain Users and Domain Computers. name: also one of its domains.
  virtual Outcome<Tenant> create_tenant(const TenantSettings& settings, const std::string& realm,
                                        std::span<const std::int32_t> etypes, std::int64_t now) = 0;
  virtual Outcome<Tenant> tenant(const TenantId& id) = 0;
  virtual Outcome<Tenant> find_tenant(std::string_view name) = 0;
  virtual Outcome<void> set_tenant(const TenantId& id, const TenantSettings& settings) = 0;
  virtual Outcome<Page<Tenant>> tenants(const PageRequest& page) = 0;
  // With all that is in it, part by part, between which others change something: a large one takes minutes.
  // It is disabled with the first. Where it fails half-way it stays so, and the next call goes on from there.
  virtual Outcome<void> remove_tenant(const TenantId& id) = 0;

  // What the KDC asks.
  //
  // A client by the components of its name. An enterprise name (one component, RFC 6806 5) is looked up
  // among UPNs, then, in the tenant's realm, among names; any other of one component among names, then as
  // a UPN in the tenant's realm; one of more components among SPNs, without aliases. Never adds a "$".
  // krbtgt, kadmin/changepw and groups are no clients: not_found.
  virtual Outcome<Shared<Principal>> find_client(const TenantId& tenant,
                                                 std::span<const std::string_view> components,
                                                 std::int32_t name_type) = 0;
  // A service: its SPN, then HOST in place of a service class that stands for it, of two components; one
  // component alone is an account's name. The account may have no SPN: then it is no service, and what
  // user-to-user may name all the same.
  virtual Outcome<Shared<Principal>> find_service(const TenantId& tenant,
                                                  std::span<const std::string_view> components) = 0;
  virtual Outcome<Principal> principal(const TenantId& tenant, const ObjectId& id) = 0;
  // The keys of the present version or one of the former_versions before it; not_found for others.
  virtual Outcome<std::vector<LongTermKey>> keys(const TenantId& tenant, const ObjectId& account,
                                                 std::uint32_t kvno) = 0;
  // Those of all versions that are readable, the newest first; none: it has no keys, or is not there.
  virtual Outcome<std::vector<LongTermKey>> kept_keys(const TenantId& tenant, const ObjectId& account) = 0;
  virtual Outcome<Shared<std::vector<LongTermKey>>> krbtgt_keys(const TenantId& tenant,
                                                                std::uint32_t kvno) = 0;
  // Of a read-only domain controller, the key of the present version or of one of the former_versions before
  // it.
  virtual Outcome<LongTermKey> rodc_key(const TenantId& tenant, std::uint16_t number,
                                        std::uint32_t version) = 0;
  virtual Outcome<Rodc> rodc(const TenantId& tenant, std::uint16_t number) = 0;
  // Whether a service may act for users at another one.
  virtual Outcome<Delegation> delegation(const TenantId& tenant, const ObjectId& actor,
                                         const ObjectId& target) = 0;
  // not_found where a user's PRT is revoked, or its device removed or disabled.
  virtual Outcome<void> check_prt(const TenantId& tenant, const ObjectId& user, const PrtId& prt) = 0;
  // Counts a wrong key, atomically for all processes, and returns what has come of it. A locked account
  // counts no further.
  virtual Outcome<CountedFailure> note_failure(const TenantId& tenant, const ObjectId& account,
                                               const LockoutPolicy& policy, std::int64_t now) = 0;
  // Notes a logon, in memory; write_behind() and the next note_failure() of the account write it. It takes
  // back the failures before now, but only where timestamp, of the proof of the key in microseconds since
  // 1970, is newer than all that were noted before: a proof that is sent again is none. It unlocks nothing.
  virtual void note_success(const TenantId& tenant, const ObjectId& account, std::int64_t timestamp,
                            std::int64_t now) = 0;
  // To be called every minute or so, and at the end.
  virtual Outcome<void> write_behind() = 0;

  // Accounts.
  // Made whole, with its keys and in its groups, or not at all.
  virtual Outcome<Account> create_account(const TenantId& tenant, const WholeAccount& account,
                                          std::int64_t now) = 0;
  // The same of several. One outcome each, in their order: where one is not made the others are all the same;
  // a failure of the whole: none is. It is one transaction, for which others wait: a hundred or so at a time.
  virtual Outcome<std::vector<Outcome<void>>> import_accounts(const TenantId& tenant,
                                                              std::span<const WholeAccount> accounts,
                                                              Import how, std::int64_t now) = 0;
  virtual Outcome<Account> account(const TenantId& tenant, const ObjectId& id) = 0;
  // By its name, a UPN or an SPN, without aliases.
  virtual Outcome<Account> find_account(const TenantId& tenant, std::string_view name) = 0;
  virtual Outcome<Page<Account>> accounts(const TenantId& tenant, AccountKind kind,
                                          const PageRequest& page) = 0;
  // change gets the settings as they are, and nobody else changes them before it is done: not the password
  // either, which takes must_change away. It may be called again, with what is there then, where the database
  // has undone the first.
  using SettingsChange = std::function<void(AccountSettings&)>;
  virtual Outcome<void> change_account(const TenantId& tenant, const ObjectId& id,
                                       const SettingsChange& change) = 0;
  virtual Outcome<void> rename_account(const TenantId& tenant, const ObjectId& id, std::string_view name) = 0;
  virtual Outcome<void> add_upn(const TenantId& tenant, const ObjectId& id, std::string_view upn) = 0;
  virtual Outcome<void> add_spn(const TenantId& tenant, const ObjectId& id, std::string_view spn) = 0;
  virtual Outcome<void> remove_upn(const TenantId& tenant, const ObjectId& id, std::string_view upn) = 0;
  virtual Outcome<void> remove_spn(const TenantId& tenant, const ObjectId& id, std::string_view spn) = 0;
  virtual Outcome<void> unlock_account(const TenantId& tenant, const ObjectId& id) = 0;
  // With its keys, names, memberships and delegations. Not krbtgt and kadmin/changepw.
  virtual Outcome<void> remove_account(const TenantId& tenant, const ObjectId& id) = 0;

  // Replaces the account's keys; one of each etype, their kvno is not looked at. Returns the new kvno.
  virtual Outcome<std::uint32_t> set_keys(const TenantId& tenant, const ObjectId& account,
                                          std::span<const LongTermKey> keys, const KeyChange& change) = 0;
  // The last passwords, newest first, without the present one: string-to-key takes too long to be done here.
  virtual Outcome<std::vector<FormerKey>> history(const TenantId& tenant, const ObjectId& account) = 0;

  // Groups. Members are accounts.
  virtual Outcome<Group> create_group(const TenantId& tenant, const NewGroup& group) = 0;
  virtual Outcome<Group> find_group(const TenantId& tenant, std::string_view name) = 0;
  virtual Outcome<Page<Group>> groups(const TenantId& tenant, const PageRequest& page) = 0;
  virtual Outcome<void> require_key(const TenantId& tenant, const ObjectId& group, bool key_required) = 0;
  virtual Outcome<void> join_group(const TenantId& tenant, const ObjectId& group,
                                   const ObjectId& account) = 0;
  virtual Outcome<void> leave_group(const TenantId& tenant, const ObjectId& group,
                                    const ObjectId& account) = 0;
  virtual Outcome<Page<Account>> members(const TenantId& tenant, const ObjectId& group,
                                         const PageRequest& page) = 0;
  // Not one that is the primary group of an account, or denied to a read-only domain controller, nor those
  // that a tenant is made with.
  virtual Outcome<void> remove_group(const TenantId& tenant, const ObjectId& group) = 0;

  // Read-only domain controllers. number: from min_rodc to max_rodc. A key's own version is not looked at.
  virtual Outcome<Rodc> add_rodc(const TenantId& tenant, std::uint16_t number, const LongTermKey& key,
                                 const RodcGroups& groups, std::int64_t now) = 0;
  // In the order of their numbers, where next and after are one.
  virtual Outcome<Page<Rodc>> rodcs(const TenantId& tenant, const PageRequest& page) = 0;
  virtual Outcome<void> change_rodc(const TenantId& tenant, std::uint16_t number,
                                    const RodcGroups& groups) = 0;
  // Another key in place of the present one, which becomes a former one. forget_former: none stays readable.
  virtual Outcome<void> set_rodc_key(const TenantId& tenant, std::uint16_t number, const LongTermKey& key,
                                     bool forget_former, std::int64_t now) = 0;
  virtual Outcome<void> remove_rodc(const TenantId& tenant, std::uint16_t number) = 0;

  // Of a service, at whom it may act for users, and who may act at it; empty of any other account.
  virtual Outcome<DelegationLists> delegations(const TenantId& tenant, const ObjectId& account) = 0;
  virtual Outcome<void> change_delegations(const TenantId& tenant, const ObjectId& account,
                                           const DelegationChanges& changes) = 0;
};

}  // namespace ferryman::directory
