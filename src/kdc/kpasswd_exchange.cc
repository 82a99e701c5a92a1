#include "kdc/kpasswd_exchange.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "account/identity.h"
#include "account/issuer.h"
#include "account/password.h"
#include "account/state.h"
#include "crypto/encryption.h"
#include "kdc/tgt.h"
#include "kerberos/encode.h"
#include "kerberos/kpasswd.h"
#include "kerberos/krb_priv.h"
#include "pac/info.h"
#include "ticket/opened_ticket.h"
#include "ticket/secret_codec.h"

namespace ferryman::kdc {
namespace {

namespace error_code = kerberos::error_code;
namespace key_usage = kerberos::key_usage;
namespace result = kerberos::kpasswd_result;

// Why nothing is changed: the result, and for a KRB-ERROR, of who is not authenticated, its code.
struct Failed {
  std::uint16_t code = result::hard_error;
  std::string text;  // for the person and the log
  std::int32_t krb_code = error_code::generic;
};
template <typename T>
using Step = tl::expected<T, Failed>;

auto fail(std::uint16_t code, std::string_view text) {
  return tl::unexpected(Failed{code, std::string(text)});
}

// RFC 3244 2: what the result's text is of.
Octets user_data(std::uint16_t code, std::string_view text) {
  return kerberos::encode(kerberos::KpasswdResult{code, as_bytes(text)});
}

// Who asks: a ticket that was got with the password just now.
struct Requester {
  account::Issuer::PasswordTicket ticket;
  ticket::OpenedAuthenticator authenticator;

