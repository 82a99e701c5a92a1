#include "webauthn/ceremony.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <functional>
#include <iterator>

#include "base/base64.h"
#include "base/owned.h"
#include "json/parse.h"
#include "pki/library.h"
#include "pki/owned.h"
#include "pki/subject.h"
#include "webauthn/test_authenticator.h"

namespace ferryman::webauthn {
namespace {

constexpr std::int64_t now = 1'800'000'000;
constexpr char challenge[] = "bm9uY2U", origin[] = "https://gateway.example.com",
               rp_id[] = "gateway.example.com";

const RelyingParty rp{rp_id, {"https://other.example.com", origin}};

bool is_challenge(std::string_view text) {
  return text == challenge;
}

// Registrations and assertions.

Outcome<Registered> registered(Bytes object, std::string_view data,
                               const pki::AttestationRoots* needed = nullptr) {
  return verify_registration(rp, {as_bytes(data), object}, is_challenge, needed, now);
}

template <typename T>
std::string_view fault_of(const Outcome<T>& outcome) {
  return outcome ? "none" : name(outcome.error());
}

class CeremonyTest : public testing::Test {
 protected:
  CeremonyTest() { authenticator_.rp_id = rp_id; }

  Outcome<Asserted> asserted(std::string_view data) {
    const auto assertion = authenticator_.assertion(data);
    return asserted(data, assertion.data, assertion.signature);
  }
  Outcome<Asserted> asserted(std::string_view data, Bytes authenticator_data, Bytes signature) {
    return verify_assertion(rp, credential_, {credential_.id, as_bytes(data), authenticator_data, signature},
                            is_challenge);
  }

