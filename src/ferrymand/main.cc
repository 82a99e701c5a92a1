#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <system_error>

#include "ferrymand/config.h"
#include "ferrymand/daemon.h"

namespace {

constexpr const char* footer =
    "Signals: SIGHUP reads the configuration again, SIGTERM and SIGINT let what has begun end,\n"
    "a second one ends at once.\n"
    "Exit codes: 0 done, 1 failed while running, 2 bad configuration or usage.\n"
    "See ferrymand(8) and ferryman.toml(5).";

int say_mistakes(const ferryman::LoadedConfig& loaded) {
  for (const auto& mistake : loaded.mistakes) fmt::print(stderr, "{}\n", mistake.to_string());
  return ferryman::exit_bad_configuration;
}

}  // namespace

int main(int argc, char** argv) try {
  std::string config_file = "/etc/ferryman/ferryman.toml";
  bool check = false, show_config = false;
  CLI::App app{"A KDC proxy [MS-KKDCP]: brings Kerberos over HTTPS to the KDCs of your realms.", "ferrymand"};
  app.add_option("-c,--config", config_file, "Configuration file")->capture_default_str();
  app.add_flag("--check", check, "Say every mistake in the configuration, then exit");
  app.add_flag("--show-config", show_config,
               "Print the configuration in force, defaults included, then exit");
  app.set_version_flag("--version", "ferrymand " FERRYMAN_VERSION);
  app.footer(footer);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ferryman::exit_ok : ferryman::exit_bad_configuration;
  }

  ferryman::LoadedConfig loaded = ferryman::load_config(config_file);
  for (const auto& warning : loaded.warnings) fmt::print(stderr, "{}\n", warning.to_string());
  if (!loaded.mistakes.empty()) return say_mistakes(loaded);
  if (check) {
    fmt::print("{}: no mistakes\n", config_file);
    return ferryman::exit_ok;
  }
  if (show_config) {
    fmt::print("{}", ferryman::to_toml(loaded.config));
    return ferryman::exit_ok;
  }
  std::optional<ferryman::Daemon> daemon;
  try {
    daemon.emplace(config_file, std::move(loaded.config));
  } catch (const std::system_error& error) {  // the log cannot be opened
    fmt::print(stderr, "{}: {}\n", config_file, error.what());
    return ferryman::exit_bad_configuration;
  }
  return daemon->run();
} catch (const std::exception& error) {
  fmt::print(stderr, "ferrymand: {}\n", error.what());
  return ferryman::exit_failure;
}
