#include "http/session_fuzz.h"
#include "net/message_session.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return ferryman::http::fuzz_session(ferryman::net::make_message_session, data, size);
}
