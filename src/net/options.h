#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/client_table.h"

namespace ferryman::net {

// How clients are asked for a certificate. One that is optional or required comes from client_ca; one that is
// passed may be any: it is handed on to who answers the request (Call::client_certificate), as the key's
// owner has shown it and otherwise unverified.
enum class ClientCertificates : std::uint8_t { off, optional, required, pass };
inline constexpr std::size_t client_certificates_count = 4;

// Files of the TLS listeners. certificate[i], private_key[i] and, where given, ocsp_response[i] belong
// together; one pair of each key type (ECDSA, RSA, Ed25519) may stand side by side.
struct TlsOptions {
  std::vector<std::string> certificate;    // PEM, leaf first, then the chain
  std::vector<std::string> private_key;    // PEM
  std::vector<std::string> ocsp_response;  // DER; an empty string: none for this certificate
  std::string minimum_version = "1.2";     // "1.2" or "1.3"
  ClientCertificates client_certificates = ClientCertificates::off;
  std::string client_ca;  // PEM bundle; needed for optional and required
  std::string key_log;    // a file that gets all secrets, see net/key_log.h; empty: none

  friend bool operator==(const TlsOptions&, const TlsOptions&) = default;
};

// A place to listen at: a TCP address, or a unix socket when path_name is set.
struct ListenAddress {
  std::string host;  // numeric, "0.0.0.0", "::", "127.0.0.1"
  std::uint16_t port = 0;
  std::string path_name;  // "unix:/run/ferryman/http.sock" in the configuration

  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

// "host:port", "[v6]:port", "*:port", "unix:/path"; nothing when the text is none of these.
std::optional<ListenAddress> parse_listen_address(std::string_view text);

// How long a peer may take, and how many there may be.
struct ConnectionLimits {
  std::chrono::milliseconds handshake_timeout{10000};  // from accept to the end of the TLS handshake
  std::chrono::milliseconds header_timeout{10000};     // from a request's first octet to its last header
  std::chrono::milliseconds body_timeout{15000};       // for the body after that
  std::chrono::milliseconds idle_timeout{60000};       // between requests
  std::chrono::milliseconds write_timeout{15000};      // without progress while an answer is unread
  std::uint32_t max_connections = 20000;               // of the process; then idle ones make room for others
  std::uint32_t max_in_flight = 20000;                 // requests in work; more are answered 503
  ClientLimits client;                                 // of each client
};

}  // namespace ferryman::net
