#pragma once

#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>

#include "net/options.h"
#include "net/ticket_keys.h"

namespace ferryman::net {

struct SslCtxDeleter {
  void operator()(SSL_CTX* ctx) const { SSL_CTX_free(ctx); }
};

// What one worker's TLS connections that ask for client certificates in one way have in common: certificates,
// versions, ALPN (h2, http/1.1), tickets, stapled OCSP responses. A connection keeps the context that it
// began with, so that a reload changes new connections only. A session is resumed only where clients are
// asked in the same way: it stands for what was shown when it began, and has the client's certificate with
// it.
class TlsContext {
 public:
  // Reads the files. The error is a sentence that names the file. keys must outlive the context.
  static tl::expected<std::shared_ptr<TlsContext>, std::string> load(const TlsOptions& options,
                                                                     TicketKeys& keys);

  SSL_CTX* get() const { return ctx_.get(); }
  bool passes_certificates() const { return passes_certificates_; }

 private:
  TlsContext(SSL_CTX* ctx, bool passes_certificates) : ctx_(ctx), passes_certificates_(passes_certificates) {}

  std::unique_ptr<SSL_CTX, SslCtxDeleter> ctx_;
  bool passes_certificates_;
};

// The contexts of all of one worker's listeners.
class TlsContexts {
 public:
  // listeners: how each that has TLS asks for client certificates, nothing: as the options say.
  static tl::expected<TlsContexts, std::string> load(
      const TlsOptions& options, std::span<const std::optional<ClientCertificates>> listeners,
      TicketKeys& keys);

  // Of such a listener. Null for one that was not among those above.
  const TlsContext* find(std::optional<ClientCertificates> listener) const {
    return contexts_[static_cast<std::size_t>(listener.value_or(usual_))].get();
  }

 private:
  ClientCertificates usual_ = ClientCertificates::off;
  std::array<std::shared_ptr<TlsContext>, client_certificates_count> contexts_;
};

}  // namespace ferryman::net
