#include <fmt/format.h>

#include <algorithm>

#include "base/fold.h"
#include "base/text.h"
#include "directory/names.h"
#include "directory/rows.h"

namespace ferryman::directory::sql {
namespace {

struct Owner {
  ObjectId id;
  std::string name;
};

std::optional<Owner> owner_of(Connection& c, const TenantId& tenant, const std::string& key) {
  Statement row = c.statement(
      "SELECT n.object, o.name FROM names n JOIN objects o ON o.tenant = n.tenant AND o.id = n.object "
      "WHERE n.tenant = ? AND n.unique_key = ?",
      tenant, key);
  if (!row.step()) return std::nullopt;
  return Owner{row.id<ObjectId>(0), row.text(1)};
}

tl::unexpected<Failure> taken(const std::string& name, const Owner& owner) {
  if (name == owner.name)
    return fail(Reason::already_exists, fmt::format("\"{}\" is there already", printable(name)));
  if (unique_key(name) == unique_key(owner.name))
    return fail(Reason::already_exists,
                fmt::format("\"{}\" is there already, as \"{}\"", printable(name), printable(owner.name)));
  return fail(Reason::already_exists,
              fmt::format("\"{}\" is a name of \"{}\"", printable(name), printable(owner.name)));
}

// What a name means in the tenant's realm as an enterprise name, and the other way round: "alice" and
// "alice@REALM" must not be two objects.
std::vector<std::string> rivals(const NameRow& name, const std::string& key, const std::string& realm) {
  const std::string suffix = "@" + folded(realm).value_or("");
  if (name.kind == NameKind::name) return {key + suffix, key + "$" + suffix};
  if (name.kind == NameKind::upn && key.ends_with(suffix))
    return {unique_key(std::string_view(key).substr(0, key.size() - suffix.size()))};
  return {};
}

}  // namespace

Outcome<void> check_posix_id(Connection& c, const TenantId& tenant, const ObjectId& id, bool is_group,
                             std::uint32_t posix_id) {
  Statement row = c.statement(
      "SELECT name FROM objects WHERE tenant = ? AND (kind = 5) = (? = 1) AND posix_id = ? AND id <> ?",
      tenant, is_group, posix_id, id);
  if (!row.step()) return {};
  return fail(Reason::already_exists, fmt::format("\"{}\" has the {} {} already", printable(row.text(0)),
                                                  is_group ? "gid" : "uid", posix_id));
}

Outcome<void> insert_object(Connection& c, const TenantId& tenant, const ObjectRow& object) {
  if (auto unique = check_posix_id(c, tenant, object.id, object.kind == group_kind, object.posix_id); !unique)
    return unique;
  const std::string key = folded(object.name).value_or("");
  c.run(
      "INSERT INTO objects (tenant, id, kind, name, folded, rid, posix_id, key_required) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      tenant, object.id, object.kind, object.name, key, object.rid, object.posix_id, object.key_required);
  return {};
}

Outcome<void> insert_name(Connection& c, const TenantId& tenant, const NameRow& name) {
  const std::string key = unique_key(name.text);
  const auto realm = realm_of(c, tenant);
  if (!realm) return tl::unexpected(realm.error());
  if (const auto owner = owner_of(c, tenant, key)) return taken(name.text, *owner);
  for (const std::string& rival : rivals(name, key, *realm)) {
    const auto owner = owner_of(c, tenant, rival);
    if (owner && owner->id != name.object) return taken(name.text, *owner);
  }
  c.run("INSERT INTO names (tenant, unique_key, object, kind, spelled, exact) VALUES (?, ?, ?, ?, ?, ?)",
        tenant, key, name.object, name.kind, name.text, name.exact);
  return {};
}

std::optional<ObjectId> find_name(Connection& c, const TenantId& tenant, std::string_view text,
                                  std::initializer_list<NameKind> kinds) {
  const std::string key = unique_key(text);
  if (key.empty()) return std::nullopt;
  Statement row = c.statement(
      "SELECT object, kind, spelled, exact FROM names WHERE tenant = ? AND unique_key = ?", tenant, key);
  if (!row.step()) return std::nullopt;
  const auto kind = static_cast<NameKind>(row.integer(1));
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) return std::nullopt;
  const std::string spelled = row.text(2);
  const bool same = row.integer(3) != 0 ? spelled == text : folded(spelled) == folded(text);
  if (!same) return std::nullopt;
  return row.id<ObjectId>(0);
}

}  // namespace ferryman::directory::sql
