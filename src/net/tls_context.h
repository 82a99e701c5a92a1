#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "net/options.h"
#include "net/ticket_keys.h"

namespace ferryman::net {

struct SslCtxDeleter {
  void operator()(SSL_CTX* ctx) const { SSL_CTX_free(ctx); }
};

// What one worker's TLS connections have in common: certificates, versions, ALPN (h2, http/1.1), tickets,
// stapled OCSP responses. A connection keeps the context that it began with, so that a reload changes new
// connections only.
class TlsContext {
 public:
  // Reads the files. The error is a sentence that names the file. keys must outlive the context.
  static tl::expected<std::shared_ptr<TlsContext>, std::string> load(const TlsOptions& options,
                                                                     TicketKeys& keys);

  SSL_CTX* get() const { return ctx_.get(); }

 private:
  explicit TlsContext(SSL_CTX* ctx) : ctx_(ctx) {}

  std::unique_ptr<SSL_CTX, SslCtxDeleter> ctx_;
};

}  // namespace ferryman::net
