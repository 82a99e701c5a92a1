#include "ferryman/mit_account.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "directory/directory.h"
#include "kerberos/names.h"
#include "kerberos/numbers.h"

namespace ferryman {
namespace {

namespace attribute = kdb::attribute;
namespace etype = kerberos::etype;
using admin::Json;
using kdb::DumpedPrincipal;
using kdb::SealedKey;

// Of services whose second component may be a short host name. With a dot in it, it is a host's in any case.
constexpr std::array<std::string_view, 16> service_classes{"host", "http", "nfs",   "cifs",    "ldap", "imap",
                                                           "pop",  "smtp", "sieve", "ftp",     "afs",  "dns",
                                                           "xmpp", "sip",  "ipp",   "postgres"};

// What import.accounts takes of a salt, and more than it takes of a name.
constexpr std::size_t max_salt = 4096, max_name = 2048;

// What there is none of here.
constexpr std::pair<std::uint32_t, std::string_view> lost_attributes[] = {
    {attribute::disallow_tgt_based, "-allow_tgs_req"},
    {attribute::disallow_renewable, "-allow_renewable"},
    {attribute::disallow_dup_skey, "-allow_dup_skey"},
    {attribute::pwchange_service, "+password_changing_service"},
    {attribute::no_auth_data_required, "+no_auth_data_required"}};

bool has(const DumpedPrincipal& principal, std::uint32_t flag) {
  return (principal.attributes & flag) != 0;
}

// Nothing: the principal is no part of the KDC.
std::string own_principal(const kdb::PrincipalName& name, const std::string& realm) {
  const std::string& first = name.components.front();
  if (kdb::is_master(name)) return "the master key of MIT's KDC: this one has its own";
  if (first == "krbtgt" && name.components.size() == 2 && name.components[1] != realm)
    return "the key of a trust, and trusts are not imported";
  for (const std::string_view own : {"krbtgt", "kadmin", "kiprop", "WELLKNOWN"})
    if (first == own) return "the KDC's own: this one has its own";
  return {};
}

std::string why_not(const DumpedPrincipal& principal, const MitOptions& options) {
  const kdb::PrincipalName& name = principal.name;
  if (name.realm != options.realm) return fmt::format("of another realm, {}", name.realm);
  for (const std::string& component : name.components)
    if (component.find('/') != component.npos) return "a part of its name has a \"/\"";
  if (text_of(name).size() > max_name) return "its name is longer than any may be";
  if (!is_utf8(text_of(name))) return "its name is no UTF-8";
  return own_principal(name, options.realm);
}

bool is_service(const DumpedPrincipal& principal, std::string_view name, const MitOptions& options) {
  if (options.users.contains(name)) return false;
  if (options.services.contains(name)) return true;
  const auto& components = principal.name.components;
  if (components.size() == 1) return name.ends_with('$');
  if (has(principal, attribute::disallow_svr)) return false;
  return components[1].find('.') != std::string::npos ||
         std::any_of(service_classes.begin(), service_classes.end(),
                     [&](std::string_view each) { return equal_without_case(each, components[0]); });
}

std::string name_of_etype(std::int32_t number) {
  const std::string_view name = kerberos::etype_name(number);
  return name.empty() ? fmt::format("etype {}", number) : std::string(name);
}

bool is_kept(std::int32_t number, bool rc4) {
  return number == etype::aes128_sha1 || number == etype::aes256_sha1 || number == etype::aes128_sha256 ||
         number == etype::aes256_sha384 || (rc4 && number == etype::rc4_hmac);
}

// No list that anyone reads is longer.
constexpr std::size_t max_left = 32;

void add_once(std::vector<std::string>& list, std::string text) {
  if (list.size() < max_left && std::find(list.begin(), list.end(), text) == list.end())
    list.push_back(std::move(text));
}

// The keys of a principal, one after the other.
class Keys {
 public:
  Keys(const DumpedPrincipal& principal, const kdb::MasterKeys& master, bool rc4)
      : principal_(principal), master_(master), rc4_(rc4) {
    std::set<std::uint32_t, std::greater<>> versions;
    for (const SealedKey& key : principal.keys) versions.insert(key.kvno);
    while (versions.size() > directory::former_versions + 1) versions.erase(std::prev(versions.end()));
    if (!versions.empty()) present_ = *versions.begin();
    for (const SealedKey& key : principal.keys)
      if (versions.contains(key.kvno)) take(key);
    // An older key must not become the present one: it may be a password that was changed.
    if (names_.empty()) forget();
  }
  ~Keys() { forget(); }
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;

