#include "probe/certificate.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "base/bytes.h"
#include "base/owned.h"

namespace ferryman::probe {
namespace {

constexpr int max_chain = 16, max_names = 100;

std::string name_text(const X509_NAME* name) {
  const Owned<BIO, BIO_free> out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return printable({text, size > 0 ? static_cast<std::size_t>(size) : 0});
}

std::int64_t seconds(const ASN1_TIME* time) {
  std::tm broken_down{};
  if (ASN1_TIME_to_tm(time, &broken_down) != 1) return 0;
  return ::timegm(&broken_down);
}

std::string address_text(const ASN1_OCTET_STRING* octets) {
  const int size = ASN1_STRING_length(octets);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (size != 4 && size != 16) return {};
  ::inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(octets), text.data(), text.size());
  return text.data();
}

std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> names;
  const Owned<GENERAL_NAMES, GENERAL_NAMES_free> all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < std::min(sk_GENERAL_NAME_num(all.get()), max_names); ++i) {
    const GENERAL_NAME* one = sk_GENERAL_NAME_value(all.get(), i);
    if (one->type == GEN_DNS)
      names.push_back(printable(as_text({ASN1_STRING_get0_data(one->d.dNSName),
                                         static_cast<std::size_t>(ASN1_STRING_length(one->d.dNSName))})));
    if (one->type == GEN_IPADD) names.push_back(address_text(one->d.iPAddress));
  }
  return names;
}

std::string key_text(const X509* certificate) {
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  const char* type = key == nullptr ? nullptr : EVP_PKEY_get0_type_name(key);
  return type == nullptr ? "unknown" : std::string(type) + " " + std::to_string(EVP_PKEY_get_bits(key));
}

bool has_ocsp_url(X509* certificate) {
  const Owned<STACK_OF(OPENSSL_STRING), X509_email_free> urls(X509_get1_ocsp(certificate));
  return urls != nullptr && sk_OPENSSL_STRING_num(urls.get()) > 0;
}

Certificate read(X509* certificate) {
  Certificate result;
  result.subject = name_text(X509_get_subject_name(certificate));
  result.issuer = name_text(X509_get_issuer_name(certificate));
  result.key = key_text(certificate);
  result.names = names_of(certificate);
  result.not_before = seconds(X509_get0_notBefore(certificate));
  result.not_after = seconds(X509_get0_notAfter(certificate));
  result.names_crl = X509_get_ext_by_NID(certificate, NID_crl_distribution_points, -1) >= 0;
  result.names_ocsp = has_ocsp_url(certificate);
  return result;
}

ChainFault fault_of(int error, STACK_OF(X509) * sent) {
  switch (error) {
    case X509_V_OK:
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return ChainFault::none;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return ChainFault::self_signed;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return ChainFault::unknown_root;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      // Alone: its issuer may be missing, or unknown here.
      return sk_X509_num(sent) > 1 ? ChainFault::unknown_root : ChainFault::incomplete;
    case X509_V_ERR_INVALID_PURPOSE:
      return ChainFault::wrong_purpose;
    default:
      return ChainFault::other;
  }
}

// Goes on whatever is found; the first fault that is not about time is kept.
struct FirstFault {
  int error = X509_V_OK;
};

int note_fault(int good, X509_STORE_CTX* context) {
  const int error = X509_STORE_CTX_get_error(context);
  auto* first = static_cast<FirstFault*>(X509_STORE_CTX_get_app_data(context));
  const bool about_time = error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
  if (good == 0 && !about_time && first->error == X509_V_OK) first->error = error;
  return 1;
}

}  // namespace

std::string_view name(pki::Staple staple) {
  constexpr std::array<std::string_view, 6> names{"absent",  "good",    "revoked",
                                                  "unknown", "expired", "unverifiable"};
  return names[static_cast<std::size_t>(staple)];
}

Chain inspect(SSL* ssl, const Target& target) {
  Chain chain;
  STACK_OF(X509)* sent = SSL_get_peer_cert_chain(ssl);
  X509* own = SSL_get0_peer_certificate(ssl);
  if (own == nullptr) {
    chain.sent.emplace_back();
    chain.fault = ChainFault::other;
    chain.fault_words = "the server sent no certificate";
    return chain;
  }
  for (int i = 0; i < std::min(sk_X509_num(sent), max_chain); ++i)
    chain.sent.push_back(read(sk_X509_value(sent, i)));
  chain.name_matches = target.is_ip_address()
                           ? X509_check_ip_asc(own, target.host.c_str(), 0) == 1
                           : X509_check_host(own, target.host.data(), target.host.size(), 0, nullptr) == 1;

  X509_STORE* trust = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));
  const Owned<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  FirstFault first;
  if (X509_STORE_CTX_init(context.get(), trust, own, sent) == 1) {
    X509_STORE_CTX_set_app_data(context.get(), &first);
    X509_STORE_CTX_set_default(context.get(), "ssl_server");
    X509_STORE_CTX_set_verify_cb(context.get(), note_fault);
    if (X509_verify_cert(context.get()) != 1 && first.error == X509_V_OK)
      first.error = X509_V_ERR_UNSPECIFIED;
  }
  chain.fault = fault_of(first.error, sent);
  if (chain.fault == ChainFault::other) chain.fault_words = X509_verify_cert_error_string(first.error);
  chain.staple = pki::judge_staple(ssl, X509_STORE_CTX_get0_chain(context.get()), trust);
  ERR_clear_error();
  return chain;
}

}  // namespace ferryman::probe
