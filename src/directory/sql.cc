#include "directory/sql.h"

namespace ferryman::directory::sql {

bool Statement::step() {
  return prepared_ != nullptr && !connection_->failed() && prepared_->step();
}

bool Statement::run() {
  while (step()) {
  }
  return !connection_->failed();
}

Bytes Statement::blob(int column) const {
  const Value found = value(column);
  if (const auto* octets = std::get_if<Bytes>(&found)) return *octets;
  if (const auto* text = std::get_if<std::string_view>(&found)) return as_bytes(*text);
  return {};
}

bool Connection::run_with(const char* sql, std::span<const Value> arguments) {
  Statement statement(*this, prepared(sql));
  int index = 0;
  if (statement.prepared_ != nullptr)
    for (const Value& each : arguments) statement.prepared_->bind(++index, each);
  return statement.run();
}

Outcome<void> Connection::begin_reading() {
  failure_.reset();
  kept_.is_of(begin_moment());
  if (!failed()) return {};
  end_moment();
  return tl::unexpected(*take_failure());
}

void Connection::end_reading() {
  end_moment();
  take_failure();
}

Prepared* Connection::prepared(const char* sql) {
  if (failed()) return nullptr;
  std::unique_ptr<Prepared>& statement = statements_[sql];
  if (!statement) statement = prepare(sql);
  return statement.get();
}

}  // namespace ferryman::directory::sql
