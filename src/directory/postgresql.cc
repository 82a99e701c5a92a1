#include "directory/postgresql.h"

#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/endian.h"
#include "base/text.h"

namespace ferryman::directory::postgresql {
namespace {

// Of pg_type.dat; they never change.
constexpr Oid bool_type = 16, octets_type = 17, int8_type = 20, int2_type = 21, int4_type = 23,
              text_type = 25;
constexpr int binary = 1;

// Whose the advisory lock of write() is, among the programs of one database.
constexpr std::int64_t write_lock = 0x46725279;  // "FrRy"

// Whatever a table's statistics say, or before there are any, rows are looked up by an index. A process that
// stands still in the middle of a change must not hold up all others for long.
constexpr const char* session =
    "SET enable_seqscan = off; SET jit = off; SET client_min_messages = warning;"
    "SET default_transaction_isolation = 'read committed';"
    "SET idle_in_transaction_session_timeout = '10s'";

// "?" and "?3" as "$1" and "$3".
std::string with_dollars(std::string_view sql) {
  std::string text;
  int last = 0;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    if (sql[i] != '?') {
      text += sql[i];
      continue;
    }
    int number = 0;
    while (i + 1 < sql.size() && sql[i + 1] >= '0' && sql[i + 1] <= '9')
      number = number * 10 + (sql[++i] - '0');
    if (number == 0) number = last + 1;
    last = std::max(last, number);
    text += fmt::format("${}", number);
  }
  return text;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// One line of what libpq says in several.
std::string first_line(const char* message) {
  const std::string_view text = message == nullptr ? "" : message;
  return printable(text.substr(0, text.find('\n')));
}

std::string_view field(const PGresult* result, int code) {
  const char* const text = result == nullptr ? nullptr : pq().PQresultErrorField(result, code);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

std::string_view taken(std::string_view constraint) {
  if (constraint.find("posix_id") != constraint.npos) return "another object has this uid or gid";
  if (constraint.starts_with("tenants_") || constraint.starts_with("tenant_names_"))
    return "another tenant has this name or domain";
  return "another object has this already";
}

namespace state {
constexpr std::string_view not_unique = "23505", referenced = "23503", bad_characters = "22021",
                           read_only = "25006", no_lock = "55P03", cancelled = "57014", disk_full = "53100",
                           serialization = "40001", deadlock = "40P01", idle_too_long = "25P03";

bool is_undone(std::string_view code) {
  return code == serialization || code == deadlock;
}
// The session is at its end: "57P01", the server stops; "08006", ...
bool is_end(std::string_view code) {
  return code.starts_with("57P") || code.starts_with("08") || code == idle_too_long;
}
}  // namespace state

}  // namespace

// A row of a result.
class Connection::Row : public sql::Prepared {
 public:
  void bind(int, const sql::Value&) override {}
  bool step() override { return false; }
  void reset() override { take({}); }
  int columns() const override { return pq().PQnfields(result_.get()); }
  sql::Value value(int column) const override {
    if (pq().PQgetisnull(result_.get(), row_, column) != 0) return {};
    const Bytes octets(reinterpret_cast<const std::uint8_t*>(pq().PQgetvalue(result_.get(), row_, column)),
                       static_cast<std::size_t>(pq().PQgetlength(result_.get(), row_, column)));
    switch (pq().PQftype(result_.get(), column)) {
      case bool_type:
        return std::int64_t{octets[0]};
      case int2_type:
        return std::int64_t{static_cast<std::int16_t>(load_be<std::uint16_t>(octets))};
      case int4_type:
        return std::int64_t{static_cast<std::int32_t>(load_be<std::uint32_t>(octets))};
      case int8_type:
        return static_cast<std::int64_t>(load_be<std::uint64_t>(octets));
      case octets_type:
        return octets;
      default:
        return as_text(octets);
    }
  }
  void take(Result result) {
    result_ = std::move(result);
    row_ = 0;
  }

