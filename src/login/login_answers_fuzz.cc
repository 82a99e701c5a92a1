#include <algorithm>
#include <cstdlib>

#include "base/guid.h"
#include "login/answers.h"
#include "login/cloud_ticket.h"
#include "login/krb5_config.h"
#include "login/refusal.h"

namespace {

using namespace ferryman;
using namespace ferryman::login;

const Octets session_key(32, 3);

void must(bool holds) {
  if (!holds) std::abort();
}

bool is_url(std::string_view text) {
  return text.starts_with("https://") &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

// What becomes a URL, a file's name or a header is nothing else.
void try_documents(Bytes body) {
  if (const auto endpoints = parse_configuration(body)) {
    must(is_url(endpoints->token) && is_url(endpoints->kerberos));
    must(guid_of_text(endpoints->tenant_id)->text() == endpoints->tenant_id);
    must(is_fit({"REALM.TEST", endpoints->kerberos, {}, {}}));
  }
  if (const auto found = parse_discovery(body)) {
    must(is_url(found->join.url) && is_url(found->key.url));
    must(is_url(found->device_url("id")));
  }
  if (const auto token = parse_token_answer(body))
    must(as_text(token->access_token.bytes()).find_first_of("\r\n ") == std::string_view::npos);
  (void)parse_nonce(body);
  (void)parse_join_answer(body);
}

// Each name is a line or two of the hosts' section, and nothing more.
void try_prt(Bytes body) {
  const auto answer = parse_prt_answer(body);
  if (!answer) return;
  must(guid_of_text(answer->person.id)->text() == answer->person.id);
  must(answer->lifetime.count() >= 0);
  const RealmConfig realm{"REALM.TEST", "https://gw.test/", {}, answer->top_level_names};
  const std::string text = realm_sections({&realm, 1});
  const auto lines = std::ranges::count(text, '\n');
  const auto without_port = std::ranges::count_if(
      answer->top_level_names, [](const std::string& name) { return name.find(':') == std::string::npos; });
  must(lines <= 7 + 2 * without_port && text.find('"') == std::string::npos);
  for (const auto* ticket : {&answer->cloud_ticket, &answer->on_premises_ticket})
    if (*ticket) (void)CloudTicket::open((*ticket)->bytes(), session_key);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes body(data, size);
  try_documents(body);
  try_prt(body);
  (void)CloudTicket::open(body, session_key);
  const Failure failure = refusal_of({400, Secret(body)}, "it was asked");
  must(failure.text.find('\x1b') == std::string::npos && failure.text.find('\n') == std::string::npos);
  return 0;
}
