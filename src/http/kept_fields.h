#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "local/message.h"

namespace ferryman::http {

// The header fields of a request whose handler wants them: copies, names in lower case, values as they came.
// How many and how long they may be is the session's to say. Empty it holds no memory.
class KeptFields {
 public:
  void add(std::string_view name, std::string_view value);
  // HTTP/2 may send a Cookie in pieces; here it is one field (RFC 9113 8.2.3).
  void add_cookie(std::string_view value);

  bool contains(std::string_view name) const;
  std::size_t octets() const { return octets_; }  // names and values
  // Valid until the next change.
  std::vector<local::Field> views() const;
  void clear();

 private:
  std::vector<local::HttpResponse::OwnedField> fields_;
  std::size_t octets_ = 0;
};

}  // namespace ferryman::http
