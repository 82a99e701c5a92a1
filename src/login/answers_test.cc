#include "login/answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/base64.h"
#include "base/guid.h"
#include "pki/device_ca.h"
#include "pki/private_key.h"
#include "signin/prt_answer.h"

namespace ferryman::login {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char user_id[] = "00112233-4455-6677-8899-aabbccddeeff",
               tenant_id[] = "6f9619ff-8b86-4011-b42d-00c04fc964ff";

json configuration() {
  return {{"token_endpoint", "https://gw.test/example/oauth2/token"},
          {"kerberos_endpoint", "https://gw.test/example/kerberos"},
          {"tenant_id", "6F9619FF-8B86-4011-B42D-00C04FC964FF"}};
}

json discovery() {
  return json::parse(R"({
    "DeviceJoinService": {"JoinEndpoint": "https://gw.test/EnrollmentServer/device/",
      "JoinResourceId": "urn:ms-drs:enterpriseregistration.windows.net", "ServiceVersion": "2.0"},
    "KeyProvisioningService": {"KeyProvisionEndpoint": "https://gw.test/EnrollmentServer/key/",
      "KeyProvisionResourceId": "urn:ms-drs:enterpriseregistration.windows.net", "ServiceVersion": "1.0"},
    "TenantInfo": {"TenantId": "6f9619ff-8b86-4011-b42d-00c04fc964ff", "TenantName": "Example"}})");
}

std::string id_token(const json& claims) {
  return "e30." + base64url_of(as_bytes(claims.dump())) + ".c2ln";
}

json person() {
  return {{"oid", user_id}, {"tid", tenant_id}, {"upn", "alice@cloud.test"}, {"name", "Alice"}};
}

// As the server writes it.
json prt() {
  signin::PrtAnswer answer;
  answer.prt = "a.b.c.d.e";
  answer.lifetime = std::chrono::hours(24 * 14);
  answer.id_token = id_token(person());
  answer.user_id = user_id;
  answer.tenant_id = tenant_id;
  answer.session_key = "x.y.z";
  answer.cloud_ticket = signin::no_ticket_text("there is none");
  answer.top_level_names = {".Cloud.test", "host.test:1433", "evil.test\n[realms]", ".b.test"};
  return json::parse(signin::prt_answer(answer, 1'800'000'000));
}

template <typename Parse>
void expect_refused(Parse parse, const json& body, const char* part) {
  const auto parsed = parse(as_bytes(body.dump()));
  ASSERT_FALSE(parsed.has_value()) << body.dump();
  EXPECT_EQ(parsed.error().fault, Fault::refused);
  EXPECT_THAT(parsed.error().text, HasSubstr(part)) << body.dump();
}

TEST(Answers, EndpointsOfATenant) {
  const auto endpoints = parse_configuration(as_bytes(configuration().dump()));
  ASSERT_TRUE(endpoints.has_value());
  EXPECT_EQ(endpoints->kerberos, "https://gw.test/example/kerberos");
  EXPECT_EQ(endpoints->tenant_id, tenant_id);
}

TEST(Answers, EndpointsThatAreNone) {
  const auto with = [](const char* name, const json& value) {
    json changed = configuration();
    changed[name] = value;
    return changed;
  };
  expect_refused(parse_configuration, with("token_endpoint", "http://gw.test/"), "token_endpoint");
  expect_refused(parse_configuration, with("token_endpoint", 1), "token_endpoint");
  expect_refused(parse_configuration, with("kerberos_endpoint", "https://gw.test/\n}"), "kerberos_endpoint");
  expect_refused(parse_configuration, with("kerberos_endpoint", "https://" + std::string(2000, 'a')),
                 "kerberos_endpoint");
  expect_refused(parse_configuration, with("tenant_id", "../../etc"), "tenant_id");
  expect_refused(parse_configuration, json("text"), "no JSON");
}

TEST(Answers, WhereDevicesJoin) {
  const auto found = parse_discovery(as_bytes(discovery().dump()));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->join.url, "https://gw.test/EnrollmentServer/device/?api-version=2.0");
  EXPECT_EQ(found->key.url, "https://gw.test/EnrollmentServer/key/?api-version=1.0");
  EXPECT_EQ(found->device_url(user_id),
            std::string("https://gw.test/EnrollmentServer/device/") + user_id + "?api-version=2.0");
  EXPECT_EQ(found->tenant_name, "Example");
  json changed = discovery();
  changed["DeviceJoinService"]["ServiceVersion"] = "2.0&x=y z";
  expect_refused(parse_discovery, changed, "DeviceJoinService");
  changed = discovery();
  changed.erase("KeyProvisioningService");
  expect_refused(parse_discovery, changed, "KeyProvisioningService");
}

TEST(Answers, APrtAsTheServerWritesIt) {
  const auto answer = parse_prt_answer(as_bytes(prt().dump()));
  ASSERT_TRUE(answer.has_value()) << answer.error().text;
  EXPECT_EQ(as_text(answer->prt.bytes()), "a.b.c.d.e");
  EXPECT_EQ(answer->lifetime, std::chrono::hours(24 * 14));
  EXPECT_EQ(answer->session_key, "x.y.z");
  EXPECT_EQ(answer->person.upn, "alice@cloud.test");
  EXPECT_EQ(answer->person.id, user_id);
  EXPECT_EQ(answer->person.tenant_id, tenant_id);
  EXPECT_TRUE(answer->cloud_ticket.has_value());
  EXPECT_THAT(answer->top_level_names, ElementsAre(".cloud.test", "host.test:1433", ".b.test"));
}

TEST(Answers, ADomainsTicketIsThereOrNot) {
  json body = prt();
  body.erase("tgt_ad");
  EXPECT_FALSE(parse_prt_answer(as_bytes(body.dump()))->on_premises_ticket.has_value());
  body["tgt_ad"] = signin::no_ticket_text("the domain is not linked");
  const auto answer = parse_prt_answer(as_bytes(body.dump()));
  ASSERT_TRUE(answer->on_premises_ticket.has_value());
  EXPECT_THAT(std::string(as_text(answer->on_premises_ticket->bytes())), HasSubstr("not linked"));
}

TEST(Answers, APrtThatIsNone) {
  const auto without = [](const char* name) {
    json changed = prt();
    changed.erase(name);
    return changed;
  };
  expect_refused(parse_prt_answer, without("refresh_token"), "refresh token");
  expect_refused(parse_prt_answer, without("refresh_token_expires_in"), "how long");
  expect_refused(parse_prt_answer, without("id_token"), "whose it is");
  for (const char* token : {"", "a", "a.b", "e30.e30.", "e30.!!!.x"}) {
    json changed = prt();
    changed["id_token"] = token;
    expect_refused(parse_prt_answer, changed, "whose it is");
  }
  for (const char* name : {"oid", "tid"}) {
    json claims = person(), changed = prt();
    claims[name] = "../..";
    changed["id_token"] = id_token(claims);
    expect_refused(parse_prt_answer, changed, "whose it is");
  }
}

TEST(Answers, ALifetimeIsBounded) {
  json changed = prt();
  changed["refresh_token_expires_in"] = 18'446'744'073'709'551'615U;
  const auto answer = parse_prt_answer(as_bytes(changed.dump()));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->lifetime, std::chrono::hours(24 * 366));
}

