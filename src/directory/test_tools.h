#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "crypto/key.h"
#include "directory/database.h"
#include "kerberos/numbers.h"

namespace ferryman::directory {

inline constexpr std::int64_t now = 1'800'000'000;
inline const std::vector<std::int32_t> aes{kerberos::etype::aes256_sha1, kerberos::etype::aes128_sha1};

inline MasterKey master_key(std::uint8_t octet = 7) {
  return *MasterKey::make(Octets(MasterKey::size, octet));
}

inline std::vector<LongTermKey> random_keys(const std::string& salt = "SALT") {
  std::vector<LongTermKey> keys;
  keys.reserve(aes.size());
  for (const std::int32_t etype : aes)
    keys.push_back({etype, 0, salt, {}, Secret(crypto::Key::random(etype).octets())});
  return keys;
}

// Does something to each connection that is opened from now on, until it goes.
class OnOpen {
 public:
  explicit OnOpen(std::function<void(sqlite3*)> action) {
    current() = std::move(action);
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(&opened));
  }
  ~OnOpen() {
    sqlite3_reset_auto_extension();
    current() = nullptr;
  }
  OnOpen(const OnOpen&) = delete;
  OnOpen& operator=(const OnOpen&) = delete;

 private:
  static std::function<void(sqlite3*)>& current() {
    static std::function<void(sqlite3*)> action;
    return action;
  }
  static int opened(sqlite3* database, const char**, const void*) {
    current()(database);
    return SQLITE_OK;
  }
};

// What sets all of an account's settings.
inline Directory::SettingsChange to(AccountSettings settings) {
  return [settings = std::move(settings)](AccountSettings& present) { present = settings; };
}

// A directory of files for one test, and a database, in SQLite's file there or elsewhere, with a tenant.
class DirectoryTest : public testing::Test {
 protected:
  explicit DirectoryTest(std::string location = {}) : location_(std::move(location)) {
    std::string path = testing::TempDir() + "directory_XXXXXX";
    folder_ = ::mkdtemp(path.data());
    if (location_.empty()) location_ = file();
    open();
    tenant_ = create_tenant("example").id;
  }
  ~DirectoryTest() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name = "realm.db") const { return folder_ + "/" + name; }
  Outcome<std::unique_ptr<Database>> opened(MasterKey key = master_key()) const {
    return open_database({.location = location_, .create = true}, std::move(key));
  }
  void open() {
    auto directory = opened();
    ASSERT_TRUE(directory) << directory.error().text;
    directory_ = *std::move(directory);
  }
  Tenant create_tenant(const std::string& name, const std::string& realm = "EXAMPLE.COM") {
    auto tenant = directory_->create_tenant({.name = name, .domains = {name + ".test"}}, realm, aes, now);
    EXPECT_TRUE(tenant) << tenant.error().text;
    return tenant.value_or(Tenant{});
  }
  Outcome<Account> create(const NewAccount& account) {
    return directory_->create_account(tenant_, {account}, now);
  }
  Account user(const std::string& name, std::vector<std::string> upns = {}) {
    auto account = create({.name = name, .upns = std::move(upns)});
    EXPECT_TRUE(account) << account.error().text;
    return account.value_or(Account{});
  }
  Account service(const std::string& name, std::vector<std::string> spns = {}) {
    auto account = create({.kind = AccountKind::service, .name = name, .spns = std::move(spns)});
    EXPECT_TRUE(account) << account.error().text;
    return account.value_or(Account{});
  }
  Outcome<Principal> client(std::vector<std::string_view> components,
                            std::int32_t type = kerberos::name_type::principal) {
    return owned(directory_->find_client(tenant_, components, type));
  }
  Outcome<Principal> enterprise(std::string_view name) {
    return client({name}, kerberos::name_type::enterprise);
  }
  Outcome<Principal> find_service(std::vector<std::string_view> components) {
    return owned(directory_->find_service(tenant_, components));
  }

  // With all keys opened.
  static Outcome<Principal> owned(const Outcome<Shared<Principal>>& found) {
    if (!found) return tl::unexpected(found.error());
    Principal principal = (*found)->copy();
    for (LongTermKey& key : principal.keys) {
      auto opened = key.open();
      if (!opened) return tl::unexpected(opened.error());
      key.key = *std::move(opened);
      key.sealed.reset();
    }
    return principal;
  }

  std::string folder_, location_;
  std::unique_ptr<Database> directory_;
  TenantId tenant_;
};

template <typename T>
testing::AssertionResult refused(const Outcome<T>& outcome, Reason reason) {
  if (outcome) return testing::AssertionFailure() << "done, not refused";
  if (outcome.error().reason == reason) return testing::AssertionSuccess();
  return testing::AssertionFailure() << name(outcome.error().reason) << ": " << outcome.error().text;
}

template <typename T>
testing::AssertionResult done(const Outcome<T>& outcome) {
  if (outcome) return testing::AssertionSuccess();
  return testing::AssertionFailure() << name(outcome.error().reason) << ": " << outcome.error().text;
}

}  // namespace ferryman::directory
