#include "signin/sign_in.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "directory/test_tools.h"
#include "jose/jwe.h"
#include "signin/enrolment_code.h"

namespace ferryman::signin {
namespace {

using namespace std::chrono_literals;

const Nonces::Time noon{1769860800s};

class SignInTest : public directory::DirectoryTest {
 protected:
  SignInTest() { settings_.url = "https://gateway.example.com", settings_.tenant = "example"; }

  local::HttpResponse ask(std::string_view method, std::string_view path, std::string_view body = "") {
    local::HttpRequest request;
    request.method = method;
    request.path = path;
    request.body = as_bytes(body);
    return sign_in_.answer(request, settings_, policy_, noon).response;
  }

  static std::string field(const local::HttpResponse& response, std::string_view name) {
    for (const auto& field : response.fields) {
      if (field.name == name) return field.value;
    }
    return {};
  }

  static std::string error(const local::HttpResponse& response) {
    return nlohmann::json::parse(response.body).at("error").get<std::string>();
  }

  Settings settings_;
  account::Policy policy_;
  account::Attempts attempts_;
  SignIn sign_in_{*directory_, *directory_, attempts_};
};

TEST_F(SignInTest, TheConfigurationNamesTheKerberosEndpoint) {
  for (const auto* path :
       {"/example/.well-known/openid-configuration", "/EXAMPLE/.Well-Known/OpenID-configuration"}) {
    const auto response = ask("GET", path);
    ASSERT_EQ(response.status, 200);
    const auto document = nlohmann::json::parse(response.body);
    EXPECT_EQ(document.at("kerberos_endpoint"), "https://gateway.example.com/example/kerberos");
    EXPECT_EQ(document.at("token_endpoint"), "https://gateway.example.com/example/oauth2/token");
    EXPECT_EQ(document.at("issuer"), "https://gateway.example.com/" + tenant_.text() + "/");
    EXPECT_EQ(document.at("tenant_id"), tenant_.text());
    for (const auto* required : {"authorization_endpoint", "jwks_uri", "response_types_supported",
                                 "subject_types_supported", "id_token_signing_alg_values_supported"}) {
      EXPECT_TRUE(document.contains(required)) << required;
    }
  }
  const auto v2 = nlohmann::json::parse(ask("GET", "/example/v2.0/.well-known/openid-configuration").body);
  EXPECT_EQ(v2.at("token_endpoint"), "https://gateway.example.com/example/oauth2/v2.0/token");
  EXPECT_EQ(v2.at("issuer"), "https://gateway.example.com/" + tenant_.text() + "/v2.0");
  const auto common = nlohmann::json::parse(ask("GET", "/Common/.well-known/openid-configuration").body);
  EXPECT_EQ(common.at("kerberos_endpoint"), "https://gateway.example.com/common/kerberos");
  EXPECT_EQ(common.at("issuer"), "https://gateway.example.com/{tenantid}/");
}

TEST_F(SignInTest, WhateverADocumentNamesIsThere) {
  const std::string base = "https://gateway.example.com";
  for (const auto* path :
       {"/example/.well-known/openid-configuration", "/example/v2.0/.well-known/openid-configuration",
        "/common/.well-known/openid-configuration", "/example/Discover"}) {
    const auto document = nlohmann::json::parse(ask("GET", path).body).flatten();
    for (const auto& [name, value] : document.items()) {
      const std::string url = value.is_string() ? value.get<std::string>() : std::string();
      // The KDC proxy is ferrymand's, and a page is pages/'.
      if (!url.starts_with(base + "/") || name == "/issuer" || name == "/kerberos_endpoint" ||
          url.ends_with("/authorize"))
        continue;
      const auto response = ask("GET", url.substr(base.size()));
      EXPECT_NE(response.status, 404) << path << ' ' << name << ' ' << url;
    }
  }
}

TEST_F(SignInTest, ANonceIsGivenWithoutAContentType) {
  for (const auto* path : {"/example/oauth2/token", "/common/oauth2/token", "/EXAMPLE/OAuth2/v2.0/token"}) {
    const auto response = ask("POST", path, "grant_type=srv_challenge");
    ASSERT_EQ(response.status, 200) << path;
    EXPECT_EQ(nlohmann::json::parse(response.body).at("Nonce").get<std::string>().size(), 56U);
    EXPECT_EQ(field(response, "Cache-Control"), "no-store");
  }
}

TEST_F(SignInTest, TheRegistrationServiceGivesNoncesUnderAnotherName) {
  for (const auto* path : {"/EnrollmentServer/nonce/example/", "/EnrollmentServer/nonce/example",
                           "/enrollmentserver/Nonce/COMMON/"}) {
    const auto response = ask("GET", path);
    ASSERT_EQ(response.status, 200) << path;
    EXPECT_EQ(nlohmann::json::parse(response.body).at("Value").get<std::string>().size(), 56U);
    EXPECT_EQ(field(response, "Cache-Control"), "no-store");
  }
  EXPECT_EQ(error(ask("GET", "/EnrollmentServer/nonce/other/")), "invalid_tenant");
  EXPECT_EQ(error(ask("GET", "/EnrollmentServer/nonce/example/x")), "invalid_tenant");
  EXPECT_EQ(ask("GET", "/EnrollmentServer/nonce/").status, 404);
  EXPECT_EQ(ask("POST", "/EnrollmentServer/nonce/example/").status, 405);
}

TEST_F(SignInTest, EveryUserIsSignedInHere) {
  for (const auto* path :
       {"/common/UserRealm/alice@example.com", "/example/userrealm/nobody%40nowhere.test"}) {
    const auto response = ask("GET", path);
    ASSERT_EQ(response.status, 200) << path;
    EXPECT_EQ(nlohmann::json::parse(response.body).at("account_type"), "Managed");
  }
  EXPECT_EQ(ask("GET", "/common/UserRealm/").status, 404);
  EXPECT_EQ(error(ask("GET", "/other/UserRealm/alice")), "invalid_tenant");
}

TEST_F(SignInTest, OtherGrantsAreRefusedAsOAuthHasIt) {
  EXPECT_EQ(error(ask("POST", "/example/oauth2/token")), "invalid_request");
  EXPECT_EQ(error(ask("POST", "/example/oauth2/token", "grant_type=a&grant_type=a")), "invalid_request");
  EXPECT_EQ(error(ask("POST", "/example/oauth2/token", "grant_type=password")), "invalid_request");
  EXPECT_EQ(error(ask("POST", "/example/oauth2/token", "grant_type=implicit")), "unsupported_grant_type");
  EXPECT_EQ(ask("POST", "/example/oauth2/token", "grant_type=implicit").status, 400);
}

TEST_F(SignInTest, WhatCannotStandInATokenIsRefusedBeforeACodeIsUsedUp) {
  ASSERT_TRUE(user("alice").rid);
  const auto code = new_enrolment_code();
  ASSERT_TRUE(directory_->set_code(tenant_, directory_->find_account(tenant_, "alice")->id,
                                   *hash_of_enrolment_code(as_text(code.bytes())), 1'900'000'000));
  const std::string form =
      "grant_type=password&username=alice&password=" + std::string(as_text(code.bytes()));
  EXPECT_EQ(error(ask("POST", "/example/oauth2/token", form + "&client_id=%ff")), "invalid_request");
  EXPECT_EQ(error(ask("POST", "/example/oauth2/token", form + "&resource=%c3")), "invalid_request");
  EXPECT_EQ(ask("POST", "/example/oauth2/token", form + "&client_id=x").status, 200);
  EXPECT_EQ(error(ask("POST", "/example/oauth2/token", form)), "invalid_grant");
}

TEST_F(SignInTest, ARefreshTokenWithAnotherContentIsNone) {
  const std::string alice = user("alice").id.text();
  Keys keys(*directory_);
  const auto sealed_by = keys.of(tenant_, 1'769'860'800).value();
  const auto answer = [&](const char* member, const nlohmann::json& value) {
    nlohmann::json content{{"type", "refresh"}, {"oid", alice}, {"iat", 1'769'860'800},
                           {"bond", "0.0"},     {"gesture", 2}, {"strong_until", 0}};
    content[member] = value;
    const std::string token =
        jose::seal(sealed_by->prt_key.bytes(), tenant_.text(), as_bytes(content.dump()));
    return ask("POST", "/example/oauth2/token", "grant_type=refresh_token&refresh_token=" + token);
  };
  EXPECT_EQ(answer("gesture", 2).status, 200);
  for (const char* member : {"type", "oid", "iat", "bond", "gesture", "strong_until", "kid"})
    for (const nlohmann::json& value : {nlohmann::json(), nlohmann::json(-1), nlohmann::json(1e300),
                                        nlohmann::json(std::uint64_t{1} << 63U), nlohmann::json("x")})
      EXPECT_EQ(error(answer(member, value)), "invalid_grant") << member << value;
}

TEST_F(SignInTest, NothingIsKeptOfANameThatIsTooLong) {
  const std::string form = "grant_type=password&password=x&username=" + std::string(100'000, 'n');
  policy_.lockout.threshold = 1;
  for (int i = 0; i < 3; ++i) {
    const auto refused = ask("POST", "/example/oauth2/token", form);
    EXPECT_EQ(nlohmann::json::parse(refused.body).at("error_codes"), nlohmann::json::array({50126}));
  }
}

TEST_F(SignInTest, AnotherTenantIsUnknown) {
  const auto response = ask("GET", "/other/.well-known/openid-configuration");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(error(response), "invalid_tenant");
  EXPECT_EQ(nlohmann::json::parse(response.body).at("error_codes"), nlohmann::json::array({90002}));
  EXPECT_EQ(error(ask("POST", "//oauth2/token", "grant_type=srv_challenge")), "invalid_tenant");
  EXPECT_EQ(response.body.find("other"), std::string::npos);
}

TEST_F(SignInTest, OtherPathsAndMethods) {
  EXPECT_EQ(ask("GET", "/").status, 200);
  for (const auto* path :
       {"/example", "/example/", "/oauth2/token", "/example/oauth2/token/", "//", "/a/b/oauth2/token"}) {
    EXPECT_EQ(ask("GET", path).status, 404) << path;
  }
  auto response = ask("GET", "/example/oauth2/token");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(field(response, "Allow"), "POST");
  response = ask("POST", "/");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(field(response, "Allow"), "GET");
}

}  // namespace
}  // namespace ferryman::signin
