#include <algorithm>
#include <cstdlib>

#include "decode/input.h"
#include "decode/message.h"
#include "decode/report.h"

// Any octets are walked to their end, each message takes some of them, and what is printed of them is nothing
// a terminal would obey.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman;
  const Bytes input(data, size);
  const decode::Options options;
  Bytes rest = input;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t before = rest.size();
    const decode::Node node = decode::take_message(input, rest, options, number);
    if (rest.size() >= before) std::abort();
    const std::string text = decode::to_text(node);
    const auto obeyed = [](char c) {
      return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f;
    };
    if (std::any_of(text.begin(), text.end(), obeyed)) std::abort();
    decode::to_json(node);
  }
  if (const auto octets = decode::parse_hex(as_text(input)); octets && octets->size() > size) std::abort();
  if (const auto octets = decode::parse_base64(as_text(input)); octets && octets->size() > size) std::abort();
  decode::guess_format(input);
  return 0;
}
