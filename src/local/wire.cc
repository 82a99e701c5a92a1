#include "local/wire.h"

namespace ferryman::local {

std::uint32_t Cursor::integer(std::size_t octets) {
  if (error_) return 0;
  if (payload_.size() - at_ < octets) {
    fail(Fault::truncated);
    return 0;
  }
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < octets; ++i) value = value << 8 | payload_[at_ + i];
  at_ += octets;
  return value;
}

std::uint8_t Cursor::uint8() {
  return static_cast<std::uint8_t>(integer(1));
}

std::uint16_t Cursor::uint16() {
  return static_cast<std::uint16_t>(integer(2));
}

std::uint32_t Cursor::uint32() {
  return integer(4);
}

std::uint64_t Cursor::uint64() {
  const std::uint64_t high = uint32();
  return high << 32 | uint32();
}

Bytes Cursor::string(std::size_t most) {
  const std::uint32_t size = uint32();
  if (error_) return {};
  if (size > most) {
    fail(Fault::length_too_large);
    return {};
  }
  if (payload_.size() - at_ < size) {
    fail(Fault::truncated);
    return {};
  }
  const Bytes octets = payload_.subspan(at_, size);
  at_ += size;
  return octets;
}

void Cursor::fail(Fault fault) {
  if (!error_) error_ = Error{fault, static_cast<std::uint32_t>(at_)};
}

std::optional<Error> Cursor::end() {
  if (at_ != payload_.size()) fail(Fault::trailing_bytes);
  return error_;
}

void Appender::uint16(std::uint16_t value) {
  uint8(static_cast<std::uint8_t>(value >> 8));
  uint8(static_cast<std::uint8_t>(value));
}

void Appender::uint64(std::uint64_t value) {
  uint32(static_cast<std::uint32_t>(value >> 32));
  uint32(static_cast<std::uint32_t>(value));
}

void Appender::uint32(std::uint32_t value) {
  uint16(static_cast<std::uint16_t>(value >> 16));
  uint16(static_cast<std::uint16_t>(value));
}

void Appender::string(Bytes octets) {
  uint32(static_cast<std::uint32_t>(octets.size()));
  out_.insert(out_.end(), octets.begin(), octets.end());
}

}  // namespace ferryman::local
