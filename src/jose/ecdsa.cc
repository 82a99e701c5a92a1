#include "jose/ecdsa.h"

#include <openssl/ecdsa.h>

#include <cstddef>

#include "pki/library.h"
#include "pki/owned.h"

namespace ferryman::jose {
namespace {

using OwnedSignature = Owned<ECDSA_SIG, ECDSA_SIG_free>;
using pki::must;

constexpr std::size_t number_size = 32;
constexpr int int_size = number_size;  // as OpenSSL counts

}  // namespace

std::optional<Octets> ecdsa_der_of_raw(Bytes raw) {
  if (raw.size() != 2 * number_size) return std::nullopt;
  const OwnedSignature signature(must(ECDSA_SIG_new()));
  pki::OwnedNumber r(must(BN_bin2bn(raw.data(), int_size, nullptr)));
  pki::OwnedNumber s(must(BN_bin2bn(raw.data() + number_size, int_size, nullptr)));
  must(ECDSA_SIG_set0(signature.get(), r.release(), s.release()));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) pki::fail_in_library();
  Octets octets(der, der + size);
  OPENSSL_free(der);
  return octets;
}

Octets ecdsa_raw_of_der(Bytes der) {
  const unsigned char* next = der.data();
  const OwnedSignature signature(must(d2i_ECDSA_SIG(nullptr, &next, static_cast<long>(der.size()))));
  Octets raw(2 * number_size);
  if (BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), int_size) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + number_size, int_size) < 0)
    pki::fail_in_library();
  return raw;
}

}  // namespace ferryman::jose
