#include "trace/words.h"

#include <fmt/format.h>

#include <optional>

#include "base/text.h"
#include "kerberos/ap.h"
#include "kerberos/kdc_rep.h"
#include "kerberos/kile_padata.h"
#include "kerberos/names.h"
#include "kerberos/numbers.h"
#include "kerberos/request.h"
#include "kerberos/s4u.h"

namespace ferryman::trace {
namespace {

namespace padata = kerberos::padata;

class Words {
 public:
  void add(const std::string& words) { text_ += (text_.empty() ? "" : ", ") + words; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// The upper half of a ticket's kvno says which read-only domain controller gave it [MS-KILE 3.1.5.8].
std::uint32_t rodc_of(const kerberos::Ticket& ticket) {
  return ticket.enc_part.kvno.value_or(0) >> 16;
}

void add_tgt(Words& words, const kerberos::PadataList& list) {
  const auto element = list.find(padata::tgs_req);
  if (!element) return;
  const auto ap_req = kerberos::parse<kerberos::ApReq>(element->value);
  if (!ap_req) return;
  if (const std::uint32_t number = rodc_of(ap_req->ticket); number != 0)
    words.add(fmt::format("partial TGT of krbtgt_{}", number));
  const kerberos::PrincipalName& service = ap_req->ticket.sname;
  if (service.component(0) != "krbtgt")
    words.add("with a ticket for " + principal_text(service, ap_req->ticket.realm));
}

void add_s4u(Words& words, const kerberos::KdcReq& req) {
  if (const auto x509 = req.padata.find(padata::for_x509_user)) {
    const auto user = kerberos::parse<kerberos::PaS4uX509User>(x509->value);
    const bool is_named = user && user->user_id.cname;
    words.add("S4U2Self for " + (is_named ? principal_text(*user->user_id.cname, user->user_id.crealm)
                                          : std::string("the owner of a certificate")));
  } else if (const auto for_user = req.padata.find(padata::for_user)) {
    const auto user = kerberos::parse<kerberos::PaForUser>(for_user->value);
    words.add(user ? "S4U2Self for " + principal_text(user->user_name, user->user_realm) : "S4U2Self");
  }
  if ((req.kdc_options & kerberos::kdc_option::cname_in_addl_tkt) != 0) words.add("S4U2Proxy");
}

void add_key_list(Words& words, const kerberos::PadataList& list) {
  const auto element = list.find(padata::key_list_req);
  if (!element) return;
  const auto wanted = kerberos::parse<kerberos::KeyListReq>(element->value);
  std::string etypes;
  std::int32_t etype = 0;
  kerberos::EtypeList rest = wanted ? wanted->etypes : kerberos::EtypeList();
  while (rest.next(etype)) etypes += fmt::format("{}{}", etypes.empty() ? " of etype " : ",", etype);
  words.add("key list wanted" + etypes);
}

void add_request(Words& words, const kerberos::Request& request) {
  if (!request.kdc_req) {
    if (request.kpasswd_version == kerberos::kpasswd_version::set) words.add("set password");
    return;
  }
  const kerberos::KdcReq& req = *request.kdc_req;
  if (request.armored()) words.add("FAST");
  if (req.padata.has(padata::pk_as_req)) words.add("PKINIT");
  add_tgt(words, req.padata);
  add_key_list(words, req.padata);
  add_s4u(words, req);
  if ((req.kdc_options & kerberos::kdc_option::renew) != 0) words.add("renewal");
  if ((req.kdc_options & kerberos::kdc_option::validate) != 0) words.add("validation");
  if ((req.kdc_options & kerberos::kdc_option::forwarded) != 0) words.add("forwarding");
  if ((req.kdc_options & kerberos::kdc_option::enc_tkt_in_skey) != 0) words.add("user to user");
}

// The key list itself stands in what only the client opens.
void add_reply(Words& words, const kerberos::Request& request, Bytes reply) {
  const bool is_as = request.kind == kerberos::RequestKind::as_req;
  const auto rep =
      kerberos::parse_kdc_rep(reply, is_as ? kerberos::msg_type::as_rep : kerberos::msg_type::tgs_rep);
  if (!rep) return;
  if (const std::uint32_t number = rodc_of(rep->ticket); number != 0)
    words.add(fmt::format("gets a partial TGT of krbtgt_{}", number));
  const bool is_asked_for = !request.kdc_req->sname || request.kdc_req->sname->component(0) == "krbtgt";
  const bool is_referral = !is_as && !is_asked_for && rep->ticket.sname.component(0) == "krbtgt";
  if (is_referral) words.add("referred to " + printable(rep->ticket.sname.component(1)));
}

}  // namespace

std::string principal_text(const kerberos::PrincipalName& name, std::string_view realm) {
  std::string text;
  name.append_to(text);
  if (!realm.empty()) text.append("@").append(realm);
  return printable(text);
}

std::string words_of(Bytes request, Bytes reply) {
  const auto parsed = kerberos::parse_request(request);
  if (!parsed) return {};
  Words words;
  add_request(words, *parsed);
  if (parsed->kdc_req && !reply.empty()) add_reply(words, *parsed, reply);
  return words.take();
}

}  // namespace ferryman::trace
