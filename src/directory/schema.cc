#include "directory/schema.h"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace ferryman::directory::sqlite {
namespace {

constexpr std::int64_t application_id = 0x46725279;  // "FrRy"

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
  disabled INTEGER NOT NULL,
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

constexpr std::array<Migration, 1> all{version_1};

std::int64_t number(Connection& connection, const char* pragma) {
  Statement statement = connection.statement(pragma);
  return statement.step() ? statement.integer(0) : 0;
}

// Whose a database is, and its version: 0 for an empty one.
Outcome<std::size_t> version_of(Connection& connection) {
  const std::int64_t owner = number(connection, "PRAGMA application_id");
  const std::int64_t version = number(connection, "PRAGMA user_version");
  const bool empty = number(connection, "SELECT count(*) FROM (SELECT 1 FROM sqlite_schema LIMIT 1)") == 0;
  if (owner != application_id && !(empty && owner == 0 && version == 0))
    return fail(Reason::wrong_version, "the database is another program's");
  return static_cast<std::size_t>(version);
}

}  // namespace

std::span<const Migration> migrations() {
  return all;
}

Outcome<void> migrate(Connection& connection, std::span<const Migration> steps) {
  const auto present = connection.read(version_of);
  if (!present) return tl::unexpected(present.error());
  if (*present == steps.size()) return {};
  return connection.write([steps](Connection& c) -> Outcome<void> {
    const auto version = version_of(c);  // another process may have been faster
    if (!version) return tl::unexpected(version.error());
    if (*version > steps.size())
      return fail(Reason::wrong_version,
                  fmt::format("the database has version {}, this program knows {}", *version, steps.size()));
    for (const Migration step : steps.subspan(*version))
      if (auto done = c.execute(step); !done) return done;
    return c.execute(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", application_id, steps.size())
            .c_str());
  });
}

Outcome<void> check_master_key(Connection& connection, const MasterKey& key) {
  const auto noted = [](Connection& c) -> Outcome<std::optional<std::uint32_t>> {
    Statement statement = c.statement("SELECT id FROM master_keys WHERE one = 1");
    if (!statement.step()) return std::nullopt;
    return statement.number(0);
  };
  auto present = connection.read(noted);
  if (present && !*present)
    present = connection.write([&](Connection& c) {
      c.run("INSERT OR IGNORE INTO master_keys (one, id) VALUES (1, ?)", key.id());
      return noted(c);
    });
  if (!present) return tl::unexpected(present.error());
  if (**present == key.id()) return {};
  return fail(Reason::wrong_master_key,
              fmt::format("the keys in the database are sealed under master key {:08x}, this one is {:08x}",
                          **present, key.id()));
}

}  // namespace ferryman::directory::sqlite