  const std::string creation_ = client_data("webauthn.create", challenge, origin),
                    request_ = client_data("webauthn.get", challenge, origin);
  TestAuthenticator authenticator_;
  const Credential credential_ = *Credential::parse(authenticator_.registration());
};

TEST_F(CeremonyTest, TakesARegistrationAndItsAssertions) {
  authenticator_.sign_count = 7;
  authenticator_.aaguid.octets.fill(3);
  const auto made = registered(authenticator_.registration(), creation_);
  ASSERT_TRUE(made) << fault_of(made);
  EXPECT_EQ(made->credential_id, authenticator_.id);
  EXPECT_EQ(made->sign_count, 7U);
  EXPECT_EQ(made->aaguid, authenticator_.aaguid);
  EXPECT_EQ(made->challenge, challenge);
  EXPECT_EQ(made->attested, Attested::by_nobody);
  authenticator_.sign_count = 0x01020304;
  const auto shown = asserted(request_);
  ASSERT_TRUE(shown) << fault_of(shown);
  EXPECT_EQ(shown->sign_count, 0x01020304U);
}

TEST_F(CeremonyTest, HoldsTheClientDataAgainstTheCeremony) {
  const auto both = [&](std::string_view wanted_challenge, std::string_view wanted_origin,
                        std::string_view more = {}) {
    const auto made =
        fault_of(registered(authenticator_.registration(),
                            client_data("webauthn.create", wanted_challenge, wanted_origin, more)));
    EXPECT_EQ(fault_of(asserted(client_data("webauthn.get", wanted_challenge, wanted_origin, more))), made);
    return made;
  };
  EXPECT_EQ(both(challenge, rp.origins[0]), "none");
  EXPECT_EQ(both(challenge, origin, ",\"crossOrigin\":false,\"later\":[1]"), "none");
  EXPECT_EQ(both("bm9uY2V", origin), "security key: wrong challenge");
  EXPECT_EQ(both(challenge, "https://gateway.example.com:8443"), "security key: wrong origin");
  EXPECT_EQ(both(challenge, "http://gateway.example.com"), "security key: wrong origin");
  EXPECT_EQ(both(challenge, "https://gateway.example.com.evil.example"), "security key: wrong origin");
  EXPECT_EQ(both(challenge, origin, ",\"crossOrigin\":true"), "security key: wrong origin");
  EXPECT_EQ(both(challenge, origin, ",\"crossOrigin\":\"no\""), "security key: malformed");
  EXPECT_EQ(both(challenge, origin, ",\"tokenBinding\":{\"status\":\"supported\"}"), "none");
  EXPECT_EQ(both(challenge, origin, ",\"tokenBinding\":{\"status\":\"present\",\"id\":\"AA\"}"),
            "security key: wrong origin");
  EXPECT_EQ(both(challenge, origin, ",\"type\":\"webauthn.create\""), "security key: malformed") << "twice";
  EXPECT_EQ(both(challenge, origin, ",\"x\":\"" + std::string(max_client_data, 'x') + "\""),
            "security key: malformed");
  EXPECT_EQ(fault_of(registered(authenticator_.registration(), request_)), "security key: another ceremony");
  EXPECT_EQ(fault_of(asserted(creation_)), "security key: another ceremony");
}

TEST_F(CeremonyTest, DemandsItsRelyingPartyAndTheUsersGesture) {
  const auto both = [&] {
    const auto made = fault_of(registered(authenticator_.registration(), creation_));
    EXPECT_EQ(fault_of(asserted(request_)), made);
    return made;
  };
  authenticator_.flags = TestAuthenticator::user_verified;
  EXPECT_EQ(both(), "security key: user not present");
  authenticator_.flags = TestAuthenticator::user_present;
  EXPECT_EQ(both(), "security key: user not verified");
  authenticator_.flags |= TestAuthenticator::user_verified;
  authenticator_.rp_id = "example.com";
  EXPECT_EQ(both(), "security key: wrong relying party");
}

TEST_F(CeremonyTest, RefusesASignatureOfAnythingElse) {
  const auto good = authenticator_.assertion(request_);
  for (std::size_t i = 0; i < good.data.size(); ++i) {
    Octets changed = good.data;
    changed[i] ^= 0x10;
    EXPECT_FALSE(asserted(request_, changed, good.signature)) << i;
  }
  EXPECT_EQ(fault_of(asserted(request_, authenticator_.data(0x45 & ~0x40), good.signature)), "none");
  authenticator_.sign_count = 1;
  EXPECT_EQ(fault_of(asserted(request_, authenticator_.data(authenticator_.flags), good.signature)),
            "security key: wrong signature");
  EXPECT_EQ(fault_of(asserted(request_, good.data, {})), "security key: wrong signature");
  const std::string other = client_data("webauthn.get", challenge, origin, ",\"x\":1");
  EXPECT_EQ(fault_of(asserted(other, good.data, good.signature)), "security key: wrong signature");
  TestAuthenticator another;
  another.rp_id = rp_id;
  const auto by_another = another.assertion(request_);
  EXPECT_EQ(fault_of(asserted(request_, by_another.data, by_another.signature)),
            "security key: wrong signature");
  EXPECT_EQ(fault_of(verify_assertion(rp, credential_,
                                      {as_bytes("another"), as_bytes(request_), good.data, good.signature},
                                      is_challenge)),
            "security key: another credential");
}

TEST_F(CeremonyTest, TakesNoKeyThatIsNotOfItsAlgorithms) {
  using namespace cbor;
  const pki::PublicKey& its = authenticator_.key.public_key();
  const auto with = [&](Bytes key) {
    return fault_of(
        registered(TestAuthenticator::object("none", map({}), authenticator_.data_with(key)), creation_));
  };
  const Octets x = octets(its.x()), y = octets(its.y());
  const auto ec = [&](std::int64_t type, std::int64_t algorithm, std::int64_t curve, Bytes its_y) {
    return map({integer(1), integer(type), integer(3), integer(algorithm), integer(-1), integer(curve),
                integer(-2), x, integer(-3), its_y});
  };
  EXPECT_EQ(with(ec(2, -7, 1, y)), "none");
  EXPECT_EQ(with(ec(2, -35, 1, y)), "security key: algorithm") << "ES384";
  EXPECT_EQ(with(ec(2, -257, 1, y)), "security key: no public key") << "a point for RS256";
  EXPECT_EQ(with(ec(3, -7, 1, y)), "security key: no public key");
  EXPECT_EQ(with(ec(2, -7, 2, y)), "security key: no public key") << "another curve";
  EXPECT_EQ(with(ec(2, -7, 1, x)), "security key: no public key") << "not on the curve";
  EXPECT_EQ(
      with(map({integer(1), integer(2), integer(3), integer(-7), integer(-1), integer(1), integer(-2), x})),
      "security key: no public key");
  EXPECT_EQ(with(map({integer(1), integer(2), integer(1), integer(2)})), "security key: malformed")
      << "twice";
  EXPECT_EQ(with(map({integer(1), integer(2), integer(9), integer(2)})), "security key: malformed");
  EXPECT_EQ(with(map({integer(1), integer(2)})), "security key: malformed") << "no algorithm";
  EXPECT_EQ(with(map({integer(1), integer(1), integer(3), integer(-8), integer(-1), integer(6), integer(-2),
                      octets(Octets(31, 1))})),
            "security key: no public key");
  EXPECT_EQ(with(map({integer(1), integer(3), integer(3), integer(-257), integer(-1),
                      octets(Octets(128, 0xff)), integer(-2), octets(Octets{1, 0, 1})})),
            "security key: no public key")
      << "RSA of 1024 bits";
}

TEST_F(CeremonyTest, TakesNothingThatIsMalformed) {
  using namespace cbor;
  const Octets good = authenticator_.registration();
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_EQ(fault_of(registered(Bytes(good).first(size), creation_)), "security key: malformed") << size;
  EXPECT_EQ(fault_of(registered(joined({good, Octets{0}}), creation_)), "security key: malformed");
  const Octets data = authenticator_.data_with_credential();
  const auto with = [&](Bytes its_data) {
    return fault_of(registered(TestAuthenticator::object("none", map({}), its_data), creation_));
  };
  EXPECT_EQ(with(data), "none");
  EXPECT_EQ(with(joined({data, Octets{0}})), "security key: malformed");
  EXPECT_EQ(with(authenticator_.data(authenticator_.flags)), "security key: no credential");
  Octets extended = data;
  extended[rp_id_hash_size] |= 0x80;
  EXPECT_EQ(with(extended), "security key: malformed");
  EXPECT_EQ(with(joined({extended, map({text("credProtect"), integer(2)})})), "none");
  EXPECT_EQ(with(joined({extended, array({})})), "security key: malformed");
  authenticator_.id.assign(max_credential_id + 1, 1);
  EXPECT_EQ(with(authenticator_.data_with_credential()), "security key: malformed");
  const Octets endless{0xbf, 0xff};
  EXPECT_EQ(fault_of(registered(endless, creation_)), "security key: malformed") << "no end is told";
  const Octets huge{0xbb, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  EXPECT_EQ(fault_of(registered(huge, creation_)), "security key: malformed");
  EXPECT_EQ(fault_of(registered(Octets(max_attestation_object + 1, 0), creation_)),
            "security key: malformed");
}

// Attestation.

struct CertificateForm {
  bool v3 = true, ca = false;
  const char* unit = "Authenticator Attestation";
  const Guid* aaguid = nullptr;
  bool critical = false;
};

pki::OwnedCertificate certificate(const pki::PrivateKey& key, const pki::PrivateKey& issuer, X509* issued_by,
                                  const CertificateForm& form) {
  pki::OwnedCertificate made(X509_new());
  X509_set_version(made.get(), form.v3 ? X509_VERSION_3 : X509_VERSION_1);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  ASN1_TIME_set(X509_getm_notBefore(made.get()), now - 1000);
  ASN1_TIME_set(X509_getm_notAfter(made.get()), now + 1000);
  X509_NAME* name = X509_get_subject_name(made.get());
  for (const auto& [field, text] : {std::pair("C", "XX"), std::pair("O", "Maker"), std::pair("OU", form.unit),
                                    std::pair("CN", form.ca ? "Root" : "Leaf")})
    X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text), -1,
                               -1, 0);
  X509_set_issuer_name(made.get(), issued_by == nullptr ? name : X509_get_subject_name(issued_by));
  X509_set_pubkey(made.get(), key.openssl());
  if (form.v3) {
    const Owned<X509_EXTENSION, X509_EXTENSION_free> constraints(X509V3_EXT_conf_nid(
        nullptr, nullptr, NID_basic_constraints, form.ca ? "critical,CA:TRUE" : "critical,CA:FALSE"));
    X509_add_ext(made.get(), constraints.get(), -1);
  }
  if (form.aaguid != nullptr) {
    const Octets der = cbor::joined({Octets{V_ASN1_OCTET_STRING, Guid::size}, form.aaguid->octets});
    const Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> value(ASN1_OCTET_STRING_new());
    ASN1_OCTET_STRING_set(value.get(), der.data(), static_cast<int>(der.size()));
    const Owned<ASN1_OBJECT, ASN1_OBJECT_free> oid(OBJ_txt2obj("1.3.6.1.4.1.45724.1.1.4", 1));
    const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
        X509_EXTENSION_create_by_OBJ(nullptr, oid.get(), form.critical ? 1 : 0, value.get()));
    X509_add_ext(made.get(), extension.get(), -1);
  }
  X509_sign(made.get(), issuer.openssl(), EVP_sha256());
  return made;
}

