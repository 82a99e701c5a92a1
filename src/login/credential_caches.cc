#include "login/credential_caches.h"

#include <fmt/format.h>
#include <krb5/krb5.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <new>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "kerberos/numbers.h"
#include "login/krb5_config.h"

namespace ferryman::login {
namespace {

// libkrb5 only reads what these point at.
krb5_data data_of(std::string_view text) {
  krb5_data data{};
  data.length = static_cast<unsigned>(text.size());
  data.data = const_cast<char*>(text.data());
  return data;
}

std::string_view realm_of(krb5_const_principal principal) {
  return {principal->realm.data, principal->realm.length};
}

// A krb5_principal over names that somebody else owns.
class Principal {
 public:
  Principal(const kerberos::PrincipalName& name, std::string_view realm) {
    for (std::size_t i = 0; i < name.size(); ++i) components_.push_back(data_of(name.component(i)));
    data_.realm = data_of(realm);
    data_.data = components_.data();
    data_.length = static_cast<krb5_int32>(components_.size());
    data_.type = name.name_type;
  }
  Principal(const Principal&) = delete;
  Principal& operator=(const Principal&) = delete;

  krb5_principal get() { return &data_; }

 private:
  std::vector<krb5_data> components_;
  krb5_principal_data data_{};
};

// Among what is kept in a cache besides tickets: whoever fills it anew takes that away.
constexpr char logon_mark[] = "ferryman_logon";

// An open cache, closed at its end, or destroyed; or taken by release() for what does that itself.
class Cache {
 public:
  enum class End : std::uint8_t { close, destroy };

  explicit Cache(krb5_context context, End end = End::close) : context_(context), end_(end) {}
  Cache(Cache&& other) noexcept : context_(other.context_), end_(other.end_), cache_(other.release()) {}
  Cache& operator=(Cache&&) = delete;
  ~Cache() {
    if (cache_ != nullptr) (end_ == End::close ? krb5_cc_close : krb5_cc_destroy)(context_, cache_);
  }

  krb5_ccache get() const { return cache_; }
  krb5_ccache* receive() { return &cache_; }
  krb5_ccache release() { return std::exchange(cache_, nullptr); }

  bool is_empty() const {
    return !has_owner([](krb5_principal) { return true; });
  }
  bool belongs_to(krb5_principal client) const {
    return has_owner(
        [&](krb5_principal owner) { return krb5_principal_compare(context_, owner, client) != 0; });
  }
  bool is_of_realm(std::string_view realm) const {
    return has_owner([&](krb5_principal owner) { return realm_of(owner) == realm; });
  }
  bool is_of_logon() const {
    krb5_data value{};
    if (krb5_cc_get_config(context_, cache_, nullptr, logon_mark, &value) != 0) return false;
    krb5_free_data_contents(context_, &value);
    return true;
  }
  krb5_error_code mark_as_of_logon() const {
    krb5_data value = data_of("yes");
    return krb5_cc_set_config(context_, cache_, nullptr, logon_mark, &value);
  }
  bool belongs_to_a_collection() const {
    return krb5_cc_support_switch(context_, krb5_cc_get_type(context_, cache_)) != 0;
  }
  std::string name() const {
    char* text = nullptr;
    if (krb5_cc_get_full_name(context_, cache_, &text) != 0) throw std::bad_alloc();
    std::string name = text;
    krb5_free_string(context_, text);
    return name;
  }

 private:
  bool has_owner(const std::function<bool(krb5_principal owner)>& is_it) const {
    krb5_principal owner = nullptr;
    if (krb5_cc_get_principal(context_, cache_, &owner) != 0) return false;
    const bool is = is_it(owner);
    krb5_free_principal(context_, owner);
    return is;
  }

