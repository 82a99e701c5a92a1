#include "decode/tls_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/endian.h"
#include "crypto/openssl.h"

namespace ferryman::decode {
namespace {

constexpr std::uint8_t change_cipher_spec = 20, handshake = 22, application_data = 23;
constexpr std::uint8_t client_hello = 1, server_hello = 2;
constexpr std::size_t random_size = 32, handshake_head = 4, random_at = handshake_head + 2;
constexpr std::size_t max_fragment = (1 << 14) + 2048;  // RFC 5246 6.2.3
constexpr std::size_t max_hello = 1 << 16;

Bytes random_of(Bytes hello) {
  return hello.subspan(random_at, random_size);
}

// A HelloRetryRequest is a ServerHello with this random (RFC 8446 4.1.3).
bool is_retry_request(Bytes random) {
  std::array<std::uint8_t, random_size> special{};
  crypto::openssl::hash(crypto::openssl::Digest::sha256, {as_bytes("HelloRetryRequest")}, special);
  return std::equal(random.begin(), random.end(), special.begin(), special.end());
}

// The version that the extension supported_versions has; the other one without it.
std::uint16_t negotiated_version(BigEndianReader& extensions, std::uint16_t legacy) {
  constexpr std::uint16_t supported_versions = 43;
  while (extensions.left() != 0) {
    const std::uint16_t type = extensions.u16();
    const Bytes data = extensions.octets(extensions.u16());
    if (type == supported_versions && data.size() == sizeof legacy) return load_be<std::uint16_t>(data);
  }
  return legacy;
}

}  // namespace

bool TlsConnection::begins(Bytes stream) {
  constexpr std::uint8_t major = 3;
  return stream.size() > 1 && stream[0] >= change_cipher_spec && stream[0] <= application_data &&
         stream[1] == major;
}

bool TlsConnection::fail(std::string fault) {
  if (fault_.empty()) fault_ = std::move(fault);
  return false;
}

bool TlsConnection::take(unsigned direction, TcpStream& records, TcpStream& text) {
  Direction& from = directions_.at(direction);
  while (!from.failed) {
    const Bytes ready = records.ready();
    if (ready.size() < tls_record_head) return true;
    const std::size_t size = load_be<std::uint16_t>(ready.subspan(3));
    if (!begins(ready) || size > max_fragment) {
      from.failed = true;
      return fail("the stream is not TLS any more");
    }
    if (ready.size() - tls_record_head < size) return true;
    const Step step = take_record(from, ready.first(tls_record_head + size), text);
    from.failed = step == Step::failed;
    if (step == Step::waits) return true;
    records.consume(tls_record_head + size);
  }
  return false;
}

TlsConnection::Step TlsConnection::take_record(Direction& direction, Bytes record, TcpStream& text) {
  const std::uint8_t type = record[0];
  if (type == change_cipher_spec) {
    direction.changed_cipher = true;
    return Step::taken;
  }
  // TLS 1.3 seals all that is sealed as application data, and has that other record only for appearance.
  const bool sealed = type == application_data || (direction.changed_cipher && version_ != tls13);
  if (sealed) return take_sealed(direction, record, text);
  if (type != handshake || direction.hello_read) return Step::taken;
  return take_hello(direction, record.subspan(tls_record_head)) ? Step::taken : Step::failed;
}

bool TlsConnection::take_hello(Direction& direction, Bytes fragment) {
  Octets& hello = direction.hello;
  hello.insert(hello.end(), fragment.begin(), fragment.end());
  if (hello.size() < random_at + random_size) return true;
  if (hello[0] == client_hello) {
    direction.side = Side::client;
    direction.hello_read = true;
    const Bytes random = random_of(hello);
    client_random_.assign(random.begin(), random.end());
    hello = {};
    return true;
  }
  if (hello[0] != server_hello) return fail("the handshake does not begin with a hello");
  const std::size_t size = handshake_head + (load_be<std::uint32_t>(hello) & 0xffffffU);
  if (size > max_hello) return fail("the ServerHello is too long");
  if (hello.size() < size) return true;
  const Octets message = std::exchange(hello, {});
  return read_server_hello(direction, Bytes(message).first(size));
}

bool TlsConnection::read_server_hello(Direction& direction, Bytes message) {
  direction.side = Side::server;
  BigEndianReader reader(message.subspan(handshake_head));
  const std::uint16_t legacy_version = reader.u16();
  const Bytes random = reader.octets(random_size);
  reader.octets(reader.u8());  // session id
  const std::uint16_t suite = reader.u16();
  reader.u8();  // compression
  BigEndianReader extensions(reader.left() != 0 ? reader.octets(reader.u16()) : Bytes());
  if (!reader.ok()) return fail("the ServerHello is malformed");
  version_ = negotiated_version(extensions, legacy_version);
  suite_number_ = suite;
  if (is_retry_request(random)) return true;  // another one follows
  server_random_.assign(random.begin(), random.end());
  direction.hello_read = true;
  return true;
}

TlsConnection::Step TlsConnection::take_sealed(Direction& direction, Bytes record, TcpStream& text) {
  sealed_ = true;
  if (client_random_.empty() || server_random_.empty()) return Step::waits;
  if (!direction.protection && !prepare(direction)) return Step::failed;
  auto opened = open(direction, record);
  if (!opened) {
    // Early data comes before the first record of the keys that are known, and the handshake's where those
    // are not.
    if (version_ == tls13 && !direction.opened) return Step::taken;
    fail("a TLS record does not open with the keys at hand: the rest of the stream is not read");
    return Step::failed;
  }
  direction.opened = opened_ = true;
  std::uint8_t type = record[0];
  if (version_ == tls13) {
    while (!opened->empty() && opened->back() == 0) opened->pop_back();
    type = opened->empty() ? 0 : opened->back();
    if (!opened->empty()) opened->pop_back();
  }
  if (type == application_data) text.append(*opened);
  return Step::taken;
}

// What opens the direction's first sealed record.
bool TlsConnection::prepare(Direction& direction) {
  const TlsSecrets* secrets = keys_.find(client_random_);
  if (secrets == nullptr) return false;
  const TlsSuite* suite = find_tls_suite(suite_number_, version_);
  if (suite == nullptr)
    return fail(
        fmt::format("the cipher suite {:#06x} of version {:#06x} is not supported", suite_number_, version_));
  const bool client = direction.side == Side::client;
  if (version_ == tls12) {
    if (secrets->master.empty()) return false;
    direction.protection = TlsProtection::from_master_secret(*suite, secrets->master.bytes(), client_random_,
                                                             server_random_, client);
    return true;
  }
  const Secret& first = client ? secrets->client_handshake : secrets->server_handshake;
  const Secret& second = client ? secrets->client_application : secrets->server_application;
  if (second.empty()) return false;
  direction.protection = TlsProtection::from_traffic_secret(*suite, (first.empty() ? second : first).bytes());
  direction.next_secret = first.empty() ? next_traffic_secret(*suite, second.bytes()) : second.copy();
  return true;
}

// In TLS 1.3 a record that does not open is tried with the key that follows: that of the application's data
// behind the handshake, or one that a KeyUpdate has made.
std::optional<Octets> TlsConnection::open(Direction& direction, Bytes record) const {
  auto opened = direction.protection->open(record);
  if (opened || version_ != tls13) return opened;
  const TlsSuite& suite = *find_tls_suite(suite_number_, version_);
  TlsProtection next = TlsProtection::from_traffic_secret(suite, direction.next_secret.bytes());
  opened = next.open(record);
  if (!opened) return std::nullopt;
  direction.protection = next;
  direction.next_secret = next_traffic_secret(suite, direction.next_secret.bytes());
  return opened;
}

}  // namespace ferryman::decode
