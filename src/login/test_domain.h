#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/encryption.h"
#include "crypto/key.h"
#include "kerberos/ap.h"
#include "kerberos/enc_kdc_rep_part.h"
#include "kerberos/kdc_rep.h"
#include "kerberos/krb_error.h"
#include "kerberos/numbers.h"
#include "kerberos/whole_kdc_req.h"

// For tests: an Active Directory's partial tickets as a sign-in service gives them, and a domain controller
// that exchanges them, and can do what no honest one does.
namespace ferryman::login {

inline constexpr std::string_view test_domain = "AD.TEST";

// A TGS-REQ as a domain controller opens it.
struct OpenedRequest {
  Octets message;
  kerberos::WholeKdcReq req;
  kerberos::ApReq ap_req;
  Secret plain;
  kerberos::Authenticator authenticator;
  std::optional<crypto::Key> subkey;
};

// What a reply is made of. By default it is the one to the request.
struct TestReply {
  std::string_view crealm = test_domain, realm = test_domain, srealm = test_domain;
  kerberos::Name client{kerberos::name_type::principal, {"alice"}},
      service{kerberos::name_type::srv_inst, {"krbtgt", test_domain}};
  std::optional<kerberos::Name> encrypted_service;  // another one than in the ticket
  std::int64_t nonce_shift = 0;
  std::int32_t etype = kerberos::etype::aes256_sha1, usage = kerberos::key_usage::tgs_rep_subkey;
  std::size_t key_size = 32;
  std::int64_t endtime = 4'070'955'600;
  std::vector<std::pair<std::int32_t, Octets>> encrypted_padata;
};

class TestDomain {
 public:
  crypto::Key session_key = crypto::Key::random(kerberos::etype::aes256_sha1);
  std::uint32_t kvno = 0xd04d0007;  // of krbtgt_53325: as an Int32 it is negative
  std::string_view client_realm = test_domain, service_realm = test_domain;
  std::uint32_t flags = kerberos::ticket_flag::forwardable | kerberos::ticket_flag::renewable;

  // The AS-REP in a `tgt_ad`, and the key that it is encrypted by.
  struct Partial {
    Octets as_rep;
    crypto::Key key;
  };
  Partial partial() const {
    crypto::Key key = crypto::Key::random(kerberos::etype::aes256_sha1);
    const kerberos::Name client(kerberos::name_type::principal, {"alice"}),
        service(kerberos::name_type::srv_inst, {"krbtgt", service_realm});
    Octets as_rep = reply_octets(
        {kerberos::msg_type::as_rep, client_realm, client.view(), service_realm, service.view(), kvno},
        part_of(session_key.etype(), session_key.octets(), service_realm, service.view(), 0, 4'070'955'600,
                flags),
        key, kerberos::key_usage::as_rep, {});
    return {std::move(as_rep), std::move(key)};
  }

  std::optional<OpenedRequest> open(Bytes message) const {
    OpenedRequest opened;
    opened.message.assign(message.begin(), message.end());
    const auto req = kerberos::parse<kerberos::WholeKdcReq>(opened.message);
    if (!req) return std::nullopt;
    opened.req = *req;
    const auto shown = req->padata.find(kerberos::padata::tgs_req);
    const auto ap_req = shown ? kerberos::parse<kerberos::ApReq>(shown->value)
                              : Result<kerberos::ApReq>(tl::unexpected(Error{}));
    if (!ap_req) return std::nullopt;
    opened.ap_req = *ap_req;
    auto plain = crypto::decrypt(session_key, kerberos::key_usage::tgs_req_authenticator,
                                 ap_req->authenticator.cipher);
    if (!plain) return std::nullopt;
    opened.plain = std::move(*plain);
    const auto authenticator = kerberos::parse<kerberos::Authenticator>(opened.plain.bytes());
    if (!authenticator || !authenticator->subkey) return std::nullopt;
    opened.authenticator = *authenticator;
    auto subkey = crypto::Key::make(authenticator->subkey->type, authenticator->subkey->value);
    if (!subkey) return std::nullopt;
    opened.subkey = std::move(*subkey);
    return opened;
  }

  static Octets answer(const OpenedRequest& request, const TestReply& reply = {}) {
    return answer(request.req.body.nonce, *request.subkey, reply);
  }
  static Octets answer(std::int64_t nonce, const crypto::Key& subkey, const TestReply& reply) {
    const Octets key(reply.key_size, 5);
    const auto& inner = reply.encrypted_service ? *reply.encrypted_service : reply.service;
    kerberos::EncKdcRepPart part =
        part_of(reply.etype, key, reply.srealm, inner.view(), nonce + reply.nonce_shift, reply.endtime, 0);
    part.tag = kerberos::application_tag::enc_tgs_rep_part;
    return reply_octets({kerberos::msg_type::tgs_rep, reply.crealm, reply.client.view(), reply.realm,
                         reply.service.view(), 1},
                        part, subkey, reply.usage, reply.encrypted_padata);
  }

  static Octets refusal(std::int32_t code) {
    const kerberos::Name service(kerberos::name_type::srv_inst, {"krbtgt", test_domain});
    kerberos::KrbError error;
    error.stime = "20260101000000Z";
    error.error_code = code;
    error.realm = test_domain;
    error.sname = service.view();
    return kerberos::encode(error);
  }

 private:
  struct Names {
    std::int32_t msg_type;
    std::string_view crealm;
    kerberos::PrincipalName client;
    std::string_view realm;
    kerberos::PrincipalName service;
    std::uint32_t kvno;
  };

  static kerberos::EncKdcRepPart part_of(std::int32_t etype, Bytes key, std::string_view realm,
                                         const kerberos::PrincipalName& service, std::int64_t nonce,
                                         std::int64_t endtime, std::uint32_t flags) {
    kerberos::EncKdcRepPart part;
    part.key = {etype, key};
    part.nonce = nonce;
    part.flags = flags;
    part.authtime = 1'800'000'000;
    part.endtime = endtime;
    part.srealm = realm;
    part.sname = service;
    return part;
  }

  static Octets reply_octets(const Names& names, kerberos::EncKdcRepPart part, const crypto::Key& key,
                             std::int32_t usage,
                             const std::vector<std::pair<std::int32_t, Octets>>& encrypted_padata) {
    kerberos::Made<kerberos::LastReq> last_req;
    last_req.add({});
    part.last_req = last_req.list();
    kerberos::Made<kerberos::PadataList> padata;
    for (const auto& [type, value] : encrypted_padata) padata.add({type, value});
    if (!padata.empty()) part.encrypted_pa_data = padata.list();
    const Octets cipher = crypto::encrypt(key, usage, kerberos::encode(part)), ticket_cipher(64, 1);
    kerberos::WrittenKdcRep message;
    message.msg_type = names.msg_type;
    message.rep.crealm = names.crealm;
    message.rep.cname = names.client;
    message.rep.ticket = {names.realm, names.service, {key.etype(), names.kvno, ticket_cipher}};
    message.rep.enc_part = {key.etype(), std::nullopt, cipher};
    return kerberos::encode(message);
  }
};

}  // namespace ferryman::login
