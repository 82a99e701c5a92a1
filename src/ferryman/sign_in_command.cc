#include "ferryman/sign_in_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_output.h"
#include "ferryman/realm_service.h"
#include "ferryman/secret_input.h"
#include "kerberos/names.h"
#include "login/state_directory.h"

namespace ferryman {
namespace {

using Json = nlohmann::ordered_json;

int exit_code_of(login::Fault fault) {
  switch (fault) {
    case login::Fault::refused:
      return exit_refused;
    case login::Fault::pin:
      return exit_key;
    case login::Fault::not_reachable:
      return exit_not_reachable;
    default:
      return exit_failed;
  }
}

tl::expected<Secret, int> no_terminal(const PinQuestion& question) {
  return tl::unexpected(
      complain(question.command, exit_usage,
               "there is no terminal to ask for the PIN: write it to standard input, in a line of "
               "its own, and say --pin-stdin"));
}

tl::expected<Secret, int> pin_of_standard_input(const PinQuestion& question) {
  auto pin = read_line();
  if (pin && !pin->empty()) return std::move(*pin);
  return tl::unexpected(complain(question.command, exit_usage, "standard input has no line with the PIN"));
}

std::optional<Secret> typed_twice(const std::string& whose) {
  auto pin = ask_hidden(fmt::format("New PIN of {}", whose));
  if (!pin) return std::nullopt;
  const auto again = ask_hidden("Once more");
  if (!again || !equal_in_constant_time(pin->bytes(), again->bytes())) return std::nullopt;
  return pin;
}

struct ShownTicket {
  std::string principal, cache;
  std::int64_t expires;
};

Json json_of(const ShownTicket& ticket) {
  return {{"principal", ticket.principal}, {"expires", time_text(ticket.expires)}, {"cache", ticket.cache}};
}

void print(const ShownTicket& ticket) {
  fmt::print("Ticket of {} until {} in {}.\n", printable(ticket.principal), time_text(ticket.expires),
             printable(ticket.cache));
}

std::string names_of(const std::vector<std::int32_t>& etypes) {
  std::string names;
  for (const std::int32_t each : etypes) {
    const std::string_view name = kerberos::etype_name(each);
    names += fmt::format("{}{}", names.empty() ? "" : ", ",
                         name.empty() ? std::to_string(each) : std::string(name));
  }
  return names;
}

// Which came, for who asked for them by --key-list; what they are nobody is told.
void print(const std::vector<std::int32_t>& listed_keys) {
  if (listed_keys.empty()) fmt::print("The domain controller gave no keys (KERB-KEY-LIST-REP).\n");
  if (!listed_keys.empty())
    fmt::print("The domain controller gave keys (KERB-KEY-LIST-REP), which are forgotten: {}.\n",
               names_of(listed_keys));
}

Json json_of(const login::SignedIn& signed_in, const std::string& upn) {
  const login::SessionRecord& record = signed_in.record;
  const login::OnPremises& domain = record.on_premises;
  Json shown{{"user", upn},
             {"signed_in", time_text(record.signed_in)},
             {"prt_expires", time_text(record.prt_expires)}};
  shown["ticket"] = nullptr;
  if (!signed_in.no_ticket)
    shown["ticket"] = json_of(ShownTicket{record.principal(), record.cache, record.ticket_expires});
  shown["on_premises_ticket"] = nullptr;
  if (!domain.client.empty() && domain.no_ticket.empty())
    shown["on_premises_ticket"] =
        json_of(ShownTicket{domain.principal(), domain.cache, domain.ticket_expires});
  shown["no_on_premises_ticket"] = domain.no_ticket.empty() ? Json() : Json(domain.no_ticket);
  if (signed_in.listed_keys) shown["key_list"] = *signed_in.listed_keys;
  return shown;
}

void print(const login::SignedIn& signed_in, const std::string& upn) {
  const login::SessionRecord& record = signed_in.record;
  const login::OnPremises& domain = record.on_premises;
  fmt::print("{} is signed in until {}.\n", printable(upn), time_text(record.prt_expires));
  if (signed_in.no_ticket) return;
  print(ShownTicket{record.principal(), record.cache, record.ticket_expires});
  if (!domain.client.empty() && domain.no_ticket.empty())
    print(ShownTicket{domain.principal(), domain.cache, domain.ticket_expires});
  if (signed_in.listed_keys) print(*signed_in.listed_keys);
}

}  // namespace

int complain(std::string_view command, int exit_code, std::string_view text) {
  fmt::print(stderr, "ferryman {}: {}\n", command, text);
  return exit_code;
}

int complain(std::string_view command, const login::Failure& failure) {
  return complain(command, exit_code_of(failure.fault), failure.text);
}

tl::expected<login::Accounts, int> enrolled_accounts(std::string_view command) {
  const auto path = login::default_state_path();
  if (!path) return tl::unexpected(complain(command, path.error()));
  auto accounts = login::Accounts::find(*path);
  if (!accounts) return tl::unexpected(complain(command, accounts.error()));
  if (!*accounts || (*accounts)->all().empty())
    return tl::unexpected(complain(command, exit_failed,
                                   "nobody is enrolled here: \"ferryman enroll --url URL --tenant T --user "
                                   "U\" does it, with a code or a password"));
  return std::move(**accounts);
}

tl::expected<Secret, int> ask_pin(const PinQuestion& question) {
  if (question.from_standard_input) return pin_of_standard_input(question);
  if (!can_ask()) return no_terminal(question);
  auto pin = ask_hidden(fmt::format("PIN of {}", question.whose));
  if (!pin || pin->empty())
    return tl::unexpected(complain(question.command, exit_failed, "no PIN, nothing is done"));
  return std::move(*pin);
}

tl::expected<std::optional<keys::SecurityKey>, int> security_key_of(std::string_view command,
                                                                    const login::KeyPlace& place) {
  if (!place.is_security_key()) return std::nullopt;
  auto found = keys::SecurityKey::find([] { fmt::print(stderr, "Touch the security key now.\n"); });
  if (!found) return tl::unexpected(complain(command, exit_failed, found.error().text));
  return std::optional(std::move(*found));
}

bool asks_pin(const std::optional<keys::SecurityKey>& security_key) {
  return !security_key || security_key->has_pin();
}

tl::expected<Secret, int> ask_new_pin(const PinQuestion& question, const keys::KeyStore& store) {
  if (!question.from_standard_input && !can_ask()) return no_terminal(question);
  auto pin = question.from_standard_input ? read_line() : typed_twice(question.whose);
  if (!pin || pin->empty())
    return tl::unexpected(complain(question.command, question.from_standard_input ? exit_usage : exit_failed,
                                   question.from_standard_input
                                       ? "standard input has no line with the new PIN"
                                       : "no PIN, or not twice the same: nothing is done"));
  if (const auto unfit = keys::why_unfit(store, pin->bytes()))
    return tl::unexpected(complain(question.command, exit_failed, *unfit));
  return std::move(*pin);
}

int check_not_locked(std::string_view command, keys::KeyStore& store) {
  const auto tries = store.pin_tries();
  if (!tries || !*tries || !(*tries)->locked()) return exit_ok;
  return complain(command, exit_key, fmt::format("the key is locked; {}", (*tries)->in_words()));
}

int print_signed_in(std::string_view command, const login::EnrolledAccount& account,
                    const login::SignedIn& signed_in, bool json) {
  const std::string& upn = account.account().person.upn;
  if (json) fmt::print("{}\n", json_of(signed_in, upn).dump(-1, ' ', true));
  if (!json) print(signed_in, upn);
  if (signed_in.no_ticket)
    return complain(command, exit_failed, "there is no ticket to use: " + signed_in.no_ticket->text);
  const std::string& why = signed_in.record.on_premises.no_ticket;
  if (!why.empty()) complain(command, exit_ok, "no new on-premises ticket: " + printable(why));
  return check_output(exit_ok);
}

}  // namespace ferryman
