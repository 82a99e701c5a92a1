#include <algorithm>

#include "directory/store.h"

namespace ferryman::directory::sql {
namespace {

// Too many that wait, of a network or at a tenant.
Outcome<void> check_room(Connection& c, const DeviceCode& code) {
  Statement network =
      c.statement("SELECT count(*) FROM device_codes WHERE network = ?", std::string_view(code.network));
  if (network.step() && network.integer(0) >= static_cast<std::int64_t>(max_device_codes_of_network))
    return fail(Reason::invalid, "too many programs of this network wait for a person already");
  Statement tenant = c.statement("SELECT count(*) FROM device_codes WHERE tenant = ?", code.tenant);
  if (tenant.step() && tenant.integer(0) >= static_cast<std::int64_t>(max_device_codes))
    return fail(Reason::invalid, "too many programs wait for a person already");
  return {};
}

}  // namespace

Outcome<void> Store::add_device_code(const DeviceCode& code) {
  return write_unsynced([&](Connection& c) -> Outcome<void> {
    if (auto room = check_room(c, code); !room) return room;
    {
      Statement same = c.statement("SELECT 1 FROM device_codes WHERE user_code = ?", code.user_code);
      if (same.step()) return fail(Reason::already_exists, "the user code is taken");
    }
    c.run(
        "INSERT INTO device_codes (code, user_code, tenant, address, network, client, resource, scope, "
        "created, "
        "expires, polled, decision, approval) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, '')",
        code.code, code.user_code, code.tenant, code.address, code.network, code.client, code.resource,
        code.scope, code.created, code.expires, Decision::pending);
    return {};
  });
}

Outcome<DeviceCode> Store::device_code(const TenantId& tenant, const Digest& user_code, std::int64_t now) {
  return read([&](Connection& c) -> Outcome<DeviceCode> {
    Statement row = c.statement(
        "SELECT tenant, address, client, resource, scope, created, expires FROM device_codes "
        "WHERE user_code = ? AND (tenant = ? OR tenant = ?) AND expires > ? AND decision = ?",
        user_code, tenant, no_tenant, now, Decision::pending);
    if (!row.step()) return fail(Reason::not_found);
    DeviceCode code;
    code.user_code = user_code;
    code.tenant = row.id<TenantId>(0);
    code.address = row.text(1);
    code.client = row.text(2);
    code.resource = row.text(3);
    code.scope = row.text(4);
    code.created = row.integer(5);
    code.expires = row.integer(6);
    return code;
  });
}

Outcome<void> Store::decide_device_code(const TenantId& tenant, const Digest& user_code, Decision decision,
                                        std::string_view grant, std::int64_t now) {
  return write_unsynced([&](Connection& c) -> Outcome<void> {
    Statement row = c.statement(
        "UPDATE device_codes SET decision = ?, approval = ? WHERE user_code = ? AND (tenant = ? OR tenant = "
        "?) "
        "AND expires > ? AND decision = ? RETURNING expires",
        decision, grant, user_code, tenant, no_tenant, now, Decision::pending);
    const bool changed = row.step();
    row.run();
    if (!changed) return fail(Reason::not_found);
    return {};
  });
}

Outcome<PolledDeviceCode> Store::poll_device_code(const Digest& code, std::string_view client,
                                                  std::int64_t pause, std::int64_t now) {
  using State = PolledDeviceCode::State;
  return write_unsynced([&](Connection& c) -> Outcome<PolledDeviceCode> {
    PolledDeviceCode polled;
    Decision decision{};
    {
      Statement row = c.statement(
          "SELECT decision, polled, approval, resource, scope FROM device_codes "
          "WHERE code = ? AND client = ? AND expires > ?",
          code, client, now);
      if (!row.step()) return polled;
      decision = static_cast<Decision>(row.integer(0));
      polled.state = now - row.integer(1) < pause ? State::too_soon : State::pending;
      polled.grant = row.text(2);
      polled.resource = row.text(3);
      polled.scope = row.text(4);
    }
    if (decision == Decision::pending) {
      c.run("UPDATE device_codes SET polled = ? WHERE code = ?", now, code);
      return polled;
    }
    // Two that poll at the same time: one has it.
    Statement taken = c.statement("DELETE FROM device_codes WHERE code = ? RETURNING expires", code);
    const bool first = taken.step();
    taken.run();
    polled.state = !first ? State::expired : decision == Decision::allowed ? State::allowed : State::denied;
    return polled;
  });
}

}  // namespace ferryman::directory::sql
