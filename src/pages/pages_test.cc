#include "pages/pages.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "directory/test_tools.h"
#include "local/limits.h"
#include "pages/csp.h"
#include "signin/enrolment_code.h"
#include "signin/sign_in.h"
#include "webauthn/test_authenticator.h"

namespace ferryman::pages {
namespace {

using namespace std::chrono_literals;
using signin::Answer;

const signin::Nonces::Time noon{std::chrono::seconds(directory::now)};

// alice at a page, and a program at the token endpoint.
class PagesTest : public directory::DirectoryTest {
 protected:
  PagesTest() {
    settings_.url = "https://gateway.example.com", settings_.tenant = "example";
    settings_.rp_id = authenticator_.rp_id = "gateway.example.com";
    alice_ = user("alice").id;
  }

  std::optional<Answer> page(std::string_view method, std::string_view path, std::string_view query = "",
                             std::string_view body = "") {
    local::HttpRequest request;
    request.client = "192.0.2.7:4711";
    request.method = method;
    request.path = path;
    request.query = query;
    std::string cookies;
    for (const auto& [name, value] : cookies_)
      cookies.append(cookies.empty() ? "" : "; ").append(name).append("=").append(value);
    request.fields = {{"origin", settings_.url}, {"cookie", cookies}};
    request.body = as_bytes(body);
    auto answer = pages::answer(request, sign_in_.realm(settings_, policy_, time_));
    if (!answer) return answer;
    for (const auto& field : answer->response.fields) {
      if (field.name != "Set-Cookie") continue;
      const auto equals = field.value.find('='), end = field.value.find(';');
      cookies_[field.value.substr(0, equals)] = field.value.substr(equals + 1, end - equals - 1);
    }
    return answer;
  }

  // A form with the token of the page's.
  Answer post(std::string_view path, const std::string& fields, std::string_view query = "") {
    const std::string body = page("GET", path, query)->response.body;
    const std::string before = "name=\"token\" value=\"";
    const auto begin = body.find(before) + before.size();
    return *page("POST", path, query,
                 "token=" + body.substr(begin, body.find('"', begin) - begin) + "&" + fields);
  }

  Answer sign_in(std::string_view path = "/example/me") {
    const Secret code = signin::new_enrolment_code();
    const std::string text(as_text(code.bytes()));
    EXPECT_TRUE(
        directory_->set_code(tenant_, alice_, *signin::hash_of_enrolment_code(text), directory::now + 99999));
    return post(path, "do=sign-in&username=alice&secret=" + text);
  }

  nlohmann::json ask(std::string_view path, std::string_view body) {
    local::HttpRequest request;
    request.client = "192.0.2.7:4711";
    request.method = "POST";
    request.path = path;
    request.body = as_bytes(body);
    return nlohmann::json::parse(sign_in_.answer(request, settings_, policy_, time_).response.body);
  }

  std::string poll(const std::string& device_code) {
    const auto answer = ask(
        "/example/oauth2/v2.0/token",
        "grant_type=device_code&client_id=29d9ed98-a469-4536-ade2-f981bc1d605e&device_code=" + device_code);
    return answer.contains("error") ? answer["error"].get<std::string>() : "granted";
  }

