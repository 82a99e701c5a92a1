#include "kdc/as_public_key.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "account/identity.h"
#include "account/issuer.h"
#include "crypto/openssl.h"
#include "directory/test_tools.h"
#include "kdc/freshness.h"
#include "kdc/public_keys.h"
#include "kdc/test_client.h"
#include "kdc/tgt.h"
#include "kerberos/pkinit.h"
#include "pac/logon_info.h"
#include "pki/key_credential.h"
#include "pkinit/test_certificates.h"

namespace ferryman::kdc {
namespace {

namespace code = kerberos::error_code;
using crypto::openssl::Digest;
using pkinit::TestCertificate;

constexpr std::int64_t now = pkinit::now;

// What a client signs. Whatever is set is sent; by default all is right.
struct TestAuthPack {
  std::int64_t ctime = now;
  std::optional<Octets> checksum{}, freshness{};
  std::optional<kerberos::PaChecksum2> checksum2{};
  Octets public_value{};
  std::optional<std::vector<Bytes>> kdfs{};

  Octets encoded() const {
    kerberos::Made<kerberos::KdfAlgorithms> list;
    for (const Bytes id : kdfs.value_or(std::vector<Bytes>())) list.add({id});
    kerberos::AuthPack pack;
    pack.authenticator = {7, ctime, 0x89abcdef, checksum, freshness, checksum2};
    pack.client_public_value = public_value;
    if (kdfs) pack.kdfs = list.list();
    return kerberos::encode(pack);
  }
};

class PublicKeyLogons : public directory::DirectoryTest {
 protected:
  PublicKeyLogons() {
    alice_ = user("alice", {"alice@corp.example"});
    whole_tenant_ = *directory_->tenant(tenant_);
    sid_ = account::sid_of(whole_tenant_, alice_)->text();
    anchors_ =
        pkinit::LogonAnchors::parse(pkinit::pem_of<PEM_write_bio_X509>(authority_.get()), {}, false).value();
    public_keys_.anchors = &*anchors_;
    request_.realm = "EXAMPLE.COM";
    request_.sname = kerberos::Name(2, {"krbtgt", "EXAMPLE.COM"});
    request_.till = now + 36000;
  }

  // A certificate of the authority for a key on P-256.
  pki::OwnedCertificate certificate(std::vector<pkinit::TestExtension> extensions) const {
    TestCertificate plan;
    plan.issuer = authority_.get();
    plan.issuer_key = pkinit::rsa_key().openssl();
    plan.extensions = std::move(extensions);
    return plan.make();
  }
  TestAuthPack pack() const {
    TestAuthPack made;
    made.checksum = digest(Digest::sha1);
    made.freshness = token(now);
    made.public_value = pkinit::ec_key().public_key().subject_public_key_info();
    made.kdfs = {{pkinit::oids::kdf_sha256}};
    return made;
  }
  Octets digest(Digest of) const {
    Octets made(crypto::openssl::digest_size(of));
    crypto::openssl::hash(of, {request_.body()}, made);
    return made;
  }
  Octets token(std::int64_t time) const { return make_freshness_token(kdc_, {time, 0}).value(); }

  Answer ask(const TestAuthPack& signed_pack, X509* signer) const {
    return ask_with(pkinit::TestMessage{}.of(pkinit::ec_key().openssl(), signer, signed_pack.encoded()));
  }
  Answer ask_with(Bytes cms) const {
    TestRequest request = request_;
    request.with(padata::pk_as_req, kerberos::encode(kerberos::PaPkAsReq{cms}));
    return answer(request.encoded(), kdc_, {now, 0});
  }
  std::int32_t code_of(const TestAuthPack& signed_pack) const { return ask(signed_pack, good_.get()).code; }
  std::int32_t code_of(std::vector<pkinit::TestExtension> extensions) const {
    return ask(pack(), certificate(std::move(extensions)).get()).code;
  }

  ticket::OpenedTicket tgt_of(const Answer& answer) const {
    const auto reply = kerberos::parse_kdc_rep(answer.message, kerberos::msg_type::as_rep);
    return account::Issuer(*directory_, whole_tenant_, policy_).open(reply.value().ticket).value();
  }
  // Of the PAC in an AS-REP's TGT.
  std::vector<std::string> extra_sids(const Answer& answer) const {
    const auto reply = kerberos::parse_kdc_rep(answer.message, kerberos::msg_type::as_rep);
    const account::Issuer issuer(*directory_, whole_tenant_, policy_);
    const auto tgt = issuer.open(reply.value().ticket).value();
    const auto pac = issuer.verify_pac(reply->ticket, tgt).value();
    std::vector<std::string> sids;
    const auto logon = pac::LogonInfo::parse(pac.pac.find(pac::logon_info)->octets);
    for (const auto& each : logon->extra_sids) sids.push_back(each.sid.text());
    return sids;
  }

