// Writes keys that no command gives out, for the tests:
//   realm_keytab DATABASE MASTER_KEY TENANT KEYTAB [ACCOUNT...]
// krbtgt's, kadmin/changepw's and those of the accounts named. MASTER_KEY: as in realm.toml.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "crypto/keytab.h"
#include "directory/database.h"
#include "realm/master_key.h"

namespace {

using namespace ferryman;

[[noreturn]] void fail(const std::string& text) {
  std::cerr << "realm_keytab: " << text << '\n';
  std::exit(EXIT_FAILURE);
}

template <typename T>
T value_of(directory::Outcome<T> outcome, const std::string& what) {
  if (!outcome) fail(what + ": " + std::string(name(outcome.error().reason)) + " " + outcome.error().text);
  return *std::move(outcome);
}

std::vector<std::string> components_of(const std::string& name) {
  std::vector<std::string> parts(1);
  for (const char c : name) {
    if (c == '/') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

void add(std::vector<crypto::KeytabEntry>& entries, const std::string& realm,
         const directory::Principal& principal) {
  for (const directory::LongTermKey& key : principal.keys) {
    auto made = crypto::Key::make(key.etype, key.key.bytes());
    if (made)
      entries.push_back({realm, components_of(principal.account.name), 1, 0, key.kvno, *std::move(made)});
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) fail("usage: realm_keytab DATABASE MASTER_KEY TENANT KEYTAB [ACCOUNT...]");
  auto master = realm::read_master_key(argv[2]);
  if (!master) fail(master.error());
  const auto opened = value_of(directory::open_database({.location = argv[1]}, *std::move(master)), argv[1]);
  directory::Directory& directory = *opened;
  const directory::Tenant tenant = value_of(directory.find_tenant(argv[3]), argv[3]);

  std::vector<crypto::KeytabEntry> entries;
  const std::string_view krbtgt[] = {"krbtgt", tenant.realm}, changepw[] = {"kadmin", "changepw"};
  add(entries, tenant.realm, *value_of(directory.find_service(tenant.id, krbtgt), "krbtgt"));
  add(entries, tenant.realm, *value_of(directory.find_service(tenant.id, changepw), "kadmin/changepw"));
  for (int i = 5; i < argc; ++i) {
    const directory::Account account = value_of(directory.find_account(tenant.id, argv[i]), argv[i]);
    add(entries, tenant.realm, value_of(directory.principal(tenant.id, account.id), argv[i]));
  }

  const Secret octets = crypto::write_keytab(entries);
  std::ofstream file(argv[4], std::ios::binary);
  file.write(reinterpret_cast<const char*>(octets.bytes().data()),
             static_cast<std::streamsize>(octets.bytes().size()));
  if (!file.flush()) fail(std::string(argv[4]) + ": not written");
}