  // What a page asks a passkey for.
  std::string challenge(std::string_view path, std::string_view query = "") {
    const std::string body = page("GET", path, query)->response.body;
    const std::string before = "&quot;challenge&quot;:&quot;";
    const auto begin = body.find(before);
    if (begin == body.npos) return {};
    const auto text = begin + before.size();
    return body.substr(text, body.find('&', text) - text);
  }
  static std::string encoded(const nlohmann::json& credential) {
    std::string text;
    for (const char c : credential.dump()) text += c == '"' ? std::string("%22") : std::string(1, c);
    return text;
  }
  Answer add_passkey() {
    const std::string data =
        webauthn::client_data("webauthn.create", challenge("/example/me", "add"), settings_.url);
    return post("/example/me",
                "do=add&name=blue&credential=" +
                    encoded({{"clientDataJSON", base64url_of(as_bytes(data))},
                             {"attestationObject", base64url_of(authenticator_.registration())}}),
                "add");
  }
  Answer sign_in_by_passkey(bool verified = true) {
    const std::string data = webauthn::client_data("webauthn.get", challenge("/example/me"), settings_.url);
    auto authenticator = authenticator_;
    if (!verified) authenticator.flags = webauthn::TestAuthenticator::user_present;
    const auto made = authenticator.assertion(data);
    return post("/example/me",
                "do=sign-in-passkey&credential=" + encoded({{"id", base64url_of(authenticator_.id)},
                                                            {"clientDataJSON", base64url_of(as_bytes(data))},
                                                            {"authenticatorData", base64url_of(made.data)},
                                                            {"signature", base64url_of(made.signature)}}));
  }

  bool is_signed_in(std::string_view path = "/example/me") {
    return page("GET", path)->response.body.find("Signed in as") != std::string::npos;
  }

