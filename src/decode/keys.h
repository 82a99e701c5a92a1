#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "base/bytes.h"

namespace ferryman::decode {

struct Key {
  std::int32_t etype = 0;
  std::uint32_t kvno = 0;  // 0 for one that was learned
  std::vector<std::uint8_t> octets;
  std::string origin;  // "key of HTTP/www@R, kvno 2": for people, escaped
};
using KeyPointer = std::shared_ptr<const Key>;

// The keys of a keytab and those that are found in messages while these are decoded: session keys, subkeys,
// and the armor keys that follow from them (RFC 6113 5.4.1.1). Of the found ones the newest are kept. Not for
// use by several threads.
class KeyRing {
 public:
  // Nothing in it, and nothing opens.
  KeyRing() = default;
  // The error is a sentence's end: "no such file".
  static tl::expected<KeyRing, std::string> read_keytab(const std::string& file);

  bool empty() const { return keytab_.empty() && learned_.empty(); }
  // A message begins: what is only good for one is forgotten.
  void begin_message();

  void learn(std::int32_t etype, Bytes octets, std::string origin);
  // Authenticator's subkey, found with the session key: both together are the armor key.
  void learn_subkey(std::int32_t etype, Bytes octets, const KeyPointer& session, const std::string& origin);
  // Of a KrbFastResponse: it changes the key of the reply (RFC 6113 5.4.3).
  void strengthen(std::int32_t etype, Bytes octets);

  struct Opened {
    std::vector<std::uint8_t> text;
    KeyPointer key;
  };
  // Tries the keys of that etype, those with that kvno first, with each usage.
  std::optional<Opened> open(std::int32_t etype, std::optional<std::uint32_t> kvno,
                             std::span<const std::int32_t> usages, Bytes cipher);

  // Whether the checksum over data (key usage 17) was made with that key.
  static bool verifies(const Key& key, std::int32_t checksum_type, Bytes data, Bytes checksum);
  // A key of the keytab with which it was made, or null.
  KeyPointer verifying(std::int32_t checksum_type, Bytes data, Bytes checksum) const;

 private:
  std::optional<std::vector<std::uint8_t>> try_key(const Key& key, std::span<const std::int32_t> usages,
                                                   Bytes cipher);

  std::vector<KeyPointer> keytab_;
  std::deque<KeyPointer> learned_;  // the newest first
  KeyPointer strengthen_key_;
  std::size_t work_left_ = 0;  // octets that may still be decrypted for this message
};

}  // namespace ferryman::decode
