#include "kerberos/encode.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "kerberos/kpasswd.h"
#include "kerberos/krb_error.h"
#include "kerberos/names.h"
#include "kerberos/request.h"

namespace ferryman::kerberos {
namespace {

constexpr std::array<std::int32_t, 2> aes{etype::aes256_sha1, etype::aes128_sha1};

TEST(Encode, AnAsReqIsReadAsWhatWasAskedFor) {
  const auto message = make_as_req("alice", "MIT.TEST", aes);
  const auto request = parse_request(message);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->kind, RequestKind::as_req);
  EXPECT_EQ(request->realm(), "MIT.TEST");
  EXPECT_EQ(request->kdc_req->cname->component(0), "alice");
  EXPECT_EQ(request->kdc_req->sname->component(0), "krbtgt");
  EXPECT_EQ(request->kdc_req->sname->component(1), "MIT.TEST");
  EtypeList etypes = request->kdc_req->etypes;
  std::int32_t first = 0, second = 0, none = 0;
  ASSERT_TRUE(etypes.next(first) && etypes.next(second));
  EXPECT_EQ(first, etype::aes256_sha1);
  EXPECT_EQ(second, etype::aes128_sha1);
  EXPECT_FALSE(etypes.next(none));
}

TEST(Encode, PadataStandsInAnAsReqInItsOrder) {
  const std::array<std::uint8_t, 56> cipher{1, 2, 3};
  const auto timestamp = make_encrypted_data(etype::aes256_sha1, cipher);
  const std::array<std::uint8_t, 2> cookie{7, 8};
  const std::array<Padata, 2> padata{Padata{padata::enc_timestamp, timestamp},
                                     Padata{padata::fx_cookie, cookie}};
  const auto message = make_as_req("alice", "MIT.TEST", aes, padata);
  const auto request = parse_request(message);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->realm(), "MIT.TEST");
  PadataList rest = request->kdc_req->padata;
  Padata element;
  ASSERT_TRUE(rest.next(element));
  EXPECT_EQ(element.type, padata::enc_timestamp);
  // SEQUENCE { [0] INTEGER 18, [2] OCTET STRING of 56 }
  EXPECT_EQ(element.value.size(), 2U + 5U + 4U + 56U);
  EXPECT_TRUE(std::equal(element.value.begin(), element.value.end(), timestamp.begin(), timestamp.end()));
  ASSERT_TRUE(rest.next(element));
  EXPECT_EQ(element.type, padata::fx_cookie);
  EXPECT_FALSE(rest.next(element));
}

TEST(Encode, NoncesDiffer) {
  EXPECT_NE(make_as_req("alice", "MIT.TEST", aes), make_as_req("alice", "MIT.TEST", aes));
}

TEST(Encode, LongMessagesHaveRoomToo) {
  const std::string realm(255, 'R'), text(4000, 't');
  const std::vector<std::uint8_t> value(4000);
  const std::array<Padata, 1> padata{Padata{padata::fx_cookie, value}};
  const auto request = make_as_req("alice", realm, aes, padata);
  ASSERT_TRUE(parse_request(request));
  EXPECT_EQ(parse_request(request)->realm(), realm);
  KrbErrorFields fields;
  fields.realm = text;
  const auto error = make_krb_error(fields);
  ASSERT_TRUE(parse_krb_error(error));
  EXPECT_EQ(parse_krb_error(error)->realm, text);
}

TEST(Encode, NoKdcIsAskedForNamesThatAreTooLong) {
  EXPECT_TRUE(make_as_req("alice", std::string(256, 'R'), aes).empty());
  EXPECT_TRUE(make_as_req(std::string(256, 'a'), "R", aes).empty());
}

TEST(Encode, WhatHasNoEncodingGivesNothing) {
  KrbErrorFields fields;
  fields.time = 300'000'000'000;
  EXPECT_TRUE(make_krb_error(fields).empty());
  EXPECT_TRUE(make_kpasswd_error(std::vector<std::uint8_t>(0x10000)).empty());
}

TEST(Encode, AKrbErrorIsReadAsWritten) {
  KrbErrorFields fields;
  fields.error_code = error_code::generic;
  fields.realm = "MIT.TEST";
  fields.instance = "MIT.TEST";
  fields.text = "no gateway answers";
  fields.time = 1'000'000'000;
  const auto message = make_krb_error(fields);
  const auto error = parse_krb_error(message);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->error_code, 60);
  EXPECT_EQ(error->stime, "20010909014640Z");
  EXPECT_EQ(error->realm, "MIT.TEST");
  EXPECT_EQ(error->sname.component(1), "MIT.TEST");
  EXPECT_TRUE(error->e_data.empty());
}

TEST(Encode, AKrbErrorCarriesItsData) {
  const std::vector<std::uint8_t> data{0, 2, 'x'};
  KrbErrorFields fields;
  fields.e_data = data;
  const auto message = make_krb_error(fields);
  const auto error = parse_krb_error(message);
  ASSERT_TRUE(error);
  EXPECT_EQ(as_text(error->e_data), std::string_view("\0\2x", 3));
}

TEST(Encode, AKpasswdErrorCarriesTheKrbError) {
  KrbErrorFields fields;
  fields.error_code = error_code::generic;
  fields.realm = "MIT.TEST";
  fields.service = "kadmin";
  fields.instance = "changepw";
  const auto message = make_kpasswd_error(make_krb_error(fields));
  ASSERT_TRUE(looks_like_kpasswd(message));
  const auto reply = parse_kpasswd_reply(message);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->error_code, 60);
  EXPECT_TRUE(make_kpasswd_error({}).empty());
}

}  // namespace
}  // namespace ferryman::kerberos
