#include "signin/keys.h"

#include <utility>

#include "crypto/openssl.h"
#include "jose/aes.h"
#include "pki/key_credential.h"

namespace ferryman::signin {
namespace {

using directory::Outcome;
using directory::Reason;
using directory::SecretKind;
using directory::SignInSecret;
using directory::TenantId;

// Beyond, all are forgotten and read again as they are asked for.
constexpr std::size_t max_kept_tenants = 1000;
constexpr std::int64_t ca_years = 30, seconds_of_year = std::int64_t{365} * 24 * 3600, a_day = 24 * 3600;

SignInSecret random_key(std::size_t size) {
  SignInSecret made{{}, Secret(size)};
  crypto::openssl::random(made.secret.writable());
  return made;
}

SignInSecret new_device_ca(const TenantId& tenant, std::int64_t now) {
  const auto ca = pki::DeviceCa::make(tenant, {now - a_day, now + ca_years * seconds_of_year});
  return {ca.certificate().der(), ca.key().pkcs8()};
}

// Of P-256: it signs in a twentieth of the time that RSA takes, and every sign-in has a token.
SignInSecret new_token_key() {
  const auto key = pki::PrivateKey::generate_p256();
  return {key.public_key().subject_public_key_info(), key.pkcs8()};
}

auto damaged() {
  return directory::fail(Reason::damaged, "a key of sign-in is not as it was written");
}

Outcome<pki::DeviceCa> device_ca_of(const TenantId& tenant, const SignInSecret& secret) {
  auto key = pki::PrivateKey::of_pkcs8(secret.secret.bytes());
  auto certificate = pki::Certificate::parse(secret.known);
  if (!key || !certificate) return damaged();
  auto ca = pki::DeviceCa::load(tenant, *std::move(key), *std::move(certificate));
  if (!ca) return damaged();
  return *std::move(ca);
}

}  // namespace

Outcome<std::shared_ptr<const TenantKeys>> Keys::of(const TenantId& tenant, std::int64_t now) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = tenants_.find(tenant); found != tenants_.end()) return found->second;
  }
  auto ca = records_.secret(
      tenant, SecretKind::device_ca, [&] { return new_device_ca(tenant, now); }, now);
  if (!ca) return tl::unexpected(ca.error());
  const auto token = records_.secret(tenant, SecretKind::token_key, new_token_key, now);
  if (!token) return tl::unexpected(token.error());
  auto prt = records_.secret(
      tenant, SecretKind::prt_key, [] { return random_key(jose::aes_key_size); }, now);
  if (!prt) return tl::unexpected(prt.error());
  auto device_ca = device_ca_of(tenant, *ca);
  auto token_key = pki::PrivateKey::of_pkcs8(token->secret.bytes());
  if (!device_ca) return tl::unexpected(device_ca.error());
  if (!token_key || prt->secret.size() != jose::aes_key_size) return damaged();
  auto keys = std::make_shared<const TenantKeys>(
      TenantKeys{*std::move(device_ca), *std::move(token_key), std::move(prt->secret)});
  const std::lock_guard lock(mutex_);
  if (tenants_.size() >= max_kept_tenants) tenants_.clear();
  return tenants_.emplace(tenant, std::move(keys)).first->second;
}

Outcome<std::shared_ptr<const Nonces>> Keys::nonces(std::int64_t now) {
  {
    const std::lock_guard lock(mutex_);
    if (nonces_) return nonces_;
  }
  const auto key = records_.secret(
      directory::no_tenant, SecretKind::nonce_key, [] { return random_key(Nonces::key_size); }, now);
  if (!key) return tl::unexpected(key.error());
  if (key->secret.size() != Nonces::key_size) return damaged();
  auto nonces = std::make_shared<const Nonces>(key->secret.bytes());
  const std::lock_guard lock(mutex_);
  if (!nonces_) nonces_ = std::move(nonces);
  return nonces_;
}

Result<DeviceCertificate> Keys::device_certificate(const TenantId& tenant, const TenantKeys& keys, Bytes der,
                                                   std::int64_t now) {
  const std::string octets = std::string(as_text(tenant.octets)).append(as_text(der));
  auto known = device_certificates_.of(octets, [&]() -> Result<DeviceCertificate> {
    const auto certificate = pki::Certificate::parse(der);
    if (!certificate) return tl::unexpected(certificate.error());
    const auto device = keys.device_ca.verify(*certificate, now);
    if (!device) return tl::unexpected(device.error());
    return DeviceCertificate{*device, certificate->key(), certificate->not_before(),
                             certificate->not_after()};
  });
  if (known && (now < known->not_before || now > known->not_after))
    return tl::unexpected(Error{Fault::bad_time});
  return known;
}

Result<pki::PublicKey> Keys::transport_key(const directory::Device& device) {
  return transport_keys_.of(as_text(device.transport_key),
                            [&] { return pki::PublicKey::of_der(device.transport_key); });
}

Result<pki::PublicKey> Keys::user_key(const directory::KeyCredential& key) {
  return user_keys_.of(as_text(key.blob), [&]() -> Result<pki::PublicKey> {
    const auto credential = pki::parse_key_credential(key.blob);
    if (!credential) return tl::unexpected(credential.error());
    return pki::key_of_material(credential->material);
  });
}

Result<webauthn::Credential> Keys::passkey(const directory::KeyCredential& key) {
  return passkeys_.of(as_text(key.blob), [&]() -> Result<webauthn::Credential> {
    auto credential = webauthn::Credential::parse(key.blob);
    if (!credential) return tl::unexpected(Error{Fault::wrong_value});
    return *std::move(credential);
  });
}

}  // namespace ferryman::signin
