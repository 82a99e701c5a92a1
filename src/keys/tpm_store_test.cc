#include "keys/tpm_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tss2/tss2_mu.h>

#include "keys/pem.h"
#include "keys/swtpm.h"
#include "keys/test_tools.h"
#include "keys/tpm_key.h"
#include "pki/private_key.h"

namespace ferryman::keys {
namespace {

using testing::HasSubstr;
using testing::Not;

const Bytes pin = as_bytes("493817"), wrong = as_bytes("000000"), message = as_bytes("a nonce, signed");

std::unique_ptr<TpmStore> opened(const Swtpm& tpm, const std::optional<Octets>& root = std::nullopt) {
  auto store = TpmStore::open(tpm.tcti(), root);
  if (!store) throw std::runtime_error(store.error().text);
  return std::move(*store);
}

// tpm2-tools' way to a key of ours: its parent, made by them, and its two parts.
std::string loaded_by_tools(const Swtpm& tpm, Bytes kept) {
  const auto blocks = parse_pem(kept);
  const TpmKey key = parse_tpm_key(blocks.at(0).content.bytes()).value();
  Octets octets(sizeof(TPM2B_PUBLIC) + sizeof(TPM2B_PRIVATE));
  std::size_t size = 0;
  Tss2_MU_TPM2B_PUBLIC_Marshal(&key.public_part, octets.data(), octets.size(), &size);
  tpm.write("key.pub", as_text(Bytes(octets).first(size)));
  size = 0;
  Tss2_MU_TPM2B_PRIVATE_Marshal(&key.private_part, octets.data(), octets.size(), &size);
  tpm.write("key.priv", as_text(Bytes(octets).first(size)));
  return "tpm2_createprimary -Q -C o -g sha256 -G ecc256 -c root.ctx -a "
         "'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt' &&"
         "tpm2_flushcontext -t && tpm2_load -Q -C root.ctx -u key.pub -r key.priv -c key.ctx && "
         "tpm2_flushcontext -t &&";
}

TEST(TpmStore, SignsAndDecryptsWhatItsPublicKeysBelongTo) {
  const Swtpm tpm;
  const auto store = opened(tpm);
  expect_keys_that_work(*store, pin, wrong);
}

TEST(TpmStore, KeepsKeysInFilesThatItReadsAgainAfterThePowerWasOff) {
  Swtpm tpm;
  auto store = opened(tpm);
  const Octets root = store->root();
  const auto key = store->create(KeyUse::sign_rsa, pin);
  ASSERT_TRUE(key.has_value()) << key.error().text;
  const auto sealed = store->seal(as_bytes("the token"));
  ASSERT_TRUE(sealed.has_value()) << sealed.error().text;
  store.reset();
  tpm.restart();

  store = opened(tpm, root);
  const auto signature = store->sign(key->kept.bytes(), pin, sha256(message));
  ASSERT_TRUE(signature.has_value()) << signature.error().text;
  EXPECT_TRUE(pki::verify(key->public_key, message, *signature));
  EXPECT_EQ(as_text(store->unseal(sealed->bytes()).value().bytes()), "the token");
}

TEST(TpmStore, LeavesNothingInTheTpm) {
  const Swtpm tpm;
  const auto key = opened(tpm)->create(KeyUse::sign_rsa, pin);
  ASSERT_TRUE(key.has_value());
  (void)opened(tpm)->sign(key->kept.bytes(), wrong, sha256(message));
  for (const std::string what : {"transient", "loaded-session", "persistent"})
    EXPECT_EQ(tpm.run("tpm2_getcap handles-" + what).output, "") << what;
}

TEST(TpmStore, MakesKeysThatCannotLeaveTheTpm) {
  const Swtpm tpm;
  const auto key = opened(tpm)->create(KeyUse::sign_rsa, pin);
  ASSERT_TRUE(key.has_value());
  const std::string load = loaded_by_tools(tpm, key->kept.bytes());
  const Ran read = tpm.run(load + "tpm2_readpublic -c key.ctx");
  EXPECT_EQ(read.status, 0) << read.output;
  EXPECT_THAT(read.output, HasSubstr("fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign\n"));

  // The way in which a key is duplicated that lets itself be.
  const Ran duplicated = tpm.run(
      "tpm2_flushcontext -t; tpm2_startauthsession -Q --policy-session -S s.ctx && "
      "tpm2_policycommandcode -Q -S s.ctx TPM2_CC_Duplicate && "
      "tpm2_duplicate -C null -c key.ctx -G null -p session:s.ctx -r dup.priv -s dup.seed");
  EXPECT_NE(duplicated.status, 0);
  EXPECT_THAT(duplicated.output, HasSubstr("Esys_Duplicate")) << "it came so far";
  EXPECT_FALSE(std::filesystem::exists(tpm.path("dup.priv")));
}

TEST(TpmStore, MakesFilesThatOpensslReads) {
  const Swtpm tpm;
  const auto key = opened(tpm)->create(KeyUse::sign_rsa, pin);
  ASSERT_TRUE(key.has_value());
  tpm.write("key.pem", as_text(key->kept.bytes()));
  tpm.write("message", as_text(message));
  const Ran ran = tpm.run(
      "openssl dgst -provider tpm2 -provider default -propquery ?provider=tpm2 -sha256 -sign key.pem -passin "
      "pass:493817 -out signature message");
  ASSERT_EQ(ran.status, 0) << ran.output;
  EXPECT_TRUE(pki::verify(key->public_key, message, as_bytes(tpm.read("signature"))));
}

TEST(TpmStore, IsLockedByTheTpmsRuleAfterWrongPins) {
  const Swtpm tpm;
  ASSERT_EQ(tpm.run("tpm2_dictionarylockout -s -n 5 -t 600 -l 86400").status, 0);
  auto store = opened(tpm);
  const auto key = store->create(KeyUse::sign_rsa, pin), device = store->create(KeyUse::sign_rsa, {});
  ASSERT_TRUE(key.has_value() && device.has_value());
  for (std::uint32_t left = 4; left >= 1; --left) {
    const auto refused = store->sign(key->kept.bytes(), wrong, sha256(message));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().fault, KeyFault::wrong_pin);
    EXPECT_EQ(refused.error().tries.value().left, left);
  }
  EXPECT_EQ(
      store->sign(key->kept.bytes(), wrong, sha256(message)).error().text,
      "wrong PIN; the TPM takes no PIN now, after 5 wrong ones: it takes the next one within 10 minutes, and "
      "one more every 10 minutes");
  const auto locked = store->sign(key->kept.bytes(), pin, sha256(message));
  ASSERT_FALSE(locked.has_value());
  EXPECT_EQ(locked.error().fault, KeyFault::locked);
  EXPECT_THAT(locked.error().text, HasSubstr("within 10 minutes"));
  EXPECT_TRUE(store->pin_tries().value().value().locked());
  EXPECT_TRUE(store->sign(device->kept.bytes(), {}, sha256(message)).has_value()) << "it has no PIN";

