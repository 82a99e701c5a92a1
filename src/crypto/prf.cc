#include "crypto/prf.h"

#include <algorithm>

#include "crypto/libkrb5.h"

namespace ferryman::crypto {

Secret prf(const Key& key, Bytes input) {
  constexpr std::string_view constant = "prf";
  const Etype& etype = key.type();
  if (etype.construction == Construction::libkrb5) return libkrb5::prf(etype, key.octets(), input);
  if (etype.construction == Construction::aes_sha2) {  // RFC 8009 5
    Secret out(openssl::digest_size(etype.digest));
    derive_sha2(etype.digest, key.octets(), as_bytes(constant), input, out.writable());
    return out;
  }
  // RFC 3962 6: the hash is cut to a block, which DK(key, "prf") encrypts.
  static const FoldedConstant folded = fold(constant);
  Secret out(openssl::aes_block);
  openssl::hash(etype.digest, {input}, out.writable());
  DerivedKey derived;
  const auto used = std::span(derived).first(etype.key_size);
  derive_sha1(key.octets(), folded, used);
  openssl::encrypt_block(used, out.bytes(), out.writable());
  return out;
}

Secret prf_plus(const Key& key, Bytes input, std::size_t size) {
  Secret numbered(1 + input.size()), out(size);
  std::copy(input.begin(), input.end(), numbered.writable().begin() + 1);
  for (std::size_t done = 0; done < size;) {
    ++numbered.writable().front();
    const Secret part = prf(key, numbered.bytes());
    const std::size_t used = std::min(part.size(), size - done);
    std::copy_n(part.bytes().begin(), used, out.writable().begin() + static_cast<std::ptrdiff_t>(done));
    done += used;
  }
  return out;
}

Key combine(const Key& first, const Key& second, std::string_view first_pepper,
            std::string_view second_pepper) {
  const Etype& etype = first.type();
  Secret seed = prf_plus(first, as_bytes(first_pepper), etype.seed_size);
  const Secret other = prf_plus(second, as_bytes(second_pepper), etype.seed_size);
  std::transform(seed.bytes().begin(), seed.bytes().end(), other.bytes().begin(), seed.writable().begin(),
                 [](unsigned a, unsigned b) { return static_cast<std::uint8_t>(a ^ b); });
  return Key::from_seed(etype, seed.bytes());
}

Key derive(const Key& key, Bytes input, const Etype& etype) {
  return Key::from_seed(etype, prf_plus(key, input, etype.seed_size).bytes());
}

}  // namespace ferryman::crypto
