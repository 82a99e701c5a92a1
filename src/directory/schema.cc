#include "directory/schema.h"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace ferryman::directory::sql {
namespace {

constexpr Migration version_1 = R"sql(
CREATE TABLE master_keys (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id INTEGER NOT NULL
) STRICT;

CREATE TABLE tenants (
  id BLOB PRIMARY KEY,
  folded TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  realm TEXT NOT NULL,
  domain_sid TEXT NOT NULL UNIQUE,
  key_required INTEGER NOT NULL,
  disabled INTEGER NOT NULL,  -- 2: and part of it has been removed
  next_rid INTEGER NOT NULL,
  created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Names and domains, in one space.
CREATE TABLE tenant_names (
  folded TEXT PRIMARY KEY,
  tenant BLOB NOT NULL REFERENCES tenants ON DELETE CASCADE,
  position INTEGER NOT NULL,
  spelled TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX tenant_names_by_tenant ON tenant_names (tenant, position);

CREATE TABLE top_level_names (
  tenant BLOB NOT NULL REFERENCES tenants ON DELETE CASCADE,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (tenant, position)
) STRICT, WITHOUT ROWID;

-- Accounts (kinds 1 to 4) and groups (5). posix_id: the uid of an account, the gid of a group.
CREATE TABLE objects (
  tenant BLOB NOT NULL REFERENCES tenants,
  id BLOB NOT NULL,
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  folded TEXT NOT NULL,
  rid INTEGER NOT NULL,
  posix_id INTEGER NOT NULL,
  key_required INTEGER NOT NULL,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, rid)
) STRICT, WITHOUT ROWID;
CREATE INDEX objects_by_name ON objects (tenant, kind, folded);  -- unique by names, below
CREATE UNIQUE INDEX objects_by_posix_id ON objects (tenant, (kind = 5), posix_id);

CREATE TABLE accounts (
  tenant BLOB NOT NULL,
  id BLOB NOT NULL,
  exact_names INTEGER NOT NULL,
  display_name TEXT NOT NULL,
  flags INTEGER NOT NULL,
  expires INTEGER,
  supported_enctypes INTEGER NOT NULL,
  primary_group INTEGER NOT NULL,
  kvno INTEGER NOT NULL,
  created INTEGER NOT NULL,
  password_changed INTEGER,
  password_expires INTEGER,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, id) REFERENCES objects ON DELETE CASCADE,
  FOREIGN KEY (tenant, primary_group) REFERENCES objects (tenant, rid)
) STRICT, WITHOUT ROWID;
CREATE INDEX accounts_by_primary_group ON accounts (tenant, primary_group);

-- What logons change, apart from the rest.
CREATE TABLE logons (
  tenant BLOB NOT NULL,
  id BLOB NOT NULL,
  failures INTEGER NOT NULL DEFAULT 0,
  window_began INTEGER NOT NULL DEFAULT 0,
  last_failure INTEGER NOT NULL DEFAULT 0,
  locked_until INTEGER,
  newest_timestamp INTEGER NOT NULL DEFAULT 0,
  last_used INTEGER,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, id) REFERENCES objects ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Names (kind 1), UPNs (2) and SPNs (3) of all objects, in one space. unique_key: see names.h.
CREATE TABLE names (
  tenant BLOB NOT NULL,
  unique_key TEXT NOT NULL,
  object BLOB NOT NULL,
  kind INTEGER NOT NULL,
  spelled TEXT NOT NULL,
  exact INTEGER NOT NULL,
  PRIMARY KEY (tenant, unique_key),
  FOREIGN KEY (tenant, object) REFERENCES objects ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX names_by_object ON names (tenant, object, kind, unique_key);

CREATE TABLE keys (
  tenant BLOB NOT NULL,
  object BLOB NOT NULL,
  kvno INTEGER NOT NULL,
  etype INTEGER NOT NULL,
  position INTEGER NOT NULL,
  salt BLOB NOT NULL,
  s2kparams BLOB NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (tenant, object, kvno, position),
  FOREIGN KEY (tenant, object) REFERENCES objects ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE former_passwords (
  tenant BLOB NOT NULL,
  object BLOB NOT NULL,
  kvno INTEGER NOT NULL,
  etype INTEGER NOT NULL,
  salt BLOB NOT NULL,
  s2kparams BLOB NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (tenant, object, kvno),
  FOREIGN KEY (tenant, object) REFERENCES objects ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
  tenant BLOB NOT NULL,
  account BLOB NOT NULL,
  group_id BLOB NOT NULL,
  PRIMARY KEY (tenant, account, group_id),
  FOREIGN KEY (tenant, account) REFERENCES objects ON DELETE CASCADE,
  FOREIGN KEY (tenant, group_id) REFERENCES objects ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_group ON members (tenant, group_id, account);
)sql";

// What sign-in keeps.
constexpr Migration version_2 = R"sql(
-- Of a tenant, or of the realm: then the tenant is all zeros.
CREATE TABLE sign_in_secrets (
  tenant BLOB NOT NULL,
  kind INTEGER NOT NULL,
  known BLOB NOT NULL,
  sealed BLOB NOT NULL,
  created INTEGER NOT NULL,
  PRIMARY KEY (tenant, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE enrolment_codes (
  tenant BLOB NOT NULL,
  account BLOB NOT NULL,
  hash BLOB NOT NULL,
  tries INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  PRIMARY KEY (tenant, account),
  FOREIGN KEY (tenant, account) REFERENCES objects ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX enrolment_codes_by_end ON enrolment_codes (expires);

CREATE TABLE devices (
  tenant BLOB NOT NULL,
  id BLOB NOT NULL,
  owner BLOB NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  version TEXT NOT NULL,
  certificate BLOB NOT NULL,
  transport_key BLOB NOT NULL,
  disabled INTEGER NOT NULL,
  created INTEGER NOT NULL,
  last_used INTEGER,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, owner) REFERENCES objects ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX devices_by_owner ON devices (tenant, owner);

CREATE TABLE key_credentials (
  tenant BLOB NOT NULL,
  id BLOB NOT NULL,
  account BLOB NOT NULL,
  device BLOB NOT NULL,
  blob BLOB NOT NULL,
  created INTEGER NOT NULL,
  last_used INTEGER,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, account) REFERENCES objects ON DELETE CASCADE,
  FOREIGN KEY (tenant, device) REFERENCES devices ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX key_credentials_by_account ON key_credentials (tenant, account);
CREATE INDEX key_credentials_by_device ON key_credentials (tenant, device);

CREATE TABLE prts (
  tenant BLOB NOT NULL,
  id BLOB NOT NULL,
  account BLOB NOT NULL,
  device BLOB NOT NULL,
  gesture INTEGER NOT NULL,
  key_credential BLOB,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  strong_until INTEGER NOT NULL,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, account) REFERENCES objects ON DELETE CASCADE,
  FOREIGN KEY (tenant, device) REFERENCES devices ON DELETE CASCADE,
  FOREIGN KEY (tenant, key_credential) REFERENCES key_credentials ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX prts_by_account ON prts (tenant, account);
CREATE INDEX prts_by_device ON prts (tenant, device, created);
CREATE INDEX prts_by_key ON prts (tenant, key_credential);
CREATE INDEX prts_by_end ON prts (expires);

-- How often all that a user is signed in by was revoked. No row: never.
CREATE TABLE revocations (
  tenant BLOB NOT NULL,
  account BLOB NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (tenant, account),
  FOREIGN KEY (tenant, account) REFERENCES objects ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE used_nonces (
  nonce BLOB PRIMARY KEY,
  request BLOB NOT NULL,
  expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX used_nonces_by_end ON used_nonces (expires);
)sql";

// In which order a device's were added: seconds do not tell.
constexpr Migration version_3 = "ALTER TABLE prts ADD COLUMN number INTEGER NOT NULL DEFAULT 0";

// FIDO keys, which are of no device. A column that may be without a value is a new table's: and what refers
// to the old one goes before it, or would go with it.
constexpr Migration version_4 = R"sql(
CREATE TABLE key_credentials_4 (
  tenant BLOB NOT NULL,
  id BLOB NOT NULL,
  account BLOB NOT NULL,
  device BLOB,
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  blob BLOB NOT NULL,
  aaguid BLOB NOT NULL,
  sign_count INTEGER NOT NULL,
  created INTEGER NOT NULL,
  last_used INTEGER,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, account) REFERENCES objects ON DELETE CASCADE,
  FOREIGN KEY (tenant, device) REFERENCES devices ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
INSERT INTO key_credentials_4 (tenant, id, account, device, kind, name, blob, aaguid, sign_count, created, last_used)
  SELECT tenant, id, account, device, 1, '', blob, substr(id, 1, 0), 0, created, last_used FROM key_credentials;

CREATE TABLE prts_4 (
  tenant BLOB NOT NULL,
  id BLOB NOT NULL,
  account BLOB NOT NULL,
  device BLOB NOT NULL,
  gesture INTEGER NOT NULL,
  key_credential BLOB,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  strong_until INTEGER NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, account) REFERENCES objects ON DELETE CASCADE,
  FOREIGN KEY (tenant, device) REFERENCES devices ON DELETE CASCADE,
  FOREIGN KEY (tenant, key_credential) REFERENCES key_credentials_4 ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
INSERT INTO prts_4 (tenant, id, account, device, gesture, key_credential, created, expires, strong_until, number)
  SELECT tenant, id, account, device, gesture, key_credential, created, expires, strong_until, number FROM prts;

DROP TABLE prts;
DROP TABLE key_credentials;
ALTER TABLE key_credentials_4 RENAME TO key_credentials;
ALTER TABLE prts_4 RENAME TO prts;
CREATE INDEX key_credentials_by_account ON key_credentials (tenant, account);
CREATE INDEX key_credentials_by_device ON key_credentials (tenant, device);
CREATE INDEX prts_by_account ON prts (tenant, account);
CREATE INDEX prts_by_device ON prts (tenant, device, created);
CREATE INDEX prts_by_key ON prts (tenant, key_credential);
CREATE INDEX prts_by_end ON prts (expires);

-- What authenticators know a user by: random, and hers for good.
CREATE TABLE user_handles (
  tenant BLOB NOT NULL,
  account BLOB NOT NULL,
  handle BLOB NOT NULL,
  PRIMARY KEY (tenant, account),
  FOREIGN KEY (tenant, account) REFERENCES objects ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

ALTER TABLE tenants ADD COLUMN attestation_required INTEGER NOT NULL DEFAULT 0;
)sql";

// Programs that wait for a person's word. tenant: all zeros where they asked at every one.
constexpr Migration version_5 = R"sql(
CREATE TABLE device_codes (
  code BLOB PRIMARY KEY,
  user_code BLOB NOT NULL UNIQUE,
  tenant BLOB NOT NULL,
  address TEXT NOT NULL,
  network TEXT NOT NULL,
  client TEXT NOT NULL,
  resource TEXT NOT NULL,
  scope TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  polled INTEGER NOT NULL,
  decision INTEGER NOT NULL,
  approval TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX device_codes_by_tenant ON device_codes (tenant);
CREATE INDEX device_codes_by_network ON device_codes (network);
CREATE INDEX device_codes_by_end ON device_codes (expires);
)sql";

constexpr Migration version_6 = R"sql(
ALTER TABLE tenants ADD COLUMN offline_logon INTEGER NOT NULL DEFAULT 1;
)sql";

// On-premises domains that tenants are linked to, and who users are there.
constexpr Migration version_7 = R"sql(
CREATE TABLE ad_links (
  tenant BLOB NOT NULL REFERENCES tenants ON DELETE CASCADE,
  id BLOB NOT NULL,
  folded TEXT NOT NULL,
  domain TEXT NOT NULL,
  realm TEXT NOT NULL,
  netbios_name TEXT NOT NULL,
  domain_sid TEXT NOT NULL,
  number INTEGER NOT NULL,
  key_version INTEGER NOT NULL,
  etype INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  linked INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, folded)
) STRICT, WITHOUT ROWID;

CREATE TABLE on_premises (
  tenant BLOB NOT NULL,
  account BLOB NOT NULL,
  folded TEXT NOT NULL,
  domain TEXT NOT NULL,
  sid TEXT NOT NULL,
  name TEXT NOT NULL,
  disabled INTEGER NOT NULL,
  given_name TEXT NOT NULL,
  given_upn TEXT NOT NULL,
  gave_disabled INTEGER NOT NULL,
  PRIMARY KEY (tenant, account),
  UNIQUE (tenant, sid),
  FOREIGN KEY (tenant, account) REFERENCES objects ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX on_premises_by_domain ON on_premises (tenant, folded, sid);
)sql";

// Read-only domain controllers: their keys, and for whom they may vouch. kvno: with the number in its upper
// half.
constexpr Migration version_8 = R"sql(
CREATE TABLE rodcs (
  tenant BLOB NOT NULL REFERENCES tenants ON DELETE CASCADE,
  number INTEGER NOT NULL,
  kvno INTEGER NOT NULL,
  created INTEGER NOT NULL,
  key_changed INTEGER NOT NULL,
  PRIMARY KEY (tenant, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE rodc_keys (
  tenant BLOB NOT NULL,
  number INTEGER NOT NULL,
  kvno INTEGER NOT NULL,
  etype INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (tenant, number, kvno),
  FOREIGN KEY (tenant, number) REFERENCES rodcs ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- denied: 1, or 0 for one that is allowed. A group may be both.
CREATE TABLE rodc_groups (
  tenant BLOB NOT NULL,
  number INTEGER NOT NULL,
  group_id BLOB NOT NULL,
  denied INTEGER NOT NULL,
  PRIMARY KEY (tenant, number, group_id, denied),
  FOREIGN KEY (tenant, number) REFERENCES rodcs ON DELETE CASCADE,
  FOREIGN KEY (tenant, group_id) REFERENCES objects ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX rodc_groups_by_group ON rodc_groups (tenant, group_id);
)sql";

// Which services may act for users at which. by_target: 1 where the target's own list says so, 0 the actor's.
constexpr Migration version_9 = R"sql(
CREATE TABLE delegations (
  tenant BLOB NOT NULL,
  actor BLOB NOT NULL,
  target BLOB NOT NULL,
  by_target INTEGER NOT NULL,
  PRIMARY KEY (tenant, actor, target, by_target),
  FOREIGN KEY (tenant, actor) REFERENCES objects ON DELETE CASCADE,
  FOREIGN KEY (tenant, target) REFERENCES objects ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX delegations_by_target ON delegations (tenant, target);
)sql";

constexpr std::array<Migration, 9> all{version_1, version_2, version_3, version_4, version_5,
                                       version_6, version_7, version_8, version_9};

constexpr std::array all_tables{
    Table{"SELECT * FROM tenants", "INSERT INTO tenants VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
    Table{"SELECT * FROM tenant_names", "INSERT INTO tenant_names VALUES (?, ?, ?, ?)"},
    Table{"SELECT * FROM top_level_names", "INSERT INTO top_level_names VALUES (?, ?, ?)"},
    Table{"SELECT * FROM objects", "INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?)"},
    Table{"SELECT * FROM accounts", "INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
    Table{"SELECT * FROM logons", "INSERT INTO logons VALUES (?, ?, ?, ?, ?, ?, ?, ?)"},
    Table{"SELECT * FROM names", "INSERT INTO names VALUES (?, ?, ?, ?, ?, ?)"},
    Table{"SELECT * FROM keys", "INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?)"},
    Table{"SELECT * FROM former_passwords", "INSERT INTO former_passwords VALUES (?, ?, ?, ?, ?, ?, ?)"},
    Table{"SELECT * FROM members", "INSERT INTO members VALUES (?, ?, ?)"},
    Table{"SELECT * FROM sign_in_secrets", "INSERT INTO sign_in_secrets VALUES (?, ?, ?, ?, ?)"},
    Table{"SELECT * FROM enrolment_codes", "INSERT INTO enrolment_codes VALUES (?, ?, ?, ?, ?)"},
    Table{"SELECT * FROM devices", "INSERT INTO devices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
    Table{"SELECT * FROM key_credentials",
          "INSERT INTO key_credentials VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
    Table{"SELECT * FROM prts", "INSERT INTO prts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
    Table{"SELECT * FROM user_handles", "INSERT INTO user_handles VALUES (?, ?, ?)"},
    Table{"SELECT * FROM revocations", "INSERT INTO revocations VALUES (?, ?, ?)"},
    Table{"SELECT * FROM used_nonces", "INSERT INTO used_nonces VALUES (?, ?, ?)"},
    Table{"SELECT * FROM device_codes",
          "INSERT INTO device_codes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
    Table{"SELECT * FROM ad_links", "INSERT INTO ad_links VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
    Table{"SELECT * FROM on_premises", "INSERT INTO on_premises VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
    Table{"SELECT * FROM rodcs", "INSERT INTO rodcs VALUES (?, ?, ?, ?, ?)"},
    Table{"SELECT * FROM rodc_keys", "INSERT INTO rodc_keys VALUES (?, ?, ?, ?, ?)"},
    Table{"SELECT * FROM rodc_groups", "INSERT INTO rodc_groups VALUES (?, ?, ?, ?)"},
    Table{"SELECT * FROM delegations", "INSERT INTO delegations VALUES (?, ?, ?, ?)"}};

}  // namespace

std::span<const Migration> migrations() {
  return all;
}

std::span<const Table> tables() {
  return all_tables;
}

Outcome<void> migrate(Connection& connection, std::span<const Migration> steps) {
  const auto version_of = [](Connection& c) { return c.version(); };
  const auto present = connection.read(version_of);
  if (!present) return tl::unexpected(present.error());
  if (*present == steps.size()) return {};
  return connection.write([&](Connection& c) -> Outcome<void> {
    const auto version = version_of(c);  // another process may have been faster
    if (!version) return tl::unexpected(version.error());
    if (*version > steps.size())
      return fail(Reason::wrong_version,
                  fmt::format("the database has version {}, this program knows {}", *version, steps.size()));
    for (const Migration step : steps.subspan(*version))
      if (auto done = c.execute(c.adapted(step)); !done) return done;
    return c.set_version(steps.size());
  });
}

std::optional<std::uint32_t> noted_master_key(Connection& c) {
  Statement statement = c.statement("SELECT id FROM master_keys WHERE one = 1");
  if (!statement.step()) return std::nullopt;
  return statement.number(0);
}

Outcome<void> check_master_key(Connection& connection, const MasterKey& key) {
  const auto noted = [](Connection& c) -> Outcome<std::optional<std::uint32_t>> {
    return noted_master_key(c);
  };
  auto present = connection.read(noted);
  if (present && !*present)
    present = connection.write([&](Connection& c) {
      c.run("INSERT INTO master_keys (one, id) VALUES (1, ?) ON CONFLICT DO NOTHING", key.id());
      return noted(c);
    });
  if (!present) return tl::unexpected(present.error());
  if (**present == key.id()) return {};
  return fail(Reason::wrong_master_key,
              fmt::format("the keys in the database are sealed under master key {:08x}, this one is {:08x}",
                          **present, key.id()));
}

}  // namespace ferryman::directory::sql
