#include "crypto/derivation.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "base/endian.h"

namespace ferryman::crypto {
namespace {

constexpr std::size_t folded_usages = 64;  // the usages of the protocol itself; RFC 4120 7.5.1 and later ones

using UsageConstant = std::array<std::uint8_t, 5>;
UsageConstant usage_constant(std::uint32_t usage, Purpose purpose) {
  UsageConstant constant{};
  store_be(std::span(constant), usage);
  constant.back() = static_cast<std::uint8_t>(purpose);
  return constant;
}

FoldedConstant fold_usage(std::uint32_t usage, Purpose purpose) {
  return fold(as_text(usage_constant(usage, purpose)));
}

struct FoldedUsages {
  FoldedUsages() {
    for (std::uint32_t usage = 0; usage < folded_usages; ++usage) {
      blocks[usage] = {fold_usage(usage, Purpose::encryption), fold_usage(usage, Purpose::integrity),
                       fold_usage(usage, Purpose::checksum)};
    }
  }
  std::array<std::array<FoldedConstant, 3>, folded_usages> blocks;
};

FoldedConstant folded_usage(std::uint32_t usage, Purpose purpose) {
  static const FoldedUsages table;
  if (usage >= folded_usages) return fold_usage(usage, purpose);
  const std::size_t place = purpose == Purpose::encryption ? 0 : purpose == Purpose::integrity ? 1 : 2;
  return table.blocks[usage][place];
}

}  // namespace

void n_fold(Bytes constant, std::span<std::uint8_t> out) {
  constexpr std::size_t turn = 13;
  const std::size_t size = constant.size(), bits = 8 * size, total = std::lcm(size, out.size());
  std::vector<unsigned> sums(out.size());
  for (std::size_t i = 0; i < total; ++i) {
    // Each copy is turned right by 13 bits more than the one before it.
    const std::size_t turned = turn * (i / size) % bits, first = (8 * (i % size) + bits - turned) % bits;
    unsigned octet = 0;
    for (std::size_t k = first; k < first + 8; ++k)
      octet = octet << 1 | (constant[k % bits / 8] >> (7 - k % 8) & 1U);
    sums[i % out.size()] += octet;
  }
  // Addition in ones' complement: what overflows at the front comes in again at the end.
  const auto overflows = [](unsigned sum) { return sum > 0xff; };
  while (std::any_of(sums.begin(), sums.end(), overflows)) {
    for (std::size_t i = sums.size(); i-- > 0;) {
      const unsigned carry = sums[i] >> 8;
      sums[i] &= 0xff;
      sums[(i + sums.size() - 1) % sums.size()] += carry;
    }
  }
  std::copy(sums.begin(), sums.end(), out.begin());
}

FoldedConstant fold(std::string_view constant) {
  FoldedConstant folded{};
  n_fold(as_bytes(constant), folded);
  return folded;
}

void derive_sha1(Bytes key, const FoldedConstant& constant, std::span<std::uint8_t> out) {
  openssl::encrypt_block(key, constant, out);
}

void derive_sha2(openssl::Digest digest, Bytes key, Bytes label, Bytes context, std::span<std::uint8_t> out) {
  constexpr std::uint8_t counter[] = {0, 0, 0, 1}, separator[] = {0};
  std::array<std::uint8_t, 4> bits{};
  store_be(std::span(bits), static_cast<std::uint32_t>(8 * out.size()));
  openssl::hmac(digest, key, {counter, label, separator, context, bits}, out);
}

DerivedKey derive_key(const Etype& etype, Bytes key, std::int32_t usage, Purpose purpose) {
  DerivedKey derived;
  const auto number = static_cast<std::uint32_t>(usage);
  if (etype.construction == Construction::aes_sha1) {
    derive_sha1(key, folded_usage(number, purpose), std::span(derived).first(etype.key_size));
  } else {
    const std::size_t size = purpose == Purpose::encryption ? etype.key_size : etype.integrity_key_size;
    derive_sha2(etype.digest, key, usage_constant(number, purpose), {}, std::span(derived).first(size));
  }
  return derived;
}

}  // namespace ferryman::crypto