Octets der_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  Octets octets(der, der + size);
  OPENSSL_free(der);
  return octets;
}

pki::AttestationRoots roots_of(X509* certificate) {
  const Owned<BIO, BIO_free> out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), certificate);
  char* pem = nullptr;
  const long size = BIO_get_mem_data(out.get(), &pem);
  return *pki::AttestationRoots::parse(
      {reinterpret_cast<const std::uint8_t*>(pem), static_cast<std::size_t>(size)});
}

class AttestationTest : public CeremonyTest {
 protected:
  Octets to_sign() const {
    return cbor::joined({authenticator_.data_with_credential(), sha256(as_bytes(creation_))});
  }
  // Packed, with what goes on behind the signature.
  Octets packed(const pki::PrivateKey& signer, std::int64_t algorithm = -7) const {
    const Octets signature = cbor::octets(pki::sign(signer, to_sign()));
    return TestAuthenticator::object(
        "packed", cbor::map({cbor::text("alg"), cbor::integer(algorithm), cbor::text("sig"), signature}),
        authenticator_.data_with_credential());
  }
  Octets packed_by_maker(X509* leaf) const {
    return TestAuthenticator::object("packed",
                                     cbor::map({cbor::text("alg"), cbor::integer(-7), cbor::text("sig"),
                                                cbor::octets(pki::sign(maker_, to_sign())), cbor::text("x5c"),
                                                cbor::array({cbor::octets(der_of(leaf))})}),
                                     authenticator_.data_with_credential());
  }
  std::string_view with_form(const CertificateForm& form) const {
    return fault_of(registered(
        packed_by_maker(certificate(maker_, root_, root_certificate_.get(), form).get()), creation_));
  }

