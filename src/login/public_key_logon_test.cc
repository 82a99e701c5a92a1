#include "login/public_key_logon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "crypto/encryption.h"
#include "kerberos/krb_error.h"
#include "kerberos/numbers.h"
#include "kerberos/pkinit.h"
#include "kerberos/whole_kdc_req.h"
#include "pkinit/agreement.h"
#include "pkinit/kdc_authority.h"
#include "pkinit/reply_key.h"
#include "pkinit/test_certificates.h"

namespace ferryman::login {
namespace {

using testing::HasSubstr;
namespace code = kerberos::error_code;
namespace padata = kerberos::padata;

constexpr std::int64_t now = pkinit::now;
constexpr std::string_view realm = "R.TEST";

// A KDC that takes every signature, and can answer as no honest one does.
struct TestKdc {
  pkinit::KdcAuthority authority = pkinit::KdcAuthority::make(realm, {now - 1000, now + 1000});
  std::string_view certified_realm = realm, srealm = realm;
  kerberos::Name client{kerberos::name_type::principal, {"alice"}};
  std::int32_t first_code = code::preauth_required, second_code = code::none;
  bool offers = true, gives_token = true;
  std::uint32_t nonce_shift = 0;
  Octets token_signed{};

  Outcome<Octets> answer(Bytes message) {
    const auto request = kerberos::parse<kerberos::WholeKdcReq>(message);
    const auto element = request->padata.find(padata::pk_as_req);
    if (!element) return first_answer();
    if (second_code != code::none) return error(second_code, {});
    return reply(message, *request, element->value);
  }

 private:
  Octets first_answer() const {
    kerberos::Made<kerberos::PadataList> list;
    if (offers) list.add({padata::pk_as_req, {}});
    if (gives_token) list.add({padata::as_freshness, as_bytes("token")});
    return error(first_code, kerberos::encode(list.list()));
  }
  static Octets error(std::int32_t error_code, Bytes data) {
    const kerberos::Name krbtgt(kerberos::name_type::srv_inst, {"krbtgt", realm});
    kerberos::KrbError made;
    made.stime = "20300101000000Z";
    made.error_code = error_code;
    made.realm = realm;
    made.sname = krbtgt.view();
    made.e_data = data;
    return kerberos::encode(made);
  }
  Octets reply(Bytes message, const kerberos::WholeKdcReq& request, Bytes pk_as_req) {
    const auto opened =
        pkinit::open_signed(kerberos::parse<kerberos::PaPkAsReq>(pk_as_req)->signed_auth_pack).value();
    const auto pack = kerberos::parse<kerberos::AuthPack>(opened.content).value();
    if (pack.authenticator.freshness)
      token_signed.assign(pack.authenticator.freshness->begin(), pack.authenticator.freshness->end());
    const auto agreement = pkinit::agree(pkinit::parse_peer(pack.client_public_value).value()).value();
    const Octets info = kerberos::encode(
        kerberos::KdcDhKeyInfo{agreement.public_key, pack.authenticator.nonce + nonce_shift});
    const Octets signed_info = pkinit::sign(authority.issue(certified_realm, {now - 1000, now + 1000}), info);
    kerberos::PaPkAsRep rep{signed_info, kerberos::KdfAlgorithm{pkinit::oid_of(pkinit::Kdf::sha256)}};
    const Octets value = kerberos::encode(rep);
    const auto key = pkinit::derive_reply_key(
        pkinit::Kdf::sha256, *crypto::find_etype(18), agreement.shared,
        {request.body.realm, *request.body.cname, request.body.realm, *request.body.sname, message, value});
    return encrypted(request, key, value);
  }
  Octets encrypted(const kerberos::WholeKdcReq& request, const crypto::Key& key, Bytes value) const {
    const auto session = crypto::Key::random(18);
    kerberos::EncKdcRepPart part;
    part.tag = kerberos::application_tag::enc_as_rep_part;
    part.key = {session.etype(), session.octets()};
    part.nonce = request.body.nonce;
    part.authtime = now;
    part.endtime = now + 36000;
    part.srealm = srealm;
    part.sname = *request.body.sname;
    const Octets cipher = crypto::encrypt(key, kerberos::key_usage::as_rep, kerberos::encode(part));
    kerberos::Made<kerberos::PadataList> list;
    list.add({padata::pk_as_rep, value});
    return kerberos::encode(kerberos::WrittenKdcRep{kerberos::msg_type::as_rep,
                                                    {list.list(),
                                                     realm,
                                                     client.view(),
                                                     {realm, *request.body.sname, {18, 1, cipher}},
                                                     {18, std::nullopt, cipher}}});
  }
};

class PublicKeyLogonTest : public testing::Test {
 protected:
  Outcome<DecryptedReply> log_on() {
    const kerberos::Name alice(kerberos::name_type::principal, {"alice"});
    const pki::PrivateKey& key = pkinit::ec_key();
    const pkinit::ClientSigner signer{key.public_key(), [&](Bytes digest) -> std::optional<Octets> {
                                        if (signs_) return sign(key, digest);
                                        return std::nullopt;
                                      }};
    const auto anchors =
        pkinit::KdcAnchors::parse(pkinit::pem_of<PEM_write_bio_X509>(kdc_.authority.certificate().openssl()));
    return log_on_by_public_key(
        {alice.view(), realm}, signer, *anchors, [this](Bytes message) { return kdc_.answer(message); }, now);
  }
  std::string failure() {
    const auto reply = log_on();
    return reply ? "none" : reply.error().text;
  }
  static Octets sign(const pki::PrivateKey& key, Bytes digest) {
    const pki::OwnedKeyContext context(pki::must(EVP_PKEY_CTX_new(key.openssl(), nullptr)));
    pki::must(EVP_PKEY_sign_init(context.get()));
    Octets signature(128);
    std::size_t size = signature.size();
    pki::must(EVP_PKEY_sign(context.get(), signature.data(), &size, digest.data(), digest.size()));
    signature.resize(size);
    return signature;
  }

