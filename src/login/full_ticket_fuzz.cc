#include <cstdlib>

#include "crypto/encryption.h"
#include "kerberos/kdc_rep.h"
#include "kerberos/numbers.h"
#include "login/full_ticket.h"

namespace {

using namespace ferryman;
using namespace ferryman::login;

constexpr std::string_view realm = "AD.TEST";
constexpr std::int64_t nonce = 7;

void must(bool holds) {
  if (!holds) std::abort();
}

// What is taken is the answer to what was asked; what is not is said in a line.
void try_reply(Octets reply, const AskedTicket& asked) {
  const auto ticket = FullTicket::read(std::move(reply), asked);
  if (!ticket) {
    must(!ticket.error().text.empty() && ticket.error().text.find_first_of("\n\x1b") == std::string::npos);
    return;
  }
  must(ticket->client().realm == realm && same_components(ticket->client().name, asked.client.name));
  must(ticket->part().nonce == nonce && ticket->part().encrypted_pa_data.empty());
  must(ticket->part().sname.is({"krbtgt", realm}) && !ticket->credential().ticket.empty());
  must(ticket->part().key.type == kerberos::etype::aes256_sha1 ||
       ticket->part().key.type == kerberos::etype::aes128_sha1);
}

}  // namespace

// As a whole reply, and as what is encrypted in one that is right otherwise.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const crypto::Key subkey = crypto::Key::make(kerberos::etype::aes256_sha1, Octets(32, 4)).value();
  static const kerberos::Name alice(kerberos::name_type::principal, {"alice"}),
      krbtgt(kerberos::name_type::srv_inst, {"krbtgt", realm});
  static const Octets ticket_cipher(64, 1);
  const Bytes input(data, size);
  const AskedTicket asked{{alice.view(), realm}, nonce, subkey};
  try_reply({input.begin(), input.end()}, asked);

  const Octets cipher = crypto::encrypt(subkey, kerberos::key_usage::tgs_rep_subkey, input);
  kerberos::WrittenKdcRep message;
  message.msg_type = kerberos::msg_type::tgs_rep;
  message.rep.crealm = realm;
  message.rep.cname = alice.view();
  message.rep.ticket = {realm, krbtgt.view(), {kerberos::etype::aes256_sha1, 1, ticket_cipher}};
  message.rep.enc_part = {kerberos::etype::aes256_sha1, std::nullopt, cipher};
  try_reply(kerberos::encode(message), asked);
  return 0;
}
