#include "kdc_requests.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <ctime>
#include <stdexcept>
#include <utility>

#include "crypto/checksum.h"
#include "crypto/encryption.h"
#include "crypto/openssl.h"
#include "crypto/string_to_key.h"
#include "kerberos/ap.h"
#include "kerberos/enc_kdc_rep_part.h"
#include "kerberos/kdc_rep.h"
#include "kerberos/krb_error.h"
#include "kerberos/numbers.h"
#include "kerberos/pkinit.h"
#include "kerberos/preauth.h"
#include "kerberos/whole_kdc_req.h"
#include "pki/library.h"
#include "pki/owned.h"
#include "pkinit/oids.h"
#include "pkinit/signed_data.h"

namespace bench {
namespace {

using namespace ferryman;
namespace key_usage = kerberos::key_usage;
namespace padata = kerberos::padata;

constexpr std::uint32_t as_options = kerberos::kdc_option::forwardable | kerberos::kdc_option::renewable_ok |
                                     kerberos::kdc_option::canonicalize,
                        tgs_options = kerberos::kdc_option::forwardable | kerberos::kdc_option::canonicalize;
constexpr std::int64_t wanted_lifetime = 36'000;

template <typename T>
T value_of(Result<T> result, const char* what) {
  if (!result) throw std::runtime_error(std::string("not to be read: ") + what);
  return *std::move(result);
}

kerberos::KdcReqBody body_of(std::string_view realm, std::uint32_t options, std::uint32_t nonce,
                             kerberos::EtypeList etypes) {
  kerberos::KdcReqBody body;
  body.kdc_options = options;
  body.realm = realm;
  body.till = std::time(nullptr) + wanted_lifetime;
  body.nonce = nonce;
  body.etypes = etypes;
  return body;
}

kerberos::Made<kerberos::EtypeList> wanted_etypes() {
  kerberos::Made<kerberos::EtypeList> etypes;
  etypes.add(kerberos::etype::aes256_sha1).add(kerberos::etype::aes128_sha1);
  return etypes;
}

Octets encrypted(const crypto::Key& key, std::int32_t usage, Bytes plain) {
  const Octets cipher = crypto::encrypt(key, usage, plain);
  return kerberos::encode(kerberos::EncryptedData{key.etype(), std::nullopt, cipher});
}

Octets modp_public_value() {
  using pki::must;
  const pki::OwnedKeyContext context(must(EVP_PKEY_CTX_new_from_name(nullptr, "DHX", nullptr)));
  must(EVP_PKEY_keygen_init(context.get()));
  must(EVP_PKEY_CTX_set_group_name(context.get(), "modp_2048"));
  EVP_PKEY* key = nullptr;
  must(EVP_PKEY_generate(context.get(), &key));
  const pki::OwnedKey owned(key);
  unsigned char* octets = nullptr;
  const int size = i2d_PUBKEY(key, &octets);
  if (size < 0) throw std::runtime_error("no SubjectPublicKeyInfo");
  Octets value(octets, octets + size);
  OPENSSL_free(octets);
  return value;
}

}  // namespace

Signer::Signer(Bytes certificate_der, Bytes key_der)
    : certificate(value_of(pki::Certificate::parse(certificate_der), "the certificate")),
      key(value_of(pki::PrivateKey::of_pkcs8(key_der), "the key")),
      public_value(modp_public_value()) {}

std::string numbered_name(std::uint32_t number) {
  return fmt::format("user{:07}", number);
}

crypto::Key numbered_key(std::uint32_t number) {
  Octets seed(32);
  crypto::openssl::hash(crypto::openssl::Digest::sha256, {as_bytes("the key of " + numbered_name(number))},
                        seed);
  return value_of(crypto::Key::make(user_etype, seed), "a key");
}

Octets Requests::as_req(std::string_view client, const Proof& add_proof) {
  const kerberos::Name cname(kerberos::name_type::principal, {client}),
      krbtgt(kerberos::name_type::srv_inst, {"krbtgt", realm_});
  const auto etypes = wanted_etypes();
  kerberos::KdcReqBody body = body_of(realm_, as_options, ++made_, etypes.list());
  body.cname = cname.view();
  body.sname = krbtgt.view();
  kerberos::Made<kerberos::PadataList> list;
  add_proof(body, list);
  list.add({padata::req_enc_pa_rep, {}});  // as MIT's and Heimdal's clients do
  return kerberos::encode(kerberos::WholeKdcReq{kerberos::msg_type::as_req, list.list(), body});
}

Octets Requests::as_req(std::string_view client) {
  return as_req(client, [](const kerberos::KdcReqBody&, kerberos::Made<kerberos::PadataList>&) {});
}

Octets Requests::as_req(const User& user) {
  return as_req(user.name, [&](const kerberos::KdcReqBody&, kerberos::Made<kerberos::PadataList>& list) {
    const Octets timestamp =
        encrypted(user.key, key_usage::pa_enc_timestamp,
                  kerberos::encode(kerberos::PaEncTsEnc{std::time(nullptr), next_microsecond()}));
    list.add({padata::enc_timestamp, timestamp});
  });
}

Octets Requests::freshness_req(std::string_view client) {
  return as_req(client, [](const kerberos::KdcReqBody&, kerberos::Made<kerberos::PadataList>& list) {
    list.add({padata::as_freshness, {}});
  });
}

Octets Requests::token_of(Bytes answer) {
  const auto error = value_of(kerberos::parse<kerberos::KrbError>(answer), "the KRB-ERROR");
  const auto hints = value_of(kerberos::parse<kerberos::PadataList>(error.e_data), "the METHOD-DATA");
  const auto token = hints.find(padata::as_freshness);
  if (!token) throw std::runtime_error("no PA-AS-FRESHNESS");
  return {token->value.begin(), token->value.end()};
}

Octets Requests::as_req(std::string_view client, const Signer& signer, Bytes token) {
  return as_req(client, [&](const kerberos::KdcReqBody& body, kerberos::Made<kerberos::PadataList>& list) {
    Octets sum(crypto::openssl::digest_size(crypto::openssl::Digest::sha1));
    crypto::openssl::hash(crypto::openssl::Digest::sha1, {kerberos::encode(body)}, sum);
    kerberos::Made<kerberos::KdfAlgorithms> kdfs;
    kdfs.add({pkinit::oids::kdf_sha256});
    kerberos::AuthPack pack;
    pack.authenticator = {next_microsecond(), std::time(nullptr), made_, sum, token, {}};
    pack.client_public_value = signer.public_value;
    pack.kdfs = kdfs.list();
    const Octets cms = pkinit::sign({signer.key, signer.certificate}, kerberos::encode(pack),
                                    pkinit::content_type::auth_data);
    const Octets value = kerberos::encode(kerberos::PaPkAsReq{cms});
    list.add({padata::pk_as_req, value});
  });
}

Octets Requests::tgs_req(const Tgt& tgt, std::string_view service_class, std::string_view host) {
  const kerberos::Name service(kerberos::name_type::srv_hst, {service_class, host}),
      cname(kerberos::name_type::principal, {tgt.client});
  const auto etypes = wanted_etypes();
  kerberos::KdcReqBody body = body_of(realm_, tgs_options, ++made_, etypes.list());
  body.sname = service.view();

  const Octets sum =
      crypto::make_checksum(tgt.session_key, key_usage::tgs_req_checksum, kerberos::encode(body));
  const auto subkey = crypto::Key::random(user_etype);
  kerberos::Authenticator authenticator;
  authenticator.crealm = realm_;
  authenticator.cname = cname.view();
  authenticator.checksum = {tgt.session_key.type().checksum, sum};
  authenticator.ctime = std::time(nullptr);
  authenticator.cusec = next_microsecond();
  authenticator.subkey = {subkey.etype(), subkey.octets()};
  authenticator.seq_number = made_;
  const Octets cipher =
      crypto::encrypt(tgt.session_key, key_usage::tgs_req_authenticator, kerberos::encode(authenticator));
  const auto ticket = value_of(kerberos::parse<kerberos::Ticket>(tgt.ticket), "a ticket");
  const Octets ap_req =
      kerberos::encode(kerberos::ApReq{0, ticket, {tgt.session_key.etype(), std::nullopt, cipher}});
  kerberos::Made<kerberos::PadataList> list;
  list.add({padata::tgs_req, ap_req});
  return kerberos::encode(kerberos::WholeKdcReq{kerberos::msg_type::tgs_req, list.list(), body});
}

User Requests::user_of(std::string_view client, std::string_view password, Bytes answer) {
  const auto error = value_of(kerberos::parse<kerberos::KrbError>(answer), "the KRB-ERROR");
  const auto hints = value_of(kerberos::parse<kerberos::PadataList>(error.e_data), "the METHOD-DATA");
  const auto info = hints.find(padata::etype_info2);
  if (!info) throw std::runtime_error("no PA-ETYPE-INFO2");
  auto entries = value_of(kerberos::parse<kerberos::EtypeInfo2>(info->value), "the PA-ETYPE-INFO2");
  for (kerberos::EtypeInfo2Entry entry; entries.next(entry);) {
    if (entry.etype != user_etype || !entry.salt) continue;
    return {std::string(client),
            value_of(crypto::string_to_key(entry.etype, as_bytes(password), *entry.salt), "the salt")};
  }
  throw std::runtime_error("no salt for aes256-cts-hmac-sha1-96");
}

Tgt Requests::tgt_of(const User& user, Bytes answer) {
  const auto rep = kerberos::parse_kdc_rep(answer, kerberos::msg_type::as_rep);
  if (!rep) throw std::runtime_error(fmt::format("no AS-REP but error {}", error_code(answer)));
  const Secret octets =
      value_of(crypto::decrypt(user.key, key_usage::as_rep, rep->enc_part.cipher), "the enc-part");
  const auto part = value_of(kerberos::parse<kerberos::EncKdcRepPart>(octets.bytes()), "the enc-part");
  const Bytes ticket = kerberos::ticket_octets(answer);
  return {user.name,
          {ticket.begin(), ticket.end()},
          value_of(crypto::Key::make(part.key.type, part.key.value), "the session key")};
}

std::int32_t Requests::error_code(Bytes answer) {
  const auto error = kerberos::parse<kerberos::KrbError>(answer);
  return error ? error->error_code : 0;
}

}  // namespace bench
