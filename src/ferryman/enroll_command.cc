#include "ferryman/enroll_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "client/options.h"
#include "ferryman/exit_codes.h"
#include "ferryman/secret_input.h"
#include "ferryman/sign_in_command.h"
#include "ferryman/start_forwarder.h"
#include "ferryman/system_krb5.h"
#include "login/enrolment.h"
#include "login/state_directory.h"

namespace ferryman {
namespace {

constexpr char command_name[] = "enroll";
constexpr const char* footer =
    "A code comes from an administrator: \"ferryman realm user code NAME\" prints one. The PIN is a new one "
    "that you\n"
    "choose; \"ferryman login\" asks for it. With --code-stdin or --password-stdin, and --pin-stdin, "
    "standard input has\n"
    "a line each, in this order. What is not said comes from [enroll] of ferryman-client.toml(5).\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by the server, 4 the key is locked, 5 not "
    "reachable.\n"
    "See ferryman-login(1).";

struct EnrollOptions {
  std::string url, tenant, user, ca_file;
  std::string key, tcti;
  bool code_stdin = false, password_stdin = false, pin_stdin = false, system = false;
};

tl::expected<Secret, int> ask_code(const EnrollOptions& options) {
  const bool from_input = options.code_stdin || options.password_stdin;
  if (!from_input && !can_ask())
    return tl::unexpected(
        complain(command_name, exit_usage,
                 "there is no terminal to ask for the code or the password: write it to standard "
                 "input, in a line of its own, and say --code-stdin or --password-stdin"));
  auto code =
      from_input ? read_line() : ask_hidden(fmt::format("Code or password of {}", printable(options.user)));
  if (!code || code->empty())
    return tl::unexpected(complain(command_name, from_input ? exit_usage : exit_failed,
                                   from_input ? "standard input has no line with the code or the password"
                                              : "no code and no password, nothing is done"));
  if (options.code_stdin && !login::is_code(code->bytes()))
    return tl::unexpected(complain(command_name, exit_usage,
                                   "this is no code: four times four letters and digits, as in "
                                   "ABCD-EFGH-2345-6789; nothing was sent"));
  return std::move(*code);
}

// What the command line does not say comes from client.toml, or is what most have. The error is the exit
// code.
tl::expected<EnrollOptions, int> completed(EnrollOptions options) {
  client::Options file;
  const auto mistakes = client::load_default_options(file);
  for (const auto& mistake : mistakes) complain(command_name, exit_usage, mistake.to_string());
  if (!mistakes.empty()) return tl::unexpected(exit_usage);
  const auto complete = [](std::string& value, const std::string& from_file, const char* otherwise) {
    if (value.empty()) value = from_file.empty() ? otherwise : from_file;
  };
  complete(options.url, file.enroll.url, "");
  complete(options.tenant, file.enroll.tenant, "");
  complete(options.key, file.enroll.key, "tpm");
  complete(options.tcti, file.enroll.tcti, login::default_tcti);
  complete(options.ca_file, file.ca_file, "");
  for (const auto& [name, value] : {std::pair("url", &options.url), std::pair("tenant", &options.tenant)})
    if (value->empty())
      return tl::unexpected(
          complain(command_name, exit_usage,
                   fmt::format("--{} is required, unless {} stands in [enroll] of client.toml", name, name)));
  return options;
}

tl::expected<login::NewAccount, int> account_of(const EnrollOptions& options) {
  auto url = login::service_url(options.url);
  if (!url) return tl::unexpected(complain(command_name, exit_usage, url.error().text));
  login::NewAccount account{std::move(*url), options.tenant, options.user};
  const bool name_of_path =
      options.tenant.find_first_of("/?#%\\ ") == std::string::npos && is_utf8(options.tenant);
  if (!name_of_path)
    return tl::unexpected(
        complain(command_name, exit_usage, fmt::format("{} is no tenant's name", printable(options.tenant))));
  if (!options.ca_file.empty()) {
    account.ca_file = std::filesystem::absolute(options.ca_file).lexically_normal().string();
    if (::access(account.ca_file.c_str(), R_OK) != 0)
      return tl::unexpected(complain(command_name, exit_usage,
                                     fmt::format("--ca: {} cannot be read", printable(account.ca_file))));
  }
  if (options.key != "software") account.place = {login::KeyPlace::Kind::tpm, options.tcti};
  if (options.key != "software" && options.key != "tpm") account.place.token = options.key;
  return account;
}

// Where the user's own key is elsewhere, the device's are in files on a computer that has no TPM.
login::Outcome<std::unique_ptr<keys::KeyStore>> open_store(login::KeyPlace& place) {
  auto store = place.open();
  if (store || place.token.empty()) return store;
  place.kind = login::KeyPlace::Kind::software;
  return place.open();
}

tl::expected<Secret, int> pin_for(const EnrollOptions& options, const keys::KeyStore& store,
                                  const std::optional<keys::SecurityKey>& security_key) {
  if (!asks_pin(security_key)) return Secret();
  if (security_key) return ask_pin({command_name, options.pin_stdin, security_key->name()});
  if (!store.makes_pins()) return ask_pin({command_name, options.pin_stdin, "the token"});
  return ask_new_pin(
      {command_name, options.pin_stdin, fmt::format("the new key of {}", printable(options.user))}, store);
}

// With everything that a person is asked for, before anything is sent.
int enroll_with(login::Accounts& accounts, login::NewAccount wanted, const EnrollOptions& options) {
  auto security_key = security_key_of(command_name, wanted.place);
  if (!security_key) return security_key.error();
  const auto store = open_store(wanted.place);
  if (!store) return complain(command_name, store.error());
  if (const int code = check_not_locked(command_name, **store); code != exit_ok) return code;
  if (wanted.place.kind == login::KeyPlace::Kind::software)
    complain(command_name, exit_ok,
             wanted.place.token.empty()
                 ? "the keys are in files: whoever copies them and finds out the PIN is you; a TPM's cannot "
                   "be copied"
                 : "there is no TPM: the device's keys are in files, and whoever copies them is this device");
  const auto code = ask_code(options);
  if (!code) return code.error();
  const auto pin = pin_for(options, **store, *security_key);
  if (!pin) return pin.error();
  const auto signed_in =
      login::enroll(accounts, wanted, {**store, *security_key ? &**security_key : nullptr, pin->bytes()},
                    code->bytes(), std::time(nullptr));
  if (!signed_in) return complain(command_name, signed_in.error());
  const login::EnrolledAccount& account = accounts.all().back();
  fmt::print("{} is enrolled; this computer is the device {}.\n", printable(account.account().person.upn),
             account.account().device_id);
  const int shown = print_signed_in(command_name, account, *signed_in, false);
  refresh_forwarder(accounts, command_name);
  return shown;
}

// As whoever the account is to be of. system: set where it is to be told to the whole system.
int enroll_here(const EnrollOptions& given, std::vector<login::RealmConfig>& system) {
  const auto options = completed(given);
  if (!options) return options.error();
  auto wanted = account_of(*options);
  if (!wanted) return wanted.error();
  const auto path = login::default_state_path();
  if (!path) return complain(command_name, path.error());
  auto accounts = login::Accounts::open(*path);
  if (!accounts) return complain(command_name, accounts.error());
  const auto lock = accounts->lock();
  if (!lock) return complain(command_name, lock.error());
  const auto is_new = login::check_is_new(*accounts, *wanted);
  if (!is_new && !options->system) return complain(command_name, is_new.error());
  const login::EnrolledAccount* account = login::find_enrolled(*accounts, *wanted);
  if (is_new) {
    if (const int code = enroll_with(*accounts, std::move(*wanted), *options); code != exit_ok) return code;
    account = &accounts->all().back();
  }
  if (!options->system) return exit_ok;
  system = login::realms_of(*account);
  if (system.empty())
    return complain(command_name, exit_failed, "no sign-in has told the realm: \"ferryman login\" first");
  return exit_ok;
}

int run_enroll(const EnrollOptions& options) {
  std::vector<login::RealmConfig> system;
  if (!options.system) return enroll_here(options, system);
  return with_system_krb5(
      command_name, [&](std::vector<login::RealmConfig>& realms) { return enroll_here(options, realms); });
}

std::string check_key(const std::string& key) {
  if (key == "tpm" || key == "fido" || key == "software" || key.starts_with("pkcs11:")) return {};
  return "is none of tpm, fido, pkcs11:URI and software";
}

void add_options(CLI::App& command, EnrollOptions& enroll) {
  command.add_option("--url", enroll.url, "The gateway: https://HOST or https://HOST:PORT")->type_name("URL");
  command.add_option("--tenant", enroll.tenant, "The tenant's name")->type_name("TENANT");
  command.add_option("--user", enroll.user, "Who: NAME or NAME@DOMAIN")->required()->type_name("USER");
  auto* code = command.add_flag("--code-stdin", enroll.code_stdin,
                                "Read the enrolment code from standard input; by default one is asked for");
  command.add_flag("--password-stdin", enroll.password_stdin, "The same with a password")->excludes(code);
  command.add_flag("--pin-stdin", enroll.pin_stdin, "Read the new PIN from standard input");
  command
      .add_option("--key", enroll.key,
                  "Where your key lives: tpm, by default, fido (a FIDO2 security key), pkcs11:URI (a key on "
                  "a token, by "
                  "its URI), or software (files, the last resort)")
      ->type_name("KEY")
      ->check(check_key);
  command
      .add_option(
          "--tcti", enroll.tcti,
          fmt::format("How the TPM is reached, as tpm2-tools have it; default {}", login::default_tcti))
      ->type_name("TCTI");
  command
      .add_option("--ca", enroll.ca_file,
                  "Trusted CAs of the gateway's certificate, PEM; default the system's")
      ->type_name("FILE");
  command.add_flag(
      "--system", enroll.system,
      "As root: tell the whole system's krb5.conf of the realm as well. By sudo, it is whoever called it "
      "that is enrolled");
}

}  // namespace

void add_enroll_command(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<EnrollOptions>();
  auto* command = app.add_subcommand(
      command_name,
      "Make this computer a device of a tenant and a key on it yours, to sign in without a password");
  add_options(*command, *options);
  command->footer(footer);
  command->callback([options, &run] { run = [options] { return run_enroll(*options); }; });
}

}  // namespace ferryman
