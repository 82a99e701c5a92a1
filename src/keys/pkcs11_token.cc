#include "keys/pkcs11_token.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "pki/certificate.h"

namespace ferryman::keys {
namespace {

constexpr std::size_t max_found = 8;

// What a module has padded with blanks.
std::string trimmed(const CK_UTF8CHAR* text, std::size_t size) {
  std::string_view view = as_text({text, size});
  while (view.ends_with(' ') || view.ends_with('\0')) view.remove_suffix(1);
  return printable(view);
}

CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, const void* value, std::size_t size) {
  return {type, const_cast<void*>(value), size};
}

constexpr const char* tries_in_words(CK_FLAGS flags) {
  if ((flags & CKF_USER_PIN_FINAL_TRY) != 0) return "one try is left before the token locks itself";
  if ((flags & CKF_USER_PIN_COUNT_LOW) != 0) return "few tries are left before the token locks itself";
  return "the token may lock itself after a few of them";
}

// Of an EC point in DER, an OCTET STRING with 4, x and y.
Result<pki::PublicKey> key_of_point(Bytes der) {
  constexpr std::size_t size = pki::PublicKey::coordinate_size, head = 3;
  constexpr std::uint8_t octet_string = 4, uncompressed = 4;
  if (der.size() != head + 2 * size || der[0] != octet_string || der[2] != uncompressed)
    return tl::unexpected(Error{Fault::unsupported});
  return pki::PublicKey::p256(der.subspan(head, size), der.last(size));
}

}  // namespace

// A session with the token, in which the user is logged in, and her key.
class Pkcs11Token::Session {
 public:
  static Outcome<Session> begin(const Pkcs11Token& token, Bytes pin) {
    Session session(token);
    CK_RV code =
        token.chosen_->C_OpenSession(token.slot_, CKF_SERIAL_SESSION, nullptr, nullptr, &session.handle_);
    if (code != CKR_OK) return token.error(code, "open a session");
    session.open_ = true;
    code = session.log_in(CKU_USER, pin);
    if (code != CKR_OK && code != CKR_USER_ALREADY_LOGGED_IN) return token.error(code, "log its user in");
    if (const auto found = session.find_key(); !found) return tl::unexpected(found.error());
    return session;
  }
  ~Session() {
    if (!open_) return;
    functions().C_Logout(handle_);
    functions().C_CloseSession(handle_);
  }
  Session(Session&& other) noexcept
      : token_(other.token_),
        handle_(other.handle_),
        key_(other.key_),
        open_(std::exchange(other.open_, false)) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  Session& operator=(Session&&) = delete;

  Outcome<pki::PublicKey> public_key();
  Outcome<Octets> sign(Bytes pin, Bytes digest);

 private:
  explicit Session(const Pkcs11Token& token) : token_(&token) {}

  CK_FUNCTION_LIST& functions() const { return *token_->chosen_; }
  CK_RV log_in(CK_USER_TYPE user, Bytes pin) {
    return functions().C_Login(handle_, user, const_cast<unsigned char*>(pin.data()), pin.size());
  }
  Outcome<void> find_key();
  std::vector<CK_OBJECT_HANDLE> find(std::vector<CK_ATTRIBUTE> wanted);
  // Empty where the object has none.
  Octets value(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);
  std::optional<CK_ULONG> number(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);
  // Of the object beside the key with its id.
  std::optional<CK_OBJECT_HANDLE> beside(CK_OBJECT_CLASS object_class);

  const Pkcs11Token* token_;
  CK_SESSION_HANDLE handle_ = 0;
  CK_OBJECT_HANDLE key_ = 0;
  bool open_ = false;
};

std::vector<CK_OBJECT_HANDLE> Pkcs11Token::Session::find(std::vector<CK_ATTRIBUTE> wanted) {
  if (functions().C_FindObjectsInit(handle_, wanted.data(), wanted.size()) != CKR_OK) return {};
  std::vector<CK_OBJECT_HANDLE> found(max_found);
  CK_ULONG count = 0;
  if (functions().C_FindObjects(handle_, found.data(), found.size(), &count) != CKR_OK) count = 0;
  functions().C_FindObjectsFinal(handle_);
  found.resize(count);
  return found;
}

Octets Pkcs11Token::Session::value(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  constexpr CK_ULONG most = 65536;
  CK_ATTRIBUTE wanted{type, nullptr, 0};
  if (functions().C_GetAttributeValue(handle_, object, &wanted, 1) != CKR_OK || wanted.ulValueLen > most)
    return {};
  Octets octets(wanted.ulValueLen);
  wanted.pValue = octets.data();
  if (functions().C_GetAttributeValue(handle_, object, &wanted, 1) != CKR_OK ||
      wanted.ulValueLen > octets.size())
    return {};
  octets.resize(wanted.ulValueLen);
  return octets;
}

