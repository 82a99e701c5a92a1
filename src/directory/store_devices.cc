#include "directory/store.h"

namespace ferryman::directory::sql {
namespace {

Outcome<Device> load_device(Connection& c, const TenantId& tenant, const DeviceId& id) {
  Statement row = c.statement(
      "SELECT owner, name, type, version, certificate, transport_key, disabled, created, last_used "
      "FROM devices WHERE tenant = ? AND id = ?",
      tenant, id);
  if (!row.step()) return fail(Reason::not_found);
  const auto octets = [&row](int column) {
    const Bytes blob = row.blob(column);
    return Octets(blob.begin(), blob.end());
  };
  return Device{id,        row.id<ObjectId>(0), row.text(1),         row.text(2),    row.text(3),
                octets(4), octets(5),           row.integer(6) != 0, row.integer(7), row.maybe(8)};
}

Outcome<void> check_there(Connection& c, const TenantId& tenant, const DeviceId& id) {
  Statement row = c.statement("SELECT 1 FROM devices WHERE tenant = ? AND id = ?", tenant, id);
  if (!row.step()) return fail(Reason::not_found);
  return {};
}

}  // namespace

Outcome<void> Store::add_device(const TenantId& tenant, const Device& device) {
  return write([&](Connection& c) -> Outcome<void> {
    if (const auto user = load_account(c, tenant, device.owner); !user) return tl::unexpected(user.error());
    Statement count =
        c.statement("SELECT count(*) FROM devices WHERE tenant = ? AND owner = ?", tenant, device.owner);
    if (count.step() && count.integer(0) >= static_cast<std::int64_t>(max_devices_of_user))
      return fail(Reason::invalid, "the user has joined too many devices; remove some of them");
    c.run(
        "INSERT INTO devices (tenant, id, owner, name, type, version, certificate, transport_key, disabled, "
        "created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        tenant, device.id, device.owner, device.name, device.type, device.version, device.certificate,
        device.transport_key, device.disabled, device.created);
    return {};
  });
}

Outcome<Device> Store::device(const TenantId& tenant, const DeviceId& id) {
  return read([&](Connection& c) { return load_device(c, tenant, id); });
}

Outcome<Page<Device>> Store::devices(const TenantId& tenant, const PageRequest& page) {
  const auto after = guid_of_text(page.after);
  return read([&](Connection& c) {
    const Bytes behind = after ? after->bytes() : Bytes();
    Statement rows = c.statement("SELECT id FROM devices WHERE tenant = ? AND id > ? ORDER BY id LIMIT ?",
                                 tenant, behind, rows_for(page));
    return page_of(
        ids_of<DeviceId>(rows), page, [&](const DeviceId& id) { return load_device(c, tenant, id); },
        [](const Device& last) { return last.id.text(); });
  });
}

Outcome<std::vector<Device>> Store::devices_of(const TenantId& tenant, const ObjectId& user) {
  return read([&](Connection& c) -> Outcome<std::vector<Device>> {
    Statement rows =
        c.statement("SELECT id FROM devices WHERE tenant = ? AND owner = ? ORDER BY id", tenant, user);
    std::vector<Device> devices;
    for (const DeviceId& id : ids_of<DeviceId>(rows)) {
      auto device = load_device(c, tenant, id);
      if (!device) return tl::unexpected(device.error());
      devices.push_back(*std::move(device));
    }
    return devices;
  });
}

Outcome<void> Store::disable_device(const TenantId& tenant, const DeviceId& id, bool disabled) {
  return write([&](Connection& c) -> Outcome<void> {
    c.run("UPDATE devices SET disabled = ? WHERE tenant = ? AND id = ?", disabled, tenant, id);
    return check_there(c, tenant, id);
  });
}

Outcome<void> Store::remove_device(const TenantId& tenant, const DeviceId& id) {
  return write([&](Connection& c) -> Outcome<void> {
    if (auto there = check_there(c, tenant, id); !there) return there;
    c.run("DELETE FROM devices WHERE tenant = ? AND id = ?", tenant, id);
    return {};
  });
}

}  // namespace ferryman::directory::sql
