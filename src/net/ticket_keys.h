#pragma once

#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace ferryman::net {

// The keys under which TLS session tickets are sealed (RFC 5077 4), shared by all workers so that a client
// may resume at any of them. A new key every `lifetime`; the one before it still opens tickets, which are
// then renewed. Thread-safe; the lock is held for a pointer copy, once a handshake.
class TicketKeys {
 public:
  static constexpr std::chrono::hours lifetime{4};

  TicketKeys();

  // Makes a new key when the current one is older than its lifetime.
  void rotate(std::chrono::steady_clock::time_point now);

  // Forgets every key: no ticket made before opens any more. Due when what a session stands for has
  // changed, because a resumed session's client certificate is not verified again.
  void reset();

  // Makes ctx seal and open its tickets with these keys. They must outlive it.
  void attach(SSL_CTX* ctx);

 private:
  struct Key {
    std::array<std::uint8_t, 16> name;
    std::array<std::uint8_t, 32> cipher;
    std::array<std::uint8_t, 32> mac;
    std::chrono::steady_clock::time_point born;
    ~Key();
  };
  using Set = std::vector<std::shared_ptr<const Key>>;  // the current one first

  static std::shared_ptr<const Key> make_key();
  static int callback(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                      EVP_MAC_CTX* mac, int sealing);
  std::shared_ptr<const Set> keys() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const Set> keys_;
};

}  // namespace ferryman::net
