#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <functional>

#include "ferryman/decode_command.h"
#include "ferryman/enroll_command.h"
#include "ferryman/exit_codes.h"
#include "ferryman/explain_command.h"
#include "ferryman/forward_command.h"
#include "ferryman/gateway_command.h"
#include "ferryman/locate_command.h"
#include "ferryman/login_commands.h"
#include "ferryman/machine_command.h"
#include "ferryman/probe_command.h"
#include "ferryman/realm_command.h"
#include "ferryman/status_command.h"
#include "ferryman/trace_command.h"

int main(int argc, char** argv) try {
  CLI::App app{
      "Ferryman's tool for those who sign in to a realm, and who run and use KDC proxies [MS-KKDCP] and "
      "realms.",
      "ferryman"};
  app.set_version_flag("--version", "ferryman " FERRYMAN_VERSION);
  app.require_subcommand(0, 1);  // none is told below: a mistyped one deserves its own words
  app.footer("ferryman COMMAND --help tells more. See ferryman(1).");

  std::function<int()> run;
  ferryman::add_enroll_command(app, run);
  ferryman::add_login_commands(app, run);
  ferryman::add_status_command(app, run);
  ferryman::add_machine_command(app, run);
  ferryman::add_forward_command(app, run);
  ferryman::add_locate_command(app, run);
  ferryman::add_gateway_command(app, run);
  ferryman::add_probe_command(app, run);
  ferryman::add_explain_command(app, run);
  ferryman::add_decode_command(app, run);
  ferryman::add_trace_command(app, run);
  ferryman::add_realm_command(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (app.exit(error) == 0) return ferryman::exit_ok;
    return app.got_subcommand("probe") ? ferryman::exit_unknown : ferryman::exit_usage;
  }
  if (!run) {
    fmt::print(stderr, "ferryman: no command\n{}", app.help());
    return ferryman::exit_usage;
  }
  return run();
} catch (const std::exception& error) {
  fmt::print(stderr, "ferryman: {}\n", error.what());
  return ferryman::exit_usage;
}
