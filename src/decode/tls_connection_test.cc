#include "decode/tls_connection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

namespace ferryman::decode {
namespace {

// Both directions of a recorded connection, and its key log: as tests/tls_seeds.py writes them for the
// fuzzer.
struct Recorded {
  TlsKeyLog keys;
  Octets pieces;
};

Recorded recorded(const std::string& name) {
  std::ifstream stream(TESTDATA "/tls_connection_fuzz/" + name, std::ios::binary);
  EXPECT_TRUE(stream) << name;
  const Octets all{std::istreambuf_iterator<char>(stream), {}};
  const auto end = std::find(all.begin(), all.end(), 0);
  Recorded read;
  read.keys.add({all.begin(), end});
  if (end != all.end()) read.pieces.assign(end + 1, all.end());
  return read;
}

struct Heard {
  std::string client, server, fault;
  bool closed = false, readable = true;
};

// mangle: called with each piece and its direction.
template <typename Mangle>
Heard listen(const Recorded& from, Mangle mangle) {
  TlsConnection connection(from.keys);
  TcpStream records[2], texts[2];
  Heard heard;
  for (Bytes rest = from.pieces; rest.size() > 2;) {
    const unsigned direction = rest[0];
    Octets piece(rest.begin() + 2, rest.begin() + 2 + rest[1]);
    rest = rest.subspan(2U + rest[1]);
    mangle(direction, piece);
    records[direction].append(piece);
    for (const unsigned one : {0U, 1U})
      if (!connection.take(one, records[one], texts[one])) heard.readable = false;
  }
  heard.client = as_text(texts[0].ready());
  heard.server = as_text(texts[1].ready());
  heard.fault = connection.fault();
  heard.closed = connection.is_closed();
  return heard;
}

Heard listen(const Recorded& from) {
  return listen(from, [](unsigned, Octets&) {});
}

TEST(TlsConnection, IsOpenedWithItsKeys) {
  for (const char* name : {"tls13", "tls13_retry", "tls13_aes128_updates", "tls13_chacha20_updates",
                           "tls12_aes128", "tls12_aes256", "tls12_chacha20"}) {
    const Heard heard = listen(recorded(name));
    EXPECT_EQ(heard.client.substr(0, 15), "POST /KdcProxy ") << name;
    EXPECT_EQ(heard.server.substr(0, 15), "HTTP/1.1 200 OK") << name;
    EXPECT_TRUE(heard.readable) << name;
    EXPECT_EQ(heard.fault, "") << name;
    EXPECT_FALSE(heard.closed) << name;
  }
}

TEST(TlsConnection, IsClosedWithoutThem) {
  Recorded without = recorded("tls13");
  without.keys = {};
  const Heard heard = listen(without);
  EXPECT_TRUE(heard.closed);
  EXPECT_EQ(heard.client + heard.server + heard.fault, "");
  Recorded other = recorded("tls12_aes128");
  other.keys = recorded("tls13").keys;
  EXPECT_TRUE(listen(other).closed);
}

TEST(TlsConnection, IsOpenedWithoutTheKeysOfTheHandshake) {
  std::ifstream stream(TESTDATA "/tls_key_log_fuzz/tls13");
  Recorded part = recorded("tls13");
  part.keys = {};
  for (std::string line; std::getline(stream, line);)
    if (line.find("HANDSHAKE") == line.npos) part.keys.add(as_bytes(line));
  const Heard heard = listen(part);
  EXPECT_EQ(heard.client.substr(0, 15), "POST /KdcProxy ");
  EXPECT_EQ(heard.server.substr(0, 15), "HTTP/1.1 200 OK");
}

TEST(TlsConnection, OfAnotherKindOfSuiteIsNamed) {
  EXPECT_EQ(listen(recorded("tls12_cbc")).fault,
            "the cipher suite 0xc023 of version 0x0303 is not supported");
}

TEST(TlsConnection, WaitsForTheHelloOfTheServer) {
  const Heard heard = listen(recorded("tls13"), [](unsigned direction, Octets& piece) {
    if (direction == 1) piece.clear();
  });
  EXPECT_TRUE(heard.readable);
  EXPECT_EQ(heard.client + heard.fault, "");
  EXPECT_TRUE(heard.closed);
}

TEST(TlsConnection, IsNotReadBehindARecordThatWasChanged) {
  for (const char* name : {"tls13", "tls12_aes256"}) {
    bool first = true;
    const Heard heard = listen(recorded(name), [&](unsigned direction, Octets& piece) {
      // The last piece of the client is its request.
      constexpr std::size_t request = 200;
      if (direction == 0 && !first && piece.size() > request) piece.back() ^= 1;
      if (direction == 0) first = false;
    });
    EXPECT_EQ(heard.client, "") << name;
    EXPECT_EQ(heard.server.substr(0, 15), "HTTP/1.1 200 OK") << name;
    EXPECT_NE(heard.fault.find("does not open"), std::string::npos) << name << heard.fault;
    EXPECT_FALSE(heard.readable) << name;
  }
}

TEST(TlsConnection, ThatIsNoneAnyMoreIsNotRead) {
  const Heard heard = listen(recorded("tls13"), [](unsigned direction, Octets& piece) {
    if (direction == 0) piece.push_back('x');
  });
  EXPECT_FALSE(heard.readable);
  EXPECT_EQ(heard.fault, "the stream is not TLS any more");
}

TEST(TlsConnection, BeginsWithARecord) {
  EXPECT_TRUE(TlsConnection::begins(as_bytes("\x16\x03\x01")));
  EXPECT_TRUE(TlsConnection::begins(as_bytes("\x17\x03")));
  EXPECT_FALSE(TlsConnection::begins(as_bytes("\x16")));
  EXPECT_FALSE(TlsConnection::begins(as_bytes("POST")));
  EXPECT_FALSE(TlsConnection::begins({}));
}

}  // namespace
}  // namespace ferryman::decode
