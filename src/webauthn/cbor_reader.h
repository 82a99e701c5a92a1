#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace ferryman::webauthn {

// Reads CBOR (RFC 8949) item by item, as far as authenticators write it (CTAP 2.0, 6): no indefinite lengths,
// no tags. It owns and allocates nothing. A function that returns nothing has read nothing.
class CborReader {
 public:
  explicit CborReader(Bytes input) : rest_(input) {}

  Bytes rest() const { return rest_; }

  std::optional<std::int64_t> integer();
  std::optional<Bytes> octets();
  std::optional<std::string_view> text();
  // How many pairs or items follow, of which each has at least an octet in what is left.
  std::optional<std::size_t> map();
  std::optional<std::size_t> array();
  // The octets of one item with all that is in it, whatever that is.
  std::optional<Bytes> item();

 private:
  Bytes rest_;
};

}  // namespace ferryman::webauthn
