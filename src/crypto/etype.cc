#include "crypto/etype.h"

#include <algorithm>
#include <array>

namespace ferryman::crypto {
namespace {

using openssl::Digest;

constexpr std::array<Etype, 8> etypes{{
    {etype::aes256_sha1, Construction::aes_sha1, Digest::sha1, 32, 32, 32, checksum_type::hmac_sha1_aes256,
     12, 4096, "aes256-cts-hmac-sha1-96"},
    {etype::aes128_sha1, Construction::aes_sha1, Digest::sha1, 16, 16, 16, checksum_type::hmac_sha1_aes128,
     12, 4096, "aes128-cts-hmac-sha1-96"},
    {etype::aes256_sha384, Construction::aes_sha2, Digest::sha384, 32, 32, 24,
     checksum_type::hmac_sha384_aes256, 24, 32768, "aes256-cts-hmac-sha384-192"},
    {etype::aes128_sha256, Construction::aes_sha2, Digest::sha256, 16, 16, 16,
     checksum_type::hmac_sha256_aes128, 16, 32768, "aes128-cts-hmac-sha256-128"},
    {etype::rc4_hmac, Construction::libkrb5, Digest::md5, 16, 16, 0, checksum_type::hmac_md5, 16, 0,
     "rc4-hmac"},
    {etype::des3_cbc_sha1_kd, Construction::libkrb5, Digest::sha1, 24, 21, 0,
     checksum_type::hmac_sha1_des3_kd, 20, 0, "des3-cbc-hmac-sha1-kd"},
    {etype::camellia128, Construction::libkrb5, Digest::sha1, 16, 16, 0, checksum_type::cmac_camellia128, 16,
     0, "camellia128-cts-cmac"},
    {etype::camellia256, Construction::libkrb5, Digest::sha1, 32, 32, 0, checksum_type::cmac_camellia256, 16,
     0, "camellia256-cts-cmac"},
}};

}  // namespace

const Etype* find_etype(std::int32_t number) {
  const auto found =
      std::find_if(etypes.begin(), etypes.end(), [=](const Etype& etype) { return etype.number == number; });
  return found == etypes.end() ? nullptr : &*found;
}

std::size_t checksum_size(std::int32_t checksum_type) {
  const auto found = std::find_if(etypes.begin(), etypes.end(),
                                  [=](const Etype& etype) { return etype.checksum == checksum_type; });
  return found == etypes.end() ? 0 : found->checksum_size;
}

}  // namespace ferryman::crypto
