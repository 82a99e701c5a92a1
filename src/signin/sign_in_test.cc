#include "signin/sign_in.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace ferryman::signin {
namespace {

using namespace std::chrono_literals;

const Settings settings{"https://gateway.example.com", "Example", 5min};
const Nonces::Time noon{1769860800s};

class SignInTest : public testing::Test {
 protected:
  local::HttpResponse ask(std::string_view method, std::string_view path, std::string_view body = "") {
    local::HttpRequest request;
    request.method = method;
    request.path = path;
    request.body = as_bytes(body);
    return sign_in_.answer(request, settings, noon).response;
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

 private:
  SignIn sign_in_;
};

TEST_F(SignInTest, TheConfigurationNamesTheKerberosEndpoint) {
  for (const auto* path :
       {"/example/.well-known/openid-configuration", "/EXAMPLE/.Well-Known/OpenID-configuration"}) {
    const auto response = ask("GET", path);
    ASSERT_EQ(response.status, 200);
    const auto document = nlohmann::json::parse(response.body);
    EXPECT_EQ(document.at("kerberos_endpoint"), "https://gateway.example.com/Example/kerberos");
    EXPECT_EQ(document.at("token_endpoint"), "https://gateway.example.com/Example/oauth2/token");
    EXPECT_EQ(document.at("issuer"), "https://gateway.example.com/Example/");
    for (const auto* required : {"authorization_endpoint", "jwks_uri", "response_types_supported",
                                 "subject_types_supported", "id_token_signing_alg_values_supported"}) {
      EXPECT_TRUE(document.contains(required)) << required;
    }
  }
  const auto v2 = nlohmann::json::parse(ask("GET", "/example/v2.0/.well-known/openid-configuration").body);
  EXPECT_EQ(v2.at("token_endpoint"), "https://gateway.example.com/Example/oauth2/v2.0/token");
  EXPECT_EQ(v2.at("issuer"), "https://gateway.example.com/Example/v2.0");
  const auto common = nlohmann::json::parse(ask("GET", "/Common/.well-known/openid-configuration").body);
  EXPECT_EQ(common.at("kerberos_endpoint"), "https://gateway.example.com/common/kerberos");
  EXPECT_EQ(common.at("issuer"), "https://gateway.example.com/{tenantid}/");
}

TEST_F(SignInTest, ANonceIsGivenWithoutAContentType) {
  for (const auto* path : {"/example/oauth2/token", "/common/oauth2/token", "/EXAMPLE/OAuth2/v2.0/token"}) {
    const auto response = ask("POST", path, "grant_type=srv_challenge");
    ASSERT_EQ(response.status, 200) << path;
    EXPECT_EQ(nlohmann::json::parse(response.body).at("Nonce").get<std::string>().size(), 56U);
    EXPECT_EQ(field(response, "Cache-Control"), "no-store");
  }
}

TEST_F(SignInTest, OtherGrantsAreRefusedAsOAuthHasIt) {
  EXPECT_EQ(error(ask("POST", "/example/oauth2/token")), "invalid_request");
  EXPECT_EQ(error(ask("POST", "/example/oauth2/token", "grant_type=a&grant_type=a")), "invalid_request");
  EXPECT_EQ(error(ask("POST", "/example/oauth2/token", "grant_type=password")), "unsupported_grant_type");
  EXPECT_EQ(ask("POST", "/example/oauth2/token", "grant_type=password").status, 400);
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
