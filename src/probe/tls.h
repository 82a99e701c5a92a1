#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <tl/expected.hpp>

namespace ferryman::probe {

struct SslDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
template <typename T>
using SslPointer = std::unique_ptr<T, SslDeleter>;

// What the command line says about TLS; PEM files, empty: the system's trust, no client certificate.
struct TlsFiles {
  std::string ca, certificate, key;
};

// A context that completes every handshake: what is wrong with a certificate is looked at afterwards.
tl::expected<SslPointer<SSL_CTX>, std::string> make_tls_context(const TlsFiles& files);

// One handshake's choices.
struct TlsChoice {
  std::string alpn;  // as on the wire: each name behind its length; empty: none is offered
  int lowest = TLS1_2_VERSION, highest = TLS1_3_VERSION;
  bool lax = false;                // everything that OpenSSL still can, however weak
  SSL_SESSION* session = nullptr;  // to be resumed
};

inline constexpr const char* alpn_http1 = "\x08http/1.1";
inline constexpr const char* alpn_both = "\x02h2\x08http/1.1";

// What OpenSSL's error queue says, in plain words where that is possible; empties the queue.
std::string tls_error_words();

}  // namespace ferryman::probe
