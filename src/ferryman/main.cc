#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "ferryman/locate_command.h"

namespace {

constexpr const char* locate_footer =
    "FLAGS are those of DsrGetDcNameEx2: a number (0x600) or names (KDC_REQUIRED,WRITABLE_REQUIRED).\n"
    "Exit codes: 0 located and answering, 1 none located, 2 wrong usage or configuration,\n"
    "3 located but none answers.\n"
    "See ferryman(1).";

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{"Ferryman's tool for those who run and use KDC proxies [MS-KKDCP].", "ferryman"};
  app.set_version_flag("--version", "ferryman " FERRYMAN_VERSION);
  app.require_subcommand(1);
  app.footer("ferryman COMMAND --help tells more. See ferryman(1).");

  ferryman::LocateOptions locate;
  double seconds = 10;
  bool no_probe = false;
  auto* command = app.add_subcommand(
      "locate",
      "Find the KDCs of a realm as the gateway does, and show each step: DNS, pings, choice, probe");
  command->add_option("REALM", locate.realm, "The realm")->required();
  command->add_option(
      "-c,--config", locate.config_file,
      "ferryman.toml whose [realms] and [dns] hold; default /etc/ferryman/ferryman.toml if it "
      "declares the realm, else discovery \"ad\" by the system's DNS");
  command->add_option("--hint", locate.hint, "Flags of the dclocator-hint; default IP_REQUIRED,KDC_REQUIRED")
      ->type_name("FLAGS");
  command->add_option("--site", locate.site, "Active Directory site to prefer");
  command->add_option("--discovery", locate.discovery, "How to look, whatever is configured")
      ->check(CLI::IsMember({"static", "dns", "krb5", "ad"}));
  command->add_flag("--kpasswd", locate.kpasswd, "Locate the password-change service");
  command->add_flag("--fast", locate.fast, "As for a FAST-armored request");
  command->add_option("--dns", locate.dns_servers, "DNS server, ADDRESS or ADDRESS:PORT; may be repeated")
      ->type_name("SERVER");
  command
      ->add_option("--allow-network", locate.allow_networks,
                   "Network that DNS may point at although it is loopback or link-local")
      ->type_name("CIDR");
  command->add_option("--timeout", seconds, "Seconds for the whole search")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 300.0));
  command->add_flag("--no-probe", no_probe, "Do not ask the located KDCs whether they answer");
  command->add_flag("--json", locate.json, "Print JSON");
  command->footer(locate_footer);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ferryman::exit_found : ferryman::exit_usage;
  }
  locate.probe = !no_probe;
  locate.deadline = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  return ferryman::run_locate(locate);
} catch (const std::exception& error) {
  fmt::print(stderr, "ferryman: {}\n", error.what());
  return ferryman::exit_usage;
}
