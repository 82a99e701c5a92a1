#include "login/krb5_view.h"

#include <krb5/krb5.h>

#include <string_view>

namespace ferryman::login {
namespace {

// Freed at its end.
template <typename T, auto free>
class Held {
 public:
  explicit Held(krb5_context context) : context_(context) {}
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() {
    if (value_ != nullptr) free(context_, value_);
  }

  T get() const { return value_; }
  T* receive() { return &value_; }

 private:
  krb5_context context_;
  T value_ = nullptr;
};

using Principal = Held<krb5_principal, &krb5_free_principal>;
using Cache = Held<krb5_ccache, &krb5_cc_close>;

krb5_error_code build(krb5_context context, const Client& client, krb5_principal* made) {
  std::string text;
  client.name.append_to(text);
  return krb5_parse_name(context, (text + "@" + std::string(client.realm)).c_str(), made);
}

}  // namespace

void Krb5View::FreeContext::operator()(_krb5_context* context) const {
  krb5_free_context(context);
}

Outcome<Krb5View> Krb5View::open() {
  krb5_context context = nullptr;
  if (krb5_init_context(&context) != 0) return fail(Fault::failed, "krb5.conf cannot be read");
  return Krb5View(context);
}

std::string Krb5View::default_realm() const {
  Held<char*, &krb5_free_default_realm> realm(context_.get());
  if (krb5_get_default_realm(context_.get(), realm.receive()) != 0) return {};
  return realm.get();
}

std::string Krb5View::realm_of_host(const std::string& host) const {
  Held<char**, &krb5_free_host_realm> realms(context_.get());
  if (krb5_get_host_realm(context_.get(), host.c_str(), realms.receive()) != 0) return {};
  return realms.get()[0] == nullptr ? "" : realms.get()[0];
}

std::vector<std::int32_t> Krb5View::etypes() const {
  krb5_enctype* found = nullptr;
  std::vector<std::int32_t> etypes;
  if (krb5_get_permitted_enctypes(context_.get(), &found) != 0) return etypes;
  for (const krb5_enctype* each = found; *each != 0; ++each)
    if (crypto::find_etype(*each) != nullptr) etypes.push_back(*each);
  krb5_free_enctypes(context_.get(), found);
  return etypes;
}

std::optional<Krb5View::Tgt> Krb5View::tgt_of(const Client& client) const {
  krb5_context context = context_.get();
  Principal owner(context), krbtgt(context);
  Cache cache(context);
  if (build(context, client, owner.receive()) != 0) return std::nullopt;
  if (krb5_cc_cache_match(context, owner.get(), cache.receive()) != 0) return std::nullopt;
  const auto size = static_cast<unsigned>(client.realm.size());
  if (krb5_build_principal_ext(context, krbtgt.receive(), size, client.realm.data(), 6U, "krbtgt", size,
                               client.realm.data(), 0) != 0)
    return std::nullopt;
  krb5_creds wanted{}, found{};
  wanted.client = owner.get();
  wanted.server = krbtgt.get();
  if (krb5_cc_retrieve_cred(context, cache.get(), 0, &wanted, &found) != 0) return std::nullopt;
  std::optional<Tgt> tgt;
  if (auto key =
          crypto::Key::make(found.keyblock.enctype, {found.keyblock.contents, found.keyblock.length})) {
    const Bytes ticket = as_bytes({found.ticket.data, found.ticket.length});
    tgt.emplace(Tgt{{ticket.begin(), ticket.end()},
                    std::move(*key),
                    static_cast<std::int64_t>(static_cast<std::uint32_t>(found.times.endtime))});
  }
  krb5_free_cred_contents(context, &found);
  return tgt;
}

}  // namespace ferryman::login