  // Registers the key of P-256 for the user, on a device of hers.
  directory::Device register_key(const directory::ObjectId& owner) {
    directory::Device device{directory::DeviceId{directory::random_guid()}, owner};
    device.certificate = device.transport_key = {1};
    EXPECT_TRUE(directory_->add_device(tenant_, device));
    pki::KeyCredential credential;
    credential.material = pki::key_material(pkinit::ec_key().public_key());
    directory::KeyCredential key;
    key.id = credential.id();
    key.user = owner;
    key.device = device.id;
    key.blob = pki::key_credential_blob(credential);
    EXPECT_TRUE(directory_->add_key(tenant_, key));
    return device;
  }

  directory::Account alice_;
  directory::Tenant whole_tenant_;
  std::string sid_;
  account::Policy policy_;
  account::Attempts attempts_;
  const pki::OwnedCertificate authority_ = pkinit::authority_of("users", pkinit::rsa_key().openssl()).make();
  std::optional<pkinit::LogonAnchors> anchors_;
  PublicKeys public_keys_{*directory_, nullptr, true, false,
                          []() -> directory::Outcome<std::shared_ptr<const pkinit::KdcIdentity>> {
                            static const auto kept = std::make_shared<const pkinit::KdcIdentity>(
                                pkinit::KdcAuthority::make("EXAMPLE.COM", {now, now + 1000})
                                    .issue("EXAMPLE.COM", {now, now + 1000}));
                            return kept;
                          }};
  Kdc kdc_{*directory_, whole_tenant_, policy_, attempts_, 0, &public_keys_};
  TestRequest request_;
  const pki::OwnedCertificate good_ = certificate({pkinit::sid_of("S-1-5-21-0-0-0-0")});
};

TEST_F(PublicKeyLogons, AreOfWhomTheSidNames) {
  const auto hers = pkinit::sid_of(sid_);
  EXPECT_EQ(code_of({hers}), 0);
  EXPECT_EQ(code_of({hers, pkinit::names_of({pkinit::upn_name("ALICE@corp.example")})}), 0);
  EXPECT_EQ(code_of({hers, pkinit::names_of({pkinit::upn_name("alice@example.com")})}), 0);
  EXPECT_EQ(code_of({hers, pkinit::names_of({pkinit::upn_name("bob@corp.example")})}),
            code::client_name_mismatch);
  EXPECT_EQ(code_of({pkinit::names_of({pkinit::upn_name("alice@corp.example")})}), code::certificate_mismatch)
      << "a name alone";
  EXPECT_EQ(code_of({pkinit::sid_of(sid_ + "0")}), code::certificate_mismatch);
  public_keys_.anchors = nullptr;
  EXPECT_EQ(code_of({hers}), code::client_not_trusted);
}

TEST_F(PublicKeyLogons, AreOfTheAnchorsAlone) {
  const auto foreign = pkinit::authority_of("others", pkinit::ec_key().openssl()).make();
  TestCertificate plan;
  plan.issuer = foreign.get();
  plan.extensions = {pkinit::sid_of(sid_)};
  EXPECT_EQ(ask(pack(), plan.make().get()).code, code::cannot_verify_certificate);
  plan.issuer = authority_.get();
  plan.issuer_key = pkinit::rsa_key().openssl();
  EXPECT_EQ(ask(pack(), plan.make().get()).code, 0);
  plan.usages = {{NID_key_usage, "critical,digitalSignature"}, {NID_ext_key_usage, "serverAuth"}};
  EXPECT_EQ(ask(pack(), plan.make().get()).code, code::inconsistent_key_purpose);
  plan.not_after = now - 1;
  EXPECT_EQ(ask(pack(), plan.make().get()).code, code::invalid_certificate);
}

TEST_F(PublicKeyLogons, TellNotWhoIsThere) {
  policy_.hide_unknown_clients = true;
  const auto foreign = pkinit::authority_of("others", pkinit::ec_key().openssl()).make();
  TestCertificate own, of_foreign;
  of_foreign.issuer = foreign.get();
  const pki::OwnedCertificate certificates[] = {own.make(), of_foreign.make(), certificate({}),
                                                certificate({pkinit::sid_of("S-1-5-21-1-2-3-4")})};
  register_key(user("bob").id);
  for (const auto& each : certificates) {
    request_.cname = kerberos::Name(1, {"alice"});
    const std::int32_t of_alice = ask(pack(), each.get()).code;
    request_.cname = kerberos::Name(1, {"nobody"});
    EXPECT_EQ(ask(pack(), each.get()).code, of_alice);
    EXPECT_NE(of_alice, 0);
  }
}

TEST_F(PublicKeyLogons, AreOfKeysThatAreRegistered) {
  const pki::OwnedCertificate own = TestCertificate{}.make();
  const auto by_own = [&] { return ask(pack(), own.get()).code; };
  EXPECT_EQ(by_own(), code::client_not_trusted);
  const directory::Device device = register_key(alice_.id);
  EXPECT_EQ(by_own(), 0);
  EXPECT_TRUE(directory_->disable_device(tenant_, device.id, true));
  EXPECT_EQ(by_own(), code::client_not_trusted);
  EXPECT_TRUE(directory_->remove_device(tenant_, device.id));
  register_key(user("bob").id);
  EXPECT_EQ(by_own(), code::client_not_trusted) << "another user's";
}

TEST_F(PublicKeyLogons, StandInThePac) {
  using Sids = std::vector<std::string>;
  const auto by_sid = certificate({pkinit::sid_of(sid_)});
  EXPECT_EQ(extra_sids(ask(pack(), by_sid.get())), (Sids{"S-1-18-1", "S-1-18-3"}));
  public_keys_.freshness_required = false;
  TestAuthPack without_token = pack();
  without_token.freshness.reset();
  EXPECT_EQ(extra_sids(ask(without_token, by_sid.get())), Sids{"S-1-18-1"});
  register_key(alice_.id);
  EXPECT_EQ(extra_sids(ask(without_token, by_sid.get())), (Sids{"S-1-18-1", "S-1-18-4"}));
  EXPECT_EQ(extra_sids(ask(pack(), by_sid.get())), (Sids{"S-1-18-1", "S-1-18-3", "S-1-18-4"}));
}

TEST_F(PublicKeyLogons, EndWithTheKeyThatIsRegistered) {
  const auto code_at_tgs = [this](const Answer& answer) {
    const auto reply = kerberos::parse_kdc_rep(answer.message, kerberos::msg_type::as_rep);
    const auto tgt = tgt_of(answer);
    const auto client = client_of_tgt(kdc_, reply.value().ticket, tgt, {now, 0});
    return client ? 0 : client.error().code;
  };
  const Answer by_sid = ask(pack(), certificate({pkinit::sid_of(sid_)}).get());
  EXPECT_FALSE(ticket::binding_of(tgt_of(by_sid).part.authorization_data).registered_key);
  const directory::Device device = register_key(alice_.id);
  const Answer by_key = ask(pack(), TestCertificate{}.make().get());
  EXPECT_EQ(ticket::binding_of(tgt_of(by_key).part.authorization_data).registered_key.value().size(), 32);
  EXPECT_EQ(code_at_tgs(by_key), 0);
  EXPECT_TRUE(directory_->disable_device(tenant_, device.id, true));
  EXPECT_EQ(code_at_tgs(by_key), code::tgt_revoked);
  EXPECT_TRUE(directory_->disable_device(tenant_, device.id, false));
  EXPECT_EQ(code_at_tgs(by_key), 0);
  EXPECT_TRUE(directory_->remove_device(tenant_, device.id));
  EXPECT_EQ(code_at_tgs(by_key), code::tgt_revoked);
  register_key(user("bob").id);
  EXPECT_EQ(code_at_tgs(by_key), code::tgt_revoked) << "another user's";
  kdc_.public_keys = nullptr;
  EXPECT_EQ(code_at_tgs(by_key), code::tgt_revoked);
  EXPECT_EQ(code_at_tgs(by_sid), 0);
}

class SignedPacks : public PublicKeyLogons {
 protected:
  SignedPacks() { register_key(alice_.id); }
};

TEST_F(SignedPacks, AreOfThisRequestAndOfNow) {
  EXPECT_EQ(code_of(pack()), 0);
  TestAuthPack other = pack();
  other.ctime = now - policy_.max_skew - 1;
  EXPECT_EQ(code_of(other), code::skew);
  other = pack();
  other.checksum.reset();
  EXPECT_EQ(code_of(other), code::pa_checksum_required);
  other.checksum = Octets(20, 1);
  EXPECT_EQ(code_of(other), code::modified);
  other = pack();
  Octets sum = digest(Digest::sha256);
  other.checksum2 = {sum, pkinit::oids::sha256};
  EXPECT_EQ(code_of(other), 0);
  sum.front() ^= 1;
  EXPECT_EQ(code_of(other), code::modified);
  for (const auto& [of, oid] : {std::pair(Digest::sha384, Bytes(pkinit::oids::sha384)),
                                {Digest::sha512, Bytes(pkinit::oids::sha512)}}) {
    Octets made = digest(of);
    other.checksum2 = {made, oid};
    EXPECT_EQ(code_of(other), 0);
    made.back() ^= 1;
    EXPECT_EQ(code_of(other), code::modified);
  }
  other = pack();
  other.ctime = now + policy_.max_skew + 1;
  EXPECT_EQ(code_of(other), code::skew);
}

TEST_F(SignedPacks, HaveAFreshToken) {
  TestAuthPack other = pack();
  other.freshness = token(now - policy_.max_skew - 1);
  EXPECT_EQ(code_of(other), code::preauth_expired);
  other.freshness = token(now + policy_.max_skew + 1);
  EXPECT_EQ(code_of(other), code::preauth_expired);
  other.freshness = Octets{0, 0, 1};
  EXPECT_EQ(code_of(other), code::preauth_failed);
  other.freshness = token(now);
  other.freshness->back() ^= 1;
  EXPECT_EQ(code_of(other), code::preauth_failed);
  other.freshness.reset();
  EXPECT_EQ(code_of(other), code::preauth_failed);
  public_keys_.freshness_required = false;
  EXPECT_EQ(code_of(other), 0);
}

TEST_F(SignedPacks, AgreeInGroupsThatAreGoodEnough) {
  TestAuthPack other = pack();
  other.public_value.clear();
  EXPECT_EQ(code_of(other), code::public_key_encryption_not_supported);
  other.public_value = pkinit::rsa_key().public_key().subject_public_key_info();
  EXPECT_EQ(code_of(other), code::dh_parameters_not_accepted);
  other = pack();
  other.kdfs = {{pkinit::oids::sha256}};
  EXPECT_EQ(code_of(other), code::no_acceptable_kdf);
  other.kdfs.reset();
  EXPECT_EQ(code_of(other), 0) << "as in RFC 4556";
}

TEST_F(SignedPacks, AreWellFormed) {
  EXPECT_EQ(ask_with(Octets{0x30, 0}).code, code::preauth_failed);
  EXPECT_EQ(ask_with(pkinit::TestMessage{}.of(pkinit::ec_key().openssl(), good_.get(), Octets{5, 0})).code,
            code::preauth_failed);
  pkinit::TestMessage weak;
  weak.digest = EVP_sha1();
  EXPECT_EQ(ask_with(weak.of(pkinit::ec_key().openssl(), good_.get(), pack().encoded())).code,
            code::digest_in_signed_data_not_accepted);
}

TEST_F(SignedPacks, TakeLong) {
  TestRequest request = request_;
  EXPECT_FALSE(takes_long(request.encoded()));
  request.with(padata::pk_as_req, {1});
  EXPECT_TRUE(takes_long(request.encoded()));
  request.msg_type = kerberos::msg_type::tgs_req;
  EXPECT_FALSE(takes_long(request.encoded()));
  EXPECT_FALSE(takes_long({}));
  EXPECT_FALSE(takes_long(Octets{0x6a, 0}));
}

TEST_F(SignedPacks, AreForAccountsThatMayLogOn) {
  const auto change = [&](auto set) {
    EXPECT_TRUE(directory_->change_account(
        tenant_, alice_.id, [&](directory::AccountSettings& settings) { set(settings.flags); }));
  };
  change([](directory::AccountFlags& flags) { flags.must_change = flags.key_required = true; });
  EXPECT_EQ(code_of(pack()), 0) << "what passwords are subject to";
  change([](directory::AccountFlags& flags) { flags.disabled = true; });
  EXPECT_EQ(code_of(pack()), code::client_revoked);
}

TEST_F(PublicKeyLogons, AreOffered) {
  const auto offered = [this](bool wants_token) {
    TestRequest request = request_;
    if (wants_token) request.with(padata::as_freshness);
    const Answer answer = kdc::answer(request.encoded(), kdc_, {now, 0});
    EXPECT_EQ(answer.code, code::preauth_required);
    const auto list = kerberos::parse<kerberos::PadataList>(error_of(answer).e_data);
    EXPECT_TRUE(list);
    const auto token = list->find(padata::as_freshness);
    EXPECT_EQ(token.has_value(), wants_token && kdc_.public_keys != nullptr);
    EXPECT_TRUE(!token || check_freshness_token(kdc_, token->value, {now, 0}));
    return list->has(padata::pk_as_req);
  };
  EXPECT_TRUE(offered(false));
  EXPECT_TRUE(offered(true));
  kdc_.public_keys = nullptr;
  EXPECT_FALSE(offered(true));
}

class Anonymous : public PublicKeyLogons {
 protected:
  Anonymous() {
    public_keys_.anonymous = true;
    request_.cname = kerberos::Name(kerberos::name_type::wellknown, {"WELLKNOWN", "ANONYMOUS"});
    request_.options = option::request_anonymous | option::forwardable | option::renewable;
    request_.rtime = now + 99999;
  }
  Answer ask_unsigned(const TestAuthPack& unsigned_pack) const {
    return ask_with(pkinit::unsigned_message(unsigned_pack.encoded()));
  }
  TestAuthPack without_token() const {
    TestAuthPack made = pack();
    made.freshness.reset();
    return made;
  }
};

TEST_F(Anonymous, IsOfferedAKeyAgreementAlone) {
  const Answer answer = kdc::answer(request_.encoded(), kdc_, {now, 0});
  EXPECT_EQ(answer.code, code::preauth_required);
  const auto list = kerberos::parse<kerberos::PadataList>(error_of(answer).e_data);
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->has(padata::pk_as_req));
  EXPECT_TRUE(list->has(padata::pkinit_kx));
  EXPECT_FALSE(list->has(padata::enc_timestamp));
  EXPECT_FALSE(list->has(padata::etype_info2));
}

TEST_F(Anonymous, GetsATgtOfNobody) {
  const Answer answer = ask_unsigned(without_token());
  ASSERT_EQ(answer.code, 0) << answer.reason;
  const auto reply = kerberos::parse_kdc_rep(answer.message, kerberos::msg_type::as_rep).value();
  EXPECT_EQ(reply.crealm, "WELLKNOWN:ANONYMOUS");
  EXPECT_TRUE(reply.cname.is({"WELLKNOWN", "ANONYMOUS"}));
  EXPECT_TRUE(reply.padata.has(padata::pkinit_kx));
  const auto tgt = tgt_of(answer);
  EXPECT_EQ(tgt.part.crealm, "WELLKNOWN:ANONYMOUS");
  EXPECT_EQ(tgt.part.flags, flag::initial | flag::anonymous | flag::enc_pa_rep);
  EXPECT_FALSE(tgt.part.renew_till);
  EXPECT_TRUE(tgt.part.authorization_data.empty());
}

TEST_F(Anonymous, GetsNothingElse) {
  const auto asks = [this] { return ask_unsigned(without_token()).code; };
  request_.sname = kerberos::Name(2, {"kadmin", "changepw"});
  EXPECT_EQ(asks(), code::policy);
  request_.sname = kerberos::Name(2, {"krbtgt", "EXAMPLE.COM"});
  request_.options = 0;
  EXPECT_EQ(asks(), code::bad_option) << "without the option";
  request_.options = option::request_anonymous;
  request_.etypes = {3};
  EXPECT_EQ(asks(), code::etype_not_supported);
  request_.etypes = {18};
  EXPECT_EQ(ask(pack(), good_.get()).code, code::preauth_failed) << "somebody has signed it";
  TestAuthPack other = without_token();
  other.checksum->front() ^= 1;
  EXPECT_EQ(ask_unsigned(other).code, code::modified);
  public_keys_.anonymous = false;
  EXPECT_EQ(asks(), code::client_unknown);
  public_keys_.anonymous = true;
  request_.cname = kerberos::Name(1, {"alice"});
  EXPECT_EQ(asks(), code::bad_option) << "alice";
  request_.options = 0;
  EXPECT_EQ(asks(), code::preauth_failed) << "nobody has signed for her";
}

}  // namespace
}  // namespace ferryman::kdc
