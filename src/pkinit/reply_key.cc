#include "pkinit/reply_key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <string>

#include "kerberos/pkinit.h"
#include "pki/library.h"
#include "pki/owned.h"
#include "pkinit/encoding.h"
#include "pkinit/oids.h"

namespace ferryman::pkinit {
namespace {

using pki::must;

using OwnedKdf = Owned<EVP_KDF, EVP_KDF_free>;
using OwnedKdfContext = Owned<EVP_KDF_CTX, EVP_KDF_CTX_free>;

constexpr std::size_t sha1_size = 20;

void hash_counted(EVP_MD_CTX* context, std::uint8_t counter, std::initializer_list<Bytes> parts,
                  std::span<std::uint8_t, sha1_size> out) {
  must(EVP_DigestInit_ex2(context, EVP_sha1(), nullptr));
  must(EVP_DigestUpdate(context, &counter, 1));
  for (const Bytes part : parts) must(EVP_DigestUpdate(context, part.data(), part.size()));
  must(EVP_DigestFinal_ex(context, out.data(), nullptr));
}

Octets supp_pub_info(std::int32_t etype, const KdfContext& context) {
  return encoded([&](der::Writer& writer) {
    writer.field(der::context(2), der::octet_string, context.pk_as_rep);
    writer.field(der::context(1), der::octet_string, context.as_req);
    writer.integer_field(der::context(0), etype);
    writer.close(der::sequence, 0);
  });
}

Octets other_info(Kdf kdf, std::int32_t etype, const KdfContext& context) {
  const Octets client = kerberos::encode(kerberos::Krb5PrincipalName{context.client_realm, context.client});
  const Octets server = kerberos::encode(kerberos::Krb5PrincipalName{context.server_realm, context.server});
  const Octets supplement = supp_pub_info(etype, context);
  return encoded([&](der::Writer& writer) {
    writer.field(der::context(2), der::octet_string, supplement);
    writer.field(der::context(1), der::octet_string, server);
    writer.field(der::context(0), der::octet_string, client);
    const std::size_t mark = writer.size();
    writer.primitive(der::object_identifier, oid_of(kdf));  // an AlgorithmIdentifier without parameters
    writer.close(der::sequence, mark);
    writer.close(der::sequence, 0);
  });
}

}  // namespace

crypto::Key octetstring2key(const crypto::Etype& etype, const Secret& shared, Bytes client_nonce,
                            Bytes server_nonce) {
  const pki::OwnedDigestContext context(must(EVP_MD_CTX_new()));
  Secret seed((etype.seed_size + sha1_size - 1) / sha1_size * sha1_size);
  for (std::size_t i = 0; i * sha1_size < seed.size(); ++i) {
    hash_counted(context.get(), static_cast<std::uint8_t>(i), {shared.bytes(), client_nonce, server_nonce},
                 seed.writable().subspan(i * sha1_size).first<sha1_size>());
  }
  return crypto::Key::from_seed(etype, seed.bytes());
}

Bytes oid_of(Kdf kdf) {
  return kdf == Kdf::sha256 ? Bytes(oids::kdf_sha256) : Bytes(oids::kdf_sha512);
}

Judged<Kdf> choose_kdf(std::span<const Bytes> offered) {
  for (const Kdf kdf : {Kdf::sha256, Kdf::sha512}) {
    const auto is = [=](Bytes oid) { return std::ranges::equal(oid, oid_of(kdf)); };
    if (std::ranges::any_of(offered, is)) return kdf;
  }
  return refuse(kerberos::error_code::no_acceptable_kdf, "no key derivation function that is served");
}

// It is the one-step function of SP 800-56C, which OpenSSL has.
crypto::Key derive_reply_key(Kdf kdf, const crypto::Etype& etype, const Secret& shared,
                             const KdfContext& context) {
  Octets info = other_info(kdf, etype.number, context);
  Secret secret = shared.copy(), seed(etype.seed_size);
  std::string digest = kdf == Kdf::sha256 ? "SHA256" : "SHA512";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), digest.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret.writable().data(), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end()};
  const OwnedKdf algorithm(must(EVP_KDF_fetch(nullptr, "SSKDF", nullptr)));
  const OwnedKdfContext derivation(must(EVP_KDF_CTX_new(algorithm.get())));
  must(EVP_KDF_derive(derivation.get(), seed.writable().data(), seed.size(), parameters));
  return crypto::Key::from_seed(etype, seed.bytes());
}

}  // namespace ferryman::pkinit
