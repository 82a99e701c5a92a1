#include "base/siphash.h"

#include <bit>
#include <random>

namespace ferryman {

SipHash::Key SipHash::Key::random() {
  std::random_device device;
  const auto draw = [&device] { return static_cast<std::uint64_t>(device()) << 32 | device(); };
  return {draw(), draw()};
}

SipHash::SipHash(const Key& key)
    : v0_(key.low ^ 0x736f6d6570736575),
      v1_(key.high ^ 0x646f72616e646f6d),
      v2_(key.low ^ 0x6c7967656e657261),
      v3_(key.high ^ 0x7465646279746573) {}

void SipHash::round() {
  v0_ += v1_;
  v1_ = std::rotl(v1_, 13) ^ v0_;
  v0_ = std::rotl(v0_, 32);
  v2_ += v3_;
  v3_ = std::rotl(v3_, 16) ^ v2_;
  v0_ += v3_;
  v3_ = std::rotl(v3_, 21) ^ v0_;
  v2_ += v1_;
  v1_ = std::rotl(v1_, 17) ^ v2_;
  v2_ = std::rotl(v2_, 32);
}

void SipHash::word(std::uint64_t value) {
  v3_ ^= value;
  round();
  round();
  v0_ ^= value;
}

SipHash& SipHash::octets(Bytes text) {
  for (const std::uint8_t octet : text) {
    pending_ |= static_cast<std::uint64_t>(octet) << 8 * (size_ % 8);
    if (++size_ % 8 != 0) continue;
    word(pending_);
    pending_ = 0;
  }
  return *this;
}

SipHash& SipHash::number(std::uint64_t value) {
  std::uint8_t octets_of[8];
  for (std::uint8_t& octet : octets_of) {
    octet = static_cast<std::uint8_t>(value);
    value >>= 8;
  }
  return octets(octets_of);
}

std::uint64_t SipHash::finish() const {
  SipHash end = *this;
  end.word(pending_ | size_ << 56);
  end.v2_ ^= 0xff;
  for (int i = 0; i < 4; ++i) end.round();
  return end.v0_ ^ end.v1_ ^ end.v2_ ^ end.v3_;
}

}  // namespace ferryman
