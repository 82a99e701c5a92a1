#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/secret.h"
#include "decode/tcp_stream.h"
#include "decode/tls_key_log.h"
#include "decode/tls_protection.h"

namespace ferryman::decode {

// A TLS connection as somebody sees it who only listens and has its key log: TLS 1.3 (RFC 8446), and TLS 1.2
// (RFC 5246) with an AEAD. Early data and renegotiated connections are not opened. It holds at most the first
// messages of the handshake; the time is linear in the records. Not for use by several threads.
class TlsConnection {
 public:
  // keys: must outlive it.
  explicit TlsConnection(const TlsKeyLog& keys) : keys_(keys) {}

  // Whether a stream that begins so is TLS.
  static bool begins(Bytes stream);

  // Takes off one direction's stream (0 or 1) the records that can be read by now, and puts what was said in
  // them behind the text. Records that wait for the other direction's stay. False when no more of this
  // direction can be read.
  bool take(unsigned direction, TcpStream& records, TcpStream& text);

  // Why that was so; for people. Empty where nothing is wrong but that there is no key.
  const std::string& fault() const { return fault_; }
  // It had sealed records, and none was opened, as the key log has nothing of it.
  bool is_closed() const { return sealed_ && !opened_ && fault_.empty(); }

 private:
  enum class Step : std::uint8_t { taken, waits, failed };
  enum class Side : std::uint8_t { unknown, client, server };
  struct Direction {
    Side side = Side::unknown;
    Octets hello;  // the handshake up to the hello's end
    bool hello_read = false;
    bool changed_cipher = false;
    std::optional<TlsProtection> protection;
    Secret next_secret;  // TLS 1.3: for what follows behind the records of `protection`
    bool opened = false;
    bool failed = false;
  };

  Step take_record(Direction& direction, Bytes record, TcpStream& text);
  bool take_hello(Direction& direction, Bytes fragment);
  bool read_server_hello(Direction& direction, Bytes message);
  Step take_sealed(Direction& direction, Bytes record, TcpStream& text);
  bool prepare(Direction& direction);
  std::optional<Octets> open(Direction& direction, Bytes record) const;
  bool fail(std::string fault);

  const TlsKeyLog& keys_;
  std::array<Direction, 2> directions_;
  Octets client_random_, server_random_;          // empty until they were seen
  std::uint16_t version_ = 0, suite_number_ = 0;  // 0 until the ServerHello was seen
  bool sealed_ = false, opened_ = false;
  std::string fault_;
};

}  // namespace ferryman::decode
