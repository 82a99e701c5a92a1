#include "ferryman/realm_init.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/text.h"
#include "config/reader.h"
#include "directory/database.h"
#include "directory/names.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_output.h"
#include "ferryman/realm_setup.h"
#include "realm/config.h"

namespace ferryman {
namespace {

constexpr const char* default_user = "ferryman-realm";

struct InitOptions {
  std::string name, url, database, master_key, user;
};

std::string config_text(const realm::Config& config) {
  return fmt::format(
      "# Made by \"ferryman realm init\"; see realm.toml(5).\n\n[realm]\nname = {}\nurl = {}\ndefault_tenant "
      "= {}\n"
      "database = {}\nmaster_key = {}\n",
      show_string(config.name), show_string(config.sign_in.url), show_string(config.sign_in.tenant),
      show_string(config.fixed.database), show_string(config.fixed.master_key));
}

// The configuration that the options ask for, before it is known whether there is one. The error: an exit
// code.
tl::expected<realm::Config, int> wanted_config(const InitOptions& init, const RealmOptions& options) {
  realm::Config config;
  config.name = init.name;
  config.sign_in.url = init.url;
  config.sign_in.tenant = options.tenant;
  if (!init.database.empty()) config.fixed.database = init.database;
  if (!init.master_key.empty()) config.fixed.master_key = init.master_key;
  auto checked = realm::parse_config(config_text(config), options.config, realm::Users::not_looked_up);
  for (const auto& mistake : checked.mistakes) tell(exit_usage, mistake.text);
  if (!checked.mistakes.empty()) return tl::unexpected(exit_usage);
  for (const auto& rule :
       {directory::check_realm(config.name), directory::check_tenant_name(config.sign_in.tenant)})
    if (!rule) return tl::unexpected(tell(exit_usage, rule.error().text));
  return std::move(checked.config);
}

// What a realm.toml that is there says otherwise than the options; lines.
std::string differences(const realm::Config& there, const realm::Config& wanted, const InitOptions& init) {
  std::string lines;
  const auto compare = [&lines](const char* key, const std::string& a, const std::string& b) {
    if (a != b) lines += fmt::format("\n  {} = {} there, {} here", key, show_string(a), show_string(b));
  };
  compare("name", there.name, wanted.name);
  compare("url", there.sign_in.url, wanted.sign_in.url);
  compare("default_tenant", there.sign_in.tenant, wanted.sign_in.tenant);
  if (!init.database.empty()) compare("database", there.fixed.database, wanted.fixed.database);
  if (!init.master_key.empty()) compare("master_key", there.fixed.master_key, wanted.fixed.master_key);
  return lines;
}

// After another realm or tenant than the one that is there was asked for.
std::string begin_again(const realm::Config& there, const std::string& file) {
  const auto key = realm::master_key_file(there.fixed.master_key);
  const std::string database = printable(there.fixed.database);
  const std::string parts = directory::is_file(there.fixed.database)
                                ? fmt::format("{0}, {0}-wal, {0}-shm", database)
                                : fmt::format("the database {}", database);
  return fmt::format(
      "Nothing was made. Say the same here, or change the file. To begin again, and lose all users and keys "
      "of that realm: stop ferryman-realm, remove {}, {} and {}, and call this again.",
      printable(file), parts, key ? printable(*key) : "the master key");
}

// With the realm.toml that is there, if there is one, which must say the same.
tl::expected<RealmSetup, int> setup_of(const InitOptions& init, const RealmOptions& options) {
  const auto wanted = wanted_config(init, options);
  if (!wanted) return tl::unexpected(wanted.error());
  RealmSetup setup{*wanted, std::filesystem::absolute(options.config).string()};
  struct stat status {};
  if (::stat(setup.config_file.c_str(), &status) != 0 && errno == ENOENT) {
    setup.config_text = config_text(*wanted);
    return setup;
  }
  auto there = realm::load_config(setup.config_file, realm::Users::not_looked_up);
  for (const auto& mistake : there.mistakes) fmt::print(stderr, "{}\n", mistake.to_string());
  if (!there.mistakes.empty())
    return tl::unexpected(tell(exit_usage, "realm.toml is there and has mistakes, so that nothing was made"));
  const std::string differ = differences(there.config, *wanted, init);
  if (!differ.empty()) {
    return tl::unexpected(tell(exit_usage,
                               fmt::format("{} is there and says otherwise:{}", setup.config_file, differ),
                               begin_again(there.config, setup.config_file)));
  }
  setup.config = std::move(there.config);
  return setup;
}

// Nothing: who calls sets up for himself.
tl::expected<std::optional<ServiceUser>, int> service_user(const std::string& name) {
  if (::geteuid() != 0) {
    const passwd* self = ::getpwuid(::geteuid());
    if (name.empty() || (self != nullptr && name == self->pw_name)) return std::nullopt;
    return tl::unexpected(tell(exit_usage, "only root sets up for another user", "Call this as root."));
  }
  const std::string wanted = name.empty() ? default_user : name;
  const passwd* user = ::getpwnam(wanted.c_str());
  if (user != nullptr) return ServiceUser{wanted, {user->pw_uid, user->pw_gid}};
  return tl::unexpected(
      tell(exit_usage, fmt::format("the user {} does not exist", wanted),
           "\"systemd-sysusers\" makes it once ferryman is installed; --user names another."));
}

void print_next_steps(const RealmSetup& setup, bool default_config) {
  const std::string config = default_config ? "" : " -c " + setup.config_file;
  fmt::print(R"(
Next:
1. Start the service: systemctl enable --now ferryman-realm
2. Tell ferrymand of it, in /etc/ferryman/ferryman.toml, and restart it:

   [tls]
   certificate = "/etc/ferryman/tls/fullchain.pem"   # readable by the user ferryman, as is the key
   private_key = "/etc/ferryman/tls/key.pem"

   [local]
   socket = {}
   user = {}

   [realms.{}]
   discovery = "local"
   allow_unarmored_password = true   # kinit with a password; the realm locks accounts that are guessed at

3. Make a user and a service:

   ferryman realm{} user add alice
   ferryman realm{} service add HTTP/www.example.com
   ferryman realm{} service keytab HTTP/www.example.com -o http.keytab

Keep a copy of the master key {}, apart from those of the database:
without it nothing in the database can be opened.
)",
             show_string(setup.config.fixed.service.front),
             show_string(setup.user ? setup.user->name : std::string(default_user)),
             show_string(setup.config.name), config, config, config, setup.config.fixed.master_key);
}

int run_init(const InitOptions& init, const RealmOptions& options) {
  if (options.tenant.empty())
    return tell(exit_usage, "--tenant is required", "--tenant example would make one of that name.");
  if (options.json || !options.socket.empty())
    return tell(exit_usage, "init asks no service and prints no JSON", "Leave --json and --socket away.");
  auto user = service_user(init.user);
  if (!user) return user.error();
  auto setup = setup_of(init, options);
  if (!setup) return setup.error();
  setup->user = std::move(*user);
  warn_of_small_letters(init.name);
  if (const int code = set_up_realm(*setup); code != exit_ok) return code;
  print_next_steps(*setup, options.config == default_realm_config);
  return exit_ok;
}

}  // namespace

void add_init_command(RealmTree& tree) {
  auto init = std::make_shared<InitOptions>();
  CLI::App& app = tree.local_command(
      "init", "Make what a realm needs: realm.toml, the master key, and the database with a tenant",
      [init](const RealmOptions& options) { return run_init(*init, options); });
  app.add_option("--name", init->name, "The realm, such as CLOUD.EXAMPLE.COM")
      ->required()
      ->type_name("REALM");
  app.add_option("--url", init->url, "How clients reach the gateway: https://HOST or https://HOST:PORT")
      ->required()
      ->type_name("URL");
  app.add_option(
         "--database", init->database,
         "A file, or postgresql:///DATABASE; by default realm.toml's, or /var/lib/ferryman-realm/realm.db")
      ->type_name("FILE|URL");
  app.add_option("--master-key", init->master_key,
                 "By default realm.toml's, or file:/etc/ferryman/master.key")
      ->type_name("file:FILE");
  app.add_option("--user", init->user,
                 "Where root calls: whom the service runs as; by default ferryman-realm");
}

}  // namespace ferryman
