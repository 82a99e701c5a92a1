#include "telemetry/record.h"

#include <charconv>
#include <cstring>
#include <ctime>

#include "base/text.h"

namespace ferryman::telemetry {
namespace {

// What a value in logfmt may consist of and stand there as it is, without quotes.
constexpr std::array<bool, 256> plain = [] {
  std::array<bool, 256> table{};
  constexpr std::string_view all =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@,[]+*";
  for (const char c : all) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

inline bool is_plain(const char* begin, const char* end) {
  return begin != end && std::all_of(begin, end, [](char c) { return plain[static_cast<unsigned char>(c)]; });
}

// What a value in JSON may consist of so is printable ASCII without quote and backslash. Eight octets at a
// time: in the result the highest bit of one is set when there is another among them.
constexpr std::size_t word_size = sizeof(std::uint64_t);
constexpr std::uint64_t ones = 0x0101010101010101, highest = ones * 0x80;

constexpr std::uint64_t unprintable(std::uint64_t octets) {
  return octets | (octets + ones) | (octets - ones * ' ') | ((octets ^ ones * '"') - ones) |
         ((octets ^ ones * '\\') - ones);
}

std::uint64_t load(const char* at) {
  std::uint64_t octets = 0;
  std::memcpy(&octets, at, word_size);
  return octets;
}

template <typename Word>
void copy_ends(char* to, const char* from, std::size_t octets) {
  Word first{}, last{};
  std::memcpy(&first, from, sizeof first);
  std::memcpy(&last, from + octets - sizeof last, sizeof last);
  std::memcpy(to, &first, sizeof first);
  std::memcpy(to + octets - sizeof last, &last, sizeof last);
}

// Most values are short, and not worth a call.
inline char* copy(char* to, std::string_view value) {
  const std::size_t octets = value.size();
  if (octets > 2 * word_size) {
    std::memcpy(to, value.data(), octets);
  } else if (octets >= word_size) {
    copy_ends<std::uint64_t>(to, value.data(), octets);
  } else if (octets >= sizeof(std::uint32_t)) {
    copy_ends<std::uint32_t>(to, value.data(), octets);
  } else {
    for (std::size_t i = 0; i < octets; ++i) to[i] = value[i];
  }
  return to + octets;
}

// end is followed by room for word_size octets.
inline bool is_printable(const char* begin, char* end) {
  std::memset(end, ' ', word_size);
  std::uint64_t found = 0;
  for (const char* at = begin; at < end; at += word_size) found |= unprintable(load(at));
  return (found & highest) == 0;
}

constexpr std::size_t longest_escape = sizeof "\\uNNNN" - 1;

}  // namespace

void Record::begin() {
  at_ = out_.data() + out_.size();
  end_ = out_.data() + out_.capacity();
  reserve(1);
  if (json_) *at_++ = '{';
}

void Record::end() {
  reserve(1);
  if (json_) {
    at_[-1] = '}';
    *at_++ = '\n';
  } else {
    at_[-1] = '\n';
  }
  out_.resize(static_cast<std::size_t>(at_ - out_.data()));
}

void Record::grow(std::size_t octets) {
  const auto used = static_cast<std::size_t>(at_ - out_.data());
  out_.resize(used);
  out_.reserve(used + octets);
  at_ = out_.data() + used;
  end_ = out_.data() + out_.capacity();
}

// Writes name and separator, and in JSON the value's quote; returns what follows, with room for that much
// and for what parts it from the next field.
inline char* Record::name(const Key& key, bool quote, std::size_t room) {
  reserve(sizeof key.ours_.quoted + room + 2);
  char* at = at_;
  if (json_) {
    const Key::Name& called = key.*name_;
    std::memcpy(at, called.quoted.data(), sizeof called.quoted);
    return at + called.size + (quote ? 4 : 3);
  }
  std::memcpy(at, key.ours_.quoted.data() + 1, Key::max_size);
  at += key.ours_.size;
  *at++ = '=';
  return at;
}

inline void Record::part(char* end) {
  *end++ = json_ ? ',' : ' ';
  at_ = end;
}

inline void Record::quote_and_part(char* end) {
  if (json_) *end++ = '"';
  part(end);
}

char* Record::open(const Key& key, std::size_t most) {
  return at_ = name(key, true, most + word_size);
}

void Record::close_word(char* end) {
  quote_and_part(end);
}

void Record::close(char* end) {
  if (json_ ? !is_printable(at_, end) : !is_plain(at_, end)) {
    return escape(static_cast<std::size_t>(end - at_));
  }
  quote_and_part(end);
}

// The value is moved back as far as it may grow, and written from there.
void Record::escape(std::size_t octets) {
  const std::size_t most = octets * longest_escape + 1;
  const auto done = at_ - out_.data();
  at_ += octets;
  reserve(most + word_size);
  at_ = out_.data() + done;
  char* const value = at_ + most;
  std::memmove(value, at_, octets);
  char* at = at_;
  if (!json_) *at++ = '"';
  at = escaped(at, {value, octets});
  *at++ = '"';
  part(at);
}

char* Record::escaped(char* at, std::string_view value) const {
  constexpr std::string_view digits = "0123456789abcdef";
  while (!value.empty()) {
    const Character each = take_character(value);
    if (each.is_harmless) {
      if (each.point == '"' || each.point == '\\') *at++ = '\\';
      at = std::copy(each.octets.begin(), each.octets.end(), at);
      continue;
    }
    const bool is_octet = !json_ && each.point < 0x100;
    *at++ = '\\';
    *at++ = is_octet ? 'x' : 'u';
    for (int shift = is_octet ? 4 : 12; shift >= 0; shift -= 4) *at++ = digits[each.point >> shift & 15];
  }
  return at;
}

void Record::text(const Key& key, std::string_view value) {
  close(copy(open(key, value.size()), value));
}

void Record::word(const Key& key, std::string_view value) {
  quote_and_part(copy(name(key, true, value.size()), value));
}

void Record::number(const Key& key, std::int64_t value) {
  constexpr std::size_t longest = sizeof "-9223372036854775808" - 1;
  char* at = name(key, false, longest);
  part(std::to_chars(at, at + longest, value).ptr);
}

void Record::hex(const Key& key, std::uint32_t value) {
  constexpr std::size_t longest = sizeof "0xffffffff" - 1;
  char* at = name(key, true, longest);
  *at++ = '0';
  *at++ = 'x';
  quote_and_part(std::to_chars(at, at + longest - 2, value, 16).ptr);
}

void Record::flag(const Key& key, bool value) {
  const std::string_view word = value ? "true" : "false";
  char* at = name(key, false, word.size());
  part(std::copy(word.begin(), word.end(), at));
}

std::string_view timestamp(std::chrono::system_clock::time_point now) {
  constexpr std::string_view form = "2026-01-31T12:00:00.123Z";
  thread_local std::int64_t last = -1, last_second = -1;
  thread_local std::array<char, 32> text{};
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  if (since == last) return {text.data(), form.size()};
  last = since;
  const std::time_t seconds = since / 1000, milliseconds = since % 1000;
  if (seconds != last_second) {
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    fmt::format_to_n(text.data(), text.size(), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.000Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
    last_second = seconds;
  }
  char* at = text.data() + form.size() - (sizeof "123Z" - 1);
  *at++ = static_cast<char>('0' + milliseconds / 100);
  *at++ = static_cast<char>('0' + milliseconds / 10 % 10);
  *at = static_cast<char>('0' + milliseconds % 10);
  return {text.data(), form.size()};
}

}  // namespace ferryman::telemetry
