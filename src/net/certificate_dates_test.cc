#include "net/certificate_dates.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>

#include <ctime>
#include <filesystem>

#include "base/owned.h"

namespace ferryman::net {
namespace {

using File = Owned<BIO, BIO_free_all>;

struct CertificateDatesTest : testing::Test {
  CertificateDatesTest() {
    X509_set_pubkey(certificate.get(), key.get());
    X509_time_adj_ex(X509_getm_notBefore(certificate.get()), 0, -60, &now);
    X509_time_adj_ex(X509_getm_notAfter(certificate.get()), 0, 3600, &now);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    const File file(BIO_new_file(certificate_file.c_str(), "w"));
    PEM_write_bio_X509(file.get(), certificate.get());
  }
  ~CertificateDatesTest() override { std::filesystem::remove_all(folder); }

  void write_staple(long seconds) {
    const Owned<OCSP_BASICRESP, OCSP_BASICRESP_free> basic(OCSP_BASICRESP_new());
    const Owned<ASN1_TIME, ASN1_TIME_free> from(X509_time_adj_ex(nullptr, 0, -60, &now));
    const Owned<ASN1_GENERALIZEDTIME, ASN1_GENERALIZEDTIME_free> next(
        ASN1_GENERALIZEDTIME_adj(nullptr, now, 0, seconds));
    Owned<OCSP_CERTID, OCSP_CERTID_free> id(
        OCSP_cert_to_id(EVP_sha1(), certificate.get(), certificate.get()));
    OCSP_basic_add1_status(basic.get(), id.get(), V_OCSP_CERTSTATUS_GOOD, 0, nullptr, from.get(), next.get());
    OCSP_basic_sign(basic.get(), certificate.get(), key.get(), EVP_sha256(), nullptr, 0);
    const Owned<OCSP_RESPONSE, OCSP_RESPONSE_free> response(
        OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()));
    const File file(BIO_new_file(staple_file.c_str(), "wb"));
    i2d_OCSP_RESPONSE_bio(file.get(), response.get());
  }

  const std::string folder = testing::TempDir() + "certificate_dates";
  const bool made = std::filesystem::create_directories(folder);
  const std::string certificate_file = folder + "/tls.pem", staple_file = folder + "/tls.ocsp";
  std::time_t now = std::time(nullptr);
  const Owned<EVP_PKEY, EVP_PKEY_free> key{EVP_EC_gen("P-256")};
  const Owned<X509, X509_free> certificate{X509_new()};
  TlsOptions options;
};

TEST_F(CertificateDatesTest, ACertificateHasItsEndAndAStapleItsNextUpdate) {
  write_staple(600);
  options.certificate = {certificate_file};
  auto dates = certificate_dates(options);
  ASSERT_EQ(dates.size(), 1U);
  EXPECT_EQ(dates[0].file, certificate_file);
  EXPECT_EQ(dates[0].not_after, now + 3600);
  EXPECT_FALSE(dates[0].staple_next_update);
  options.ocsp_response = {staple_file};
  dates = certificate_dates(options);
  EXPECT_EQ(dates.at(0).staple_next_update, now + 600);
}

TEST_F(CertificateDatesTest, WhatCannotBeReadHasNoDate) {
  options.certificate = {folder + "/none.pem", certificate_file};
  options.ocsp_response = {"", certificate_file};
  const auto dates = certificate_dates(options);
  ASSERT_EQ(dates.size(), 1U);
  EXPECT_EQ(dates[0].file, certificate_file);
  EXPECT_FALSE(dates[0].staple_next_update);
}

}  // namespace
}  // namespace ferryman::net
