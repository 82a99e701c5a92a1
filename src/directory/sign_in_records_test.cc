#include "directory/sign_in_records.h"

#include <gtest/gtest.h>

#include <thread>

#include "directory/test_engines.h"

namespace ferryman::directory {
namespace {

Digest digest(std::uint8_t octet) {
  Digest digest{};
  digest.fill(octet);
  return digest;
}

class SignInRecordsTest : public EachEngine {
 protected:
  SignInRecordsTest() { user_ = user("alice").id; }

  Device add_device(const ObjectId& owner) {
    Device device;
    device.id = DeviceId{random_guid()};
    device.owner = owner;
    device.name = "laptop";
    device.certificate = {1, 2, 3};
    device.transport_key = {4, 5};
    device.created = now;
    EXPECT_TRUE(directory_->add_device(tenant_, device));
    return device;
  }
  KeyCredential add_key(const Device& device, std::uint8_t octet) {
    KeyCredential key;
    key.id = digest(octet);
    key.user = device.owner;
    key.device = device.id;
    key.blob = {9};
    key.created = now;
    EXPECT_TRUE(directory_->add_key(tenant_, key));
    return key;
  }
  static Prt prt_of(const Device& device, std::optional<KeyId> key = {}) {
    Prt prt;
    prt.id = PrtId{random_guid()};
    prt.user = device.owner;
    prt.device = device.id;
    prt.key = key;
    prt.created = now;
    prt.expires = now + 100;
    return prt;
  }
  Reason reason_of_prt(const PrtId& id) {
    const auto found = directory_->prt(tenant_, id);
    return found ? Reason::damaged : found.error().reason;
  }

