#include "probe/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>

#include "probe/finding.h"

namespace ferryman::probe {

std::string tls_error_words() {
  const unsigned long error = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(error);
  const int number = ERR_GET_REASON(error);
  const bool from_tls = ERR_GET_LIB(error) == ERR_LIB_SSL;
  ERR_clear_error();
  if (from_tls) {
    switch (number) {
      case SSL_R_WRONG_VERSION_NUMBER:
      case SSL_R_HTTP_REQUEST:
        return "the port does not speak TLS";
      case SSL_R_UNEXPECTED_EOF_WHILE_READING:
        return "the server closed the connection within TLS";
      case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      case SSL_R_UNSUPPORTED_PROTOCOL:
        return "no TLS version in common";
      case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
        return "the server sees no cipher or certificate in common (alert handshake_failure)";
      case SSL_R_TLSV1_UNRECOGNIZED_NAME:
        return "the server does not know this host name (alert unrecognized_name)";
      case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return "the server asks for a client certificate";
      case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        return "the server refuses the client certificate";
      default:
        break;
    }
  }
  return reason == nullptr ? "TLS failed" : printable(reason);
}

tl::expected<SslPointer<SSL_CTX>, std::string> make_tls_context(const TlsFiles& files) {
  SslPointer<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
  if (!context) return tl::unexpected(tls_error_words());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  // Without it OpenSSL would read on for as long as a peer sends what is no answer.
  SSL_CTX_clear_mode(context.get(), SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  const int trusted = files.ca.empty()
                          ? SSL_CTX_set_default_verify_paths(context.get())
                          : SSL_CTX_load_verify_locations(context.get(), files.ca.c_str(), nullptr);
  if (trusted != 1)
    return tl::unexpected(fmt::format("--cacert {}: {}", printable(files.ca), tls_error_words()));
  if (!files.certificate.empty()) {
    const std::string& key = files.key.empty() ? files.certificate : files.key;
    if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
      return tl::unexpected(fmt::format("--cert {}, --key {}: {}", printable(files.certificate),
                                        printable(key), tls_error_words()));
  }
  ERR_clear_error();
  return context;
}

}  // namespace ferryman::probe