std::optional<CK_ULONG> Pkcs11Token::Session::number(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  CK_ULONG value = 0;
  CK_ATTRIBUTE wanted{type, &value, sizeof value};
  if (functions().C_GetAttributeValue(handle_, object, &wanted, 1) != CKR_OK ||
      wanted.ulValueLen != sizeof value)
    return std::nullopt;
  return value;
}

Outcome<void> Pkcs11Token::Session::find_key() {
  const CK_OBJECT_CLASS private_key = CKO_PRIVATE_KEY;
  std::vector<CK_ATTRIBUTE> wanted{attribute(CKA_CLASS, &private_key, sizeof private_key)};
  for (const CK_ATTRIBUTE_TYPE type : {CKA_ID, CKA_LABEL})
    if (const CK_ATTRIBUTE* named = p11_kit_uri_get_attribute(token_->uri_.get(), type))
      wanted.push_back(*named);
  const auto found = find(wanted);
  if (found.empty())
    return fail(KeyFault::failed,
                fmt::format("{} has no such private key: make one there, or name another by "
                            "object= or id= in the URI",
                            token_->name()));
  if (found.size() > 1)
    return fail(KeyFault::failed,
                fmt::format("{} has several such private keys: name one by object= or id= in the URI",
                            token_->name()));
  key_ = found.front();
  return {};
}

std::optional<CK_OBJECT_HANDLE> Pkcs11Token::Session::beside(CK_OBJECT_CLASS object_class) {
  const Octets id = value(key_, CKA_ID);
  const auto found = find(
      {attribute(CKA_CLASS, &object_class, sizeof object_class), attribute(CKA_ID, id.data(), id.size())});
  return found.empty() ? std::nullopt : std::optional(found.front());
}

// A private key of RSA tells its public half itself, as a rule; for others there is the public key beside it,
// or a certificate.
Outcome<pki::PublicKey> Pkcs11Token::Session::public_key() {
  Result<pki::PublicKey> key = tl::unexpected(Error{Fault::missing_field});
  if (number(key_, CKA_KEY_TYPE) == CKK_RSA)
    key = pki::PublicKey::rsa(value(key_, CKA_MODULUS), value(key_, CKA_PUBLIC_EXPONENT));
  if (const auto other = key ? std::nullopt : beside(CKO_PUBLIC_KEY))
    key = number(*other, CKA_KEY_TYPE) == CKK_RSA
              ? pki::PublicKey::rsa(value(*other, CKA_MODULUS), value(*other, CKA_PUBLIC_EXPONENT))
              : key_of_point(value(*other, CKA_EC_POINT));
  if (const auto other = key ? std::nullopt : beside(CKO_CERTIFICATE)) {
    const auto certificate = pki::Certificate::parse(value(*other, CKA_VALUE));
    if (certificate) key = certificate->key();
  }
  if (!key)
    return fail(
        KeyFault::failed,
        fmt::format(
            "{}: there has to be a public key or a certificate beside the private key, of RSA with 2048 "
            "bits or more, or of P-256",
            token_->name()));
  return *key;
}

Outcome<Octets> Pkcs11Token::Session::sign(Bytes pin, Bytes digest) {
  const bool is_rsa = number(key_, CKA_KEY_TYPE) == CKK_RSA;
  // DigestInfo of SHA-256 up to the digest (RFC 8017 9.2, note 1).
  static constexpr std::array<std::uint8_t, 19> digest_info{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
                                                            0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
                                                            0x01, 0x05, 0x00, 0x04, 0x20};
  const Bytes prefix = is_rsa ? Bytes(digest_info) : Bytes();
  Octets message(prefix.size() + digest.size());
  std::ranges::copy(digest, std::ranges::copy(prefix, message.begin()).out);
  CK_MECHANISM mechanism{is_rsa ? CKM_RSA_PKCS : CKM_ECDSA, nullptr, 0};
  CK_RV code = functions().C_SignInit(handle_, &mechanism, key_);
  if (code != CKR_OK) return token_->error(code, "sign");
  if (const Octets always = value(key_, CKA_ALWAYS_AUTHENTICATE); always == Octets{CK_TRUE}) {
    code = log_in(CKU_CONTEXT_SPECIFIC, pin);
    if (code != CKR_OK) return token_->error(code, "sign");
  }
  Octets signature(pki::PublicKey::max_rsa_bits / 8);
  CK_ULONG size = signature.size();
  code = functions().C_Sign(handle_, message.data(), message.size(), signature.data(), &size);
  if (code != CKR_OK) return token_->error(code, "sign");
  signature.resize(size);
  return signature;
}

Outcome<Pkcs11Token> Pkcs11Token::find(const std::string& uri) {
  Pkcs11Token token;
  token.uri_.reset(p11_kit_uri_new());
  if (p11_kit_uri_parse(uri.c_str(), P11_KIT_URI_FOR_ANY, token.uri_.get()) != P11_KIT_URI_OK)
    return fail(
        KeyFault::failed,
        fmt::format("{} is no PKCS#11 URI: pkcs11:token=NAME;object=NAME would be one", printable(uri)));
  if (p11_kit_uri_get_pin_value(token.uri_.get()) != nullptr ||
      p11_kit_uri_get_pin_source(token.uri_.get()) != nullptr)
    return fail(KeyFault::failed, "the PIN is asked for: it does not stand in the URI");
  if (const auto loaded = token.load(); !loaded) return tl::unexpected(loaded.error());
  if (const auto chosen = token.choose(); !chosen) return tl::unexpected(chosen.error());
  return token;
}