 protected:
  bool next() { return ++row_ < pq().PQntuples(result_.get()); }
  bool has_row() const { return row_ < pq().PQntuples(result_.get()); }
  bool has_run() const { return result_ != nullptr; }

 private:
  Result result_;
  int row_ = 0;
};

class Connection::Prepared final : public Connection::Row {
 public:
  Prepared(Connection& connection, const char* sql) : connection_(connection), sql_(sql) {}

  void bind(int index, const sql::Value& value) override {
    const auto size = static_cast<std::size_t>(index);
    if (size > parameters_.size()) parameters_.resize(size);
    Parameter& parameter = parameters_[size - 1];
    parameter.value = value;
    if (const auto* number = std::get_if<std::int64_t>(&value))
      store_be(parameter.number, static_cast<std::uint64_t>(*number));
  }
  bool step() override {
    if (has_run()) return next();
    if (name_.empty() && !prepare()) return false;
    gather();
    Result result = connection_.answer(
        pq().PQsendQueryPrepared(connection_.connection_, name_.c_str(), static_cast<int>(parameters_.size()),
                                 values_.data(), lengths_.data(), formats_.data(), binary));
    if (!result) return false;
    const std::string_view changed = pq().PQcmdTuples(result.get());
    connection_.changes_ = changed.empty() ? 0 : std::strtoll(changed.data(), nullptr, 10);
    take(std::move(result));
    return has_row();
  }

 private:
  struct Parameter {
    sql::Value value;
    std::array<std::uint8_t, sizeof(std::int64_t)> number{};
  };

  static Oid type_of(const sql::Value& value) {
    if (std::holds_alternative<std::string_view>(value)) return text_type;
    if (std::holds_alternative<Bytes>(value)) return octets_type;
    return int8_type;
  }
  // When the types of the first arguments are known, which are those of all.
  bool prepare() {
    const std::string name = fmt::format("s{}", ++connection_.statements_);
    std::vector<Oid> types;
    types.reserve(parameters_.size());
    for (const Parameter& each : parameters_) types.push_back(type_of(each.value));
    if (!connection_.answer(pq().PQsendPrepare(connection_.connection_, name.c_str(),
                                               with_dollars(sql_).c_str(), static_cast<int>(types.size()),
                                               types.data())))
      return false;
    name_ = name;
    values_.resize(parameters_.size());
    lengths_.resize(parameters_.size());
    formats_.assign(parameters_.size(), binary);
    return true;
  }
  void gather() {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const Parameter& parameter = parameters_[i];
      Bytes octets;
      if (std::holds_alternative<std::int64_t>(parameter.value)) octets = parameter.number;
      if (const auto* text = std::get_if<std::string_view>(&parameter.value)) octets = as_bytes(*text);
      if (const auto* bytes = std::get_if<Bytes>(&parameter.value)) octets = *bytes;
      const bool null = std::holds_alternative<std::monostate>(parameter.value);
      values_[i] = null ? nullptr : octets.empty() ? "" : reinterpret_cast<const char*>(octets.data());
      lengths_[i] = static_cast<int>(octets.size());
    }
  }