  store.reset();
  EXPECT_EQ(tpm.run("tpm2_dictionarylockout -c").status, 0);
  EXPECT_TRUE(opened(tpm)->sign(key->kept.bytes(), pin, sha256(message)).has_value());
}

TEST(TpmStore, CountsNoTryWhereNoPinCanBeMeant) {
  const Swtpm tpm;
  const auto store = opened(tpm);
  const auto key = store->create(KeyUse::sign_p256, pin);
  ASSERT_TRUE(key.has_value());
  const auto before = store->pin_tries();
  for (const char* none : {"", "abc"}) {
    const auto refused = store->sign(key->kept.bytes(), as_bytes(none), sha256(message));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().fault, KeyFault::wrong_pin);
  }
  EXPECT_EQ(store->pin_tries().value().value().left, before.value().value().left);
}

TEST(TpmStore, AnEmptyFileIsNoKey) {
  const Swtpm tpm;
  const auto store = opened(tpm);
  EXPECT_EQ(store->sign({}, pin, sha256(message)).error().fault, KeyFault::damaged);
  EXPECT_EQ(store->unseal({}).error().fault, KeyFault::damaged);
}

TEST(TpmStore, OfAnotherTpmIsRefused) {
  const Swtpm tpm, other;
  auto store = opened(tpm);
  const auto key = store->create(KeyUse::sign_rsa, {});
  const auto sealed = store->seal(as_bytes("the token"));
  ASSERT_TRUE(key.has_value() && sealed.has_value());

  const auto refused = TpmStore::open(other.tcti(), store->root());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().fault, KeyFault::foreign);
  const auto elsewhere = opened(other);
  EXPECT_EQ(elsewhere->sign(key->kept.bytes(), {}, sha256(message)).error().fault, KeyFault::foreign);
  EXPECT_EQ(elsewhere->unseal(sealed->bytes()).error().fault, KeyFault::foreign);
}

