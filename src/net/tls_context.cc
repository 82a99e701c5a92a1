#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <array>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <vector>

#include "local/limits.h"
#include "net/key_log.h"
#include "ocsp/response.h"

namespace ferryman::net {
namespace {

using Failure = tl::unexpected<std::string>;

std::string openssl_reason() {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(code)) return std::generic_category().message(ERR_GET_REASON(code));
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "unknown error";
}

// A client with ALPN may come back with a ticket; MIT's has neither.
int choose_alpn(SSL* ssl, const unsigned char** out, unsigned char* out_len, const unsigned char* in,
                unsigned int in_len, void*) {
  SSL_set_num_tickets(ssl, 1);
  static constexpr unsigned char known[] = "\x02h2\x08http/1.1";
  const int chosen =
      SSL_select_next_proto(const_cast<unsigned char**>(out), out_len, known, sizeof known - 1, in, in_len);
  // A client that offers nothing known gets no ALPN and is served HTTP/1 (RFC 7301 would have an alert;
  // clients with an odd list are still worth an answer).
  return chosen == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

struct KeptStaple {
  std::vector<unsigned char> octets;
  ocsp::KeptResponse response;
};

// The stapled responses of one context by certificate; owned by the SSL_CTX through its ex_data.
using Staples = std::map<const X509*, KeptStaple>;

void free_staples(void*, void* staples, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Staples*>(staples);
}

int staples_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_staples);
  return index;
}

int staple(SSL* ssl, void*) {
  const auto* staples =
      static_cast<const Staples*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), staples_index()));
  const auto found = staples->find(SSL_get_certificate(ssl));
  if (found == staples->end() || !found->second.response.is_of_use(std::time(nullptr)))
    return SSL_TLSEXT_ERR_NOACK;
  const std::vector<unsigned char>& octets = found->second.octets;
  auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(octets.data(), octets.size()));
  if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(octets.size()));
  return SSL_TLSEXT_ERR_OK;
}

tl::expected<void, std::string> load_pair(SSL_CTX* ctx, const std::string& certificate,
                                          const std::string& key) {
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(ctx, certificate.c_str()) != 1) {
    return Failure("certificate " + certificate + ": " + openssl_reason());
  }
  if (SSL_CTX_use_PrivateKey_file(ctx, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return Failure("private key " + key + ": " + openssl_reason());
  }
  if (SSL_CTX_check_private_key(ctx) != 1) {
    return Failure("private key " + key + " does not belong to certificate " + certificate);
  }
  return {};
}

tl::expected<void, std::string> load_certificates(SSL_CTX* ctx, const TlsOptions& options) {
  auto staples = std::make_unique<Staples>();
  for (std::size_t i = 0; i < options.certificate.size(); ++i) {
    if (auto loaded = load_pair(ctx, options.certificate[i], options.private_key.at(i)); !loaded)
      return loaded;
    if (i >= options.ocsp_response.size() || options.ocsp_response[i].empty()) continue;
    std::ifstream file(options.ocsp_response[i], std::ios::binary);
    std::vector<unsigned char> response{std::istreambuf_iterator<char>(file), {}};
    if (!file || response.empty())
      return Failure("OCSP response " + options.ocsp_response[i] + ": cannot be read");
    X509* const certificate = SSL_CTX_get0_certificate(ctx);
    const ocsp::KeptResponse kept = ocsp::read_response(response, certificate);
    staples->emplace(certificate, KeptStaple{std::move(response), kept});
  }
  if (!staples->empty()) {
    SSL_CTX_set_ex_data(ctx, staples_index(), staples.release());
    SSL_CTX_set_tlsext_status_cb(ctx, staple);
  }
  return {};
}

// A certificate that others verify. That the client has its key was shown by the handshake.
int take_any(X509_STORE_CTX* store, void*) {
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

// A session is resumed only by a context with the same one.
void set_session_context(SSL_CTX* ctx, ClientCertificates asked) {
  const std::array<unsigned char, 9> context{
      'f', 'e', 'r', 'r', 'y', 'm', 'a', 'n', static_cast<unsigned char>(asked)};
  SSL_CTX_set_session_id_context(ctx, context.data(), context.size());
}

tl::expected<void, std::string> set_client_verification(SSL_CTX* ctx, const TlsOptions& options) {
  if (options.client_certificates == ClientCertificates::off) return {};
  if (options.client_certificates == ClientCertificates::pass) {
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(ctx, take_any, nullptr);
    SSL_CTX_set_max_cert_list(ctx, local::max_certificate);  // the client's whole message
    return {};
  }
  if (options.client_ca.empty()) return Failure("client_certificates needs client_ca, and there is none");
  if (SSL_CTX_load_verify_file(ctx, options.client_ca.c_str()) != 1) {
    return Failure("client_ca " + options.client_ca + ": " + openssl_reason());
  }
  SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(options.client_ca.c_str()));
  int mode = SSL_VERIFY_PEER;
  if (options.client_certificates == ClientCertificates::required) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_CTX_set_verify(ctx, mode, nullptr);
  return {};
}

}  // namespace

tl::expected<std::shared_ptr<TlsContext>, std::string> TlsContext::load(const TlsOptions& options,
                                                                        TicketKeys& keys) {
  SSL_CTX* ctx = SSL_CTX_new(TLS_server_method());
  if (ctx == nullptr) return Failure("OpenSSL: " + openssl_reason());
  std::shared_ptr<TlsContext> context(
      new TlsContext(ctx, options.client_certificates == ClientCertificates::pass));

  SSL_CTX_set_min_proto_version(ctx, options.minimum_version == "1.3" ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                               SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(
      ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(ctx, 1);      // a record's header and body by one call
  SSL_CTX_set_max_early_data(ctx, 0);  // a KDC request could be replayed from it
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  set_session_context(ctx, options.client_certificates);
  SSL_CTX_set_num_tickets(ctx, 0);  // see choose_alpn() and Stream::offer_resumption()
  // AES-128 costs less than OpenSSL's own first choice and is as far from being broken.
  SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
  SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, nullptr);
  keys.attach(ctx);

  if (auto loaded = load_certificates(ctx, options); !loaded) return Failure(loaded.error());
  if (auto set = set_client_verification(ctx, options); !set) return Failure(set.error());
  if (!options.key_log.empty()) {
    if (auto logs = log_keys(ctx, options.key_log); !logs) return Failure(logs.error());
  }
  return context;
}

tl::expected<TlsContexts, std::string> TlsContexts::load(
    const TlsOptions& options, std::span<const std::optional<ClientCertificates>> listeners,
    TicketKeys& keys) {
  TlsContexts contexts;
  contexts.usual_ = options.client_certificates;
  for (const auto& listener : listeners) {
    TlsOptions its = options;
    its.client_certificates = listener.value_or(options.client_certificates);
    auto& context = contexts.contexts_[static_cast<std::size_t>(its.client_certificates)];
    if (context) continue;
    auto loaded = TlsContext::load(its, keys);
    if (!loaded) return Failure(loaded.error());
    context = *std::move(loaded);
  }
  return contexts;
}

}  // namespace ferryman::net
