#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "crypto/key.h"
#include "login/failure.h"
#include "login/recorded_client.h"

struct _krb5_context;

namespace ferryman::login {

// What libkrb5, and so every program that uses it, takes from this computer's krb5.conf and credential
// caches. One thread at a time may use it.
class Krb5View {
 public:
  // A ticket-granting ticket of the client's own realm.
  struct Tgt {
    Octets ticket;  // DER
    crypto::Key session_key;
    std::int64_t endtime = 0;  // seconds since 1970
  };

  // Fault failed where krb5.conf cannot be read.
  static Outcome<Krb5View> open();

  std::string default_realm() const;  // empty: there is none
  // By [domain_realm]; empty: it says nothing of the host.
  std::string realm_of_host(const std::string& host) const;
  // Encryption types that clients ask for, in their order.
  std::vector<std::int32_t> etypes() const;
  // The one in the default caches, of whatever age; nothing where there is none, or of an etype that is not
  // served here.
  std::optional<Tgt> tgt_of(const Client& client) const;

 private:
  struct FreeContext {
    void operator()(_krb5_context* context) const;
  };

  explicit Krb5View(_krb5_context* context) : context_(context) {}

  std::unique_ptr<_krb5_context, FreeContext> context_;
};

}  // namespace ferryman::login