  Connection& connection_;
  const char* const sql_;
  std::string name_;  // the server's; empty: it does not know it yet
  std::vector<Parameter> parameters_;
  std::vector<const char*> values_;
  std::vector<int> lengths_, formats_;
};

Outcome<std::unique_ptr<Connection>> Connection::open(const Url& url) {
  std::vector<const char*> keywords, values;
  for (const auto& [keyword, value] : url.keywords) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  for (const auto& [keyword, value] :
       {std::pair("client_encoding", "UTF8"), {"application_name", "ferryman-realm"}}) {
    keywords.push_back(keyword);
    values.push_back(value);
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  std::unique_ptr<Connection> connection(
      new Connection(pq().PQconnectStartParams(keywords.data(), values.data(), 0), url));
  if (auto connected = connection->connect(); !connected) return tl::unexpected(connected.error());
  return connection;
}

Outcome<void> Connection::connect() {
  const auto unreached = [this](const std::string& cause) {
    return fail(Reason::unavailable, fmt::format("the database {} is not reached: {}", url_, cause));
  };
  if (connection_ == nullptr) throw std::bad_alloc();
  const auto deadline = Clock::now() + answer_patience;
  auto polled = pq().PQstatus(connection_) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (polled != PGRES_POLLING_OK) {
    if (polled == PGRES_POLLING_FAILED) return unreached(first_line(pq().PQerrorMessage(connection_)));
    if (!wait(polled == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline))
      return unreached("the server does not answer");
    polled = pq().PQconnectPoll(connection_);
  }
  pq().PQsetNoticeProcessor(
      connection_, [](void*, const char*) {}, nullptr);
  const char* const encoding = pq().PQparameterStatus(connection_, "server_encoding");
  if (encoding == nullptr || std::strcmp(encoding, "UTF8") != 0)
    return fail(Reason::invalid, fmt::format("the database {} is not in UTF-8: make one by `createdb -E UTF8 "
                                             "-T template0`",
                                             url_));
  if (auto set = execute(session); !set) return set;
  // What nobody waits for any more is given up. A server before 14, or of a system that does not tell, goes
  // on.
  (void)execute("SET client_connection_check_interval = '1s'");
  return {};
}

Outcome<void> Connection::execute(const std::string& sql) {
  run_text(sql);
  if (auto failure = take_failure()) return tl::unexpected(*std::move(failure));
  return {};
}

void Connection::each_row(const char* sql, const std::function<void(const sql::Statement& row)>& take) {
  if (failed()) return;
  if (pq().PQsendQueryParams(connection_, sql, 0, nullptr, nullptr, nullptr, nullptr, binary) == 0 ||
      pq().PQsetSingleRowMode(connection_) == 0) {
    note_result(nullptr);
    return;
  }
  Row row;
  while (Result result = next_result(Clock::now() + patience_)) {
    if (!is_good(result.get())) note_result(result.get());
    if (failed() || pq().PQntuples(result.get()) == 0) continue;
    row.take(std::move(result));
    take(sql::Statement(*this, &row));
  }
}

Outcome<std::size_t> Connection::version() {
  sql::Statement tables = statement(
      "SELECT to_regclass('ferryman_schema') IS NOT NULL, EXISTS (SELECT 1 FROM pg_class WHERE relkind IN "
      "('r', 'p') AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()))");
  if (!tables.step()) return 0;
  if (tables.integer(0) == 0 && tables.integer(1) != 0)
    return fail(Reason::wrong_version, fmt::format("the database {} is another program's", url_));
  if (tables.integer(0) == 0) return 0;
  sql::Statement row = statement("SELECT version FROM ferryman_schema");
  return row.step() ? static_cast<std::size_t>(row.integer(0)) : 0;
}

Outcome<void> Connection::set_version(std::size_t version) {
  return execute(
      fmt::format("CREATE TABLE IF NOT EXISTS ferryman_schema (version bigint NOT NULL);"
                  "DELETE FROM ferryman_schema; INSERT INTO ferryman_schema VALUES ({})",
                  version));
}

// Names are compared and listed octet by octet, as SQLite does, whatever the server's locale is.
std::string Connection::adapted(const char* migration) const {
  std::string text = migration;
  replace_all(text, ") STRICT, WITHOUT ROWID", ")");
  replace_all(text, ") STRICT", ")");
  replace_all(text, " BLOB", " bytea");
  replace_all(text, " INTEGER", " bigint");
  replace_all(text, " TEXT", " text COLLATE \"C\"");
  return text;
}

std::unique_ptr<sql::Prepared> Connection::prepare(const char* sql) {
  return std::make_unique<Prepared>(*this, sql);
}

void Connection::begin(Kind kind) {
  kind_ = kind;
  committing_ = undone_ = false;
  patience_ = answer_patience;
  if (kind == Kind::read) {
    run_text("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    return;
  }
  const int waits = kind == Kind::count ? count_patience : write_patience;
  patience_ += std::chrono::milliseconds(waits);
  std::string begin = fmt::format("BEGIN; SET LOCAL lock_timeout = {}", waits);
  if (kind != Kind::count) begin += fmt::format("; SELECT pg_advisory_xact_lock({})", write_lock);
  if (kind != Kind::write) begin += "; SET LOCAL synchronous_commit = off";
  run_text(begin);
}

void Connection::commit() {
  committing_ = kind_ != Kind::read;
  run_text("COMMIT");
}

void Connection::undo() {
  if (!lost_ && pq().PQtransactionStatus(connection_) != PQTRANS_IDLE && !run_text("ROLLBACK")) lost_ = true;
  take_failure();
}

bool Connection::wait(short events, Clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waited{pq().PQsocket(connection_), events, 0};
    const int ready = left <= 0 ? 0 : ::poll(&waited, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

Result Connection::next_result(Clock::time_point deadline) {
  while (pq().PQisBusy(connection_) != 0) {
    if (!wait(POLLIN, deadline)) {
      lost_ = true;  // an answer that comes too late would be taken for another's
      note(committing_ ? unknown()
                       : Failure{Reason::unavailable,
                                 fmt::format("the server of the database {} does not answer", url_)});
      return nullptr;
    }
    if (pq().PQconsumeInput(connection_) == 0) break;  // the next result tells
  }
  return Result(pq().PQgetResult(connection_));
}

Result Connection::answer(int sent) {
  if (failed()) return nullptr;
  if (sent == 0) {
    note_result(nullptr);
    return nullptr;
  }
  const auto deadline = Clock::now() + patience_;
  Result last;
  while (Result result = next_result(deadline)) {
    if (!is_good(result.get())) note_result(result.get());
    last = std::move(result);
  }
  return failed() ? nullptr : std::move(last);
}

bool Connection::is_good(const PGresult* result) {
  const auto status = pq().PQresultStatus(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE;
}

bool Connection::run_text(const std::string& sql) {
  return !failed() && answer(pq().PQsendQuery(connection_, sql.c_str())) != nullptr;
}

// Of a command that failed; null: of the connection.
void Connection::note_result(const PGresult* result) {
  const std::string_view state = field(result, PG_DIAG_SQLSTATE);
  const bool first = !failed();
  if (pq().PQstatus(connection_) == CONNECTION_BAD || state::is_end(state)) lost_ = true;
  if (first) undone_ = state::is_undone(state) || (lost_ && !committing_);
  note(failure_of(state, result));
}

Failure Connection::unknown() const {
  return {Reason::unavailable, fmt::format("the server of the database {} went while it was told to keep a "
                                           "change, which is there or is not",
                                           url_)};
}

Failure Connection::failure_of(std::string_view state, const PGresult* result) const {
  if (state == state::not_unique)
    return {Reason::already_exists, std::string(taken(field(result, PG_DIAG_CONSTRAINT_NAME)))};
  if (state == state::referenced) return {Reason::invalid, "something else still needs this"};
  if (state == state::bad_characters)
    return {Reason::invalid, "a text has characters that the database does not keep"};
  if (state == state::read_only)
    return {Reason::read_only, fmt::format("the database {} is a standby, or may only be read", url_)};
  if (state == state::no_lock || state == state::cancelled || state::is_undone(state))
    return {Reason::busy, fmt::format("another process keeps the database {} locked", url_)};
  if (state == state::disk_full)
    return {Reason::full, fmt::format("no space is left on the disk of the database {}", url_)};
  if (lost_ && committing_) return unknown();
  std::string message(field(result, PG_DIAG_MESSAGE_PRIMARY));
  if (message.empty()) message = first_line(pq().PQerrorMessage(connection_));
  return {state.starts_with("XX") ? Reason::damaged : Reason::unavailable,
          fmt::format("the database {}: {}", url_, printable(message))};
}

}  // namespace ferryman::directory::postgresql
