#include "ferryman/probe_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>

#include "ferryman/exit_codes.h"
#include "probe/finding.h"
#include "probe/record.h"
#include "probe/survey.h"

namespace ferryman {
namespace {

constexpr const char* footer =
    "Asks for a user that cannot exist, unless --user names one; nobody is logged on or locked out.\n"
    "Exit codes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN or wrong usage.\n"
    "See ferryman(1).";

struct ProbeOptions {
  std::string url, connect;
  double seconds = 20;
  bool json = false, brief = false;
  probe::SurveyOptions survey;
};

int fail(const std::string& sentence) {
  fmt::print(stderr, "ferryman probe: {}\n", sentence);
  return exit_unknown;
}

int run_probe(const ProbeOptions& options) {
  probe::SurveyOptions survey = options.survey;
  auto target = probe::parse_url(options.url);
  if (!target) return fail(fmt::format("{}: {}", probe::printable(options.url), target.error()));
  survey.target = std::move(*target);
  if (!options.connect.empty()) {
    const auto connect = probe::parse_host_port(options.connect, survey.target.port);
    if (!connect)
      return fail(fmt::format("--connect {}: {}", probe::printable(options.connect), connect.error()));
    survey.connect = *connect;
  }
  constexpr std::size_t max_name = 512;
  if (survey.realm.empty() || survey.realm.size() > max_name || survey.user.size() > max_name)
    return fail("the realm or the user is empty or too long");
  survey.time =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>(options.seconds));
  std::signal(SIGPIPE, SIG_IGN);  // a proxy that closes is a finding
  const auto record = probe::survey(survey);
  if (!record) return fail(record.error());
  fmt::print("{}", options.json    ? to_json(*record)
                   : options.brief ? to_status_line(*record)
                                   : to_text(*record));
  return exit_code(*record);
}

}  // namespace

void add_probe_command(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<ProbeOptions>();
  auto& probe = *options;
  auto* command = app.add_subcommand(
      "probe",
      "Look at a KDC proxy from outside, and say what Windows, MIT's and Apple's clients will make of it");
  command->add_option("URL", probe.url, "https://HOST[:PORT][/PATH]; by default https and /KdcProxy")
      ->required();
  command->add_option("--realm", probe.survey.realm, "The realm to ask for")->required();
  auto* user =
      command->add_option("--user", probe.survey.user, "Ask for this user instead of one that cannot exist");
  command
      ->add_option("--ca-file,--cacert", probe.survey.files.ca,
                   "Trusted certificates (PEM) instead of the system's")
      ->type_name("FILE");
  auto* certificate =
      command->add_option("--certificate,--cert", probe.survey.files.certificate, "Client certificate (PEM)")
          ->type_name("FILE");
  command->add_option("--key", probe.survey.files.key, "Its key (PEM); by default it is in the same file")
      ->type_name("FILE")
      ->needs(certificate);
  command->add_option("--connect", probe.connect, "Connect there, whatever DNS says of the URL's host")
      ->type_name("ADDRESS[:PORT]");
  command->add_option("--timeout", probe.seconds, "Seconds for everything")
      ->capture_default_str()
      ->check(CLI::Range(0.5, 300.0));
  command
      ->add_option("--warn-days", probe.survey.limits.warning_days,
                   "WARNING when the certificate ends in fewer days")
      ->capture_default_str();
  command->add_option("--crit-days", probe.survey.limits.critical_days, "CRITICAL when it ends in fewer days")
      ->capture_default_str();
  command
      ->add_flag("--risk-lockout", probe.survey.risk_lockout,
                 "Try a wrong password for --user, which counts towards locking it out")
      ->needs(user);
  auto* json = command->add_flag("--json", probe.json, "Print JSON");
  command->add_flag("--brief", probe.brief, "Print the status line only")->excludes(json);
  command->footer(footer);
  command->callback([options, &run] { run = [options] { return run_probe(*options); }; });
}

}  // namespace ferryman
