#include "pkinit/group.h"

#include <openssl/bn.h>

#include <algorithm>

#include "pki/library.h"
#include "pki/owned.h"
#include "pkinit/encoding.h"
#include "pkinit/oids.h"

namespace ferryman::pkinit {
namespace {

using pki::must;

constexpr std::array<std::uint8_t, 1> generator{2};  // of both (RFC 3526)

Octets curve_algorithm(Bytes curve) {
  return encoded([=](der::Writer& writer) {
    writer.primitive(der::object_identifier, curve);
    writer.primitive(der::object_identifier, oids::ec_public_key);
    writer.close(der::sequence, 0);
  });
}

// q, which is (p - 1) / 2, may be empty.
Octets modp_algorithm(Bytes prime, Bytes q) {
  return encoded([=](der::Writer& writer) {
    if (!q.empty()) write_number(writer, q);
    write_number(writer, generator);
    write_number(writer, prime);
    writer.close(der::sequence, 0);
    writer.primitive(der::object_identifier, oids::dh_public_number);
    writer.close(der::sequence, 0);
  });
}

Octets octets_of(const BIGNUM* number) {
  Octets octets(static_cast<std::size_t>(BN_num_bytes(number)));
  BN_bn2bin(number, octets.data());
  return octets;
}

GroupParameters curve(Group group, const char* name, std::size_t size, Bytes oid) {
  return {group, "EC", name, {}, size, curve_algorithm(oid), {}};
}

GroupParameters modp(Group group, const char* name, const pki::OwnedNumber& prime) {
  const pki::OwnedNumber half(must(BN_new()));
  must(BN_rshift1(half.get(), prime.get()));
  Octets p = octets_of(prime.get());
  Octets with_q = modp_algorithm(p, octets_of(half.get())), without_q = modp_algorithm(p, {});
  const std::size_t size = p.size();
  return {group, "DHX", name, std::move(p), size, std::move(with_q), std::move(without_q)};
}

}  // namespace

const std::array<GroupParameters, 4>& groups() {
  static const std::array<GroupParameters, 4> kept{
      curve(Group::p256, "P-256", 32, oids::p256),
      curve(Group::p384, "P-384", 48, oids::p384),
      modp(Group::modp14, "modp_2048", pki::OwnedNumber(must(BN_get_rfc3526_prime_2048(nullptr)))),
      modp(Group::modp16, "modp_4096", pki::OwnedNumber(must(BN_get_rfc3526_prime_4096(nullptr)))),
  };
  return kept;
}

const GroupParameters* find_group(Bytes algorithm) {
  const auto is = [=](const Octets& candidate) { return std::ranges::equal(candidate, algorithm); };
  const auto found = std::ranges::find_if(groups(), [&](const GroupParameters& group) {
    return is(group.algorithm) || is(group.algorithm_without_q);
  });
  return found == groups().end() || algorithm.empty() ? nullptr : &*found;
}

}  // namespace ferryman::pkinit
