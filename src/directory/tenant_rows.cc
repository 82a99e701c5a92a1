#include <algorithm>

#include "directory/rows.h"

namespace ferryman::directory::sql {
namespace {

// A uid of first_posix_id + RID stays below 2^31, which some programs take for the end.
constexpr std::uint32_t last_rid = 0x0fffffff;

}  // namespace

Outcome<Tenant> load_tenant(Connection& c, const TenantId& id) {
  Statement row = c.statement(
      "SELECT name, realm, domain_sid, key_required, disabled, created, attestation_required, offline_logon "
      "FROM tenants WHERE id = ?",
      id);
  if (!row.step()) return fail(Reason::not_found);
  Tenant tenant;
  tenant.id = id;
  tenant.settings.name = row.text(0);
  tenant.realm = row.text(1);
  tenant.domain_sid = row.text(2);
  tenant.settings.key_required = row.integer(3) != 0;
  tenant.settings.disabled = row.integer(4) != 0;
  tenant.half_removed = row.integer(4) == half_removed;
  tenant.created = row.integer(5);
  tenant.settings.attestation_required = row.integer(6) != 0;
  tenant.settings.offline_logon = row.integer(7) != 0;
  Statement domains =
      c.statement("SELECT spelled FROM tenant_names WHERE tenant = ? AND position > 0 ORDER BY position", id);
  while (domains.step()) tenant.settings.domains.push_back(domains.text(0));
  Statement names = c.statement("SELECT name FROM top_level_names WHERE tenant = ? ORDER BY position", id);
  while (names.step()) tenant.settings.top_level_names.push_back(names.text(0));
  return tenant;
}

Outcome<std::string> realm_of(Connection& c, const TenantId& id) {
  Statement row = c.statement("SELECT realm FROM tenants WHERE id = ?", id);
  if (!row.step()) return fail(Reason::not_found);
  return row.text(0);
}

Outcome<std::uint32_t> allocate_rid(Connection& c, const TenantId& tenant) {
  Statement row =
      c.statement("UPDATE tenants SET next_rid = next_rid + 1 WHERE id = ? RETURNING next_rid - 1", tenant);
  if (!row.step()) return fail(Reason::not_found);
  const std::int64_t rid = row.integer(0);
  if (rid > last_rid) return fail(Reason::invalid, "the tenant has no relative identifiers left");
  while (row.step()) {
  }
  return static_cast<std::uint32_t>(rid);
}

std::size_t rows_for(const PageRequest& page) {
  return std::clamp<std::size_t>(page.limit, 1, max_page) + 1;
}

}  // namespace ferryman::directory::sql
