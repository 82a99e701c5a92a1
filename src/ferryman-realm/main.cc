#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "realm/config.h"
#include "realm/daemon.h"
#include "realm/event_table.h"

namespace {

constexpr const char* footer =
    "Signals: SIGHUP reads the configuration again, SIGTERM and SIGINT let what has begun end,\n"
    "a second one ends at once.\n"
    "Exit codes: 0 done, 1 failed while running, 2 bad configuration or usage.\n"
    "See ferryman-realm(8) and realm.toml(5).";

int print_events(const std::string& form) {
  const std::string table = ferryman::realm::event_table(form.empty() ? "text" : form);
  fmt::print("{}", table);
  if (table.empty()) fmt::print(stderr, "--events: \"text\", \"json\" or \"markdown\"\n");
  return table.empty() ? ferryman::realm::exit_bad_configuration : ferryman::realm::exit_ok;
}

}  // namespace

int main(int argc, char** argv) try {
  using namespace ferryman::realm;
  ::setenv("TSS2_LOG", "all+none", 0);  // tpm2-tss would write what clients send to standard error
  std::string config_file = "/etc/ferryman/realm.toml", events_form;
  bool check = false, show_config = false;
  CLI::App app{"A Kerberos realm with sign-in, behind ferrymand and without a network of its own.",
               "ferryman-realm"};
  app.add_option("-c,--config", config_file, "Configuration file")->capture_default_str();
  app.add_flag("--check", check, "Say every mistake in the configuration, then exit");
  app.add_flag("--show-config", show_config,
               "Print the configuration in force, defaults included, then exit");
  const auto* const events = app.add_option("--events", events_form,
                                            "Print what the log may say, as text, json or markdown, with "
                                            "Windows' ids and what to do; then exit")
                                 ->expected(0, 1)
                                 ->type_name("[FORM]");
  app.set_version_flag("--version", "ferryman-realm " FERRYMAN_VERSION);
  app.footer(footer);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_ok : exit_bad_configuration;
  }

  if (*events) return print_events(events_form);
  LoadedConfig loaded = load_config(config_file, Users::looked_up);
  for (const auto& mistake : loaded.mistakes) fmt::print(stderr, "{}\n", mistake.to_string());
  if (!loaded.mistakes.empty()) return exit_bad_configuration;
  if (check) {
    fmt::print("{}: no mistakes\n", config_file);
    return exit_ok;
  }
  if (show_config) {
    fmt::print("{}", to_toml(loaded.config));
    return exit_ok;
  }
  return Daemon(config_file, std::move(loaded.config), FERRYMAN_VERSION).run();
} catch (const std::exception& error) {
  fmt::print(stderr, "ferryman-realm: {}\n", error.what());
  return ferryman::realm::exit_failure;
}
