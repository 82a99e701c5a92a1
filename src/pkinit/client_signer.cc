#include "pkinit/client_signer.h"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "der/reader.h"
#include "kerberos/time.h"
#include "pki/library.h"
#include "pkinit/encoding.h"
#include "pkinit/oids.h"

namespace ferryman::pkinit {
namespace {

constexpr der::Tag set = 0x31, utf8_string = 0x0c, utc_time = 0x17, null = 5;
constexpr std::int64_t day = 86400;
constexpr std::string_view common_name = "Kerberos logon";

// pkcs (1.2.840.113549.1): RFC 5652, RFC 3370, RFC 4055; ANSI X9.62: RFC 5758; RFC 5280.
constexpr std::array<std::uint8_t, 9> signed_data{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2},
    content_type_attribute{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3},
    message_digest_attribute{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4},
    rsa_encryption{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1},
    sha256_with_rsa{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11};
constexpr std::array<std::uint8_t, 8> ecdsa_with_sha256{0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2};
constexpr std::array<std::uint8_t, 3> id_common_name{0x55, 4, 3};

Octets element(der::Tag tag, std::initializer_list<Bytes> contents) {
  return encoded([&](der::Writer& writer) {
    for (auto each = contents.end(); each != contents.begin();) writer.bytes(*--each);
    writer.close(tag, 0);
  });
}
Octets sequence(std::initializer_list<Bytes> contents) {
  return element(der::sequence, contents);
}
Octets oid(Bytes content) {
  return element(der::object_identifier, {content});
}
Octets number(std::uint8_t value) {
  return element(der::integer, {std::array{value}});
}

using Digest = std::array<std::uint8_t, SHA256_DIGEST_LENGTH>;
Digest digest_of(Bytes octets) {
  Digest digest;
  ::SHA256(octets.data(), octets.size(), digest.data());
  return digest;
}

// With parameters that are NULL for RSA, and none for ECDSA.
Octets signature_algorithm(const pki::PublicKey& key, Bytes of_rsa) {
  if (key.type() == pki::KeyType::rsa) return sequence({oid(of_rsa), element(null, {})});
  return sequence({oid(ecdsa_with_sha256)});
}

Octets name() {
  return sequence(
      {element(set, {sequence({oid(id_common_name), element(utf8_string, {as_bytes(common_name)})})})});
}

// Of both ends, until 2049.
Octets validity(std::int64_t now) {
  const auto time = [](std::int64_t seconds) {
    const auto text = kerberos::format_time(seconds).value();
    return element(utc_time, {as_bytes(std::string_view(text.data(), text.size()).substr(2))});
  };
  return sequence({time(now - day), time(now + day)});
}

Octets random_serial() {
  std::array<std::uint8_t, 8> octets{};
  pki::must(RAND_bytes(octets.data(), static_cast<int>(octets.size())));
  octets[0] = static_cast<std::uint8_t>((octets[0] & 0x3f) | 0x40);
  return element(der::integer, {octets});
}

// IssuerAndSerialNumber (RFC 5652 10.2.4).
Octets identifier_of(Bytes certificate) {
  der::Status status;
  der::Reader reader(certificate, status);
  der::Reader to_be_signed = reader.enter(der::sequence).enter(der::sequence);
  to_be_signed.read_element();  // version
  const Bytes serial = to_be_signed.read_element();
  to_be_signed.read_element();  // signature
  const Bytes issuer = to_be_signed.read_element();
  return sequence({issuer, serial});
}

}  // namespace

std::optional<Octets> self_signed_certificate(const ClientSigner& signer, std::int64_t now) {
  const Octets algorithm = signature_algorithm(signer.key, sha256_with_rsa), own_name = name();
  const Octets to_be_signed =
      sequence({element(der::context(0), {number(2)}), random_serial(), algorithm, own_name, validity(now),
                own_name, signer.key.subject_public_key_info()});
  const auto signature = signer.sign(digest_of(to_be_signed));
  if (!signature) return std::nullopt;
  constexpr std::array<std::uint8_t, 1> no_unused_bits{0};
  return sequence({to_be_signed, algorithm, element(der::bit_string, {no_unused_bits, *signature})});
}

std::optional<Octets> sign_auth_pack(const ClientSigner& signer, Bytes certificate, Bytes content) {
  const Octets digest_algorithm = sequence({oid(oids::sha256)}), type = oid(oids::auth_data);
  const Octets of_type = sequence({oid(content_type_attribute), element(set, {type})});
  const Octets of_digest = sequence(
      {oid(message_digest_attribute), element(set, {element(der::octet_string, {digest_of(content)})})});
  // What is signed is a SET; in the message it has another tag (RFC 5652 5.4).
  const auto signature = signer.sign(digest_of(element(set, {of_type, of_digest})));
  if (!signature) return std::nullopt;
  const Octets signer_info =
      sequence({number(1), identifier_of(certificate), digest_algorithm,
                element(der::context(0), {of_type, of_digest}),
                signature_algorithm(signer.key, rsa_encryption), element(der::octet_string, {*signature})});
  const Octets encapsulated =
      sequence({type, element(der::context(0), {element(der::octet_string, {content})})});
  const Octets data = sequence({number(3), element(set, {digest_algorithm}), encapsulated,
                                element(der::context(0), {certificate}), element(set, {signer_info})});
  return sequence({oid(signed_data), element(der::context(0), {data})});
}

}  // namespace ferryman::pkinit
