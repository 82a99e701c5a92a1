#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "decode/keys.h"
#include "decode/node.h"
#include "decode/schema.h"
#include "der/tag.h"

namespace ferryman::decode {

struct Options {
  bool secrets = false;     // show keys and passwords
  bool full = false;        // show octet strings to their end
  KeyRing* keys = nullptr;  // opens what is encrypted, and learns
};

// What a KRB-PRIV and an error's e-data hold.
enum class Protocol : std::uint8_t { unknown, change_password, set_password, kpasswd_reply };

// Walks the bytes of one message by the schema. Never gives up: where the bytes do not fit, the node says
// at which octet and what is wrong, shows them, and the walk goes on behind them. Depth and number of nodes
// are bounded; the time is linear in the input but for the keys that are tried.
class Walker {
 public:
  static constexpr unsigned max_depth = 32;
  static constexpr std::size_t max_nodes = 50'000;

  // input: what offsets are counted in. number: of the message, for people.
  Walker(Bytes input, const Options& options, std::size_t number)
      : options_(options), number_(number), origin_(input) {}

  // The bytes as a value of that type, nothing before and nothing behind.
  Node walk(Bytes bytes, const Type& type, std::string_view name);

  // For what is no ASN.1.
  std::string fault_at(Bytes from, std::string_view what) const;
  std::string fault_at(Bytes from, Error error) const;
  void show_octets(Node& node, Bytes octets) const { set_octets(node, octets, options_.full); }
  void set_reply(bool reply) { reply_ = reply; }
  void set_protocol(Protocol protocol) { protocol_ = protocol; }

 private:
  struct Element {
    der::Tag tag;
    Bytes content;
  };
  static Result<Element> take(Bytes& rest);
  std::optional<Bytes> expect(Node& node, Bytes bytes, der::Tag tag) const;
  void refuse(Node& node, Bytes bytes, Error error) const;

  void by_kind(Node& node, Bytes bytes, const Type& type);
  void integer(Node& node, Bytes bytes, const Type& type) const;
  void unsigned_integer(Node& node, Bytes bytes, const Type& type) const;
  void boolean(Node& node, Bytes bytes) const;
  void string(Node& node, Bytes bytes) const;
  void time(Node& node, Bytes bytes) const;
  void flags(Node& node, Bytes bytes, const Type& type) const;
  void octets(Node& node, Bytes bytes, const Type* content);
  void secret(Node& node, Bytes octets) const;
  void sequence(Node& node, Bytes bytes, const Type& type);
  void fields(Node& node, Bytes content, const Type& type);
  Node field(Bytes content, const Type& type, const Field& field, const std::optional<std::int64_t>& number);
  void sequence_of(Node& node, Bytes bytes, const Type& type);
  void choice(Node& node, Bytes bytes, const Type& type);
  void application(Node& node, Bytes bytes, const Type& type);
  void principal(Node& node, Bytes bytes);
  void address(Node& node, Bytes bytes);
  void encrypted(Node& node, Bytes bytes, const Type& type);
  Node opened(const KeyRing::Opened& opened, const Type& type);
  void key(Node& node, Bytes bytes, const Type& type);

  // walker_raw.cc
  void raw(Node& node, Bytes bytes, const Type& type);
  void status(Node& node, Bytes bytes) const;
  void pac(Node& node, Bytes bytes);
  void e_data(Node& node, Bytes bytes);
  void private_data(Node& node, Bytes bytes);
  void kpasswd_result(Node& node, Bytes bytes) const;
  void kerb_message(Node& node, Bytes bytes);

  const Options& options_;
  std::size_t number_;
  Bytes origin_;
  bool in_plaintext_ = false;  // origin_ is what was decrypted
  bool reply_ = false;
  Protocol protocol_ = Protocol::unknown;
  KeyPointer opened_with_;  // the key of the innermost EncryptedData that was opened
  unsigned depth_ = 0;
  std::size_t nodes_left_ = max_nodes;
};

}  // namespace ferryman::decode
