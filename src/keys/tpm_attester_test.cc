#include <gtest/gtest.h>

#include "attestation/certified_key.h"
#include "attestation/endorsement.h"
#include "base/bytes.h"
#include "keys/swtpm.h"
#include "keys/tpm_store.h"
#include "pki/private_key.h"

namespace ferryman::keys {
namespace {

using attestation::name;

const Bytes pin = as_bytes("493817"), hidden = as_bytes("what only that TPM finds out"),
            qualifying = as_bytes("a challenge");

// A TPM whose endorsement key has a certificate, by tpm2-tools and openssl.
struct EndorsedTpm {
  explicit EndorsedTpm(const std::string& usage = "2.23.133.8.1") {
    const Ran ran = tpm.run(
        "printf 'extendedKeyUsage=" + usage +
        "\n' >ext && "
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj '/CN=TPM maker' -days 2 "
        "&& "
        "tpm2_createek -Q -c ek.ctx -G rsa -u ek.pub && tpm2_readpublic -Q -c ek.ctx -f pem -o ek.pem && "
        "openssl x509 -new -force_pubkey ek.pem -subj /CN=ek -CA ca.pem -CAkey ca.key -days 2 -extfile ext "
        "-outform DER -out ek.der && "
        "tpm2_flushcontext -t && "
        // It may stand in a place that is larger.
        "cp ek.der place && head -c 40 /dev/zero >>place && "
        "tpm2_nvdefine -Q -C o -s $(stat -c %s place) -a 'ownerread|authread|ownerwrite|authwrite' 0x1c00002 "
        "&& "
        "tpm2_nvwrite -Q -C o -i place 0x1c00002");
    if (ran.status != 0) throw std::runtime_error(ran.output);
    store = std::move(*TpmStore::open(tpm.tcti()));
    roots = *pki::AttestationRoots::parse(as_bytes(tpm.read("ca.pem")));
  }

  attestation::Outcome<pki::PublicKey> endorsement_key(const pki::AttestationRoots& trusted) const {
    const auto endorsement = store->endorsement();
    if (!endorsement) throw std::runtime_error(endorsement.error().text);
    const Bytes certificate = endorsement->certificates.at(0);
    return attestation::endorsement_key({&certificate, 1}, trusted, std::time(nullptr));
  }
  AttestationChallenge challenge() const {
    const auto attester = attestation::parse_attester(store->endorsement()->attestation_key);
    const auto made = attestation::make_credential(*endorsement_key(*roots), attester->name, hidden);
    return {made.blob, made.secret, Octets(qualifying.begin(), qualifying.end())};
  }

  Swtpm tpm;
  std::unique_ptr<TpmStore> store;
  std::optional<pki::AttestationRoots> roots;
};

// As a server judges it; empty: it is well.
std::string_view judged(const Attestation& said, const pki::PublicKey& key, Bytes challenge = qualifying) {
  const auto attester = attestation::parse_attester(said.attestation_key);
  if (!attester) return name(attester.error());
  const auto verified = attestation::verify_certified({said.public_area, said.certify_info, said.signature},
                                                      *attester, challenge, key);
  return verified ? "" : name(verified.error());
}

TEST(TpmAttester, AttestsAKey) {
  const EndorsedTpm tpm;
  const auto key = tpm.store->create(KeyUse::sign_rsa, pin);
  ASSERT_TRUE(key);
  const auto said = tpm.store->attest(key->kept.bytes(), pin, tpm.challenge());
  ASSERT_TRUE(said) << said.error().text;
  EXPECT_EQ(as_text(said->activated), as_text(hidden));
  EXPECT_EQ(judged(*said, key->public_key), "");

  EXPECT_EQ(judged(*said, key->public_key, as_bytes("another")), "TPM: wrong challenge");
  EXPECT_EQ(judged(*said, pki::PrivateKey::generate_rsa().public_key()), "TPM: another key is certified");
  Attestation bent = *said;
  bent.certify_info.back() ^= 1;
  EXPECT_EQ(judged(bent, key->public_key), "TPM: wrong signature");
  bent = *said;
  bent.public_area.pop_back();
  EXPECT_EQ(judged(bent, key->public_key), "TPM: malformed");
  bent = *said;
  bent.attestation_key = bent.public_area;  // which signs whatever it is told
  EXPECT_EQ(judged(bent, key->public_key), "TPM: attestation key is not restricted to its TPM");
}

TEST(TpmAttester, TakesThePin) {
  const EndorsedTpm tpm;
  const auto key = tpm.store->create(KeyUse::sign_rsa, pin);
  const auto said = tpm.store->attest(key->kept.bytes(), as_bytes("000000"), tpm.challenge());
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().fault, KeyFault::wrong_pin);
}

TEST(TpmAttester, OfAnotherTpmIsNotBelieved) {
  const EndorsedTpm tpm, other;
  const auto key = other.store->create(KeyUse::sign_rsa, pin);
  // What is hidden for one TPM the other does not find out.
  EXPECT_FALSE(other.store->attest(key->kept.bytes(), pin, tpm.challenge()));
  EXPECT_EQ(other.endorsement_key(*tpm.roots).error(), attestation::Fault::endorsement_root);
  // And what it says is signed by a key of its own.
  const auto said = other.store->attest(key->kept.bytes(), pin, other.challenge());
  Attestation mixed = *said;
  mixed.attestation_key = tpm.store->endorsement()->attestation_key;
  EXPECT_EQ(judged(mixed, key->public_key), "TPM: wrong signature");
}

TEST(TpmAttester, OnlyAnEndorsementKeysCertificateCounts) {
  const EndorsedTpm tpm("serverAuth");
  EXPECT_EQ(tpm.endorsement_key(*tpm.roots).error(), attestation::Fault::endorsement);
}

TEST(TpmAttester, KeysThatMayLeaveOrBeGuessedAreNotBelieved) {
  const EndorsedTpm tpm;
  const auto open = tpm.store->create(KeyUse::sign_rsa, {});
  const auto said = tpm.store->attest(open->kept.bytes(), {}, tpm.challenge());
  ASSERT_TRUE(said) << said.error().text;
  EXPECT_EQ(judged(*said, open->public_key), "TPM: PIN of the key can be guessed");
}

TEST(TpmAttester, WithoutACertificateThereIsNothingToSay) {
  const Swtpm tpm;
  const auto endorsement = (*TpmStore::open(tpm.tcti()))->endorsement();
  ASSERT_FALSE(endorsement);
  EXPECT_EQ(endorsement.error().fault, KeyFault::not_reachable);
}

}  // namespace
}  // namespace ferryman::keys
