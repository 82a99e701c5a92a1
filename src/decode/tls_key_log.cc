#include "decode/tls_key_log.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/endian.h"

namespace ferryman::decode {
namespace {

constexpr std::size_t max_secret = 64;  // of the longest digest

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool read_hex(std::string_view text, std::span<std::uint8_t> out) {
  if (text.size() != 2 * out.size()) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

std::string_view take_word(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(line.size(), word.size() + 1));
  return word;
}

Secret TlsSecrets::*secret_of(std::string_view label) {
  static constexpr std::pair<std::string_view, Secret TlsSecrets::*> labels[] = {
      {"CLIENT_RANDOM", &TlsSecrets::master},
      {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", &TlsSecrets::client_handshake},
      {"SERVER_HANDSHAKE_TRAFFIC_SECRET", &TlsSecrets::server_handshake},
      {"CLIENT_TRAFFIC_SECRET_0", &TlsSecrets::client_application},
      {"SERVER_TRAFFIC_SECRET_0", &TlsSecrets::server_application}};
  for (const auto& [name, secret] : labels) {
    if (name == label) return secret;
  }
  return nullptr;
}

// Of a pcapng block: type, length, body, length.
constexpr std::size_t block_head = 8, block_tail = 4, smallest_block = block_head + block_tail;
constexpr std::uint32_t section_header = 0x0a0d0d0a, section_magic = 0x1a2b3c4d, decryption_secrets = 10,
                        tls_key_log = 0x544c534b;

template <std::endian order>
bool begins_section(Bytes block) {
  return load<std::uint32_t, order>(block.subspan(block_head)) == section_magic;
}

// The whole block at the front; nothing where none is.
template <std::endian order>
std::optional<Bytes> take_block(Bytes& rest) {
  const std::uint32_t size = load<std::uint32_t, order>(rest.subspan(4));
  if (size < smallest_block || size % 4 != 0 || size > rest.size()) return std::nullopt;
  const Bytes block = rest.first(size);
  rest = rest.subspan(size);
  return block;
}

template <std::endian order>
std::size_t add_block(Bytes block, TlsKeyLog& log) {
  if (load<std::uint32_t, order>(block) != decryption_secrets) return 0;
  OctetReader<order> reader(block.subspan(block_head, block.size() - smallest_block));
  const std::uint32_t type = reader.u32(), size = reader.u32();
  const Bytes text = reader.octets(size);
  return reader.ok() && type == tls_key_log ? log.add(text) : 0;
}

}  // namespace

bool TlsKeyLog::add_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const auto place = secret_of(take_word(line));
  if (place == nullptr) return false;
  Random random{};
  if (!read_hex(take_word(line), random)) return false;
  if (line.empty() || line.size() > 2 * max_secret) return false;
  Secret secret(line.size() / 2);
  if (!read_hex(line, secret.writable())) return false;
  Secret& kept = connections_[random].*place;
  if (kept.empty()) kept = std::move(secret);
  return true;
}

std::size_t TlsKeyLog::add(Bytes text) {
  std::size_t taken = 0;
  for (std::string_view rest = as_text(text); !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (add_line(line)) ++taken;
  }
  return taken;
}

const TlsSecrets* TlsKeyLog::find(Bytes client_random) const {
  Random random{};
  if (client_random.size() != random.size()) return nullptr;
  std::copy(client_random.begin(), client_random.end(), random.begin());
  const auto found = connections_.find(random);
  return found == connections_.end() ? nullptr : &found->second;
}

std::size_t add_embedded_secrets(Bytes capture, TlsKeyLog& log) {
  std::size_t taken = 0;
  bool big = false, begun = false;
  while (capture.size() >= smallest_block) {
    // A section says in its header in which order its numbers are; that header's type is the same in both.
    if (load_le<std::uint32_t>(capture) == section_header) {
      big = begins_section<std::endian::big>(capture);
      if (!big && !begins_section<std::endian::little>(capture)) break;
      begun = true;
    }
    if (!begun) break;
    const auto block = big ? take_block<std::endian::big>(capture) : take_block<std::endian::little>(capture);
    if (!block) break;
    taken += big ? add_block<std::endian::big>(*block, log) : add_block<std::endian::little>(*block, log);
  }
  return taken;
}

}  // namespace ferryman::decode