  ObjectId user_;
};

TEST_P(SignInRecordsTest, MakesASecretOnce) {
  int made = 0;
  const auto make = [&made] {
    return SignInSecret{{static_cast<std::uint8_t>(++made)}, Secret(Octets(32, 7))};
  };
  for (int i = 0; i < 2; ++i) {
    const auto secret = directory_->secret(tenant_, SecretKind::prt_key, make, now);
    ASSERT_TRUE(secret);
    EXPECT_EQ(secret->known, Octets{1});
    EXPECT_EQ(Octets(secret->secret.bytes().begin(), secret->secret.bytes().end()), Octets(32, 7));
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(directory_->secret(no_tenant, SecretKind::nonce_key, make, now)->known, Octets{2});
  EXPECT_EQ(directory_->secret(TenantId{random_guid()}, SecretKind::prt_key, make, now).error().reason,
            Reason::not_found);
}

TEST_P(SignInRecordsTest, SealsASecretUnderTheNextMasterKey) {
  const auto make = [] { return SignInSecret{{}, Secret(Octets(32, 7))}; };
  ASSERT_TRUE(directory_->secret(tenant_, SecretKind::prt_key, make, now));
  ASSERT_TRUE(directory_->change_master_key(master_key(8)));
  directory_.reset();
  directory_ = *opened(master_key(8));
  EXPECT_TRUE(directory_->secret(tenant_, SecretKind::prt_key, make, now));
  EXPECT_TRUE(directory_->check()->empty());
}

TEST_P(SignInRecordsTest, UsesACodeUp) {
  using Verdict = SignInRecords::CodeVerdict;
  const auto tried = [&](std::uint8_t octet, std::int64_t when = now) {
    return *directory_->try_code(tenant_, user_, digest(octet), when);
  };
  EXPECT_EQ(tried(1), Verdict::absent);
  ASSERT_TRUE(directory_->set_code(tenant_, user_, digest(1), now + 10));
  EXPECT_EQ(tried(2), Verdict::wrong);
  EXPECT_EQ(tried(1), Verdict::right);
  EXPECT_EQ(tried(1), Verdict::absent);
  ASSERT_TRUE(directory_->set_code(tenant_, user_, digest(1), now + 10));
  EXPECT_EQ(tried(1, now + 11), Verdict::absent);
  for (int i = 0; i < max_code_tries; ++i) EXPECT_EQ(tried(2), Verdict::wrong);
  EXPECT_EQ(tried(1), Verdict::absent);
  EXPECT_EQ(directory_->set_code(tenant_, ObjectId{random_guid()}, digest(1), now).error().reason,
            Reason::not_found);
}

TEST_P(SignInRecordsTest, UsesACodeOnceThoughManyTry) {
  ASSERT_TRUE(directory_->set_code(tenant_, user_, digest(1), now + 10));
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      if (*directory_->try_code(tenant_, user_, digest(1), now) == SignInRecords::CodeVerdict::right) ++right;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 1);
}

DeviceCode device_code_of(std::uint8_t octet, const TenantId& tenant, const std::string& network = "n") {
  DeviceCode code;
  code.code = digest(octet);
  code.user_code = digest(static_cast<std::uint8_t>(octet + 100));
  code.tenant = tenant;
  code.address = "192.0.2.1";
  code.network = network;
  code.client = "client";
  code.resource = "resource";
  code.scope = "scope";
  code.created = now;
  code.expires = now + 100;
  return code;
}

TEST_P(SignInRecordsTest, TellsADecisionOnce) {
  using State = PolledDeviceCode::State;
  const auto polled = [&](std::uint8_t octet, std::int64_t when, std::string_view client = "client") {
    return *directory_->poll_device_code(digest(octet), client, 5, when);
  };
  for (const std::uint8_t octet : {1, 2})
    ASSERT_TRUE(directory_->add_device_code(device_code_of(octet, octet == 1 ? tenant_ : no_tenant)));
  EXPECT_EQ(directory_->add_device_code(device_code_of(1, tenant_)).error().reason, Reason::already_exists);
  EXPECT_EQ(polled(1, now).state, State::pending);
  EXPECT_EQ(polled(1, now + 4).state, State::too_soon);
  EXPECT_EQ(polled(1, now + 9).state, State::pending);
  EXPECT_EQ(polled(1, now, "other").state, State::expired);
  EXPECT_EQ(polled(3, now).state, State::expired);
  EXPECT_EQ(directory_->device_code(tenant_, digest(101), now)->client, "client");
  EXPECT_EQ(directory_->device_code(create_tenant("other").id, digest(101), now).error().reason,
            Reason::not_found);
  EXPECT_TRUE(directory_->device_code(tenant_, digest(102), now)) << "of every tenant";
  EXPECT_FALSE(directory_->device_code(tenant_, digest(101), now + 100));
  ASSERT_TRUE(directory_->decide_device_code(tenant_, digest(101), Decision::allowed, "grant", now));
  EXPECT_FALSE(directory_->decide_device_code(tenant_, digest(101), Decision::denied, "", now));
  EXPECT_FALSE(directory_->device_code(tenant_, digest(101), now));
  const auto told = polled(1, now + 10);
  EXPECT_EQ(told.state, State::allowed);
  EXPECT_EQ(told.grant + told.resource + told.scope, "grantresourcescope");
  EXPECT_EQ(polled(1, now + 20).state, State::expired);
  ASSERT_TRUE(directory_->decide_device_code(tenant_, digest(102), Decision::denied, "", now));
  EXPECT_EQ(polled(2, now).state, State::denied);
  EXPECT_EQ(polled(2, now).state, State::expired);
}

TEST_P(SignInRecordsTest, LetsSoManyProgramsOfANetworkWait) {
  for (std::size_t i = 0; i < max_device_codes_of_network; ++i)
    ASSERT_TRUE(directory_->add_device_code(device_code_of(static_cast<std::uint8_t>(i), tenant_)));
  EXPECT_EQ(directory_->add_device_code(device_code_of(90, tenant_)).error().reason, Reason::invalid);
  EXPECT_TRUE(directory_->add_device_code(device_code_of(91, tenant_, "m")));
  ASSERT_TRUE(directory_->forget_expired(now + 101));
  EXPECT_TRUE(directory_->add_device_code(device_code_of(90, tenant_)));
}

TEST_P(SignInRecordsTest, KnowsWhatWasUsed) {
  EXPECT_FALSE(*directory_->is_used(digest(1)));
  const NonceUse use{digest(1), digest(2), now};
  ASSERT_TRUE(directory_->use_nonces({&use, 1}));
  EXPECT_TRUE(*directory_->is_used(digest(1)));
}

TEST_P(SignInRecordsTest, KeepsDevicesAndKeys) {
  const Device device = add_device(user_);
  const KeyCredential key = add_key(device, 1);
  EXPECT_EQ(directory_->device(tenant_, device.id)->transport_key, device.transport_key);
  EXPECT_EQ(directory_->devices_of(tenant_, user_)->size(), 1U);
  EXPECT_EQ(directory_->keys_of(tenant_, user_)->front().id, key.id);
  EXPECT_TRUE(directory_->add_key(tenant_, key)) << "the same once more";
  KeyCredential other = key;
  other.user = user("bob").id;
  EXPECT_EQ(directory_->add_key(tenant_, other).error().reason, Reason::already_exists);
  other.id = digest(2);
  other.device = DeviceId{random_guid()};
  EXPECT_EQ(directory_->add_key(tenant_, other).error().reason, Reason::not_found);
}

TEST_P(SignInRecordsTest, ListsDevicesByPage) {
  for (int i = 0; i < 5; ++i) add_device(user_);
  PageRequest request{"", 2};
  std::size_t found = 0;
  do {
    const auto page = directory_->devices(tenant_, request);
    ASSERT_TRUE(page);
    found += page->items.size();
    request.after = page->next;
  } while (!request.after.empty());
  EXPECT_EQ(found, 5U);
}

TEST_P(SignInRecordsTest, LimitsAUsersDevicesAndKeys) {
  const Device first = add_device(user_);
  for (std::size_t i = 1; i < max_devices_of_user; ++i) add_device(user_);
  Device more = first;
  more.id = DeviceId{random_guid()};
  EXPECT_EQ(directory_->add_device(tenant_, more).error().reason, Reason::invalid);
  for (std::size_t i = 0; i < max_keys_of_user; ++i) add_key(first, static_cast<std::uint8_t>(i));
  KeyCredential key;
  key.id = digest(0xff);
  key.user = user_;
  key.device = first.id;
  EXPECT_EQ(directory_->add_key(tenant_, key).error().reason, Reason::invalid);
}

TEST_P(SignInRecordsTest, LetsNoOtherRequestUseANonce) {
  const Device device = add_device(user_);
  const std::vector<NonceUse> nonces{{digest(1), digest(10), now + 10}, {digest(2), digest(10), now + 10}};
  const Prt prt = prt_of(device);
  ASSERT_TRUE(directory_->add_prt(tenant_, prt, nonces));
  EXPECT_TRUE(directory_->add_prt(tenant_, prt_of(device), nonces)) << "the very same request again";
  const std::vector<NonceUse> replayed{{digest(3), digest(11), now + 10}, {digest(2), digest(11), now + 10}};
  const Prt refused = prt_of(device);
  EXPECT_EQ(directory_->add_prt(tenant_, refused, replayed).error().reason, Reason::already_exists);
  EXPECT_EQ(reason_of_prt(refused.id), Reason::not_found);
  const std::vector<NonceUse> third{{digest(3), digest(12), now + 10}};
  EXPECT_TRUE(directory_->use_nonces(third)) << "what was refused has used none";
  EXPECT_EQ(directory_->renew_prt(tenant_, prt.id, now + 200, now, replayed).error().reason,
            Reason::already_exists);
  EXPECT_EQ(directory_->prt(tenant_, prt.id)->expires, now + 100);
  ASSERT_TRUE(directory_->forget_expired(now + 11));
  EXPECT_TRUE(directory_->use_nonces(replayed));
}

TEST_P(SignInRecordsTest, RevokesWithWhatAPrtIsOf) {
  const Device device = add_device(user_), other = add_device(user_);
  const KeyCredential key = add_key(device, 1);
  const Prt by_key = prt_of(device, key.id), by_device = prt_of(device), elsewhere = prt_of(other);
  for (const Prt& prt : {by_key, by_device, elsewhere}) ASSERT_TRUE(directory_->add_prt(tenant_, prt, {}));
  EXPECT_EQ(directory_->prt(tenant_, by_key.id)->key, key.id);
  EXPECT_TRUE(directory_->check_prt(tenant_, user_, by_key.id));
  EXPECT_EQ(directory_->check_prt(tenant_, user("bob").id, by_key.id).error().reason, Reason::not_found);
  ASSERT_TRUE(directory_->remove_key(tenant_, key.id));
  EXPECT_EQ(reason_of_prt(by_key.id), Reason::not_found);
  ASSERT_TRUE(directory_->disable_device(tenant_, device.id, true));
  EXPECT_TRUE(directory_->prt(tenant_, by_device.id)->device_disabled);
  EXPECT_EQ(directory_->check_prt(tenant_, user_, by_device.id).error().reason, Reason::not_found);
  ASSERT_TRUE(directory_->remove_device(tenant_, device.id));
  EXPECT_EQ(reason_of_prt(by_device.id), Reason::not_found);
  EXPECT_EQ(directory_->add_prt(tenant_, prt_of(device), {}).error().reason, Reason::not_found);
  ASSERT_TRUE(directory_->remove_account(tenant_, user_));
  EXPECT_EQ(reason_of_prt(elsewhere.id), Reason::not_found);
  EXPECT_EQ(directory_->device(tenant_, other.id).error().reason, Reason::not_found);
}

TEST_P(SignInRecordsTest, RevokesOneOrAllOfAUser) {
  const Device device = add_device(user_);
  const Prt one = prt_of(device), two = prt_of(device), three = prt_of(device);
  for (const Prt& prt : {one, two, three}) ASSERT_TRUE(directory_->add_prt(tenant_, prt, {}));
  ASSERT_TRUE(directory_->remove_prt(tenant_, one.id));
  EXPECT_EQ(directory_->prts_of(tenant_, user_)->size(), 2U);
  EXPECT_EQ(*directory_->revocations(tenant_, user_), 0);
  ASSERT_TRUE(directory_->remove_prts_of(tenant_, user_));
  EXPECT_EQ(*directory_->revocations(tenant_, user_), 1);
  EXPECT_TRUE(directory_->prts_of(tenant_, user_)->empty());
}

// Though all are of one second, and also by a clock that was set back.
TEST_P(SignInRecordsTest, KeepsTheNewestPrtsOfADevice) {
  constexpr std::size_t too_many = 3;
  const Device device = add_device(user_), other = add_device(user_);
  const Prt elsewhere = prt_of(other);
  ASSERT_TRUE(directory_->add_prt(tenant_, elsewhere, {}));
  std::vector<Prt> all;
  for (std::size_t i = 0; i < max_prts_of_device + too_many; ++i) {
    all.push_back(prt_of(device));
    if (i > max_prts_of_device) all.back().created -= 3600;
    ASSERT_TRUE(directory_->add_prt(tenant_, all.back(), {}));
  }
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(directory_->prt(tenant_, all[i].id).has_value(), i >= too_many) << i;
  EXPECT_TRUE(directory_->prt(tenant_, elsewhere.id));
}

TEST_P(SignInRecordsTest, ShowsATenantNothingOfAnother) {
  const TenantId other = create_tenant("other").id;
  const Device device = add_device(user_);
  const KeyCredential key = add_key(device, 1);
  const Prt prt = prt_of(device, key.id);
  ASSERT_TRUE(directory_->add_prt(tenant_, prt, {}));
  ASSERT_TRUE(directory_->set_code(tenant_, user_, digest(1), now + 10));
  EXPECT_EQ(directory_->device(other, device.id).error().reason, Reason::not_found);
  EXPECT_EQ(directory_->key(other, key.id).error().reason, Reason::not_found);
  EXPECT_EQ(directory_->prt(other, prt.id).error().reason, Reason::not_found);
  EXPECT_EQ(directory_->remove_device(other, device.id).error().reason, Reason::not_found);
  EXPECT_EQ(*directory_->try_code(other, user_, digest(1), now), SignInRecords::CodeVerdict::absent);
  EXPECT_TRUE(directory_->devices(other, {})->items.empty());
  ASSERT_TRUE(directory_->remove_tenant(tenant_));
}

TEST_P(SignInRecordsTest, KeepsAFidoKeyOfNoDevice) {
  KeyCredential key;
  key.id = digest(1);
  key.user = user_;
  key.kind = KeyKind::fido;
  key.name = "blue";
  key.blob = {1, 2};
  key.aaguid = random_guid();
  key.sign_count = 3;
  key.created = now;
  ASSERT_TRUE(directory_->add_key(tenant_, key));
  EXPECT_TRUE(directory_->add_key(tenant_, key)) << "the same once more";
  const auto kept = directory_->key(tenant_, key.id);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->kind, KeyKind::fido);
  EXPECT_EQ(kept->device, std::nullopt);
  EXPECT_EQ(kept->name, "blue");
  EXPECT_EQ(kept->aaguid, key.aaguid);
  EXPECT_EQ(kept->sign_count, 3U);
  const Device device = add_device(user_);
  EXPECT_EQ(directory_->key(tenant_, add_key(device, 2).id)->aaguid, std::nullopt);
  const Prt prt = prt_of(device, key.id);
  ASSERT_TRUE(directory_->add_prt(tenant_, prt, {}));
  ASSERT_TRUE(directory_->remove_device(tenant_, device.id));
  EXPECT_TRUE(directory_->key(tenant_, key.id)) << "it is not that device's";
  const Device other = add_device(user_);
  const Prt second = prt_of(other, key.id);
  ASSERT_TRUE(directory_->add_prt(tenant_, second, {}));
  ASSERT_TRUE(directory_->remove_key(tenant_, key.id));
  EXPECT_EQ(reason_of_prt(second.id), Reason::not_found);
  EXPECT_TRUE(directory_->check()->empty());
}

TEST_P(SignInRecordsTest, CountsAFidoKeysSignatures) {
  KeyCredential key;
  key.id = digest(1);
  key.user = user_;
  key.kind = KeyKind::fido;
  key.created = now;
  ASSERT_TRUE(directory_->add_key(tenant_, key));
  std::uint8_t nonce = 0;
  const auto use = [&](std::uint32_t count) {
    const NonceUse fresh{digest(++nonce), digest(nonce), now + 10};
    const auto used = directory_->use_key(tenant_, key.id, count, now + 1, {&fresh, 1});
    return used ? std::optional<Reason>() : std::optional(used.error().reason);
  };
  EXPECT_EQ(use(0), std::nullopt) << "it counts nothing";
  EXPECT_EQ(use(0), std::nullopt);
  EXPECT_EQ(use(7), std::nullopt);
  EXPECT_EQ(use(7), Reason::invalid);
  EXPECT_EQ(use(6), Reason::invalid);
  EXPECT_EQ(use(0), Reason::invalid);
  EXPECT_EQ(directory_->key(tenant_, key.id)->sign_count, 7U);
  EXPECT_EQ(use(0xffffffff), std::nullopt);
  EXPECT_EQ(directory_->key(tenant_, key.id)->last_used, now + 1);
  const NonceUse same{digest(200), digest(200), now + 10};
  key.id = digest(2);
  ASSERT_TRUE(directory_->add_key(tenant_, key));
  EXPECT_TRUE(directory_->use_key(tenant_, key.id, 5, now, {&same, 1}));
  EXPECT_TRUE(directory_->use_key(tenant_, key.id, 5, now, {&same, 1})) << "the very same request again";
  const NonceUse replayed{digest(200), digest(201), now + 10};
  EXPECT_EQ(directory_->use_key(tenant_, key.id, 6, now, {&replayed, 1}).error().reason,
            Reason::already_exists);
  EXPECT_EQ(directory_->use_key(tenant_, digest(9), 6, now, {}).error().reason, Reason::not_found);
}

TEST_P(SignInRecordsTest, KnowsAUserByARandomHandle) {
  const auto handle = directory_->user_handle(tenant_, user_);
  ASSERT_TRUE(handle);
  EXPECT_EQ(handle->size(), user_handle_size);
  EXPECT_EQ(*directory_->user_handle(tenant_, user_), *handle);
  EXPECT_NE(*directory_->user_handle(tenant_, user("bob").id), *handle);
  EXPECT_EQ(directory_->user_handle(create_tenant("other").id, user_).error().reason, Reason::not_found);
  ASSERT_TRUE(directory_->remove_account(tenant_, user_));
  EXPECT_EQ(directory_->user_handle(tenant_, user_).error().reason, Reason::not_found);
}

FERRYMAN_ON_EACH_ENGINE(SignInRecordsTest);

}  // namespace
}  // namespace ferryman::directory
