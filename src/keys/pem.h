#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"

namespace ferryman::keys {

// One block of a text in PEM (RFC 7468).
struct PemBlock {
  std::string label;
  Secret content;
};

Secret pem_of(const std::string& label, Bytes content);
// All blocks of a text, of which there are few; none where one of them cannot be read.
std::vector<PemBlock> parse_pem(Bytes text);

}  // namespace ferryman::keys