TEST(Answers, ADevicesCertificate) {
  const pki::Validity validity{1'700'000'000, 2'000'000'000};
  const auto ca = pki::DeviceCa::make(*guid_of_text(tenant_id), validity);
  const auto key = pki::PrivateKey::generate_rsa();
  const auto issued = ca.issue(key.public_key(), *guid_of_text(user_id), validity);
  const auto body = [](Bytes der) {
    return json{{"Certificate", {{"Thumbprint", "x"}, {"RawBody", base64_of(der)}}}};
  };
  const auto joined = parse_join_answer(as_bytes(body(issued.der()).dump()));
  ASSERT_TRUE(joined.has_value());
  EXPECT_EQ(joined->device_id, user_id);
  EXPECT_EQ(joined->certificate, issued);
  expect_refused(parse_join_answer, body(ca.certificate().der()), "does not say its id");
  expect_refused(parse_join_answer, body(as_bytes("no DER")), "cannot be read");
  expect_refused(parse_join_answer, json::object(), "no certificate");
}

TEST(Answers, Tokens) {
  const auto answer = parse_token_answer(as_bytes(R"({"access_token":"a.b.c","refresh_token":"r"})"));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(as_text(answer->access_token.bytes()), "a.b.c");
  EXPECT_EQ(as_text(answer->refresh_token->bytes()), "r");
  EXPECT_FALSE(parse_token_answer(as_bytes(R"({"access_token":"a"})"))->refresh_token.has_value());
  for (const char* body : {R"({"access_token":""})", R"({"access_token":"a\r\nHost: b"})", R"({})", "", "[]"})
    EXPECT_FALSE(parse_token_answer(as_bytes(body)).has_value()) << body;
  EXPECT_EQ(as_text(parse_nonce(as_bytes(R"({"Nonce":"n"})"))->bytes()), "n");
  EXPECT_FALSE(parse_nonce(as_bytes(R"({"Nonce":1})")).has_value());
}

}  // namespace
}  // namespace ferryman::login
