#include "probe/http_reply.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace ferryman::probe {
namespace {

constexpr std::size_t max_head = 65536, max_body = 1 << 20, max_interim = 8;

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

template <typename T>
bool read_number(std::string_view text, T& number, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

}  // namespace

bool HttpReply::fail(const char* words) {
  state_ = State::malformed;
  fault_ = words;
  return false;
}

void HttpReply::finish() {
  state_ = State::complete;
  step_ = Step::done;
}

void HttpReply::feed(Bytes bytes) {
  anything_ |= !bytes.empty();
  if (state_ != State::incomplete) {
    surplus_ += bytes.size();
    return;
  }
  input_.append(as_text(bytes));
  while (state_ == State::incomplete && step()) {
  }
  input_.erase(0, at_);
  at_ = 0;
  if (state_ == State::complete) surplus_ += std::exchange(input_, {}).size();
}

void HttpReply::end() {
  if (state_ == State::incomplete && step_ == Step::body && framing_ == Framing::until_close) finish();
}

// True: something was taken, and there may be more to take.
bool HttpReply::step() {
  switch (step_) {
    case Step::head:
      return read_head();
    case Step::body:
    case Step::chunk:
      return read_body();
    case Step::chunk_size:
    case Step::chunk_end:
    case Step::trailer:
      return read_chunk_line();
    case Step::done:
      break;
  }
  return false;
}

// A line up to LF, its CR taken off.
bool HttpReply::take_line(std::string_view& line) {
  const std::size_t end = input_.find('\n', at_);
  const std::size_t size = (end == std::string::npos ? input_.size() : end + 1) - at_;
  if (head_size_ + size > max_head) return fail("a head over 64 KiB");
  if (end == std::string::npos) return false;
  head_size_ += size;
  line = std::string_view(input_).substr(at_, end - at_);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  at_ = end + 1;
  return true;
}

bool HttpReply::read_head() {
  std::string_view line;
  if (!take_line(line)) return false;
  if (!has_status_) return read_status_line(line);
  if (!line.empty()) return read_field(line);
  has_status_ = false;
  if (status_ >= 200) return choose_framing();
  if (interim_.size() >= max_interim) return fail("too many interim answers");
  interim_.push_back(status_);
  headers_.clear();
  return true;
}

bool HttpReply::read_status_line(std::string_view line) {
  const bool known = line.starts_with("HTTP/1.0 ") || line.starts_with("HTTP/1.1 ");
  if (!known) return fail(line.starts_with("HTTP/") ? "another version than HTTP/1" : "no HTTP answer");
  http10_ = line[7] == '0';
  if (!read_number(line.substr(9, 3), status_, 10) || status_ < 100 || status_ > 599)
    return fail("no status in the first line");
  has_status_ = true;
  return true;
}

bool HttpReply::read_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return fail("a header field without its name");
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(), ascii_lower);
  headers_.emplace_back(std::move(name), trimmed(line.substr(colon + 1)));
  return true;
}

std::string_view HttpReply::header(std::string_view name) const {
  const auto found =
      std::find_if(headers_.begin(), headers_.end(), [name](const auto& one) { return one.first == name; });
  return found == headers_.end() ? std::string_view() : std::string_view(found->second);
}

bool HttpReply::keep_alive() const {
  const std::string_view connection = header("connection");
  if (framing_ == Framing::until_close || equal_without_case(connection, "close")) return false;
  return !http10_ || equal_without_case(connection, "keep-alive");
}

// RFC 9112 6.3
bool HttpReply::choose_framing() {
  const std::string_view length = header("content-length"), coding = header("transfer-encoding");
  if (status_ == 204 || status_ == 304) {
    finish();
  } else if (!coding.empty()) {
    if (!equal_without_case(coding, "chunked")) return fail("a transfer coding other than chunked");
    framing_ = Framing::chunked;
    step_ = Step::chunk_size;
  } else if (!length.empty()) {
    if (!read_number(length, left_, 10)) return fail("a Content-Length that is no number");
    if (left_ > max_body) return fail("a body over 1 MiB");
    framing_ = Framing::length;
    step_ = Step::body;
    if (left_ == 0) finish();
  } else {
    framing_ = Framing::until_close;
    step_ = Step::body;
  }
  return true;
}

bool HttpReply::read_body() {
  const std::size_t there = input_.size() - at_;
  const std::size_t size = framing_ == Framing::until_close ? there : std::min(there, left_);
  if (body_.size() + size > max_body) return fail("a body over 1 MiB");
  const Bytes taken = as_bytes(std::string_view(input_).substr(at_, size));
  body_.insert(body_.end(), taken.begin(), taken.end());
  at_ += size;
  if (framing_ == Framing::until_close) return false;
  left_ -= size;
  if (left_ > 0) return false;
  if (framing_ == Framing::chunked)
    step_ = Step::chunk_end;
  else
    finish();
  return true;
}

// The lines between and behind the chunks (RFC 9112 7.1).
bool HttpReply::read_chunk_line() {
  std::string_view line;
  if (!take_line(line)) return false;
  if (step_ == Step::chunk_end) {
    if (!line.empty()) return fail("a chunk that is longer than it says");
    step_ = Step::chunk_size;
  } else if (step_ == Step::trailer) {
    if (line.empty()) finish();
  } else {
    if (!read_number(trimmed(line.substr(0, line.find(';'))), left_, 16))
      return fail("a chunk without its size");
    if (left_ > max_body) return fail("a body over 1 MiB");
    step_ = left_ == 0 ? Step::trailer : Step::chunk;
  }
  return true;
}

}  // namespace ferryman::probe
