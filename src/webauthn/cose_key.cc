#include "webauthn/cose_key.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <array>
#include <optional>

#include "pki/library.h"
#include "pki/owned.h"
#include "pki/public_key.h"
#include "webauthn/cbor_reader.h"

namespace ferryman::webauthn {
namespace {

// RFC 9052 7.1, RFC 9053 7.
constexpr std::int64_t label_type = 1, label_algorithm = 3;
constexpr std::int64_t type_okp = 1, type_ec2 = 2, type_rsa = 3, curve_p256 = 1, curve_ed25519 = 6;
constexpr std::size_t ed25519_size = 32, max_parameters = 5;

// What stands there by its label. -1: the curve, or an RSA key's modulus; -2: x or the exponent; -3: y.
struct Parameters {
  std::optional<std::int64_t> type{}, algorithm{}, curve{};
  std::array<std::optional<Bytes>, 3> numbers{};  // of -1, -2 and -3

  bool has_only(bool has_curve, std::array<bool, 3> wanted) const {
    bool same = curve.has_value() == has_curve;
    for (std::size_t i = 0; i < numbers.size(); ++i) same = same && numbers[i].has_value() == wanted[i];
    return same;
  }
};

// Once each.
bool read_integer(CborReader& reader, std::optional<std::int64_t>& value) {
  if (value) return false;
  value = reader.integer();
  return value.has_value();
}

bool read_octets(CborReader& reader, std::optional<Bytes>& value) {
  if (value) return false;
  value = reader.octets();
  return value.has_value();
}

bool read_parameter(CborReader& reader, Parameters& parameters) {
  const auto label = reader.integer();
  if (!label) return false;
  switch (*label) {
    case label_type:
      return read_integer(reader, parameters.type);
    case label_algorithm:
      return read_integer(reader, parameters.algorithm);
    case -1:
      return read_octets(reader, parameters.numbers[0]) || read_integer(reader, parameters.curve);
    case -2:
      return read_octets(reader, parameters.numbers[1]);
    case -3:
      return read_octets(reader, parameters.numbers[2]);
    default:
      return false;
  }
}

std::optional<Parameters> read_parameters(Bytes cbor) {
  CborReader reader(cbor);
  const auto size = reader.map();
  if (!size || *size > max_parameters) return std::nullopt;
  Parameters parameters;
  for (std::size_t i = 0; i < *size; ++i)
    if (!read_parameter(reader, parameters)) return std::nullopt;
  if (!reader.rest().empty()) return std::nullopt;
  return parameters;
}

std::shared_ptr<EVP_PKEY> shared(const Result<pki::PublicKey>& key) {
  if (!key) return nullptr;
  pki::must(EVP_PKEY_up_ref(key->openssl()));
  return {key->openssl(), EVP_PKEY_free};
}

// Null for numbers that are no key.
std::shared_ptr<EVP_PKEY> key_of(Algorithm algorithm, const Parameters& p) {
  switch (algorithm) {
    case Algorithm::es256:
      if (p.type != type_ec2 || p.curve != curve_p256 || !p.has_only(true, {false, true, true}))
        return nullptr;
      return shared(pki::PublicKey::p256(*p.numbers[1], *p.numbers[2]));
    case Algorithm::rs256:
      if (p.type != type_rsa || !p.has_only(false, {true, true, false})) return nullptr;
      return shared(pki::PublicKey::rsa(*p.numbers[0], *p.numbers[1]));
    case Algorithm::eddsa:
      if (p.type != type_okp || p.curve != curve_ed25519 || !p.has_only(true, {false, true, false}) ||
          p.numbers[1]->size() != ed25519_size)
        return nullptr;
      return {EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, p.numbers[1]->data(), ed25519_size),
              EVP_PKEY_free};
  }
  return nullptr;
}

bool has_type(const EVP_PKEY* key, Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::es256:
      return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC;
    case Algorithm::rs256:
      return EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
    case Algorithm::eddsa:
      return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
  }
  return false;
}

}  // namespace

Outcome<Algorithm> algorithm_of(std::int64_t number) {
  for (const Algorithm each : {Algorithm::es256, Algorithm::eddsa, Algorithm::rs256})
    if (number == static_cast<std::int64_t>(each)) return each;
  return fail(Fault::algorithm);
}

bool verify(EVP_PKEY* key, Algorithm algorithm, Bytes message, Bytes signature) {
  if (!has_type(key, algorithm)) return false;
  const pki::OwnedDigestContext context(pki::must(EVP_MD_CTX_new()));
  const EVP_MD* digest = algorithm == Algorithm::eddsa ? nullptr : EVP_sha256();
  const bool good = EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
                    EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                                     message.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

Outcome<CoseKey> CoseKey::parse(Bytes cbor) {
  const auto parameters = read_parameters(cbor);
  if (!parameters || !parameters->algorithm) return fail(Fault::malformed);
  const auto algorithm = algorithm_of(*parameters->algorithm);
  if (!algorithm) return fail(algorithm.error());
  auto key = key_of(*algorithm, *parameters);
  if (!key) {
    ERR_clear_error();
    return fail(Fault::key);
  }
  return CoseKey(*algorithm, std::move(key));
}

}  // namespace ferryman::webauthn