  const pki::PrivateKey maker_ = pki::PrivateKey::generate_p256(), root_ = pki::PrivateKey::generate_p256();
  const pki::OwnedCertificate root_certificate_ =
      certificate(root_, root_, nullptr, {.ca = true, .unit = "Roots"});
};

TEST_F(AttestationTest, TakesTheCredentialsOwnSignature) {
  const auto made = registered(packed(authenticator_.key), creation_);
  ASSERT_TRUE(made) << fault_of(made);
  EXPECT_EQ(made->attested, Attested::by_itself);
  EXPECT_EQ(fault_of(registered(packed(maker_), creation_)), "security key: wrong signature");
  EXPECT_EQ(fault_of(registered(packed(authenticator_.key, -257), creation_)), "security key: algorithm");
  EXPECT_EQ(fault_of(registered(packed(authenticator_.key, -36), creation_)), "security key: algorithm");
}

TEST_F(AttestationTest, DemandsARootWhereATenantDoes) {
  const auto leaf = certificate(maker_, root_, root_certificate_.get(), {});
  const Octets object = packed_by_maker(leaf.get());
  const auto made = registered(object, creation_);
  ASSERT_TRUE(made) << fault_of(made);
  EXPECT_EQ(made->attested, Attested::by_maker);
  const pki::AttestationRoots roots = roots_of(root_certificate_.get()), leaf_alone = roots_of(leaf.get());
  EXPECT_EQ(fault_of(registered(object, creation_, &roots)), "none");
  EXPECT_EQ(fault_of(registered(object, creation_, &leaf_alone)), "none");
  const auto stranger = certificate(maker_, maker_, nullptr, {.ca = true});
  const pki::AttestationRoots others = roots_of(stranger.get());
  EXPECT_EQ(fault_of(registered(object, creation_, &others)), "security key: attestation of another root");
  EXPECT_EQ(fault_of(registered(packed(authenticator_.key), creation_, &roots)),
            "security key: attestation missing");
  EXPECT_EQ(fault_of(registered(authenticator_.registration(), creation_, &roots)),
            "security key: attestation missing");
  EXPECT_EQ(
      fault_of(verify_registration(rp, {as_bytes(creation_), object}, is_challenge, &roots, now + 2000)),
      "security key: attestation of another root")
      << "expired";
}

TEST_F(AttestationTest, HoldsCertificatesAgainstTheFormat) {
  Guid other{};
  other.octets.fill(9);
  EXPECT_EQ(with_form({}), "none");
  EXPECT_EQ(with_form({.aaguid = &authenticator_.aaguid}), "none");
  EXPECT_EQ(with_form({.aaguid = &other}), "security key: bad attestation");
  EXPECT_EQ(with_form({.aaguid = &authenticator_.aaguid, .critical = true}), "security key: bad attestation");
  EXPECT_EQ(with_form({.v3 = false}), "security key: bad attestation");
  EXPECT_EQ(with_form({.ca = true}), "security key: bad attestation");
  EXPECT_EQ(with_form({.unit = "Something else"}), "security key: bad attestation");
  const auto other_key = certificate(authenticator_.key, root_, root_certificate_.get(), {});
  EXPECT_EQ(fault_of(registered(packed_by_maker(other_key.get()), creation_)),
            "security key: wrong signature");
}

