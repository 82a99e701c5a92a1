#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/key.h"

namespace ferryman::decode {

struct Key {
  crypto::Key key;
  std::uint32_t kvno = 0;  // 0 for one that was learned
  std::string origin;      // "key of HTTP/www@R, kvno 2": for people, escaped
  // Of a key of the keytab.
  std::string realm;
  bool is_krbtgt = false;  // of the realm's own KDCs: krbtgt/R@R, or a read-only DC's krbtgt_NNNNN@R
  std::uint16_t rodc = 0;  // that DC's number
};
using KeyPointer = std::shared_ptr<const Key>;

// The keys of a keytab and those that are found in messages while these are decoded: session keys, subkeys,
// and the armor keys that follow from them (RFC 6113 5.4.1.1). Of the found ones the newest are kept. Not for
// use by several threads.
class KeyRing {
 public:
  // Nothing in it, and nothing opens.
  KeyRing() = default;
  explicit KeyRing(std::vector<KeyPointer> keytab) : keytab_(std::move(keytab)) {}

  bool empty() const { return keytab_.empty() && learned_.empty(); }
  std::span<const KeyPointer> keytab() const { return keytab_; }
  // A message begins: what is only good for one is forgotten.
  void begin_message();

  void learn(std::int32_t etype, Bytes octets, std::string origin);
  // Authenticator's subkey, found with the session key: both together are the armor key.
  void learn_subkey(std::int32_t etype, Bytes octets, const KeyPointer& session, const std::string& origin);
  // Of a KrbFastResponse: it changes the key of the reply (RFC 6113 5.4.3).
  void strengthen(std::int32_t etype, Bytes octets);

  struct Opened {
    Secret text;
    KeyPointer key;
  };
  // Tries the keys of that etype, those with that kvno first, with each usage.
  std::optional<Opened> open(std::int32_t etype, std::optional<std::uint32_t> kvno,
                             std::span<const std::int32_t> usages, Bytes cipher);
  // PA-ENCRYPTED-CHALLENGE (RFC 6113 5.4.6) of a client or a KDC within FAST, by the keys of the keytab.
  // armor: the key that opened what it stands in; null where nothing was opened.
  std::optional<Opened> open_challenge(const KeyPointer& armor, std::int32_t etype, Bytes cipher);

 private:
  std::optional<Secret> try_key(const crypto::Key& key, std::span<const std::int32_t> usages, Bytes cipher);
  std::optional<Opened> try_with(const KeyPointer& key, std::int32_t etype,
                                 std::span<const std::int32_t> usages, Bytes cipher);

  std::vector<KeyPointer> keytab_;
  std::deque<KeyPointer> learned_;  // the newest first
  std::optional<crypto::Key> strengthen_key_;
  std::size_t work_left_ = 0;  // octets that may still be decrypted for this message
};

}  // namespace ferryman::decode
