#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"

namespace ferryman::decode {

// What a key log has about one connection; what it has not is empty.
struct TlsSecrets {
  Secret master;                                  // TLS 1.2
  Secret client_handshake, server_handshake;      // traffic secrets of TLS 1.3
  Secret client_application, server_application;  // the first ones
};

// The secrets of TLS connections by the random of their ClientHello, from files as SSLKEYLOGFILE makes them
// (draft-ietf-tls-keylogfile): lines of a label, the random and a secret. Not for use by several threads.
class TlsKeyLog {
 public:
  // Takes the lines in it that are secrets, and passes over all others; of a secret that comes twice the
  // first stays. How many were taken.
  std::size_t add(Bytes text);

  // Null for none. Valid until the next add().
  const TlsSecrets* find(Bytes client_random) const;
  bool empty() const { return connections_.empty(); }

 private:
  static constexpr std::size_t random_size = 32;
  using Random = std::array<std::uint8_t, random_size>;

  bool add_line(std::string_view line);

  std::map<Random, TlsSecrets> connections_;
};

// The octets of the key logs that a capture of pcapng format has in it (its Decryption Secrets Blocks of that
// type), added to the log. Total; whatever is no such block is passed over. How many secrets were taken.
std::size_t add_embedded_secrets(Bytes capture, TlsKeyLog& log);

}  // namespace ferryman::decode