  TestKdc kdc_;
  bool signs_ = true;
};

TEST_F(PublicKeyLogonTest, GetsATicket) {
  const auto reply = log_on();
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(reply->principal(), "alice@R.TEST");
  EXPECT_EQ(as_text(kdc_.token_signed), "token");
  kdc_.gives_token = false;
  EXPECT_EQ(failure(), "none") << "KDCs of old have no tokens";
}

TEST_F(PublicKeyLogonTest, TellsWhatTheKdcRefuses) {
  kdc_.second_code = code::client_not_trusted;
  EXPECT_THAT(failure(), HasSubstr("ferryman enroll"));
  kdc_.second_code = code::skew;
  EXPECT_THAT(failure(), HasSubstr("clock"));
  kdc_.first_code = code::client_revoked;
  EXPECT_THAT(failure(), HasSubstr("KDC_ERR_CLIENT_REVOKED"));
  kdc_.first_code = code::preauth_required;
  kdc_.offers = false;
  EXPECT_THAT(failure(), HasSubstr("no logons by public keys"));
}

TEST_F(PublicKeyLogonTest, TakesNoAnswerButItsOwn) {
  kdc_.nonce_shift = 1;
  EXPECT_THAT(failure(), HasSubstr("another request"));
  kdc_.nonce_shift = 0;
  kdc_.certified_realm = "OTHER.TEST";
  EXPECT_THAT(failure(), HasSubstr("not the realm's KDC"));
  kdc_.certified_realm = realm;
  kdc_.srealm = "OTHER.TEST";
  EXPECT_THAT(failure(), HasSubstr("something else"));
  kdc_.srealm = realm;
  kdc_.client = kerberos::Name(kerberos::name_type::principal, {"bob"});
  EXPECT_THAT(failure(), HasSubstr("another user"));
}

TEST_F(PublicKeyLogonTest, SaysWhereTheKeySignsNothing) {
  signs_ = false;
  EXPECT_THAT(failure(), HasSubstr("no signature"));
}

}  // namespace
}  // namespace ferryman::login
