#include "gateway/event_record.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "gateway/event_ecs.h"
#include "kerberos/ap.h"
#include "kerberos/names.h"
#include "kerberos/parts.h"

namespace ferryman::gateway {
namespace {

using telemetry::Key;
using telemetry::Record;

constexpr std::size_t max_listed = 32;    // more is an attacker's
constexpr std::size_t longest_name = 47;  // of an etype or padata; a number is shorter

// The fields, made once.
namespace key {
constexpr Key padata("padata", "kerberos.padata"), etypes("etypes", "kerberos.etypes"),
    type("type", "kerberos.type"), realm("realm", "kerberos.realm"), cname("cname", "user.name"),
    domain("domain", "user.domain"), sname("sname", "kerberos.sname"), tgt("tgt", "kerberos.tgt"),
    armored("armored", "kerberos.armored"), result("result", "kerberos.result"),
    error("error", "kerberos.error"), kdc("kdc", "server.address");
constexpr Key event("event"), event_id("event_id"), id("id"), client("client"), tls("tls"), http("http"),
    protocol("protocol"), status("status"), method("method"), path("path"), tenant("tenant"),
    target_domain("target_domain"), hint("hint"), transport("transport"), tries("tries"), hedged("hedged"),
    rediscovered("rediscovered"), reason("reason"), offset("offset"), offset_in("offset_in"),
    unlogged("unlogged"), trace_id("trace_id"), client_request_id("client_request_id"),
    locate_us("locate_us"), exchange_us("exchange_us"), total_us("total_us");
}  // namespace key

void put_principal(Record& record, const Key& key, const kerberos::PrincipalName& name) {
  record.close(name.write_to(record.open(key, name.longest_text())));
}

// "PA-FX-FAST,PA-PAC-REQUEST", with numbers for what has no name here.
char* write_name(char* at, std::int32_t number, std::string_view name) {
  if (name.empty()) return std::to_chars(at, at + longest_name, number).ptr;
  return std::copy_n(name.data(), std::min(name.size(), longest_name), at);
}

// Whether FAST may be among them: one is of its type, or not all were looked at.
bool put_padata(Record& record, kerberos::PadataList list) {
  kerberos::Padata element;
  if (!list.next(element)) return false;
  char* at = record.open(key::padata, max_listed * (longest_name + 1));
  std::size_t listed = 0;
  bool fast = false;
  do {
    if (listed > 0) *at++ = ',';
    at = write_name(at, element.type, kerberos::padata_name(element.type));
    fast |= element.type == kerberos::padata::fx_fast;
  } while (++listed < max_listed && list.next(element));
  record.close_word(at);
  return fast || listed == max_listed;
}

void put_etypes(Record& record, kerberos::EtypeList list) {
  std::int32_t etype = 0;
  if (!list.next(etype)) return;
  char* at = record.open(key::etypes, max_listed * (longest_name + 1));
  std::size_t listed = 0;
  do {
    if (listed > 0) *at++ = ',';
    at = write_name(at, etype, kerberos::etype_name(etype));
  } while (++listed < max_listed && list.next(etype));
  record.close_word(at);
}

// What a read-only domain controller, or one that looks like it, has given: the upper half of its kvno says
// which one's [MS-KILE 3.1.5.8].
void put_tgt(Record& record, const kerberos::KdcReq& req) {
  const auto element = req.padata.find(kerberos::padata::tgs_req);
  if (!element) return;
  const auto ap_req = kerberos::parse<kerberos::ApReq>(element->value);
  const std::uint32_t number = ap_req ? ap_req->ticket.enc_part.kvno.value_or(0) >> 16 : 0;
  if (number != 0) record.text(key::tgt, "partial TGT of krbtgt_" + std::to_string(number));
}

void put_request(Record& record, const kerberos::Request& request) {
  record.word(key::type, kerberos::name(request.kind));
  if (!request.kdc_req) return;
  const kerberos::KdcReq& req = *request.kdc_req;
  record.text(key::realm, req.realm);
  if (req.cname) put_principal(record, key::cname, *req.cname);
  if (req.cname && record.is_ecs()) record.text(key::domain, req.realm);
  if (req.sname) put_principal(record, key::sname, *req.sname);
  const bool may_be_armored = put_padata(record, req.padata);
  put_etypes(record, req.etypes);
  if (request.kind == kerberos::RequestKind::tgs_req) put_tgt(record, req);
  record.flag(key::armored, may_be_armored && request.armored());
}

void put_error(Record& record, const Key& key, std::int32_t code) {
  const std::string_view name = kerberos::error_name(code);
  name.empty() ? record.text(key, "KRB-ERROR " + std::to_string(code)) : record.word(key, name);
}

void put_reply(Record& record, const kerberos::Reply& reply) {
  if (reply.kind != kerberos::ReplyKind::krb_error && reply.error_code == 0) {
    record.word(key::result, kerberos::name(reply.kind));
    return;
  }
  put_error(record, key::result, reply.error_code);
}

}  // namespace

std::string_view transport_name(discovery::Transport transport) {
  switch (transport) {
    case discovery::Transport::udp:
      return "udp";
    case discovery::Transport::tcp:
      return "tcp";
    case discovery::Transport::any:
      break;
  }
  return {};
}

std::string_view protocol_name(local::Transport transport) {
  switch (transport) {
    case local::Transport::udp:
      return "kerberos/udp";
    case local::Transport::tcp:
      return "kerberos/tcp";
    case local::Transport::kkdcp:
      break;
  }
  return {};
}

void put_event(Record& record, const RequestEvent& event) {
  const auto text = [&record](const Key& key, std::string_view value) {
    if (!value.empty()) record.text(key, value);
  };
  const auto word = [&record](const Key& key, std::string_view value) {
    if (!value.empty()) record.word(key, value);
  };
  record.word(key::event, name(event.kind));
  if (record.is_ecs()) {
    put_ecs_head(record, event);
    word(key::id, event.id);
    word(key::protocol, event.protocol);
  } else {
    if (event.event_id != 0) record.number(key::event_id, event.event_id);
    word(key::id, event.id);
    text(key::client, event.client);
    word(key::tls, event.tls);
    word(key::http, event.http);
    word(key::protocol, event.protocol);
    if (event.protocol.empty()) record.number(key::status, event.status);
  }
  if (event.error != 0) put_error(record, key::error, event.error);
  text(key::method, event.method.substr(0, RequestEvent::max_path));
  text(key::path, event.path.substr(0, RequestEvent::max_path));
  text(key::tenant, event.tenant.substr(0, RequestEvent::max_path));
  if (event.request != nullptr) put_request(record, *event.request);
  text(key::target_domain, event.target_domain);
  if (event.hint) record.hex(key::hint, *event.hint);
  if (event.reply != nullptr) put_reply(record, *event.reply);
  text(key::kdc, event.kdc);
  word(key::transport, event.transport);
  if (event.tries != 0) record.number(key::tries, event.tries);
  if (event.hedged) record.flag(key::hedged, true);
  if (event.rediscovered) record.flag(key::rediscovered, true);
  text(key::reason, event.reason);
  if (event.offset) {
    record.number(key::offset, *event.offset);
    word(key::offset_in, event.offset_in);
  }
  word(key::trace_id, event.trace_id);
  word(key::client_request_id, event.client_request_id);
  if (event.unlogged != 0) record.number(key::unlogged, static_cast<std::int64_t>(event.unlogged));
  if (event.locate_us != 0) record.number(key::locate_us, event.locate_us);
  if (event.exchange_us != 0) record.number(key::exchange_us, event.exchange_us);
  if (record.is_ecs()) return put_ecs_tail(record, event);
  if (event.total_us != 0) record.number(key::total_us, event.total_us);
}

void write(telemetry::Log& log, const RequestEvent& event) {
  log.write(level(event.kind), [&event](Record& record) { put_event(record, event); });
}

}  // namespace ferryman::gateway
