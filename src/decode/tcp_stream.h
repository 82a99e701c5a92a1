#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/bytes.h"

namespace ferryman::decode {

// One direction of a TCP connection put together from its segments: what is out of order waits, what comes
// again is dropped. Holds at most what it was given.
class TcpStream {
 public:
  // Segments this far ahead are of another connection.
  static constexpr std::uint32_t window = 4 << 20;

  // sequence: of the segment's first octet; with SYN that of the SYN. False when it is out of the window.
  bool add(std::uint32_t sequence, bool syn, Bytes payload);

  // What follows in order, of a stream that has no segments.
  void append(Bytes octets);

  bool has_begun() const { return begun_; }
  // Whether its first octet follows the SYN of that sequence number.
  bool begins_behind(std::uint32_t syn) const { return begun_ && base_ == syn + 1; }

  // What is in order and was not consumed yet. Valid until the next call that changes something.
  Bytes ready() const { return Bytes(ready_).subspan(consumed_); }
  void consume(std::size_t octets);

  // Octets that are missing before the next waiting segment; 0 when none waits.
  std::uint32_t gap() const;
  // Gives up on those: drops what is ready and goes on behind the gap.
  void skip_gap();

 private:
  void take_waiting();

  bool begun_ = false;
  std::uint32_t next_ = 0;                                      // sequence number of the next octet in order
  std::map<std::uint32_t, std::vector<std::uint8_t>> waiting_;  // by distance from base_
  std::uint32_t base_ = 0;
  std::vector<std::uint8_t> ready_;
  std::size_t consumed_ = 0;
};

}  // namespace ferryman::decode
