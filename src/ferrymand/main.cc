#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "ferrymand/daemon.h"
#include "ferrymand/event_table.h"
#include "net/packed_block.h"
#include "settings/config.h"
#include "settings/kdcproxy.h"
#include "settings/kpssvc.h"

namespace {

constexpr const char* footer =
    "Signals: SIGHUP reads the configuration again, SIGTERM and SIGINT let what has begun end,\n"
    "a second one ends at once.\n"
    "Exit codes: 0 done, 1 failed while running, 2 bad configuration or usage.\n"
    "See ferrymand(8) and ferryman.toml(5).";

int say(const std::vector<ferryman::ConfigMistake>& mistakes) {
  for (const auto& mistake : mistakes) fmt::print(stderr, "{}\n", mistake.to_string());
  return ferryman::exit_bad_configuration;
}

int print_events(const std::string& form) {
  const std::string table = ferryman::event_table(form.empty() ? "text" : form);
  fmt::print("{}", table);
  if (table.empty()) fmt::print(stderr, "--events: \"text\", \"json\" or \"markdown\"\n");
  return table.empty() ? ferryman::exit_bad_configuration : ferryman::exit_ok;
}

int import_kdcproxy(const std::string& file) {
  const auto files = ferryman::kdcproxy_files(file);
  const auto converted = ferryman::load_kdcproxy(files);
  if (!converted.mistakes.empty()) return say(converted.mistakes);
  fmt::print("{}", ferryman::complete_kdcproxy(converted.toml, files));
  return ferryman::exit_ok;
}

int import_kpssvc(const std::string& file) {
  const auto text = ferryman::read_config_file(file);
  if (!text) return say({text.error()});
  const auto converted = ferryman::convert_kpssvc(*text);
  if (!converted) return say({{file, 0, 0, converted.error()}});
  fmt::print("{}", *converted);
  return ferryman::exit_ok;
}

struct Options {
  std::string config_file = "/etc/ferryman/ferryman.toml", kdcproxy_file, kpssvc_file, events_form;
  bool check = false, show_config = false;
  CLI::Option *events = nullptr, *given_config = nullptr, *serve_kdcproxy = nullptr, *from_kdcproxy = nullptr,
              *from_kpssvc = nullptr;
};

void add_options(CLI::App& app, Options& options) {
  options.given_config =
      app.add_option("-c,--config", options.config_file, "Configuration file")->capture_default_str();
  app.add_flag("--check", options.check, "Say every mistake in the configuration, then exit");
  app.add_flag("--show-config", options.show_config,
               "Print the configuration in force, defaults included, then exit");
  options.serve_kdcproxy =
      app.add_option(
             "--kdcproxy-config", options.kdcproxy_file,
             "Serve the realms of python-kdcproxy's configuration; without FILE those of $KDCPROXY_CONFIG, "
             "/usr/local/etc/kdcproxy.conf and /etc/kdcproxy.conf. With -c the rest comes from there")
          ->expected(0, 1)
          ->type_name("[FILE]");
  options.from_kdcproxy = app.add_option("--import-kdcproxy", options.kdcproxy_file,
                                         "Print such a configuration as ferryman.toml, then exit")
                              ->expected(0, 1)
                              ->type_name("[FILE]")
                              ->excludes(options.serve_kdcproxy);
  options.from_kpssvc =
      app.add_option("--import-kpssvc", options.kpssvc_file,
                     "Print a .reg export of KPSSVC's Settings key as ferryman.toml, then exit")
          ->type_name("FILE")
          ->excludes(options.serve_kdcproxy)
          ->excludes(options.from_kdcproxy);
  options.events = app.add_option("--events", options.events_form,
                                  "Print what the log may say, as text, json or markdown, with Windows' ids "
                                  "and what to do; then exit")
                       ->expected(0, 1)
                       ->type_name("[FORM]");
  app.set_version_flag("--version", "ferrymand " FERRYMAN_VERSION);
  app.footer(footer);
}

using Load = std::function<ferryman::LoadedConfig()>;

// How the configuration is read, now and at each reload. config_file: its name in messages.
Load loader(const Options& options, std::string& config_file) {
  config_file = options.config_file;
  if (!*options.serve_kdcproxy) return [file = config_file] { return ferryman::load_config(file); };
  const auto files = ferryman::kdcproxy_files(options.kdcproxy_file);
  const std::string base_file = *options.given_config ? config_file : "";
  config_file = files.back();
  return [files, base_file] { return ferryman::load_kdcproxy_config(files, base_file); };
}

int serve(const std::string& config_file, const Load& load, ferryman::Config config) {
  std::optional<ferryman::Daemon> daemon;
  try {
    daemon.emplace(config_file, load, std::move(config));
  } catch (const std::system_error& error) {  // the log cannot be opened
    fmt::print(stderr, "{}: {}\n", config_file, error.what());
    return ferryman::exit_bad_configuration;
  }
  return daemon->run();
}

}  // namespace

int main(int argc, char** argv) try {
  ferryman::net::PackedBlock::prepare_openssl();
  CLI::App app{"A KDC proxy [MS-KKDCP]: brings Kerberos over HTTPS to the KDCs of your realms.", "ferrymand"};
  Options options;
  add_options(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ferryman::exit_ok : ferryman::exit_bad_configuration;
  }
  if (*options.events) return print_events(options.events_form);
  if (*options.from_kdcproxy) return import_kdcproxy(options.kdcproxy_file);
  if (*options.from_kpssvc) return import_kpssvc(options.kpssvc_file);

  std::string config_file;
  const Load load = loader(options, config_file);
  ferryman::LoadedConfig loaded = load();
  for (const auto& warning : loaded.warnings) fmt::print(stderr, "{}\n", warning.to_string());
  if (!loaded.mistakes.empty()) return say(loaded.mistakes);
  if (options.check) {
    fmt::print("{}: no mistakes\n", config_file);
    return ferryman::exit_ok;
  }
  if (options.show_config) {
    fmt::print("{}", ferryman::to_toml(loaded.config));
    return ferryman::exit_ok;
  }
  return serve(config_file, load, std::move(loaded.config));
} catch (const std::exception& error) {
  fmt::print(stderr, "ferrymand: {}\n", error.what());
  return ferryman::exit_failure;
}