TEST(TpmStore, RefusesFilesThatWereChanged) {
  const Swtpm tpm;
  const auto store = opened(tpm);
  const auto fault_of = [&](const Secret& kept) {
    return store->sign(kept.bytes(), {}, sha256(message)).error().fault;
  };
  EXPECT_EQ(fault_of(pem_of(tpm_key_label, as_bytes("no DER"))), KeyFault::damaged);

  const auto own = store->create(KeyUse::sign_rsa, {}), other = store->create(KeyUse::sign_rsa, {});
  TpmKey mixed = parse_tpm_key(parse_pem(own->kept.bytes()).at(0).content.bytes()).value();
  mixed.public_part = parse_tpm_key(parse_pem(other->kept.bytes()).at(0).content.bytes()).value().public_part;
  EXPECT_EQ(fault_of(pem_of(tpm_key_label, der_of(mixed))), KeyFault::foreign);

  const auto sealed = store->seal(as_bytes("the token"));
  EXPECT_EQ(fault_of(*sealed), KeyFault::damaged) << "it is no key";
  EXPECT_EQ(store->unseal(own->kept.bytes()).error().fault, KeyFault::damaged);
  const auto blocks = parse_pem(sealed->bytes());
  Octets text(blocks.at(1).content.bytes().begin(), blocks.at(1).content.bytes().end());
  text[0] ^= 1;
  const Secret first = pem_of(tpm_key_label, blocks.at(0).content.bytes()),
               second = pem_of(blocks.at(1).label, text);
  const std::string changed = std::string(as_text(first.bytes())) + std::string(as_text(second.bytes()));
  EXPECT_EQ(store->unseal(as_bytes(changed)).error().fault, KeyFault::damaged);
}

TEST(TpmStore, OfAClearedTpmIsRefused) {
  const Swtpm tpm;
  auto store = opened(tpm);
  const Octets root = store->root();
  store.reset();
  ASSERT_EQ(tpm.run("tpm2_clear").status, 0);
  EXPECT_EQ(TpmStore::open(tpm.tcti(), root).error().fault, KeyFault::foreign);
}

TEST(TpmStore, NeverSendsAPinOrAKeyInTheClear) {
  const Swtpm tpm;
  ::setenv("TCTI_PCAP_FILE", tpm.path("bus").c_str(), 1);
  const Bytes session_key = as_bytes("a session key, as it comes");
  {
    const auto store = TpmStore::open("pcap:" + tpm.tcti()).value();
    const auto transport = store->create(KeyUse::decrypt_rsa, {}).value();
    const Octets encrypted = pki::encrypt_oaep(transport.public_key, session_key);
    EXPECT_TRUE(store->decrypt(transport.kept.bytes(), encrypted).has_value());
    const auto key = store->create(KeyUse::sign_rsa, pin).value();
    EXPECT_TRUE(store->sign(key.kept.bytes(), pin, sha256(message)).has_value());
    EXPECT_FALSE(store->sign(key.kept.bytes(), as_bytes("77777777"), sha256(message)).has_value());
  }
  const std::string bus = tpm.read("bus");
  EXPECT_GT(bus.size(), 2000U);
  EXPECT_THAT(bus, Not(HasSubstr(std::string(as_text(pin)))));
  EXPECT_THAT(bus, Not(HasSubstr("77777777")));
  EXPECT_THAT(bus, Not(HasSubstr(std::string(as_text(session_key)))));

  const Ran control = tpm.run(
      "tpm2_createprimary -Q -C o -c p.ctx && tpm2_flushcontext -t && export "
      "TCTI_PCAP_FILE=control && tpm2_create -Q -T pcap:$TPM2TOOLS_TCTI -C p.ctx -p 493817 "
      "-u c.pub -r c.priv");
  EXPECT_EQ(control.status, 0) << control.output;
  EXPECT_THAT(tpm.read("control"), HasSubstr("493817")) << "else nothing could ever be found";
}

TEST(TpmStore, SaysWhatStandsInItsWay) {
  const auto absent = TpmStore::open("device:/dev/no-such-tpm");
  ASSERT_FALSE(absent.has_value());
  EXPECT_EQ(absent.error().fault, KeyFault::not_reachable);
  EXPECT_THAT(absent.error().text, HasSubstr("there is no TPM here (/dev/no-such-tpm does not exist)"));
  EXPECT_EQ(TpmStore::open("swtpm:path=/nowhere").error().fault, KeyFault::not_reachable);
  EXPECT_EQ(TpmStore::open("no-such-library:").error().fault, KeyFault::not_reachable);

  const Swtpm tpm;
  ASSERT_EQ(tpm.run("tpm2_changeauth -c owner secret").status, 0);
  const auto owned = TpmStore::open(tpm.tcti());
  ASSERT_FALSE(owned.has_value());
  EXPECT_EQ(owned.error().fault, KeyFault::failed);
  EXPECT_THAT(owned.error().text, HasSubstr("owner hierarchy has a password"));
}

}  // namespace
}  // namespace ferryman::keys
