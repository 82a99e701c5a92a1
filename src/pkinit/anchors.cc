#include "pkinit/anchors.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "pkinit/e_data.h"
#include "pkinit/openssl.h"
#include "pkinit/purposes.h"

namespace ferryman::pkinit {
namespace {

using pki::must;
namespace code = kerberos::error_code;

constexpr int security_level = 2;  // 112 bits: RSA with 2048, no SHA-1

// Calls take() with each object that a PEM holds. False where one cannot be read.
template <auto read, typename Owner, typename Take>
bool read_all(Bytes pem, const Take& take) {
  if (pem.empty()) return true;
  const OwnedBio input(must(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))));
  bool is_good = true;
  while (const Owner each{read(input.get(), nullptr, nullptr, nullptr)})
    is_good = is_good && take(each.get());
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return is_good && at_end;
}

bool is_about_crl(int error) {
  switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
    case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
    case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
      return true;
    default:
      return false;
  }
}

// OpenSSL asks for every fault that it finds whether to go on all the same.
int demand_crls(int is_good, X509_STORE_CTX* context) {
  if (is_good == 1) return 1;
  const bool is_anchor =
      X509_STORE_CTX_get_error_depth(context) == sk_X509_num(X509_STORE_CTX_get0_chain(context)) - 1;
  return is_anchor && is_about_crl(X509_STORE_CTX_get_error(context)) ? 1 : 0;
}

int use_crls_that_are_there(int is_good, X509_STORE_CTX* context) {
  const int error = X509_STORE_CTX_get_error(context);
  if (is_good != 1 && (error == X509_V_ERR_UNABLE_TO_GET_CRL || error == X509_V_ERR_CRL_HAS_EXPIRED))
    return 1;
  return demand_crls(is_good, context);
}

std::int32_t code_of(int error) {
  if (is_about_crl(error)) return code::revocation_status_unknown;
  switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
      return code::cannot_verify_certificate;
    case X509_V_ERR_CERT_REVOKED:
      return code::revoked_certificate;
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return code::digest_in_certificate_not_accepted;
    default:
      return code::invalid_certificate;
  }
}

std::string_view reason_of(std::int32_t code) {
  switch (code) {
    case code::cannot_verify_certificate:
      return "a client's certificate of an unknown issuer";
    case code::revoked_certificate:
      return "a client's certificate that was revoked";
    case code::revocation_status_unknown:
      return "no valid CRL for a client's certificate";
    case code::digest_in_certificate_not_accepted:
      return "a client's certificate signed with a weak digest";
    default:
      return "a client's certificate that is not valid";
  }
}

// The authorities between a certificate and its anchor: a limit of theirs is one for what they issue.
bool may_issue_for_logon(STACK_OF(X509) * chain) {
  for (int i = 1; i + 1 < sk_X509_num(chain); ++i) {
    const auto purposes = read_purposes(sk_X509_value(chain, i));
    if (!purposes) return false;
    if (purposes->is_limited && !purposes->pkinit && !purposes->smart_card_logon && !purposes->any)
      return false;
  }
  return true;
}

CertificateViews views_of(std::span<const pki::OwnedCertificate> certificates) {
  CertificateViews views(must(sk_X509_new_null()));
  for (const auto& each : certificates) must(sk_X509_push(views.get(), each.get()) > 0 ? 1 : 0);
  return views;
}

}  // namespace

Result<LogonAnchors> LogonAnchors::parse(Bytes certificates, std::optional<Bytes> crls, bool demands_crl) {
  std::shared_ptr<X509_STORE> store(must(X509_STORE_new()), X509_STORE_free);
  std::vector<pki::OwnedCertificate> anchors;
  const auto take_anchor = [&](X509* each) {
    must(X509_STORE_add_cert(store.get(), each));
    must(X509_up_ref(each));
    anchors.emplace_back(each);
    return X509_check_ca(each) != 0;
  };
  bool has_crls = false;
  const auto take_crl = [&](X509_CRL* each) {
    has_crls = true;
    return X509_STORE_add_crl(store.get(), each) == 1;
  };
  if (!read_all<PEM_read_bio_X509, pki::OwnedCertificate>(certificates, take_anchor) ||
      !read_all<PEM_read_bio_X509_CRL, OwnedCrl>(crls.value_or(Bytes()), take_crl) || (crls && !has_crls))
    return tl::unexpected(Error{Fault::wrong_value});
  if (anchors.empty()) return tl::unexpected(Error{Fault::missing_field});
  std::vector<X509*> views;
  views.reserve(anchors.size());
  for (const auto& each : anchors) views.push_back(each.get());
  return LogonAnchors(std::move(store), trusted_certifiers(views), has_crls || demands_crl, demands_crl);
}

Judged<void> LogonAnchors::verify(const LogonCertificate& certificate,
                                  std::span<const pki::OwnedCertificate> others, std::int64_t now) const {
  const CertificateViews untrusted = views_of(others);
  const OwnedStoreContext context(must(X509_STORE_CTX_new()));
  must(X509_STORE_CTX_init(context.get(), store_.get(), certificate.openssl(), untrusted.get()));
  X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_auth_level(parameters, security_level);
  X509_VERIFY_PARAM_set_depth(parameters, max_depth);
  X509_VERIFY_PARAM_set_time(parameters, now);
  must(X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN));
  if (checks_crls_)
    must(X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL));
  X509_STORE_CTX_set_verify_cb(context.get(), demands_crl_ ? demand_crls : use_crls_that_are_there);
  const bool is_verified = X509_verify_cert(context.get()) == 1;
  const bool is_for_logon = is_verified && may_issue_for_logon(X509_STORE_CTX_get0_chain(context.get()));
  ERR_clear_error();
  if (!is_verified) return tl::unexpected(refusal_of(context.get()));
  if (!is_for_logon) return refuse(code::inconsistent_key_purpose, "an authority that is not for logging on");
  return {};
}

Refusal LogonAnchors::refusal_of(X509_STORE_CTX* context) const {
  const std::int32_t code = code_of(X509_STORE_CTX_get_error(context));
  if (code == code::cannot_verify_certificate) return {code, reason_of(code), certifiers_};
  if (code == code::digest_in_certificate_not_accepted)
    return {code, reason_of(code), accepted_certificate_digests()};
  X509* const which = X509_STORE_CTX_get_current_cert(context);
  return {code, reason_of(code),
          invalid_certificate(which != nullptr ? which : X509_STORE_CTX_get0_cert(context))};
}

}  // namespace ferryman::pkinit
