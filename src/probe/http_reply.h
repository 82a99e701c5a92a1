#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace ferryman::probe {

// Reads one HTTP/1 answer to a POST or GET (RFC 9112) as it comes, and remembers what would trouble a client.
// Lenient where clients are; bounded: heads of 64 KiB, 8 interim answers, a body of 1 MiB.
//
//   HttpReply reply;
//   while (reply.state() == HttpReply::State::incomplete) reply.feed(octets) or reply.end();
class HttpReply {
 public:
  enum class State : std::uint8_t { incomplete, complete, malformed };
  enum class Framing : std::uint8_t { none, length, chunked, until_close };

  // Takes what belongs to this answer; what is behind it counts as surplus().
  void feed(Bytes bytes);
  // The connection has ended. An answer that is cut short stays incomplete.
  void end();

  State state() const { return state_; }
  const std::string& fault() const { return fault_; }  // of a malformed one, in a few words
  bool anything() const { return anything_; }

  bool http10() const { return http10_; }
  unsigned status() const { return status_; }
  const std::vector<unsigned>& interim() const { return interim_; }  // 1xx that came before
  Framing framing() const { return framing_; }
  // A field's first value; empty when it is absent. name: in lower case.
  std::string_view header(std::string_view name) const;
  // Whether the connection may go on, as far as the answer says.
  bool keep_alive() const;
  Bytes body() const { return body_; }
  std::size_t surplus() const { return surplus_; }

 private:
  enum class Step : std::uint8_t { head, body, chunk_size, chunk, chunk_end, trailer, done };

  bool step();
  bool take_line(std::string_view& line);
  bool read_head();
  bool read_status_line(std::string_view line);
  bool read_field(std::string_view line);
  bool choose_framing();
  bool read_body();
  bool read_chunk_line();
  bool fail(const char* words);
  void finish();

  State state_ = State::incomplete;
  Step step_ = Step::head;
  Framing framing_ = Framing::none;
  bool anything_ = false, http10_ = false, has_status_ = false;
  unsigned status_ = 0;
  std::string fault_, input_;
  std::size_t at_ = 0;  // in input_
  std::size_t head_size_ = 0, left_ = 0, surplus_ = 0;
  std::vector<unsigned> interim_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::vector<std::uint8_t> body_;
};

}  // namespace ferryman::probe
