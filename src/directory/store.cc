#include "directory/store.h"

#include <fmt/format.h>

#include <new>

#include "directory/libpq.h"
#include "directory/schema.h"

namespace ferryman::directory::sql {
namespace {

void add_keys(Connection& c, const MasterKeys& masters, std::vector<std::string>& findings) {
  c.each_row("SELECT object, kvno, etype, sealed FROM keys", [&](const Statement& row) {
    const auto object = row.id<ObjectId>(0);
    const auto etype = static_cast<std::int32_t>(row.integer(2));
    const auto opened = masters.open({Sealed::key, object, row.number(1), etype}, row.blob(3));
    if (!opened)
      findings.push_back(fmt::format("object {}, kvno {}, etype {}: {}", object.text(), row.number(1), etype,
                                     opened.error().text));
  });
  c.each_row("SELECT id, number * 65536 + key_version, etype, sealed, domain FROM ad_links",
             [&](const Statement& row) {
               const auto etype = static_cast<std::int32_t>(row.integer(2));
               const auto opened =
                   masters.open({Sealed::ad_link, row.id<ObjectId>(0), row.number(1), etype}, row.blob(3));
               if (!opened)
                 findings.push_back(fmt::format("the link to {}: {}", row.text(4), opened.error().text));
             });
}

void add_rodc_keys(Connection& c, const MasterKeys& masters, std::vector<std::string>& findings) {
  c.each_row("SELECT tenant, kvno, etype, sealed FROM rodc_keys", [&](const Statement& row) {
    const auto tenant = row.id<ObjectId>(0);
    const auto etype = static_cast<std::int32_t>(row.integer(2));
    const auto opened = masters.open({Sealed::rodc, tenant, row.number(1), etype}, row.blob(3));
    if (!opened)
      findings.push_back(fmt::format("tenant {}, read-only domain controller {}, key version {}: {}",
                                     tenant.text(), row.number(1) >> 16U, row.number(1) & max_krbtgt_kvno,
                                     opened.error().text));
  });
}

// A thread's open moment.
struct ThreadMoment {
  const void* store = nullptr;
  Connection* connection = nullptr;
};
thread_local ThreadMoment thread_moment;

}  // namespace

class Store::OpenMoment final : public Moment {
 public:
  OpenMoment(Store& store, std::unique_ptr<Connection> connection)
      : store_(store), connection_(std::move(connection)) {
    thread_moment = {&store_, connection_.get()};
  }
  // Where memory is short the connection is closed, which undoes what it has begun.
  ~OpenMoment() override {
    try {
      if (thread_moment.connection == connection_.get()) {
        thread_moment = {};
        connection_->end_reading();
      }
      store_.pool_.give_back(std::move(connection_));
    } catch (const std::bad_alloc&) {
    }
  }

 private:
  Store& store_;
  std::unique_ptr<Connection> connection_;
};

// Where it fails, each function that reads tells why.
std::unique_ptr<Directory::Moment> Store::one_moment() {
  if (!engine_->tells_changes() || thread_moment.store != nullptr) return nullptr;
  auto connection = pool_.take();
  if (!connection) return nullptr;
  if ((*connection)->begin_reading()) return std::make_unique<OpenMoment>(*this, *std::move(connection));
  pool_.give_back(*std::move(connection));
  return nullptr;
}

Connection* Store::moment() const {
  return thread_moment.store == this ? thread_moment.connection : nullptr;
}

void Store::end_moment() {
  Connection* const c = moment();
  if (c == nullptr) return;
  c->end_reading();
  thread_moment = {};
}

Outcome<std::unique_ptr<Connection>> Pool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  return engine_.connect();
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  std::vector<std::unique_ptr<Connection>> lost;  // closed without the lock
  const std::lock_guard lock(mutex_);
  if (connection->is_lost()) {
    lost.swap(idle_);
  } else {
    idle_.push_back(std::move(connection));
  }
}

Outcome<void> Store::prepare(const std::string& location, bool create) {
  if (!create) {
    const auto filled = engine_->is_filled();
    if (!filled) return tl::unexpected(filled.error());
    if (!*filled) return fail(Reason::unavailable, fmt::format("there is no database {}", location));
  }
  auto connection = create ? engine_->create() : engine_->connect();
  if (!connection) return tl::unexpected(connection.error());
  if (auto migrated = migrate(**connection, migrations()); !migrated) return migrated;
  if (auto checked = check_master_key(**connection, *masters_.newest()); !checked) return checked;
  pool_.give_back(*std::move(connection));
  return {};
}

Outcome<void> Store::check_writable() {
  return write([](Connection& c) -> Outcome<void> {
    c.run("DELETE FROM master_keys WHERE 1 = 0");
    return {};
  });
}

Outcome<std::vector<std::string>> Store::check() {
  return read([this](Connection& c) -> Outcome<std::vector<std::string>> {
    std::vector<std::string> findings;
    engine_->check(c, findings);
    add_keys(c, masters_, findings);
    add_rodc_keys(c, masters_, findings);
    return findings;
  });
}

Outcome<void> Store::back_up(const std::string& file) {
  return with_connection([&](Connection& c) { return engine_->back_up(c, file); });
}

}  // namespace ferryman::directory::sql

namespace ferryman::directory {

namespace {

Outcome<std::unique_ptr<Engine>> engine_of(const std::string& location) {
  if (is_file(location)) return std::make_unique<SqliteEngine>(location);
  auto url = postgresql::parse_url(location);
  if (!url) return tl::unexpected(url.error());
  if (auto loaded = postgresql::load_libpq(); !loaded) return tl::unexpected(loaded.error());
  return std::make_unique<PostgresqlEngine>(*std::move(url));
}

}  // namespace

Outcome<void> check_location(const std::string& location) {
  if (postgresql::is_url(location)) {
    const auto url = postgresql::parse_url(location);
    return url ? Outcome<void>() : tl::unexpected(url.error());
  }
  if (location.starts_with('/') && location.find('\0') == location.npos) return {};
  return fail(
      Reason::invalid,
      "database must be an absolute path, such as \"/var/lib/ferryman-realm/realm.db\", or a URL such "
      "as \"postgresql:///ferryman\"");
}

bool is_file(std::string_view location) {
  return !postgresql::is_url(location);
}

Outcome<bool> is_filled(const std::string& location) {
  const auto engine = engine_of(location);
  if (!engine) return tl::unexpected(engine.error());
  return (*engine)->is_filled();
}

Outcome<std::unique_ptr<Database>> open_database(DatabaseOptions options, MasterKey master) {
  auto engine = engine_of(options.location);
  if (!engine) return tl::unexpected(engine.error());
  auto store = std::make_unique<sql::Store>(*std::move(engine), std::move(options.host_aliases),
                                            std::move(master), std::move(options.find_key));
  if (auto prepared = store->prepare(options.location, options.create); !prepared)
    return tl::unexpected(prepared.error());
  return store;
}

}  // namespace ferryman::directory
