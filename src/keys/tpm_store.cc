#include "keys/tpm_store.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "jose/aes.h"
#include "keys/pem.h"
#include "keys/tpm_session.h"
#include "keys/tpm_signature.h"
#include "keys/tpm_templates.h"
#include "pki/library.h"

namespace ferryman::keys {
namespace {

constexpr char sealed_label[] = "FERRYMAN SEALED DATA";
constexpr std::array<std::uint8_t, jose::gcm_nonce_size> nonce{};
constexpr std::array<std::uint8_t, 3> default_exponent{1, 0, 1};  // where the public area has 0

tl::unexpected<KeyError> damaged(std::string_view what) {
  return fail(KeyFault::damaged, fmt::format("what was kept is no {} of a TPM: enrol again", what));
}

template <std::size_t N>
void put(Bytes octets, UINT16& size, BYTE (&buffer)[N]) {
  size = static_cast<UINT16>(octets.size());
  std::ranges::copy(octets, buffer);
}

template <typename Sized>
Bytes octets_of(const Sized& part) {
  return {part.buffer, part.size};
}

Outcome<TpmKey> parse(Bytes kept, TpmKey::Kind kind) {
  const auto blocks = parse_pem(kept);
  if (blocks.size() == 1 && blocks[0].label == tpm_key_label) {
    if (auto key = parse_tpm_key(blocks[0].content.bytes()); key && key->kind == kind) return *key;
  }
  return damaged("key");
}

Outcome<pki::PublicKey> public_key_of(const TPMT_PUBLIC& area) {
  const auto key = area.type == TPM2_ALG_RSA
                       ? pki::PublicKey::rsa(octets_of(area.unique.rsa), default_exponent)
                       : pki::PublicKey::p256(octets_of(area.unique.ecc.x), octets_of(area.unique.ecc.y));
  if (!key) return fail(KeyFault::failed, "the TPM made a key that is none");
  return *key;
}

struct Root {
  TpmHandle handle;
  Octets name;
};

Outcome<Root> make_root(const Tpm& tpm) {
  const TPM2B_SENSITIVE_CREATE no_password{};
  const TPM2B_PUBLIC area = storage_root_template();
  const TPM2B_DATA nothing{};
  const TPML_PCR_SELECTION no_pcrs{};
  ESYS_TR handle = ESYS_TR_NONE;
  TSS2_RC code = Esys_CreatePrimary(tpm.esys(), ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                    ESYS_TR_NONE, &no_password, &area, &nothing, &no_pcrs, &handle, nullptr,
                                    nullptr, nullptr, nullptr);
  if (code != TSS2_RC_SUCCESS) {
    KeyError error = tpm.error(code, "make its storage root key");
    if (error.fault == KeyFault::wrong_pin)
      error = {KeyFault::failed,
               "the TPM's owner hierarchy has a password, with which its keys cannot be used: remove it "
               "(tpm2_changeauth -c owner)"};
    return tl::unexpected(error);
  }
  TpmHandle root(tpm, handle);
  TPM2B_NAME* name = nullptr;
  code = Esys_TR_GetName(tpm.esys(), handle, &name);
  if (code != TSS2_RC_SUCCESS) return tl::unexpected(tpm.error(code, "name its storage root key"));
  const OwnedTpm<TPM2B_NAME> owned(name);
  return Root{std::move(root), Octets(name->name, name->name + name->size)};
}

}  // namespace

Outcome<std::unique_ptr<TpmStore>> TpmStore::open(const std::string& tcti,
                                                  const std::optional<Octets>& known) {
  auto tpm = Tpm::connect(tcti);
  if (!tpm) return tl::unexpected(tpm.error());
  auto root = make_root(**tpm);
  if (!root) return tl::unexpected(root.error());
  if (known && *known != root->name)
    return fail(
        KeyFault::foreign,
        fmt::format("the TPM at {} is not the one that the keys are of, or it was cleared since: enrol again",
                    tcti));
  return std::unique_ptr<TpmStore>(
      new TpmStore(tcti, std::move(*tpm), std::move(root->handle), std::move(root->name)));
}

std::string TpmStore::name() const {
  const auto manufacturer = tpm_->manufacturer();
  return manufacturer && !manufacturer->empty() ? fmt::format("the TPM ({}) at {}", *manufacturer, tcti_)
                                                : fmt::format("the TPM at {}", tcti_);
}

Outcome<std::optional<PinTries>> TpmStore::pin_tries() {
  return tpm_->pin_tries();
}

Outcome<TpmKey> TpmStore::make(TpmKey::Kind kind, const TPM2B_PUBLIC& area, Bytes pin, Bytes sealed) const {
  const auto session = begin_session(*tpm_, root_.get(), {.command = true});
  if (!session) return tl::unexpected(session.error());
  TPM2B_SENSITIVE_CREATE secret{};
  put(pin, secret.sensitive.userAuth.size, secret.sensitive.userAuth.buffer);
  put(sealed, secret.sensitive.data.size, secret.sensitive.data.buffer);
  const TPM2B_DATA nothing{};
  const TPML_PCR_SELECTION no_pcrs{};
  TPM2B_PRIVATE* private_part = nullptr;
  TPM2B_PUBLIC* public_part = nullptr;
  const TSS2_RC code =
      Esys_Create(tpm_->esys(), root_.get(), session->get(), ESYS_TR_NONE, ESYS_TR_NONE, &secret, &area,
                  &nothing, &no_pcrs, &private_part, &public_part, nullptr, nullptr, nullptr);
  wipe({reinterpret_cast<std::uint8_t*>(&secret), sizeof secret});
  if (code != TSS2_RC_SUCCESS) return tl::unexpected(tpm_->error(code, "make a key"));
  const OwnedTpm<TPM2B_PRIVATE> owned_private(private_part);
  const OwnedTpm<TPM2B_PUBLIC> owned_public(public_part);
  return TpmKey{kind, !pin.empty(), *public_part, *private_part};
}

Outcome<TpmHandle> TpmStore::load(const TpmKey& key) const {
  const auto session = begin_session(*tpm_, root_.get(), {});
  if (!session) return tl::unexpected(session.error());
  ESYS_TR handle = ESYS_TR_NONE;
  const TSS2_RC code = Esys_Load(tpm_->esys(), root_.get(), session->get(), ESYS_TR_NONE, ESYS_TR_NONE,
                                 &key.private_part, &key.public_part, &handle);
  if (code != TSS2_RC_SUCCESS) return tl::unexpected(tpm_->error(code, "load a key"));
  return TpmHandle(*tpm_, handle);
}

Outcome<NewKey> TpmStore::create(KeyUse use, Bytes pin) {
  if (const auto unfit = why_unfit(*this, pin)) return fail(KeyFault::unfit_pin, *unfit);
  const auto made = make(TpmKey::Kind::loadable, key_template(use, !pin.empty()), pin, {});
  if (!made) return tl::unexpected(made.error());
  auto public_key = public_key_of(made->public_part.publicArea);
  if (!public_key) return tl::unexpected(public_key.error());
  return NewKey{pem_of(tpm_key_label, der_of(*made)), std::move(*public_key)};
}

Outcome<Octets> TpmStore::sign(Bytes key, Bytes pin, Bytes digest) {
  const auto parsed = parse(key, TpmKey::Kind::loadable);
  if (!parsed) return tl::unexpected(parsed.error());
  if (pin.size() > max_pin_size) return fail(KeyFault::wrong_pin, "wrong PIN: no PIN is that long");
  // The tries are those of all users of the computer.
  if (parsed->has_pin && pin.size() < min_pin_size())
    return fail(KeyFault::wrong_pin, "wrong PIN: no PIN is that short");
  const auto loaded = load(*parsed);
  if (!loaded) return tl::unexpected(loaded.error());
  const TpmPin known(*tpm_, loaded->get(), pin);
  const auto session = begin_session(*tpm_, root_.get(), {});
  if (!session) return tl::unexpected(session.error());
  TPM2B_DIGEST hash{};
  put(digest, hash.size, hash.buffer);
  TPMT_SIG_SCHEME of_the_key{};
  of_the_key.scheme = TPM2_ALG_NULL;
  TPMT_TK_HASHCHECK not_hashed_there{};
  not_hashed_there.tag = TPM2_ST_HASHCHECK;
  not_hashed_there.hierarchy = TPM2_RH_NULL;
  TPMT_SIGNATURE* signature = nullptr;
  const TSS2_RC code = Esys_Sign(tpm_->esys(), loaded->get(), session->get(), ESYS_TR_NONE, ESYS_TR_NONE,
                                 &hash, &of_the_key, &not_hashed_there, &signature);
  if (code != TSS2_RC_SUCCESS) return tl::unexpected(tpm_->error(code, "sign"));
  return jose_signature(*OwnedTpm<TPMT_SIGNATURE>(signature));
}

Outcome<Secret> TpmStore::decrypt(Bytes key, Bytes encrypted) {
  const auto parsed = parse(key, TpmKey::Kind::loadable);
  if (!parsed) return tl::unexpected(parsed.error());
  TPM2B_PUBLIC_KEY_RSA cipher{};
  if (encrypted.size() > sizeof cipher.buffer)
    return fail(KeyFault::failed, "what is to be decrypted is longer than the key");
  put(encrypted, cipher.size, cipher.buffer);
  const auto loaded = load(*parsed);
  if (!loaded) return tl::unexpected(loaded.error());
  const auto session = begin_session(*tpm_, root_.get(), {.command = true, .answer = true});
  if (!session) return tl::unexpected(session.error());
  TPMT_RSA_DECRYPT of_the_key{};
  of_the_key.scheme = TPM2_ALG_NULL;
  const TPM2B_DATA no_label{};
  TPM2B_PUBLIC_KEY_RSA* plain = nullptr;
  const TSS2_RC code = Esys_RSA_Decrypt(tpm_->esys(), loaded->get(), session->get(), ESYS_TR_NONE,
                                        ESYS_TR_NONE, &cipher, &of_the_key, &no_label, &plain);
  if (code != TSS2_RC_SUCCESS) return tl::unexpected(tpm_->error(code, "decrypt"));
  return Secret(octets_of(*OwnedTpm<TPM2B_PUBLIC_KEY_RSA>(plain)));
}

Outcome<Attestation> TpmStore::attest(Bytes key, Bytes pin, const AttestationChallenge& challenge) {
  const auto parsed = parse(key, TpmKey::Kind::loadable);
  if (!parsed) return tl::unexpected(parsed.error());
  if (pin.size() > max_pin_size) return fail(KeyFault::wrong_pin, "wrong PIN: no PIN is that long");
  std::optional<TpmPin> known;
  return attest_key(*tpm_, challenge, [&]() -> Outcome<LoadedKey> {
    auto loaded = load(*parsed);
    if (!loaded) return tl::unexpected(loaded.error());
    known.emplace(*tpm_, loaded->get(), pin);
    auto session = begin_session(*tpm_, root_.get(), {});
    if (!session) return tl::unexpected(session.error());
    return LoadedKey{std::move(*loaded), std::move(*session)};
  });
}

// A TPM seals 128 octets at most: the key of what is sealed, here. It encrypts nothing else, so that its
// nonce can always be 0.
Outcome<Secret> TpmStore::seal(Bytes plain) {
  SecretArray<jose::aes_key_size> key;
  pki::must(RAND_priv_bytes(key.data(), static_cast<int>(key.size())));
  const auto made = make(TpmKey::Kind::sealed, sealed_template(), {}, key);
  if (!made) return tl::unexpected(made.error());
  auto [text, tag] = jose::encrypt_gcm(key, nonce, {}, plain);
  text.insert(text.end(), tag.begin(), tag.end());
  const Secret first = pem_of(tpm_key_label, der_of(*made)), second = pem_of(sealed_label, text);
  Secret both(first.size() + second.size());
  std::ranges::copy(second.bytes(), std::ranges::copy(first.bytes(), both.writable().begin()).out);
  return both;
}

Outcome<Secret> TpmStore::unseal(Bytes sealed) {
  const auto blocks = parse_pem(sealed);
  if (blocks.size() != 2 || blocks[0].label != tpm_key_label || blocks[1].label != sealed_label)
    return damaged("sealed data");
  const auto key = parse_tpm_key(blocks[0].content.bytes());
  if (!key || key->kind != TpmKey::Kind::sealed) return damaged("sealed data");
  const auto loaded = load(*key);
  if (!loaded) return tl::unexpected(loaded.error());
  const auto session = begin_session(*tpm_, root_.get(), {.answer = true});
  if (!session) return tl::unexpected(session.error());
  TPM2B_SENSITIVE_DATA* data = nullptr;
  const TSS2_RC code =
      Esys_Unseal(tpm_->esys(), loaded->get(), session->get(), ESYS_TR_NONE, ESYS_TR_NONE, &data);
  if (code != TSS2_RC_SUCCESS) return tl::unexpected(tpm_->error(code, "unseal"));
  const OwnedTpm<TPM2B_SENSITIVE_DATA> owned(data);
  const Bytes text = blocks[1].content.bytes();
  if (data->size != jose::aes_key_size || text.size() < jose::gcm_tag_size) return damaged("sealed data");
  const std::size_t size = text.size() - jose::gcm_tag_size;
  auto plain = jose::decrypt_gcm(octets_of(*data), nonce, {}, text.first(size), text.subspan(size));
  if (!plain) return damaged("sealed data");
  return std::move(*plain);
}

}  // namespace ferryman::keys
