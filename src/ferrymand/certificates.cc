#include "ferrymand/certificates.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>

namespace ferryman {
namespace {

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

std::string subject_of(X509* certificate) {
  const std::unique_ptr<BIO, BioDeleter> out(BIO_new(BIO_s_mem()));
  if (!out || X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) < 0)
    return {};
  char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

CertificateStatus status_of(X509* certificate) {
  std::tm ends{};
  ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &ends);
  return {subject_of(certificate), std::chrono::system_clock::from_time_t(::timegm(&ends))};
}

}  // namespace

std::vector<CertificateStatus> certificates_of(
    const net::TlsContexts& contexts, std::span<const std::optional<net::ClientCertificates>> listeners) {
  // Every context has the same: they differ in how clients are asked for theirs.
  const net::TlsContext* context = listeners.empty() ? nullptr : contexts.find(listeners.front());
  if (context == nullptr) return {};
  std::vector<CertificateStatus> found;
  SSL_CTX* ctx = context->get();
  X509* current = SSL_CTX_get0_certificate(ctx);
  for (long more = SSL_CTX_set_current_cert(ctx, SSL_CERT_SET_FIRST); more == 1;
       more = SSL_CTX_set_current_cert(ctx, SSL_CERT_SET_NEXT))
    found.push_back(status_of(SSL_CTX_get0_certificate(ctx)));
  SSL_CTX_select_current_cert(ctx, current);
  return found;
}

}  // namespace ferryman
