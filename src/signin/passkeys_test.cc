#include "signin/passkeys.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "directory/test_tools.h"
#include "webauthn/test_authenticator.h"

namespace ferryman::signin {
namespace {

using json::Json;

constexpr char url[] = "https://gateway.example.com";
const Nonces::Time noon{std::chrono::seconds(1'769'860'800)};

class PasskeysTest : public directory::DirectoryTest {
 protected:
  PasskeysTest() {
    settings_.url = url, settings_.tenant = "example", settings_.rp_id = "gateway.example.com";
    alice_ = user("alice");
    authenticator_.rp_id = settings_.rp_id;
  }

  directory::Tenant tenant() { return *directory_->tenant(tenant_); }
  std::string challenge() {
    return passkey_request_options(realm_, tenant(), std::nullopt)->at("challenge").get<std::string>();
  }
  Json registration(const std::string& its_challenge) const {
    const std::string data = webauthn::client_data("webauthn.create", its_challenge, url);
    return {{"clientDataJSON", base64url_of(as_bytes(data))},
            {"attestationObject", base64url_of(authenticator_.registration())},
            {"displayName", "blue"}};
  }
  Json assertion(const std::string& its_challenge) const {
    const std::string data = webauthn::client_data("webauthn.get", its_challenge, url);
    const auto made = authenticator_.assertion(data);
    return {{"id", base64url_of(authenticator_.id)},
            {"clientDataJSON", base64url_of(as_bytes(data))},
            {"authenticatorData", base64url_of(made.data)},
            {"signature", base64url_of(made.signature)}};
  }
  // Each is a request of its own.
  Step<ShownPasskey> shown(const Json& its_assertion) {
    return verify_passkey(realm_, tenant(), its_assertion, std::to_string(++requests_));
  }
  Step<directory::KeyCredential> registered() {
    return register_passkey(realm_, tenant(), alice_, registration(challenge()), std::to_string(++requests_));
  }
  template <typename T>
  static std::string_view reason_of(const Step<T>& step) {
    return step ? "none" : step.error().reason;
  }

  Settings settings_;
  account::Policy policy_;
  account::Attempts attempts_;
  Keys keys_{*directory_};
  const Realm realm_{*directory_, *directory_, attempts_, policy_, settings_, keys_, noon};
  directory::Account alice_;
  webauthn::TestAuthenticator authenticator_;
  int requests_ = 0;
};

TEST_F(PasskeysTest, RegistersAndShowsAKey) {
  const auto options = passkey_creation_options(realm_, tenant(), alice_);
  ASSERT_TRUE(options);
  EXPECT_EQ(options->at("rp").at("id"), "gateway.example.com");
  EXPECT_EQ(octets_of_base64url(options->at("user").at("id").get<std::string>())->size(),
            directory::user_handle_size);
  EXPECT_EQ(options->at("authenticatorSelection").at("userVerification"), "required");
  EXPECT_EQ(options->at("attestation"), "none");
  EXPECT_TRUE(options->at("excludeCredentials").empty());
  const auto key = registered();
  ASSERT_TRUE(key) << key.error().reason;
  EXPECT_EQ(key->name, "blue");
  const auto again = passkey_creation_options(realm_, tenant(), alice_);
  EXPECT_EQ(again->at("excludeCredentials").at(0).at("id"), base64url_of(authenticator_.id));
  EXPECT_EQ(again->at("user"), options->at("user"));
  const auto request = passkey_request_options(realm_, tenant(), alice_.id);
  EXPECT_EQ(request->at("allowCredentials").size(), 1U);
  const auto who = shown(assertion(request->at("challenge").get<std::string>()));
  ASSERT_TRUE(who) << who.error().reason;
  EXPECT_EQ(who->user.account.id, alice_.id);
  EXPECT_EQ(who->key, key->id);
  Json named = assertion(challenge());
  named["userHandle"] = options->at("user").at("id");
  EXPECT_TRUE(shown(named));
}

TEST_F(PasskeysTest, TakesAChallengeOnceAndOfItsTenant) {
  ASSERT_TRUE(registered());
  const std::string once = challenge();
  const Json its_assertion = assertion(once);
  ASSERT_TRUE(verify_passkey(realm_, tenant(), its_assertion, "one"));
  EXPECT_TRUE(verify_passkey(realm_, tenant(), its_assertion, "one")) << "the very same request again";
  EXPECT_EQ(reason_of(verify_passkey(realm_, tenant(), its_assertion, "two")), "nonce replayed");
  EXPECT_EQ(reason_of(register_passkey(realm_, tenant(), alice_, registration(once), "three")),
            "nonce replayed");
  EXPECT_EQ(reason_of(shown(assertion("bm9uY2U"))), "security key: wrong challenge");
  const directory::Tenant other = create_tenant("other");
  const auto others =
      passkey_request_options(realm_, other, std::nullopt)->at("challenge").get<std::string>();
  EXPECT_EQ(reason_of(shown(assertion(others))), "security key: wrong challenge");
  EXPECT_EQ(reason_of(verify_passkey(realm_, other, assertion(others), "four")), "key unknown or revoked");
  Realm later = realm_;
  later.time += settings_.nonce_lifetime + std::chrono::seconds(1);
  EXPECT_EQ(reason_of(verify_passkey(later, tenant(), assertion(challenge()), "five")),
            "security key: wrong challenge");
}

TEST_F(PasskeysTest, RefusesACopyOfAKey) {
  authenticator_.sign_count = 5;
  const auto key = registered();
  ASSERT_TRUE(key);
  authenticator_.sign_count = 6;
  EXPECT_TRUE(shown(assertion(challenge())));
  const auto refused = shown(assertion(challenge()));
  EXPECT_EQ(reason_of(refused), "security key: signature counter has not gone on, there may be a copy of it");
  EXPECT_EQ(refused.error().user, "alice");
  authenticator_.sign_count = 0;
  EXPECT_FALSE(shown(assertion(challenge())));
  authenticator_.sign_count = 7;
  EXPECT_TRUE(shown(assertion(challenge())));
  EXPECT_EQ(directory_->key(tenant_, key->id)->sign_count, 7U);
}

TEST_F(PasskeysTest, RefusesWhatIsNotTheUsersKey) {
  const auto key = registered();
  ASSERT_TRUE(key);
  Json other = assertion(challenge());
  other["id"] = base64url_of(as_bytes("another"));
  EXPECT_EQ(reason_of(shown(other)), "key unknown or revoked");
  EXPECT_EQ(reason_of(shown(Json::object())), "no key is named");
  other = assertion(challenge());
  other["userHandle"] = "AAAA";
  EXPECT_EQ(reason_of(shown(other)), "key of another user");
  const directory::Account bob = user("bob");
  EXPECT_EQ(reason_of(register_passkey(realm_, tenant(), bob, registration(challenge()), "one")),
            "key of another");
  ASSERT_TRUE(directory_->change_account(
      tenant_, alice_.id, [](directory::AccountSettings& settings) { settings.flags.disabled = true; }));
  EXPECT_EQ(reason_of(shown(assertion(challenge()))), "account disabled");
  ASSERT_TRUE(directory_->remove_key(tenant_, key->id));
  EXPECT_EQ(reason_of(shown(assertion(challenge()))), "key unknown or revoked");
}

TEST_F(PasskeysTest, DemandsAnAttestationWhereItsTenantDoes) {
  directory::TenantSettings settings = tenant().settings;
  settings.attestation_required = true;
  ASSERT_TRUE(directory_->set_tenant(tenant_, settings));
  EXPECT_EQ(passkey_creation_options(realm_, tenant(), alice_)->at("attestation"), "direct");
  EXPECT_EQ(reason_of(registered()), "no attestation_roots in realm.toml");
}

}  // namespace
}  // namespace ferryman::signin
