#include "crypto/libkrb5.h"

#include <krb5/krb5.h>

#include <new>
#include <stdexcept>

namespace ferryman::crypto::libkrb5 {
namespace {

// libkrb5 only reads what these point at.
krb5_data data_of(Bytes bytes) {
  krb5_data data{};
  data.length = static_cast<unsigned>(bytes.size());
  data.data = const_cast<char*>(as_text(bytes).data());
  return data;
}

krb5_keyblock keyblock_of(const Etype& etype, Bytes octets) {
  krb5_keyblock block{};
  block.enctype = etype.number;
  block.length = static_cast<unsigned>(octets.size());
  block.contents = const_cast<krb5_octet*>(octets.data());
  return block;
}

void must(krb5_error_code code) {
  if (code == ENOMEM) throw std::bad_alloc();
  if (code != 0) throw std::runtime_error("libk5crypto: error " + std::to_string(code));
}

}  // namespace

Octets encrypt(const Etype& etype, Bytes key, std::int32_t usage, Bytes plain) {
  const krb5_keyblock block = keyblock_of(etype, key);
  const krb5_data input = data_of(plain);
  std::size_t size = 0;
  must(krb5_c_encrypt_length(nullptr, etype.number, plain.size(), &size));
  Octets cipher(size);
  krb5_enc_data output{};
  output.ciphertext = data_of(cipher);
  must(krb5_c_encrypt(nullptr, &block, usage, nullptr, &input, &output));
  cipher.resize(output.ciphertext.length);
  return cipher;
}

std::optional<Secret> decrypt(const Etype& etype, Bytes key, std::int32_t usage, Bytes cipher) {
  const krb5_keyblock block = keyblock_of(etype, key);
  krb5_enc_data input{};
  input.enctype = etype.number;
  input.ciphertext = data_of(cipher);
  Secret plain(cipher.size());
  krb5_data output = data_of(plain.bytes());
  if (krb5_c_decrypt(nullptr, &block, usage, nullptr, &input, &output) != 0) return std::nullopt;
  plain.shrink(output.length);
  return plain;
}

Octets checksum(const Etype& etype, Bytes key, std::int32_t usage, Bytes data) {
  const krb5_keyblock block = keyblock_of(etype, key);
  const krb5_data input = data_of(data);
  krb5_checksum made{};
  must(krb5_c_make_checksum(nullptr, etype.checksum, &block, usage, &input, &made));
  Octets octets(made.contents, made.contents + made.length);
  krb5_free_checksum_contents(nullptr, &made);
  return octets;
}

Secret prf(const Etype& etype, Bytes key, Bytes input) {
  krb5_keyblock block = keyblock_of(etype, key);
  krb5_data in = data_of(input);
  std::size_t size = 0;
  must(krb5_c_prf_length(nullptr, etype.number, &size));
  Secret out(size);
  krb5_data output = data_of(out.bytes());
  must(krb5_c_prf(nullptr, &block, &in, &output));
  return out;
}

Secret random_to_key(const Etype& etype, Bytes seed) {
  Secret octets(etype.key_size);
  krb5_keyblock block = keyblock_of(etype, octets.bytes());
  krb5_data random = data_of(seed);
  must(krb5_c_random_to_key(nullptr, etype.number, &random, &block));
  return octets;
}

std::optional<Secret> string_to_key(const Etype& etype, Bytes password, Bytes salt, Bytes parameters) {
  const krb5_data text = data_of(password), salting = data_of(salt), params = data_of(parameters);
  krb5_keyblock block{};
  if (krb5_c_string_to_key_with_params(nullptr, etype.number, &text, &salting,
                                       parameters.empty() ? nullptr : &params, &block) != 0) {
    return std::nullopt;
  }
  Secret octets(Bytes(block.contents, block.length));
  krb5_free_keyblock_contents(nullptr, &block);  // wipes it
  return octets;
}

}  // namespace ferryman::crypto::libkrb5
