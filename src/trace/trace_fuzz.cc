#include <cstdlib>
#include <optional>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "base/endian.h"
#include "trace/exchange.h"
#include "trace/line.h"
#include "trace/packet_writer.h"
#include "trace/pcapng.h"
#include "trace/record.h"

namespace {

using namespace ferryman;

boost::asio::ip::address own_address(const boost::asio::ip::address& towards) {
  return towards;
}

// Blocks that fill it, each with its size at both ends.
void check_capture(const std::string& capture) {
  Bytes rest = as_bytes(capture);
  while (!rest.empty()) {
    constexpr std::size_t least = 12;
    if (rest.size() < least) std::abort();
    const auto size = load_le<std::uint32_t>(rest.subspan(4));
    if (size % 4 != 0 || size < least || size > rest.size()) std::abort();
    if (load_le<std::uint32_t>(rest.subspan(size - 4)) != size) std::abort();
    rest = rest.subspan(size);
  }
}

}  // namespace

// A line for people is one, and harmless; a capture is one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = trace::read_line(as_text({data, size}));
  const auto* record = read ? std::get_if<trace::Record>(&*read) : nullptr;
  if (record == nullptr) return 0;
  for (const char c : trace::line_of(*record)) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') std::abort();
  }
  trace::Pcapng capture("fuzz");
  trace::PacketWriter writer(capture);
  if (const auto exchange = trace::exchange_of(*record, own_address)) {
    writer.write(*exchange);
    writer.write(*exchange);
  }
  check_capture(capture.take());
  return 0;
}