  Json take_json() { return std::exchange(json_, Json::array()); }
  // "kvno 3: aes256-cts-hmac-sha1-96, ..." of the present ones.
  std::string details() const {
    return names_.empty() ? "no key" : fmt::format("kvno {}: {}", present_, fmt::join(names_, ", "));
  }
  std::vector<std::string> notes(bool is_user) const {
    std::vector<std::string> notes;
    if (!left_.empty()) notes.push_back(fmt::format("without its keys of {}", fmt::join(left_, ", ")));
    const std::string rc4(kerberos::etype_name(etype::rc4_hmac));
    const bool could_have = !rc4_ && std::find(left_.begin(), left_.end(), rc4) != left_.end();
    if (json_.empty())
      notes.push_back(fmt::format("has no key: \"ferryman realm {}\" gives some{}",
                                  is_user ? "user password" : "service set --etypes",
                                  could_have ? ", or an import with --rc4" : ""));
    return notes;
  }

 private:
  void take(const SealedKey& key) {
    const std::string name = name_of_etype(key.etype);
    if (!is_kept(key.etype, rc4_)) return add_once(left_, name);
    const auto salt = kdb::salt_of(principal_, key);
    if (salt && salt->size() > max_salt) return add_once(left_, name + " with a salt that is too long");
    if (!salt) return add_once(left_, name + " with a salt of AFS or Kerberos 4");
    if (key.kvno == 0) return add_once(left_, name + " with the key version 0");
    if (std::find(taken_.begin(), taken_.end(), std::pair(key.kvno, key.etype)) != taken_.end())
      return;  // a KDC looks at the first one alone
    const auto opened = master_.open(key, principal_.master_kvno);
    if (!opened)
      return add_once(left_,
                      fmt::format("{} that master key {} does not open", name, principal_.master_kvno));
    add(key, name, *salt, *opened);
  }

  void add(const SealedKey& key, const std::string& name, const std::string& salt,
           const crypto::Key& opened) {
    taken_.emplace_back(key.kvno, key.etype);
    json_.push_back({{"kvno", key.kvno}, {"etype", key.etype}, {"salt", base64_of(as_bytes(salt))}});
    json_.back()["key"] = base64_of(opened.octets());
    if (key.kvno == present_) names_.push_back(name);
  }

  void forget() {
    admin::wipe_texts(json_);
    json_ = Json::array();
  }

  const DumpedPrincipal& principal_;
  const kdb::MasterKeys& master_;
  const bool rc4_;
  Json json_ = Json::array();
  std::vector<std::pair<std::uint32_t, std::int32_t>> taken_;
  std::uint32_t present_ = 0;              // the newest version
  std::vector<std::string> names_, left_;  // of encryption types: the present ones, those that stay behind
};

void set_time(Json& account, const char* member, const std::optional<std::int64_t>& time) {
  if (time) account[member] = *time;
}

// Of users alone: what a service has is a key, which does not expire and is not chosen.
void set_user(const DumpedPrincipal& principal, MitAccount& made) {
  Json& account = made.account;
  set_time(account, "password_expires", principal.password_expires);
  account["must_change"] = has(principal, attribute::requires_pwchange);
  account["sensitive"] = has(principal, attribute::disallow_forwardable | attribute::disallow_proxiable);
  account["key_required"] = has(principal, attribute::requires_hw_auth);
  if (has(principal, attribute::requires_hw_auth))
    made.notes.emplace_back("+requires_hwauth: no password passes, a key is required");
}

void set_attributes(const DumpedPrincipal& principal, bool service, MitAccount& made) {
  Json& account = made.account;
  account["disabled"] = has(principal, attribute::disallow_all_tix);
  set_time(account, "expires", principal.expires);
  set_time(account, "password_changed", principal.password_changed);
  if (service) {
    account["ok_as_delegate"] = has(principal, attribute::ok_as_delegate);
    account["trusted_to_auth"] = has(principal, attribute::ok_to_auth_as_delegate);
  }
  if (!service) set_user(principal, made);
  made.without_preauth = !has(principal, attribute::requires_pre_auth);
  std::vector<std::string_view> lost;
  for (const auto& [flag, name] : lost_attributes)
    if (has(principal, flag)) lost.push_back(name);
  if (!lost.empty())
    made.notes.push_back(fmt::format("without {}, which there is none of here", fmt::join(lost, ", ")));
}

}  // namespace

std::string text_of(const kdb::PrincipalName& name) {
  return fmt::format("{}", fmt::join(name.components, "/"));
}

MitAccount mit_account(const DumpedPrincipal& principal, const kdb::MasterKeys& master,
                       const MitOptions& options) {
  MitAccount made{text_of(principal.name), why_not(principal, options)};
  if (!made.skipped.empty()) return made;
  const bool service = is_service(principal, made.name, options);
  Keys keys(principal, master, options.rc4);
  made.notes = keys.notes(!service);
  made.details = keys.details();
  made.account = {{"name", made.name}, {"kind", service ? "service" : "user"}};
  made.account["keys"] = keys.take_json();
  set_attributes(principal, service, made);
  return made;
}

}  // namespace ferryman