  signin::Settings settings_;
  account::Policy policy_;
  account::Attempts attempts_;
  signin::SignIn sign_in_{*directory_, *directory_, attempts_};
  signin::Nonces::Time time_ = noon;
  webauthn::TestAuthenticator authenticator_;
  directory::ObjectId alice_;
  std::map<std::string, std::string> cookies_;
};

TEST_F(PagesTest, KnowsItsPaths) {
  for (const auto* path :
       {"/example/me", "/example/ME/", "/common/device", "/x/oauth2/authorize", "/x/OAuth2/v2.0/Authorize"})
    EXPECT_TRUE(page("GET", path)) << path;
  for (const auto* path : {"/", "/me", "/example/me/x", "/example/oauth2/token", "", "//", "/example",
                           "/EnrollmentServer/device", "/enrollmentserver/device/"})
    EXPECT_FALSE(page("GET", path)) << path;
}

TEST_F(PagesTest, ASessionEndsAfterAnHour) {
  EXPECT_EQ(sign_in().response.status, 303);
  EXPECT_TRUE(is_signed_in());
  time_ = noon + 3599s;
  EXPECT_TRUE(is_signed_in());
  time_ = noon + 3600s;
  EXPECT_FALSE(is_signed_in());
}

TEST_F(PagesTest, ASessionEndsWithThePassword) {
  sign_in();
  ASSERT_TRUE(directory_->set_keys(tenant_, alice_, directory::random_keys(), {.now = directory::now}));
  EXPECT_FALSE(is_signed_in());
}

TEST_F(PagesTest, ASessionIsOfItsTenant) {
  create_tenant("other");
  sign_in();
  EXPECT_TRUE(is_signed_in());
  EXPECT_FALSE(is_signed_in("/other/me"));
  EXPECT_EQ(page("GET", "/common/me")->response.status, 303);
}

TEST_F(PagesTest, DeviceCodesExpire) {
  const auto asked =
      ask("/example/oauth2/v2.0/devicecode", "client_id=29d9ed98-a469-4536-ade2-f981bc1d605e&scope=openid");
  const std::string device_code = asked.at("device_code"), user_code = asked.at("user_code");
  EXPECT_EQ(poll(device_code), "authorization_pending");
  EXPECT_EQ(poll(device_code), "slow_down");
  time_ = noon + 5s;
  EXPECT_EQ(poll(device_code), "authorization_pending");
  sign_in();
  time_ = noon + 900s;
  EXPECT_EQ(poll(device_code), "expired_token");
  EXPECT_EQ(post("/example/device", "do=find&code=" + user_code).response.status, 400);
  EXPECT_EQ(post("/example/device", "do=allow&code=" + user_code).response.status, 400);
}

TEST_F(PagesTest, AProgramIsAllowed) {
  const auto asked = ask("/common/oauth2/devicecode", "client_id=29d9ed98-a469-4536-ade2-f981bc1d605e");
  sign_in();
  const std::string code = asked.at("user_code");
  const Answer shown = post("/example/device", "do=find&code=" + code);
  EXPECT_NE(shown.response.body.find("192.0.2.7<"), std::string::npos);
  EXPECT_EQ(post("/example/device", "do=allow&code=" + code).response.status, 200);
  EXPECT_EQ(poll(asked.at("device_code")), "granted");
  EXPECT_EQ(poll(asked.at("device_code")), "expired_token");
}

TEST_F(PagesTest, CodesExpire) {
  const std::string query =
      "client_id=29d9ed98-a469-4536-ade2-f981bc1d605e&response_type=code&redirect_uri=msauth://"
      "Microsoft.AAD.BrokerPlugin"
      "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
  sign_in();
  for (const auto late : {119s, 120s}) {
    const Answer sent = post("/example/oauth2/authorize", "do=allow", query);
    ASSERT_EQ(sent.response.status, 303) << sent.response.body;
    const std::string& location = sent.response.fields.back().value;
    time_ += late;
    // RFC 7636, appendix B.
    const auto answer =
        ask("/example/oauth2/token",
            "grant_type=authorization_code&client_id=29d9ed98-a469-4536-ade2-f981bc1d605e&"
            "redirect_uri=msauth://"
            "Microsoft.AAD.BrokerPlugin&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&" +
                location.substr(location.find('?') + 1));
    EXPECT_EQ(answer.contains("access_token"), late == 119s) << answer;
  }
}

TEST_F(PagesTest, APasskeyIsAddedAndSignsIn) {
  sign_in();
  const Answer added = add_passkey();
  EXPECT_EQ(added.response.status, 303) << added.reason;
  EXPECT_EQ(directory_->keys_of(tenant_, alice_)->at(0).name, "blue");
  post("/example/me", "do=sign-out");
  EXPECT_FALSE(is_signed_in());
  EXPECT_EQ(sign_in_by_passkey(false).reason, "security key: user not verified");
  EXPECT_FALSE(is_signed_in());
  EXPECT_EQ(sign_in_by_passkey().response.status, 303);
  EXPECT_TRUE(is_signed_in());
}

TEST_F(PagesTest, WhatAPasskeyHasGotEndsWithIt) {
  sign_in();
  add_passkey();
  post("/example/me", "do=sign-out");
  sign_in_by_passkey();
  EXPECT_TRUE(is_signed_in());
  ASSERT_TRUE(directory_->remove_key(tenant_, directory_->keys_of(tenant_, alice_)->at(0).id));
  EXPECT_FALSE(is_signed_in());
}

TEST_F(PagesTest, APasskeyIsAddedByWhoHasJustSignedIn) {
  sign_in();
  EXPECT_NE(challenge("/example/me", "add"), "");
  const Answer early = add_passkey();
  EXPECT_EQ(early.response.status, 303);
  time_ = noon + 600s;
  EXPECT_TRUE(is_signed_in());
  EXPECT_NE(page("GET", "/example/me", "add")->response.body.find("show once more"), std::string::npos);
  EXPECT_EQ(add_passkey().response.status, 200);
  EXPECT_EQ(directory_->keys_of(tenant_, alice_)->size(), 1U);
  sign_in();
  EXPECT_EQ(page("GET", "/example/me", "add")->response.body.find("show once more"), std::string::npos);
}

TEST_F(PagesTest, WhatAnOldSessionGivesAProgramIsOfItsTime) {
  sign_in();
  add_passkey();
  post("/example/me", "do=sign-out");
  sign_in_by_passkey();
  const std::string client = "29d9ed98-a469-4536-ade2-f981bc1d605e";
  const auto token = [&] {
    const auto asked = ask("/example/oauth2/devicecode", "client_id=" + client);
    const std::string code = asked.at("user_code"), device_code = asked.at("device_code");
    EXPECT_EQ(post("/example/device", "do=allow&code=" + code).response.status, 200);
    const auto granted = ask("/example/oauth2/token",
                             "grant_type=device_code&client_id=" + client + "&device_code=" + device_code);
    return granted.at("access_token").get<std::string>();
  };
  const auto reason = [&](const std::string& bearer) {
    local::HttpRequest request;
    request.client = "192.0.2.7:4711";
    request.method = "GET";
    request.path = "/EnrollmentServer/key/fido2";
    const std::string authorization = "Bearer " + bearer;
    request.fields = {{"authorization", authorization}};
    return std::string(sign_in_.answer(request, settings_, policy_, time_).reason);
  };
  const auto methods = [](const std::string& bearer) {
    const auto begin = bearer.find('.') + 1;
    const auto claims = octets_of_base64url(bearer.substr(begin, bearer.find('.', begin) - begin));
    return nlohmann::json::parse(*claims).at("amr").dump();
  };
  const std::string early = token();
  EXPECT_NE(methods(early).find("ngcmfa"), std::string::npos);
  EXPECT_EQ(reason(early), "no device");
  time_ = noon + 600s;
  EXPECT_TRUE(is_signed_in());
  const std::string late = token();
  EXPECT_EQ(methods(late).find("ngcmfa"), std::string::npos);
  ASSERT_TRUE(directory_->remove_key(tenant_, directory_->keys_of(tenant_, alice_)->at(0).id));
  EXPECT_EQ(reason(late), "key revoked");
}

TEST_F(PagesTest, AFormOfBeforeSheSignedInIsHers) {
  const std::string body = page("GET", "/example/me")->response.body;
  const std::string before = "name=\"token\" value=\"";
  const auto begin = body.find(before) + before.size();
  const std::string form = "token=" + body.substr(begin, body.find('"', begin) - begin) + "&do=sign-out";
  sign_in();
  EXPECT_EQ(page("POST", "/example/me", "", form)->response.status, 303);
  EXPECT_FALSE(is_signed_in());
  cookies_.clear();
  EXPECT_EQ(page("POST", "/example/me", "", form)->response.status, 403);
}

TEST_F(PagesTest, DevicesNameThemselvesAsLongAsTheyLike) {
  sign_in();
  for (std::uint8_t i = 0; i < 30; ++i) {
    directory::Device device;
    device.id = directory::DeviceId{directory::random_guid()};
    device.owner = alice_;
    device.name = device.type = device.version = std::string(256, '&');
    device.created = directory::now + i;
    device.transport_key = {1};
    device.certificate = {i};
    ASSERT_TRUE(directory_->add_device(tenant_, device));
  }
  const std::string body = page("GET", "/example/me")->response.body;
  EXPECT_LT(body.size(), local::max_body);
  EXPECT_NE(body.find("10 older ones"), std::string::npos);
}

TEST_F(PagesTest, AnAddressOfIpv6IsNoSource) {
  EXPECT_EQ(csp_source("https://wiki.test:8443/cb?x"), "https://wiki.test:8443");
  EXPECT_EQ(csp_source("http://[::1]:8080/cb"), "http:");
  EXPECT_EQ(csp_source("app.wiki:/cb"), "app.wiki:");
  EXPECT_EQ(csp_source("https://a;script-src *"), "");
}

TEST_F(PagesTest, AScopeHasASize) {
  const std::string form = "client_id=29d9ed98-a469-4536-ade2-f981bc1d605e&scope=openid+";
  EXPECT_TRUE(ask("/example/oauth2/v2.0/devicecode", form).contains("device_code"));
  const auto refused = ask("/example/oauth2/v2.0/devicecode", form + std::string(1024, 'x'));
  EXPECT_EQ(refused.at("error"), "invalid_request");
}

TEST_F(PagesTest, WhatCannotStandInAFieldIsRefused) {
  EXPECT_EQ(page("GET", "/example/me", "a\r\nSet-Cookie: x")->response.status, 400);
  EXPECT_EQ(page("GET", "/example/me", "\xff")->response.status, 400);
}

}  // namespace
}  // namespace ferryman::pages
