#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

// What a client gets with a primary refresh token ([MS-OAPXBC] 3.2.5.1.2.2), in the types that its readers
// demand: numbers of seconds are texts, but for one.
namespace ferryman::signin {

// A ticket-granting ticket. It comes to the client in an AS-REP that nobody asked for, whose enc-part is
// encrypted by a key that comes with it.
struct CloudTicket {
  Bytes as_rep;                     // DER
  Bytes key;                        // of aes256-cts-hmac-sha1-96: the only etype that clients take
  std::string realm{};              // the ticket's
  std::string service{}, client{};  // names of both as text, without their realm
};

// As `tgt_cloud` and `tgt_ad`. session_key: the PRT's, under which the key goes.
std::string ticket_text(const CloudTicket& ticket, Bytes session_key);
// Of a ticket that is not to be had. error: a sentence, which clients show.
std::string no_ticket_text(std::string_view error);

struct PrtAnswer {
  std::string prt{};  // has a "." in it, or clients take it for base64
  std::chrono::seconds lifetime{};
  std::string id_token{};              // a JWT
  std::string user_id{}, tenant_id{};  // GUIDs
  std::string session_key{};     // jose::wrap_session_key(); empty: the client's own stays, as in renewals
  std::string cloud_ticket{};    // ticket_text() or no_ticket_text(); empty: not asked for
  std::string partial_ticket{};  // the same of an on-premises domain; empty: the user is of none
  std::vector<std::string> top_level_names{};  // the tenant's realm map
};

// JSON; now: seconds since 1970.
std::string prt_answer(const PrtAnswer& answer, std::int64_t now);

}  // namespace ferryman::signin
