#include "ocsp/response.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <string>
#include <vector>

#include "base/owned.h"

namespace ferryman::ocsp {
namespace {

using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using Certificate = Owned<X509, X509_free>;
using Time = Owned<ASN1_TIME, ASN1_TIME_free>;

constexpr long hour = 3600;

struct Server {
  explicit Server(long serial, const std::string& issuer = "CA")
      : key(EVP_EC_gen("P-256")), certificate(X509_new()) {
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME_add_entry_by_txt(X509_get_issuer_name(certificate.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(issuer.c_str()), -1, -1, 0);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
  }
  Key key;
  Certificate certificate;
};

// begins, ends: seconds from now; ends 0: never.
std::vector<std::uint8_t> response(const Server& server, int status, long begins, long ends) {
  const Owned<OCSP_BASICRESP, OCSP_BASICRESP_free> basic(OCSP_BASICRESP_new());
  OCSP_CERTID* id = OCSP_cert_id_new(EVP_sha256(), X509_get_issuer_name(server.certificate.get()),
                                     X509_get0_pubkey_bitstr(server.certificate.get()),
                                     X509_get0_serialNumber(server.certificate.get()));
  const Time from(X509_gmtime_adj(nullptr, begins)),
      until(ends == 0 ? nullptr : X509_gmtime_adj(nullptr, ends)),
      revoked(status == V_OCSP_CERTSTATUS_REVOKED ? X509_gmtime_adj(nullptr, 0) : nullptr);
  OCSP_basic_add1_status(basic.get(), id, status, 0, revoked.get(), from.get(), until.get());
  OCSP_CERTID_free(id);
  OCSP_basic_sign(basic.get(), server.certificate.get(), server.key.get(), EVP_sha256(), nullptr,
                  OCSP_NOCERTS);
  const Owned<OCSP_RESPONSE, OCSP_RESPONSE_free> whole(
      OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()));
  std::vector<std::uint8_t> octets(static_cast<std::size_t>(i2d_OCSP_RESPONSE(whole.get(), nullptr)));
  unsigned char* out = octets.data();
  i2d_OCSP_RESPONSE(whole.get(), &out);
  return octets;
}

KeptResponse read(const std::vector<std::uint8_t>& octets, const Server& server) {
  return read_response(octets, server.certificate.get());
}

TEST(OcspResponse, SaysWhatItsResponderDoes) {
  const Server server(7);
  EXPECT_EQ(read(response(server, V_OCSP_CERTSTATUS_GOOD, -hour, hour), server).says, Staple::good);
  EXPECT_EQ(read(response(server, V_OCSP_CERTSTATUS_REVOKED, -hour, hour), server).says, Staple::revoked);
  EXPECT_EQ(read(response(server, V_OCSP_CERTSTATUS_UNKNOWN, -hour, hour), server).says, Staple::unknown);
  EXPECT_EQ(read(response(server, V_OCSP_CERTSTATUS_GOOD, -2 * hour, -hour), server).says,
            Staple::out_of_date);
  EXPECT_EQ(read(response(server, V_OCSP_CERTSTATUS_GOOD, hour, 2 * hour), server).says, Staple::out_of_date);
}

TEST(OcspResponse, OfAnotherCertificateSaysNothing) {
  const Server server(7);
  const auto octets = response(server, V_OCSP_CERTSTATUS_GOOD, -hour, hour);
  EXPECT_EQ(read(octets, Server(8)).says, Staple::unverifiable);
  EXPECT_EQ(read(octets, Server(7, "Another CA")).says, Staple::unverifiable);
  EXPECT_EQ(read({octets.begin(), octets.end() - 1}, server).says, Staple::unverifiable);
  EXPECT_EQ(read({}, server).says, Staple::unverifiable);
}

TEST(OcspResponse, LeavesNoErrorForOthers) {
  const Server server(7);
  ERR_clear_error();
  read(response(server, V_OCSP_CERTSTATUS_GOOD, -2 * hour, -hour), server);
  read({1, 2, 3}, server);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(OcspResponse, IsOfUseUntilItsTimeIsOver) {
  const Server server(7);
  const std::time_t now = std::time(nullptr);
  const auto kept = read(response(server, V_OCSP_CERTSTATUS_GOOD, -hour, hour), server);
  EXPECT_TRUE(kept.is_of_use(now));
  EXPECT_FALSE(kept.is_of_use(now + 2 * hour));
  EXPECT_TRUE(read(response(server, V_OCSP_CERTSTATUS_GOOD, -hour, 0), server).is_of_use(now + 1000 * hour));
  EXPECT_FALSE(read(response(server, V_OCSP_CERTSTATUS_GOOD, -2 * hour, -hour), server).is_of_use(now));
  EXPECT_FALSE(read({}, server).is_of_use(now));
}

}  // namespace
}  // namespace ferryman::ocsp
