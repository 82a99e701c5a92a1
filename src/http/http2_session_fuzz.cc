#include "http/session_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return ferryman::http::fuzz_session(ferryman::http::make_http2_session, data, size);
}
