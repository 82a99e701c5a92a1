#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "account/attempts.h"
#include "account/policy.h"
#include "base/bytes.h"
#include "directory/directory.h"

// A Key Distribution Center (RFC 4120) without socket and clock: octets and the time in, octets out.
namespace ferryman::kdc {

// The KDC's time.
struct Now {
  std::int64_t seconds = 0;  // since 1970
  std::int32_t microseconds = 0;
};

struct PublicKeys;  // kdc/public_keys.h

// A tenant's KDC. What it refers to outlives every answer; any number of threads may share it.
struct Kdc {
  directory::Directory& directory;
  const directory::Tenant& tenant;
  const account::Policy& policy;
  account::Attempts& attempts;
  // Of attempts, from before anything was read of the directory. An old one makes an account be read twice.
  std::uint64_t failures_seen = 0;
  const PublicKeys* public_keys = nullptr;  // null: nobody logs on by one
};

// The encryption types of what was given: of the key that the reply is encrypted in, of the session key, of
// the ticket.
struct Issued {
  std::int32_t reply = 0, session = 0, ticket = 0;
  std::size_t keys = 0;  // of the client's own, that a read-only domain controller has got
};

// The reason of an answer to a wrong key that was one too many.
inline constexpr std::string_view reason_locks = "the wrong key, and the account is locked by it";

// Octets of a reply: what clients and proxies take. It has room for every PAC, but not for whatever a client
// asks to be put into its ticket.
inline constexpr std::size_t max_reply = 128 * 1024;

// How a service acts for a user [MS-SFU]: it has a ticket made to itself, or by one to itself to another
// service.
enum class S4u : std::uint8_t { none, self, proxy };
struct ActsFor {
  S4u how = S4u::none;
  std::string user{};  // any octets; of a request that is refused, whom it names, or empty
};

// What goes back to the client, and what the log says of it. Nothing in it is a secret.
struct Answer {
  Octets message;         // without length prefix; never empty, and no more than max_reply
  std::int32_t code = 0;  // of the KRB-ERROR that was sent or, for kpasswd, of the result; 0: it was done
  std::string reason;     // words of ours; empty where it was done
  std::string client, service;     // as asked for; hold any octets, and may be empty
  std::optional<Issued> issued{};  // where a ticket was given
  bool renewed = false;            // and it is one that was renewed
  std::uint16_t rodc = 0;  // not 0: by a partial TGT, of the read-only domain controller of that number
  ActsFor acts_for{};      // for whom the client, a service, has asked
};

// Whether to answer it may take a hundred times what others do: a new password, whose keys are made, and a
// logon by a public key that is not inside FAST, which takes a ticket to make.
bool takes_long(Bytes request);

// Answers an AS-REQ, a TGS-REQ or a kpasswd request (without length prefix): docs/kdc.md has the checks in
// their order. Total: any octets get an answer. It may wait for the directory.
Answer answer(Bytes request, const Kdc& kdc, Now now);

}  // namespace ferryman::kdc