  krb5_context context_;
  End end_;
  krb5_ccache cache_ = nullptr;
};

tl::unexpected<Failure> krb5_failure(krb5_context context, krb5_error_code code, std::string_view doing) {
  const char* text = krb5_get_error_message(context, code);
  std::string whole = fmt::format("{}: {}", doing, text);
  krb5_free_error_message(context, text);
  return fail(Fault::failed, std::move(whole));
}

constexpr std::string_view storing = "tickets cannot be put into the credential cache",
                           removing = "the tickets cannot be removed";

krb5_timestamp time_of(std::int64_t time) {
  return static_cast<krb5_timestamp>(static_cast<std::uint32_t>(time));  // libkrb5 reads it so until 2106
}

krb5_error_code add(krb5_context context, const Cache& cache, Principal& client,
                    const Credential& credential) {
  const kerberos::EncKdcRepPart& part = credential.part;
  Principal server(part.sname, part.srealm);
  krb5_creds made{};
  made.client = client.get();
  made.server = server.get();
  made.keyblock.enctype = part.key.type;
  made.keyblock.length = static_cast<unsigned>(part.key.value.size());
  made.keyblock.contents = const_cast<krb5_octet*>(part.key.value.data());
  made.times.authtime = time_of(part.authtime);
  made.times.starttime = time_of(part.starttime.value_or(part.authtime));
  made.times.endtime = time_of(part.endtime);
  made.times.renew_till = time_of(part.renew_till.value_or(0));
  made.ticket_flags = static_cast<krb5_flags>(part.flags);
  made.ticket = data_of(as_text(credential.ticket));
  return krb5_cc_store_cred(context, cache.get(), &made);
}

// A cache in memory with everything in it, so that the real one is never seen half filled.
Outcome<Cache> filled(krb5_context context, krb5_principal client,
                      const std::function<krb5_error_code(const Cache& memory)>& fill) {
  Cache memory(context, Cache::End::destroy);
  krb5_error_code code = krb5_cc_new_unique(context, "MEMORY", nullptr, memory.receive());
  if (code == 0) code = krb5_cc_initialize(context, memory.get(), client);
  if (code == 0) code = fill(memory);
  if (code != 0) return krb5_failure(context, code, storing);
  return memory;
}

Outcome<Cache> default_cache(krb5_context context) {
  Cache cache(context);
  const krb5_error_code code = krb5_cc_default(context, cache.receive());
  if (code != 0) return krb5_failure(context, code, "there is no default credential cache");
  return cache;
}

constexpr std::string_view file_type = "FILE:";

// A FILE has room for one account. Tickets of another realm's account are in a file beside it, with the
// realm's name behind its own: this is its path, or would be. Nothing where there is no such place.
std::optional<std::string> path_beside(const Cache& primary, krb5_principal client) {
  const std::string name = primary.name();
  const std::string_view realm = realm_of(client);
  if (!name.starts_with(file_type) || !is_realm_name(realm)) return std::nullopt;
  return fmt::format("{}.{}", name.substr(file_type.size()), realm);
}

// Others may make files in /tmp as well.
bool is_own_file(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == ::geteuid();
}

Outcome<Cache> cache_of(krb5_context context, const std::string& name) {
  Cache cache(context);
  const krb5_error_code code = krb5_cc_resolve(context, name.c_str(), cache.receive());
  if (code != 0) return krb5_failure(context, code, "the credential caches cannot be read");
  return cache;
}

Outcome<Cache> file_cache(krb5_context context, const std::string& path) {
  return cache_of(context, std::string(file_type) + path);
}

// The account's cache, if it has one.
Outcome<std::optional<Cache>> find(krb5_context context, krb5_principal client) {
  Cache cache(context);
  const krb5_error_code code = krb5_cc_cache_match(context, client, cache.receive());
  if (code == 0) return cache;
  if (code != KRB5_CC_NOTFOUND) return krb5_failure(context, code, "the credential caches cannot be read");
  const auto primary = default_cache(context);
  if (!primary) return tl::unexpected(primary.error());
  const auto beside = path_beside(*primary, client);
  if (!beside || !is_own_file(*beside)) return std::nullopt;
  auto found = file_cache(context, *beside);
  if (!found) return tl::unexpected(found.error());
  if (!found->belongs_to(client)) return std::nullopt;
  return *std::move(found);
}

bool has_room_beside(const Cache& primary, krb5_principal client) {
  return !primary.is_of_realm(realm_of(client)) && path_beside(primary, client);
}

// Where the account's tickets belong.
Outcome<Cache> place_for(krb5_context context, krb5_principal client, const Cache& primary) {
  auto found = find(context, client);
  if (!found) return tl::unexpected(found.error());
  if (*found) return std::move(**found);
  if (!primary.belongs_to_a_collection()) {
    if (primary.is_empty()) return default_cache(context);
    if (has_room_beside(primary, client)) return file_cache(context, *path_beside(primary, client));
    return fail(
        Fault::occupied,
        fmt::format(
            "{} holds another account's tickets, and a cache of this type has room for one: kdestroy "
            "removes them; with default_ccache_name = DIR:..., KEYRING:... or KCM: in krb5.conf (or in "
            "KRB5CCNAME) several accounts fit in",
            primary.name()));
  }
  Cache made(context);
  const krb5_error_code code =
      krb5_cc_new_unique(context, krb5_cc_get_type(context, primary.get()), nullptr, made.receive());
  if (code != 0) return krb5_failure(context, code, storing);
  return made;
}

Outcome<void> switch_to(krb5_context context, const Cache& cache) {
  const krb5_error_code code = krb5_cc_switch(context, cache.get());
  if (code != 0) return krb5_failure(context, code, "the credential cache cannot be made the primary one");
  return {};
}

// Where the primary cache is gone, makes any other one primary.
void replace_primary(krb5_context context) {
  const auto primary = default_cache(context);
  krb5_cccol_cursor cursor = nullptr;
  if (!primary || !primary->is_empty() || !primary->belongs_to_a_collection() ||
      krb5_cccol_cursor_new(context, &cursor) != 0)
    return;
  for (;;) {
    Cache next(context);
    if (krb5_cccol_cursor_next(context, cursor, next.receive()) != 0 || next.get() == nullptr) break;
    if (next.is_empty()) continue;
    krb5_cc_switch(context, next.get());
    break;
  }
  krb5_cccol_cursor_free(context, &cursor);
}

// The caches of the collection that are of logons, whosever tickets are in them.
Outcome<void> remove_logons(krb5_context context) {
  krb5_cccol_cursor cursor = nullptr;
  krb5_error_code code = krb5_cccol_cursor_new(context, &cursor);
  std::vector<Cache> found;
  while (code == 0) {
    Cache next(context);
    code = krb5_cccol_cursor_next(context, cursor, next.receive());
    if (code != 0 || next.get() == nullptr) break;
    if (next.is_of_logon()) found.push_back(std::move(next));
  }
  krb5_cccol_cursor_free(context, &cursor);
  for (Cache& each : found)
    if (const krb5_error_code own = krb5_cc_destroy(context, each.release()); own != 0) code = own;
  if (code != 0) return krb5_failure(context, code, removing);
  return {};
}

// The files beside a FILE, as path_beside() names them, whosever tickets are in them.
void remove_beside(krb5_context context, const Cache& primary) {
  const std::string name = primary.name();
  if (!name.starts_with(file_type)) return;
  const std::filesystem::path path = name.substr(file_type.size());
  const std::string prefix = path.filename().string() + ".";
  std::error_code error;
  for (const auto& each : std::filesystem::directory_iterator(path.parent_path(), error)) {
    const std::string file = each.path().filename().string();
    if (!file.starts_with(prefix) || !is_own_file(each.path())) continue;
    auto cache = file_cache(context, each.path());
    if (cache && cache->is_of_realm(file.substr(prefix.size()))) krb5_cc_destroy(context, cache->release());
  }
}

// Where the account's tickets belong, in place of what is there.
Outcome<std::string> put(krb5_context context, krb5_principal client, Cache memory) {
  const auto primary = default_cache(context);
  if (!primary) return tl::unexpected(primary.error());
  const bool is_first = primary->is_empty();
  const auto place = place_for(context, client, *primary);
  if (!place) return tl::unexpected(place.error());
  const krb5_error_code code = krb5_cc_move(context, memory.get(), place->get());
  if (code != 0) return krb5_failure(context, code, storing);
  (void)memory.release();  // krb5_cc_move() has destroyed it
  if (place->belongs_to_a_collection()) {
    // Also where the primary one is to stay: SSSD's KCM makes whatever was filled last that.
    const auto switched = switch_to(context, is_first ? *place : *primary);
    if (!switched) return tl::unexpected(switched.error());
  }
  return place->name();
}

}  // namespace

void CredentialCaches::FreeContext::operator()(_krb5_context* context) const {
  krb5_free_context(context);
}

Outcome<CredentialCaches> CredentialCaches::open() {
  krb5_context context = nullptr;
  if (const krb5_error_code code = krb5_init_context(&context); code != 0)
    return krb5_failure(nullptr, code, "krb5.conf cannot be used");
  return CredentialCaches(context);
}

Outcome<std::string> CredentialCaches::store(const Client& client, std::span<const Credential> credentials) {
  Principal principal(client.name, client.realm);
  auto memory = filled(context_.get(), principal.get(), [&](const Cache& made) {
    krb5_error_code code = 0;
    for (const Credential& credential : credentials)
      if (code == 0) code = add(context_.get(), made, principal, credential);
    return code;
  });
  if (!memory) return tl::unexpected(memory.error());
  return put(context_.get(), principal.get(), std::move(*memory));
}

Outcome<std::string> CredentialCaches::store_from(const std::string& name) {
  Cache source(context_.get());
  krb5_principal client = nullptr;
  krb5_error_code code = krb5_cc_resolve(context_.get(), name.c_str(), source.receive());
  if (code == 0) code = krb5_cc_get_principal(context_.get(), source.get(), &client);
  if (code != 0) return krb5_failure(context_.get(), code, storing);
  auto memory = filled(context_.get(), client, [&](const Cache& made) {
    const krb5_error_code copied = krb5_cc_copy_creds(context_.get(), source.get(), made.get());
    return copied == 0 ? made.mark_as_of_logon() : copied;
  });
  auto stored = memory ? put(context_.get(), client, std::move(*memory)) : tl::unexpected(memory.error());
  krb5_free_principal(context_.get(), client);
  return stored;
}

Outcome<std::string> CredentialCaches::name_for_session(const std::string& name) {
  const auto cache = cache_of(context_.get(), name);
  if (!cache) return tl::unexpected(cache.error());
  if (!cache->belongs_to_a_collection()) return name;
  if (auto switched = switch_to(context_.get(), *cache); !switched) return tl::unexpected(switched.error());
  return std::string(krb5_cc_default_name(context_.get()));
}

Outcome<bool> CredentialCaches::has_room_for(const Client& client) {
  Principal principal(client.name, client.realm);
  const auto own = find(context_.get(), principal.get());
  if (!own) return tl::unexpected(own.error());
  const auto primary = default_cache(context_.get());
  if (!primary) return tl::unexpected(primary.error());
  return *own || primary->belongs_to_a_collection() || primary->is_empty() ||
         has_room_beside(*primary, principal.get());
}

Outcome<void> CredentialCaches::make_primary(const Client& client) {
  Principal principal(client.name, client.realm);
  const auto cache = find(context_.get(), principal.get());
  if (!cache) return tl::unexpected(cache.error());
  if (!*cache) return fail(Fault::failed, "the account has no tickets");
  if (!(*cache)->belongs_to_a_collection()) return {};
  return switch_to(context_.get(), **cache);
}

Outcome<std::optional<std::int64_t>> CredentialCaches::tgt_end(const Client& client) {
  Principal principal(client.name, client.realm);
  const auto cache = find(context_.get(), principal.get());
  if (!cache) return tl::unexpected(cache.error());
  if (!*cache) return std::nullopt;
  const kerberos::Name krbtgt(kerberos::name_type::srv_inst, {"krbtgt", client.realm});
  Principal server(krbtgt.view(), client.realm);
  krb5_creds wanted{}, found{};
  wanted.client = principal.get();
  wanted.server = server.get();
  if (krb5_cc_retrieve_cred(context_.get(), (*cache)->get(), 0, &wanted, &found) != 0) return std::nullopt;
  const std::int64_t end = static_cast<std::uint32_t>(found.times.endtime);
  krb5_free_cred_contents(context_.get(), &found);
  return end;
}

Outcome<void> CredentialCaches::remove(const Client& client) {
  Principal principal(client.name, client.realm);
  auto cache = find(context_.get(), principal.get());
  if (!cache) return tl::unexpected(cache.error());
  if (!*cache) return {};
  const krb5_error_code code = krb5_cc_destroy(context_.get(), (*cache)->release());
  if (code != 0) return krb5_failure(context_.get(), code, removing);
  replace_primary(context_.get());
  return {};
}

Outcome<void> CredentialCaches::remove(const Client& client, const std::string& name) {
  Principal principal(client.name, client.realm);
  auto cache = cache_of(context_.get(), name);
  if (!cache) return tl::unexpected(cache.error());
  if (!cache->belongs_to(principal.get())) return {};
  const krb5_error_code code = krb5_cc_destroy(context_.get(), cache->release());
  if (code != 0) return krb5_failure(context_.get(), code, removing);
  return {};
}

Outcome<void> CredentialCaches::remove_default() {
  auto cache = default_cache(context_.get());
  if (!cache) return tl::unexpected(cache.error());
  if (cache->belongs_to_a_collection()) {
    if (auto removed = remove_logons(context_.get()); !removed) return removed;
    replace_primary(context_.get());
    return {};
  }
  remove_beside(context_.get(), *cache);
  const krb5_error_code code = krb5_cc_destroy(context_.get(), cache->release());
  if (code != 0 && code != KRB5_FCC_NOFILE) return krb5_failure(context_.get(), code, removing);
  return {};
}

}  // namespace ferryman::login
