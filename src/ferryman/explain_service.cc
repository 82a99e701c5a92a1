#include "ferryman/explain_service.h"

#include <fmt/format.h>

#include <ctime>
#include <utility>

#include "base/text.h"
#include "kerberos/krb_error.h"

namespace ferryman {
namespace {

constexpr int most_referrals = 5;

std::string krbtgt_realm(const kerberos::PrincipalName& name) {
  return name.size() == 2 && name.component(0) == "krbtgt" ? std::string(name.component(1)) : "";
}

}  // namespace

std::optional<login::DecryptedReply> ServiceAsker::ask_once(const explain::Tgt& tgt,
                                                            const explain::Principal& service,
                                                            explain::ServiceSeen& seen) {
  seen.error.reset();
  seen.trouble.clear();
  const std::uint32_t nonce = explain::random_nonce();
  const Octets message = tgs_req(user_, tgt, service, etypes_, nonce, std::time(nullptr));
  KdcCaller::Answer answer = kdcs_.ask(tgt.realm, message);
  if (answer.message.empty()) {
    seen.trouble = fmt::format("no KDC of {} answers: {}", printable(tgt.realm), printable(answer.trouble));
    return std::nullopt;
  }
  if (const auto error = kerberos::parse_krb_error(answer.message)) {
    seen.error = error->error_code;
    return std::nullopt;
  }
  auto reply = login::DecryptedReply::open(std::move(answer.message), kerberos::msg_type::tgs_rep,
                                           tgt.session_key, kerberos::key_usage::tgs_rep_session_key);
  if (!reply) {
    seen.trouble = fmt::format("the KDC's answer cannot be used: {}", reply.error());
    return std::nullopt;
  }
  if (reply->part().nonce == nonce) return std::move(*reply);
  seen.trouble = "the KDC's answer is one to another request";
  return std::nullopt;
}

bool ServiceAsker::follow(const login::DecryptedReply& reply, explain::Tgt& tgt) {
  const kerberos::EncKdcRepPart& part = reply.part();
  auto key = crypto::Key::make(part.key.type, part.key.value);
  std::string realm = krbtgt_realm(reply.ticket().sname);
  if (!key || realm.empty() || realm == tgt.realm) return false;
  const Bytes ticket = reply.credential().ticket;
  tgt = {{ticket.begin(), ticket.end()}, std::move(*key), std::move(realm)};
  return true;
}

bool ServiceAsker::go_to(const std::string& realm, explain::Tgt& tgt, explain::ServiceSeen& seen) {
  for (int hop = 0; hop < most_referrals && tgt.realm != realm; ++hop) {
    const auto reply = ask_once(tgt, {{"krbtgt", realm}, tgt.realm}, seen);
    if (!reply) {
      if (seen.error == kerberos::error_code::service_unknown)
        seen.error = kerberos::error_code::path_not_accepted;
      return false;
    }
    if (!follow(*reply, tgt)) {
      seen.trouble =
          fmt::format("the KDC of {} leads nowhere near {}", printable(tgt.realm), printable(realm));
      return false;
    }
  }
  return tgt.realm == realm;
}

Octets ServiceAsker::ask_here(explain::Tgt& tgt, explain::ServiceSeen& seen) {
  for (int hop = 0; hop <= most_referrals; ++hop) {
    seen.service.realm = tgt.realm;
    const auto reply = ask_once(tgt, seen.service, seen);
    if (!reply) return {};
    const bool is_referral =
        seen.service.components[0] != "krbtgt" && !krbtgt_realm(reply->ticket().sname).empty();
    if (!is_referral) {
      seen.ticket_etype = reply->ticket().enc_part.etype;
      seen.ticket_kvno = reply->ticket().enc_part.kvno;
      const Bytes ticket = reply->credential().ticket;
      return {ticket.begin(), ticket.end()};
    }
    if (!follow(*reply, tgt)) break;
  }
  seen.trouble = "the KDCs refer to each other in a circle";
  return {};
}

Octets ServiceAsker::ask(explain::Tgt& tgt, explain::ServiceSeen& seen, bool is_mapped) {
  if (is_mapped && !go_to(seen.service.realm, tgt, seen)) return {};
  Octets ticket = ask_here(tgt, seen);
  if (!ticket.empty() || is_mapped || seen.error != kerberos::error_code::service_unknown) return ticket;
  const std::string guess = explain::realm_by_domain(host_of(seen.service));
  if (guess.empty() || guess == tgt.realm || !kdcs_.way_to(guess).why_none.empty()) return ticket;
  explain::ServiceSeen there = seen;
  explain::Tgt other{tgt.ticket, tgt.session_key.copy(), tgt.realm};
  if (!go_to(guess, other, there)) return ticket;
  ticket = ask_here(other, there);
  tgt = std::move(other);
  seen = std::move(there);
  return ticket;
}

}  // namespace ferryman
