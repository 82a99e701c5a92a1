#include "directory/copy_database.h"

#include <fmt/format.h>

#include <vector>

#include "directory/schema.h"
#include "directory/store.h"

namespace ferryman::directory {
namespace {

using sql::Connection;
using sql::Statement;
using sql::Value;

void insert(Connection& to, const char* sql, const Statement& row) {
  std::vector<Value> values;
  values.reserve(static_cast<std::size_t>(row.columns()));
  for (int i = 0; i < row.columns(); ++i) values.push_back(row.value(i));
  to.run_with(sql, values);
}

Outcome<void> copy_tables(Connection& from, Connection& to) {
  Statement tenant = to.statement("SELECT name FROM tenants LIMIT 1");
  if (tenant.step())
    return fail(Reason::already_exists,
                fmt::format("the database that is to be filled has the tenant {} already", tenant.text(0)));
  for (const sql::Table& table : sql::tables())
    from.each_row(table.select, [&](const Statement& row) { insert(to, table.insert, row); });
  return {};
}

}  // namespace

Outcome<void> copy_database(Database& from, Database& to) {
  auto& source = static_cast<sql::Store&>(from);
  auto& target = static_cast<sql::Store&>(to);
  return source.read([&](Connection& reading) {
    return target.write([&](Connection& writing) -> Outcome<void> {
      auto done = copy_tables(reading, writing);
      // What has not been read whole must not be kept.
      if (done && reading.failed())
        return fail(Reason::unavailable, "the present database cannot be read whole");
      return done;
    });
  });
}

}  // namespace ferryman::directory