Outcome<void> Pkcs11Token::load() {
  if (const char* path = p11_kit_uri_get_module_path(uri_.get())) {
    CK_FUNCTION_LIST* module = p11_kit_module_load(path, 0);
    if (module == nullptr)
      return fail(KeyFault::not_reachable,
                  fmt::format("the PKCS#11 module {} cannot be loaded", printable(path)));
    if (const CK_RV code = p11_kit_module_initialize(module); code != CKR_OK) {
      p11_kit_module_release(module);
      return fail(KeyFault::not_reachable, fmt::format("the PKCS#11 module {} does not start: {}",
                                                       printable(path), p11_kit_strerror(code)));
    }
    module_.reset(module);
    return {};
  }
  modules_.reset(p11_kit_modules_load_and_initialize(0));
  if (!modules_) return fail(KeyFault::not_reachable, "the PKCS#11 modules of p11-kit cannot be loaded");
  return {};
}

Outcome<void> Pkcs11Token::choose() {
  std::vector<CK_FUNCTION_LIST*> all;
  if (module_) all.push_back(module_.get());
  for (CK_FUNCTION_LIST** each = modules_.get(); each != nullptr && *each != nullptr; ++each)
    all.push_back(*each);
  std::size_t found = 0;
  for (CK_FUNCTION_LIST* each : all) {
    CK_INFO about{};
    if (each->C_GetInfo(&about) != CKR_OK || p11_kit_uri_match_module_info(uri_.get(), &about) == 0) continue;
    CK_ULONG count = 0;
    if (each->C_GetSlotList(CK_TRUE, nullptr, &count) != CKR_OK) continue;
    std::vector<CK_SLOT_ID> slots(count);
    if (each->C_GetSlotList(CK_TRUE, slots.data(), &count) != CKR_OK) continue;
    slots.resize(std::min<std::size_t>(slots.size(), count));
    for (const CK_SLOT_ID slot : slots) {
      CK_TOKEN_INFO token{};
      if (each->C_GetTokenInfo(slot, &token) != CKR_OK || (token.flags & CKF_TOKEN_INITIALIZED) == 0 ||
          (token.flags & CKF_LOGIN_REQUIRED) == 0 || p11_kit_uri_match_token_info(uri_.get(), &token) == 0)
        continue;
      chosen_ = each;
      slot_ = slot;
      ++found;
    }
  }
  if (found == 0)
    return fail(KeyFault::not_reachable,
                "there is no PKCS#11 token as the URI names it (\"p11tool --list-tokens\" shows "
                "what there is)");
  if (found > 1)
    return fail(KeyFault::not_reachable,
                "several PKCS#11 tokens are as the URI names them: name one by token= or serial=");
  return {};
}

std::optional<CK_TOKEN_INFO> Pkcs11Token::info() const {
  CK_TOKEN_INFO token{};
  if (chosen_->C_GetTokenInfo(slot_, &token) != CKR_OK) return std::nullopt;
  return token;
}

std::string Pkcs11Token::name() const {
  const auto token = info();
  return token ? "the token " + trimmed(token->label, sizeof token->label) : std::string("the token");
}

tl::unexpected<KeyError> Pkcs11Token::error(CK_RV code, const char* what) const {
  switch (code) {
    case CKR_PIN_INCORRECT:
    case CKR_PIN_INVALID:
    case CKR_PIN_LEN_RANGE: {
      const auto token = info();
      return fail(KeyFault::wrong_pin,
                  fmt::format("wrong PIN of {}: {}", name(), tries_in_words(token ? token->flags : 0)));
    }
    case CKR_PIN_LOCKED:
      return fail(
          KeyFault::locked,
          fmt::format("{} is locked, after too many wrong PINs: whoever gave it to you unlocks it", name()));
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_DEVICE_REMOVED:
      return fail(KeyFault::not_reachable, name() + " is gone");
    default:
      return fail(KeyFault::failed, fmt::format("{} does not {}: {}", name(), what, p11_kit_strerror(code)));
  }
}

Outcome<pki::PublicKey> Pkcs11Token::public_key(Bytes pin) const {
  auto session = Session::begin(*this, pin);
  if (!session) return tl::unexpected(session.error());
  return session->public_key();
}

Outcome<Octets> Pkcs11Token::sign(Bytes pin, Bytes digest) const {
  auto session = Session::begin(*this, pin);
  if (!session) return tl::unexpected(session.error());
  return session->sign(pin, digest);
}

}  // namespace ferryman::keys
