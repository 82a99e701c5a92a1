#include "directory/store.h"

namespace ferryman::directory::sql {
namespace {

SealedPlace place_of(const TenantId& tenant, SecretKind kind) {
  return {Sealed::sign_in, ObjectId{tenant}, static_cast<std::uint32_t>(kind), 0};
}

Outcome<SignInSecret> load(Connection& c, const MasterKeys& masters, const TenantId& tenant,
                           SecretKind kind) {
  Statement row =
      c.statement("SELECT known, sealed FROM sign_in_secrets WHERE tenant = ? AND kind = ?", tenant, kind);
  if (!row.step()) return fail(Reason::not_found);
  const Bytes known = row.blob(0);
  auto secret = masters.open(place_of(tenant, kind), row.blob(1));
  if (!secret) return tl::unexpected(secret.error());
  return SignInSecret{{known.begin(), known.end()}, *std::move(secret)};
}

}  // namespace

Outcome<SignInSecret> Store::secret(const TenantId& tenant, SecretKind kind,
                                    const std::function<SignInSecret()>& make, std::int64_t now) {
  const auto present = [&](Connection& c) { return load(c, masters_, tenant, kind); };
  auto found = read(present);
  if (found || found.error().reason != Reason::not_found) return found;
  const SignInSecret made = make();
  return write([&](Connection& c) -> Outcome<SignInSecret> {
    if (tenant != no_tenant) {
      if (auto realm = realm_of(c, tenant); !realm) return tl::unexpected(realm.error());
    }
    const auto master = sealing_key(c, masters_);
    if (!master) return tl::unexpected(master.error());
    const Octets sealed = (*master)->seal(place_of(tenant, kind), made.secret.bytes());
    c.run(
        "INSERT INTO sign_in_secrets (tenant, kind, known, sealed, created) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        tenant, kind, made.known, sealed, now);
    return present(c);
  });
}

}  // namespace ferryman::directory::sql