TEST_F(AttestationTest, TakesNoOtherFormat) {
  using namespace cbor;
  const Octets data = authenticator_.data_with_credential();
  EXPECT_EQ(fault_of(registered(TestAuthenticator::object("tpm", map({}), data), creation_)),
            "security key: attestation format");
  EXPECT_EQ(fault_of(registered(TestAuthenticator::object("none", map({text("alg"), integer(-7)}), data),
                                creation_)),
            "security key: bad attestation");
  EXPECT_EQ(fault_of(registered(TestAuthenticator::object("packed", map({}), data), creation_)),
            "security key: bad attestation");
  EXPECT_EQ(fault_of(registered(
                TestAuthenticator::object("packed",
                                          map({text("alg"), integer(-7), text("sig"), octets(Octets(8, 1)),
                                               text("x5c"), array({octets(Octets(8, 1))})}),
                                          data),
                creation_)),
            "security key: bad attestation");
  EXPECT_EQ(
      fault_of(registered(
          TestAuthenticator::object("fido-u2f", map({text("sig"), octets(Octets(8, 1))}), data), creation_)),
      "security key: bad attestation");
}

TEST(AttestationRootsTest, ReadsPemAndNothingElse) {
  EXPECT_FALSE(pki::AttestationRoots::parse({}));
  EXPECT_FALSE(pki::AttestationRoots::parse(as_bytes("no certificate")));
  EXPECT_FALSE(pki::AttestationRoots::parse(
      as_bytes("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")));
}

// What Chromium said (tests/webauthn_vectors.py).

class Chromium : public testing::TestWithParam<const char*> {
 protected:
  Chromium() {
    std::ifstream file(TESTDATA "/chromium.json");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    vector_ = json::parse_object(text, 4).value().at(GetParam());
  }
  Octets octets(const char* name) const {
    return octets_of_base64url(vector_.at(name).get<std::string>()).value();
  }
  Outcome<Registered> registration(const pki::AttestationRoots* needed = nullptr) const {
    return verify_registration(rp_, {octets("creationClientDataJSON"), octets("attestationObject")},
                               is_challenge, needed, now);
  }

  json::Json vector_;
  const RelyingParty rp_{"localhost", {"http://localhost:18555"}};
};

TEST_P(Chromium, IsUnderstood) {
  const auto made = registration();
  const bool u2f = std::string_view(GetParam()) == "u2f";
  if (u2f) {
    EXPECT_EQ(fault_of(made), "security key: user not verified") << "U2F has no PIN";
  } else {
    ASSERT_TRUE(made) << fault_of(made);
    EXPECT_EQ(made->attested,
              std::string_view(GetParam()).ends_with("none") ? Attested::by_nobody : Attested::by_maker);
  }
  const auto credential = Credential::parse(octets("attestationObject"));
  ASSERT_TRUE(credential);
  const Octets id = octets("id"), client = octets("clientDataJSON"), data = octets("authenticatorData"),
               signature = octets("signature");
  const auto shown = verify_assertion(rp_, *credential, {id, client, data, signature}, is_challenge);
  EXPECT_EQ(fault_of(shown), u2f ? "security key: user not verified" : "none");
  const Octets hash = sha256(client);
  EXPECT_TRUE(credential->key.verify(cbor::joined({data, hash}), signature));
}

TEST_P(Chromium, AttestsByItsMakersCertificate) {
  const Octets encoded = octets("attestationObject");
  const auto object = AttestationObject::parse(encoded);
  ASSERT_TRUE(object);
  if (object->format == "none") return;
  const auto data = AuthenticatorData::parse(object->authenticator_data);
  ASSERT_TRUE(data && data->credential);
  const auto key = CoseKey::parse(data->credential->public_key);
  ASSERT_TRUE(key);
  const std::uint8_t* der = object->statement.certificates.front().data();
  const pki::OwnedCertificate leaf(
      d2i_X509(nullptr, &der, static_cast<long>(object->statement.certificates.front().size())));
  const pki::AttestationRoots roots = roots_of(leaf.get());
  const Octets hash = sha256(octets("creationClientDataJSON"));
  EXPECT_EQ(fault_of(verify_statement(*object, *data, *key, hash, &roots, now)), "none");
  const Octets other = sha256(hash);
  EXPECT_EQ(fault_of(verify_statement(*object, *data, *key, other, &roots, now)),
            "security key: wrong signature");
}

INSTANTIATE_TEST_SUITE_P(Vectors, Chromium,
                         testing::Values("es256 packed", "rs256 packed", "eddsa packed", "es256 none",
                                         "u2f"));

}  // namespace
}  // namespace ferryman::webauthn
