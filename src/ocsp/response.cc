#include "ocsp/response.h"

#include <openssl/err.h>

#include <algorithm>
#include <array>

#include "base/owned.h"

namespace ferryman::ocsp {
namespace {

constexpr long clock_skew = 300;  // seconds

// By the issuer's name and the serial number, for the issuer's certificate need not be there.
bool is_about(OCSP_SINGLERESP* single, X509* certificate) {
  auto* id = const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(single));
  ASN1_OCTET_STRING* issuer = nullptr;
  ASN1_OBJECT* digest = nullptr;
  ASN1_INTEGER* serial = nullptr;
  OCSP_id_get0_info(&issuer, &digest, nullptr, &serial, id);
  const EVP_MD* known = EVP_get_digestbyobj(digest);
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash;
  unsigned size = 0;
  return known != nullptr && ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certificate)) == 0 &&
         X509_NAME_digest(X509_get_issuer_name(certificate), known, hash.data(), &size) == 1 &&
         std::ranges::equal(
             Bytes(hash).first(size),
             Bytes(ASN1_STRING_get0_data(issuer), static_cast<std::size_t>(ASN1_STRING_length(issuer))));
}

// What OpenSSL notes of a response that will not do is not to be taken for the cause of what fails later.
struct NoErrors {
  NoErrors() { ERR_set_mark(); }
  NoErrors(const NoErrors&) = delete;
  NoErrors& operator=(const NoErrors&) = delete;
  ~NoErrors() { ERR_pop_to_mark(); }
};

std::optional<std::time_t> end_of(OCSP_SINGLERESP* single) {
  ASN1_GENERALIZEDTIME* until = nullptr;
  OCSP_single_get0_status(single, nullptr, nullptr, nullptr, &until);
  std::tm time{};
  if (until == nullptr || ASN1_TIME_to_tm(until, &time) != 1) return std::nullopt;
  return ::timegm(&time) + clock_skew;
}

}  // namespace

Staple status_of(OCSP_SINGLERESP* single) {
  int reason = 0;
  ASN1_GENERALIZEDTIME *revoked = nullptr, *from = nullptr, *until = nullptr;
  const int status = OCSP_single_get0_status(single, &reason, &revoked, &from, &until);
  if (status == V_OCSP_CERTSTATUS_REVOKED) return Staple::revoked;
  if (OCSP_check_validity(from, until, clock_skew, -1) != 1) return Staple::out_of_date;
  return status == V_OCSP_CERTSTATUS_GOOD ? Staple::good : Staple::unknown;
}

bool KeptResponse::is_of_use(std::time_t now) const {
  const bool about = says != Staple::absent && says != Staple::unverifiable && says != Staple::out_of_date;
  return about && (!until || now < *until);
}

KeptResponse read_response(Bytes der, X509* certificate) {
  const NoErrors none_remain;
  const unsigned char* octets = der.data();
  const Owned<OCSP_RESPONSE, OCSP_RESPONSE_free> response(
      d2i_OCSP_RESPONSE(nullptr, &octets, static_cast<long>(der.size())));
  if (!response) return {};
  const Owned<OCSP_BASICRESP, OCSP_BASICRESP_free> basic(OCSP_response_get1_basic(response.get()));
  if (!basic) return {};
  for (int i = 0; i < OCSP_resp_count(basic.get()); ++i) {
    OCSP_SINGLERESP* single = OCSP_resp_get0(basic.get(), i);
    if (is_about(single, certificate)) return {status_of(single), end_of(single)};
  }
  return {};
}

}  // namespace ferryman::ocsp
