// Fills a realm's database with numbered users (kdc_requests.h) whose keys are known, quickly:
//
//   bench_fill_realm DATABASE MASTER_KEY TENANT FIRST LAST
//
// MASTER_KEY: as in realm.toml. Each has a UPN, and one in ten is in the group "tenth". Nothing else may have
// the database open: what is written is not durable before the end, since nothing waits for the disk.
#include <sqlite3.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>
#include <type_traits>
#include <vector>

#include "directory/database.h"
#include "kdc_requests.h"
#include "kerberos/numbers.h"
#include "realm/master_key.h"

// The directory waits for the disk after each change. For these programs the system's own function is not
// found any more; main() calls sync(2) at the end.
extern "C" __attribute__((visibility("default"))) int fdatasync(int) {
  return 0;
}
extern "C" __attribute__((visibility("default"))) int fsync(int) {
  return 0;
}

namespace {

using namespace ferryman;

[[noreturn]] void fail(const std::string& text) {
  std::cerr << "bench_fill_realm: " << text << '\n';
  std::exit(EXIT_FAILURE);
}

template <typename T>
T value_of(directory::Outcome<T> outcome, const std::string& what) {
  if (!outcome) fail(what + ": " + std::string(name(outcome.error().reason)) + " " + outcome.error().text);
  if constexpr (!std::is_void_v<T>) return *std::move(outcome);
}

std::vector<sqlite3*> connections;

int note(sqlite3* database, const char**, const void*) {
  connections.push_back(database);
  return SQLITE_OK;
}

// Fewer checkpoints, each of which writes pages all over the file. Not more pages in memory than usual:
// SQLite looks through all that it keeps at the end of a transaction.
void put_checkpoints_off() {
  for (sqlite3* const database : connections) sqlite3_wal_autocheckpoint(database, 20'000);
}

std::vector<directory::LongTermKey> keys_of(std::uint32_t number) {
  std::vector<directory::LongTermKey> keys;
  keys.push_back({bench::user_etype, 1, "none", {}, Secret(bench::numbered_key(number).octets())});
  for (const std::int32_t etype : {kerberos::etype::aes128_sha1, kerberos::etype::aes256_sha384,
                                   kerberos::etype::aes128_sha256})  // as many as realm.toml's etypes
    keys.push_back({etype, 1, "none", {}, Secret(crypto::Key::random(etype).octets())});
  return keys;
}

void add(directory::Directory& directory, const directory::Tenant& tenant, const directory::Group& tenth,
         std::uint32_t number) {
  const std::string name = bench::numbered_name(number);
  const std::int64_t now = std::time(nullptr);
  directory::WholeAccount whole;
  whole.account.name = name;
  whole.account.upns = {name + "@mail.test"};
  whole.account.settings.display_name = "User " + std::to_string(number);
  whole.keys = keys_of(number);
  whole.password_changed = now;
  if (number % 10 == 0) whole.groups = {tenth.id};
  value_of(directory.create_account(tenant.id, whole, now), name);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) fail("usage: bench_fill_realm DATABASE MASTER_KEY TENANT FIRST LAST");
  auto master = realm::read_master_key(argv[2]);
  if (!master) fail(master.error());
  sqlite3_auto_extension(reinterpret_cast<void (*)()>(&note));
  const auto directory =
      value_of(directory::open_database({.location = argv[1]}, *std::move(master)), argv[1]);
  const directory::Tenant tenant = value_of(directory->find_tenant(argv[3]), argv[3]);
  put_checkpoints_off();
  auto found = directory->find_group(tenant.id, "tenth");
  if (!found) found = directory->create_group(tenant.id, {.name = "tenth"});
  const directory::Group tenth = value_of(std::move(found), "tenth");
  const auto last = static_cast<std::uint32_t>(std::stoul(argv[5]));
  for (auto number = static_cast<std::uint32_t>(std::stoul(argv[4])); number <= last; ++number) {
    add(*directory, tenant, tenth, number);
    if (number % 100'000 == 0) std::cerr << number << " users\n";
  }
  ::sync();
}
