#include "ferryman/explain_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "explain/principal.h"
#include "ferryman/client_options.h"
#include "ferryman/exit_codes.h"
#include "ferryman/explain_walk.h"
#include "ferryman/secret_input.h"
#include "realm/config.h"

namespace ferryman {
namespace {

constexpr const char* footer =
    "The first line says what is wrong first, and the command that mends it; then each step of the way.\n"
    "Without a password or keytab the ticket in the credential cache is used. A wrong password is sent "
    "once,\n"
    "and counts. Where ferryman-realm's administration can be called, it is asked for its side.\n"
    "Exit codes: 0 nothing wrong, 1 something is wrong, 2 wrong usage, 5 what has to answer is not "
    "reachable.\n"
    "See ferryman(1).";

struct ExplainOptions {
  ClientOptions client;
  WalkOptions walk;
  std::string user, service;
  bool ask_password = false, password_stdin = false, json = false;
};

int wrong_usage(const std::string& text) {
  fmt::print(stderr, "ferryman explain: {}\n", text);
  return exit_usage;
}

tl::expected<std::optional<Secret>, std::string> read_password(const ExplainOptions& options) {
  if (options.password_stdin) {
    auto password = read_only_line();
    if (!password || password->empty())
      return tl::unexpected(std::string("standard input has to be one line, the password"));
    return password;
  }
  if (!options.ask_password) return std::nullopt;
  if (!can_ask())
    return tl::unexpected(std::string("there is no terminal to ask for a password: say --password-stdin"));
  auto password = ask_hidden("Password of " + printable(options.user));
  if (!password || password->empty()) return tl::unexpected(std::string("no password"));
  return password;
}

int exit_code_of(const explain::Explanation& explanation) {
  const explain::Step* wrong = explanation.first_wrong();
  if (wrong == nullptr) return exit_ok;
  return wrong->is_unreachable ? exit_not_reachable : exit_failed;
}

int run_explain(ExplainOptions& options) {
  WalkOptions& walked = options.walk;
  auto user = explain::parse_user(options.user);
  if (!user) return wrong_usage(printable(options.user) + " is no user's name");
  auto service = explain::parse_service(options.service);
  if (!service) return wrong_usage(printable(options.service) + " is no SPN, such as HTTP/www.example.com");
  auto client = load_client_options(options.client);
  if (!client) return wrong_usage(client.error());
  auto password = read_password(options);
  if (!password) return wrong_usage(password.error());
  walked.user = std::move(*user);
  walked.service = std::move(*service);
  walked.client = std::move(*client);
  walked.password = std::move(*password);
  if (walked.socket.empty()) walked.socket = realm::Config().fixed.service.admin;
  std::signal(SIGPIPE, SIG_IGN);  // a gateway that closes is a finding
  const explain::Explanation explanation = walk(std::move(walked));
  fmt::print("{}", options.json ? to_json(explanation) : to_text(explanation));
  return exit_code_of(explanation);
}

}  // namespace

void add_explain_command(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<ExplainOptions>();
  auto& explain = *options;
  auto* command = app.add_subcommand(
      "explain", "Say why a user does not reach a service, step by step, and what mends it");
  command->add_option("USER", explain.user, "NAME, of the default realm, or NAME@REALM")->required();
  command->add_option("SPN", explain.service, "The service, such as HTTP/www.example.com, or with @REALM")
      ->required();
  auto* ask = command->add_flag("--password", explain.ask_password, "Ask for the user's password");
  auto* from_stdin = command->add_flag("--password-stdin", explain.password_stdin,
                                       "The user's password is the only line of standard input");
  auto* keytab = command
                     ->add_option("--client-keytab", explain.walk.client_keytab,
                                  "A keytab with the user's key, in place of a password")
                     ->type_name("FILE");
  ask->excludes(from_stdin)->excludes(keytab);
  from_stdin->excludes(keytab);
  command
      ->add_option("--keytab", explain.walk.keytab,
                   "The service's keytab: whether it opens the ticket is said")
      ->type_name("FILE");
  command
      ->add_option("--socket", explain.walk.socket,
                   "Administration socket of ferryman-realm; default /run/ferryman-realm/admin.sock")
      ->type_name("PATH");
  command->add_option("--tenant", explain.walk.tenant, "The user's tenant there; by default the default one")
      ->type_name("TENANT");
  command
      ->add_option("--server", explain.walk.server,
                   "A domain controller of the service's Active Directory; by default as DNS says")
      ->type_name("HOST");
  command->add_flag("--json", explain.json, "Print JSON");
  add_client_options(*command, explain.client);
  command->footer(footer);
  command->callback([options, &run] { run = [options] { return run_explain(*options); }; });
}

}  // namespace ferryman
