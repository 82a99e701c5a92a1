#include "trace/pcapng.h"

#include <bit>
#include <utility>

#include "base/endian.h"

namespace ferryman::trace {
namespace {

namespace block_type {
constexpr std::uint32_t section_header = 0x0a0d0d0a, interface = 1, enhanced_packet = 6,
                        decryption_secrets = 10;
}
namespace option {
constexpr std::uint16_t end = 0, comment = 1, user_application = 4;
}
constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d, tls_key_log = 0x544c534b;
constexpr std::uint16_t linktype_raw = 101;
constexpr std::size_t max_option = 0xfffc;

template <std::unsigned_integral T>
void put(std::string& out, T value) {
  std::array<std::uint8_t, sizeof(T)> octets{};
  store_le(std::span<std::uint8_t>(octets), value);
  out += as_text(octets);
}

void put_padded(std::string& out, std::string_view octets) {
  out += octets;
  while (out.size() % 4 != 0) out += '\0';
}

void put_option(std::string& out, std::uint16_t code, std::string_view value) {
  value = value.substr(0, max_option);
  put(out, code);
  put(out, static_cast<std::uint16_t>(value.size()));
  put_padded(out, value);
}

void end_options(std::string& out) {
  put(out, option::end);
  put(out, std::uint16_t{0});
}

}  // namespace

Pcapng::Pcapng(std::string_view application) {
  std::string section;
  put(section, byte_order_magic);
  put(section, std::uint16_t{1});  // version 1.0
  put(section, std::uint16_t{0});
  put(section, ~std::uint64_t{0});  // of no known length
  put_option(section, option::user_application, application);
  end_options(section);
  block(block_type::section_header, section);

  std::string interface;
  put(interface, linktype_raw);
  put(interface, std::uint16_t{0});  // reserved
  put(interface, std::uint32_t{0});  // packets are not cut
  block(block_type::interface, interface);
}

// Times of an interface without options are in microseconds.
void Pcapng::packet(std::chrono::microseconds time, Bytes packet, std::string_view comment) {
  const auto since_1970 = static_cast<std::uint64_t>(time.count());
  const auto size = static_cast<std::uint32_t>(packet.size());
  std::string body;
  put(body, std::uint32_t{0});  // the interface
  put(body, static_cast<std::uint32_t>(since_1970 >> 32));
  put(body, static_cast<std::uint32_t>(since_1970));
  put(body, size);  // here
  put(body, size);  // on the wire
  put_padded(body, as_text(packet));
  if (!comment.empty()) {
    put_option(body, option::comment, comment);
    end_options(body);
  }
  block(block_type::enhanced_packet, body);
}

void Pcapng::secrets(std::string_view key_log) {
  if (key_log.empty()) return;
  std::string body;
  put(body, tls_key_log);
  put(body, static_cast<std::uint32_t>(key_log.size()));
  put_padded(body, key_log);
  block(block_type::decryption_secrets, body);
}

std::string Pcapng::take() {
  return std::exchange(out_, {});
}

void Pcapng::block(std::uint32_t type, std::string_view body) {
  const auto size = static_cast<std::uint32_t>(body.size() + 3 * sizeof(std::uint32_t));
  put(out_, type);
  put(out_, size);
  out_ += body;
  put(out_, size);
}

}  // namespace ferryman::trace