  const crypto::Key& key() const {
    return authenticator.subkey ? *authenticator.subkey : ticket.ticket.session_key;
  }
};

Step<kerberos::KpasswdRequest> read_request(Bytes message) {
  const auto request = kerberos::parse_kpasswd_request(message);
  if (request) return *request;
  return fail(result::malformed, "The request is not well formed.");
}

Step<Requester> authenticate(const Kdc& kdc, const kerberos::KpasswdRequest& request, Now now) {
  const auto failed = [](const Refusal& refusal) {
    return tl::unexpected(Failed{result::auth_error, std::string(refusal.reason), refusal.code});
  };
  const auto ap_req = kerberos::parse<kerberos::ApReq>(request.ap_req_octets);
  if (!ap_req) return fail(result::malformed, "The request is not well formed.");
  auto opened = account::Issuer(kdc.directory, kdc.tenant, kdc.policy).open_password_ticket(ap_req->ticket);
  if (!opened) return failed(opened.error());
  auto authenticator = ticket::open_authenticator(ap_req->authenticator, opened->ticket.session_key,
                                                  key_usage::ap_req_authenticator);
  if (!authenticator) return failed(authenticator.error());
  const auto checked = check_ap(opened->ticket, *authenticator, {now.seconds, kdc.policy.max_skew, false});
  if (!checked) return failed(checked.error());
  if (opened->pac.find(pac::requestor) != nullptr)
    return failed({error_code::bad_integrity, "a TGT for kadmin/changepw", {}});
  return Requester{std::move(*opened), std::move(*authenticator)};
}

// The account that the ticket was given to, as long as its name is still its own.
Step<directory::Shared<directory::Principal>> find_account(const Kdc& kdc, const Requester& requester,
                                                           Now now) {
  const kerberos::EncTicketPart& part = requester.ticket.ticket.part;
  auto found = kdc.directory.find_client(kdc.tenant.id, components_of(part.cname), part.cname.name_type);
  const pac::Buffer* buffer = requester.ticket.pac.find(pac::upn_dns_info);
  if (!found || buffer == nullptr) return fail(result::access_denied, "The account is not there any more.");
  const directory::Principal& client = **found;
  const auto info = pac::UpnDnsInfo::parse(buffer->octets);
  const auto sid = account::sid_of(kdc.tenant, client.account);
  if (!info || !info->extension || !sid || info->extension->sid != *sid)
    return fail(result::access_denied, "The account is another one now.");
  if (!account::check_account(client.account, now.seconds, account::Exchange::as))
    return fail(result::access_denied, "The account is disabled or has expired.");
  if (client.key_required) return fail(result::access_denied, "The account has no password.");
  if (part.authtime < client.account.password_changed.value_or(0))
    return fail(result::access_denied, "The password was changed after this ticket was given.");
  return std::move(*found);
}

// What the KRB-PRIV has in it; the new password is among it.
struct Asked {
  Secret octets;
  kerberos::ChangePasswdData data;
};

Step<Asked> open_private(const kerberos::KpasswdRequest& request, const Requester& requester) {
  const crypto::Key& key = requester.key();
  const kerberos::EncryptedData& encrypted = request.priv.enc_part;
  auto octets = encrypted.etype == key.etype() ? crypto::decrypt(key, key_usage::krb_priv, encrypted.cipher)
                                               : Result<Secret>(tl::unexpected(Error{Fault::unsupported}));
  if (!octets) return fail(result::auth_error, "The request was changed on its way.");
  const auto part = kerberos::parse<kerberos::EncKrbPrivPart>(octets->bytes());
  if (!part) return fail(result::malformed, "The request is not well formed.");
  if (part->seq_number != requester.authenticator.authenticator.seq_number)
    return fail(result::auth_error, "The request is out of sequence.");
  Asked asked{std::move(*octets), {part->user_data, std::nullopt, std::nullopt}};
  if (request.version == kerberos::kpasswd_version::change) return asked;
  const auto data = kerberos::parse<kerberos::ChangePasswdData>(part->user_data);
  if (!data || data->targname.has_value() != data->targrealm.has_value())
    return fail(result::malformed, "The request is not well formed.");
  asked.data = *data;
  return asked;
}

// One's own password only: nobody has a right over another account's here.
Step<void> check_target(const Kdc& kdc, const Asked& asked, const directory::Principal& user) {
  if (!asked.data.targname) return {};
  const kerberos::PrincipalName& name = *asked.data.targname;
  if (*asked.data.targrealm == kdc.tenant.realm) {
    const auto target = kdc.directory.find_client(kdc.tenant.id, components_of(name), name.name_type);
    if (target && (*target)->account.id == user.account.id) return {};
  }
  return fail(result::access_denied, "You may not set this password.");
}

Step<void> change(const Kdc& kdc, const Asked& asked, const directory::Principal& user, Now now) {
  const auto changed = account::change_password(kdc.directory, kdc.tenant, kdc.policy, user,
                                                asked.data.newpasswd, now.seconds);
  if (changed) return {};
  if (const auto* weakness = std::get_if<account::Weakness>(&changed.error()))
    return fail(result::soft_error, weakness->text);
  return fail(result::hard_error, "The password cannot be changed now.");
}

// What an authenticated client asks for, done.
Step<void> serve(const kerberos::KpasswdRequest& request, const Requester& requester, const Kdc& kdc,
                 Now now) {
  if ((requester.ticket.ticket.part.flags & kerberos::ticket_flag::initial) == 0)
    return fail(result::initial_flag_needed, "The ticket was not got with the password.");
  const auto user = find_account(kdc, requester, now);
  if (!user) return tl::unexpected(user.error());
  const auto asked = open_private(request, requester);
  if (!asked) return tl::unexpected(asked.error());
  if (const auto permitted = check_target(kdc, *asked, **user); !permitted)
    return tl::unexpected(permitted.error());
  return change(kdc, *asked, **user, now);
}

// An answer that the client can authenticate: AP-REP and KRB-PRIV. It belongs to the request by its sequence
// number, without a time, as those of MIT and Samba.
Octets private_reply(const Requester& requester, std::uint16_t code, std::string_view text) {
  const kerberos::Authenticator& from = requester.authenticator.authenticator;
  const crypto::Key& session_key = requester.ticket.ticket.session_key;
  const Octets ap_part =
      kerberos::encode(kerberos::EncApRepPart{from.ctime, from.cusec, std::nullopt, from.seq_number});
  const Octets ap_cipher = crypto::encrypt(session_key, key_usage::ap_rep, ap_part);
  const Octets ap_rep = kerberos::encode(kerberos::ApRep{{session_key.etype(), std::nullopt, ap_cipher}});

  constexpr std::uint8_t no_address[4] = {};
  const Octets told = user_data(code, text);
  const Octets part = kerberos::encode(kerberos::EncKrbPrivPart{told,
                                                                std::nullopt,
                                                                std::nullopt,
                                                                from.seq_number,
                                                                {kerberos::address_type::ipv4, no_address},
                                                                std::nullopt});
  const Octets cipher = crypto::encrypt(requester.key(), key_usage::krb_priv, part);
  const Octets priv = kerberos::encode(kerberos::KrbPriv{{requester.key().etype(), std::nullopt, cipher}});
  return kerberos::encode(kerberos::KpasswdFrame{kerberos::kpasswd_version::change, ap_rep, priv});
}

Octets error_reply(const Kdc& kdc, const Failed& failed, Now now) {
  const Octets e_data = user_data(failed.code, failed.text);
  kerberos::KrbErrorFields fields;
  fields.error_code = failed.krb_code;
  fields.realm = kdc.tenant.realm;
  fields.service = "kadmin";
  fields.instance = "changepw";
  fields.e_data = e_data;
  fields.time = now.seconds;
  return kerberos::make_kpasswd_error(kerberos::make_krb_error(fields));
}

Answer answer_of(Octets message, const Failed& failed) {
  Answer answer;
  answer.message = std::move(message);
  answer.code = failed.code;
  answer.reason = failed.text;
  answer.service = "kadmin/changepw";
  return answer;
}

}  // namespace

Answer kpasswd_exchange(Bytes message, const Kdc& kdc, Now now) {
  const auto request = read_request(message);
  if (!request) return answer_of(error_reply(kdc, request.error(), now), request.error());
  const auto requester = authenticate(kdc, *request, now);
  if (!requester) return answer_of(error_reply(kdc, requester.error(), now), requester.error());
  const auto served = serve(*request, *requester, kdc, now);
  const Failed outcome = served ? Failed{result::success, {}, error_code::none} : served.error();
  Answer answer = answer_of(private_reply(*requester, outcome.code, outcome.text), outcome);
  requester->ticket.ticket.part.cname.append_to(answer.client);
  return answer;
}

}  // namespace ferryman::kdc
