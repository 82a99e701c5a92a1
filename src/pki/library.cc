#include "pki/library.h"

#include <openssl/err.h>

#include <array>
#include <stdexcept>
#include <string>

namespace ferryman::pki {

void fail_in_library() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  throw std::runtime_error(std::string("libcrypto: ") + text.data());
}

}  // namespace ferryman::pki
