#include "keys/security_key.h"

#include <fido/es256.h>
#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <string_view>

#include "base/secret.h"
#include "base/text.h"

namespace ferryman::keys {
namespace {

struct FreeCredential {
  void operator()(fido_cred_t* credential) const { fido_cred_free(&credential); }
};
struct FreeAssertion {
  void operator()(fido_assert_t* assertion) const { fido_assert_free(&assertion); }
};
using OwnedCredential = std::unique_ptr<fido_cred_t, FreeCredential>;
using OwnedAssertion = std::unique_ptr<fido_assert_t, FreeAssertion>;

constexpr std::size_t max_devices = 16;

// What is plugged in, as far as it is looked at.
class DeviceList {
 public:
  DeviceList() : list_(fido_dev_info_new(max_devices)) {
    if (list_ == nullptr) throw std::bad_alloc();
    fido_dev_info_manifest(list_, max_devices, &count_);
  }
  ~DeviceList() { fido_dev_info_free(&list_, max_devices); }
  DeviceList(const DeviceList&) = delete;
  DeviceList& operator=(const DeviceList&) = delete;

  std::size_t size() const { return count_; }
  const fido_dev_info_t* operator[](std::size_t i) const { return fido_dev_info_ptr(list_, i); }

 private:
  fido_dev_info_t* list_;
  std::size_t count_ = 0;
};

std::string text_of(const char* text) {
  return text == nullptr ? std::string() : printable(text);
}

std::string name_of(const fido_dev_info_t* info) {
  return fmt::format("the security key {} {}", text_of(fido_dev_info_manufacturer_string(info)),
                     text_of(fido_dev_info_product_string(info)));
}

Octets octets_of(const unsigned char* data, std::size_t size) {
  return data == nullptr ? Octets() : Octets(data, data + size);
}

// libfido2 wants PINs with a zero at their end; null where there is none.
class PinText {
 public:
  explicit PinText(Bytes pin) : text_(pin.size() + 1) {
    std::ranges::copy(pin, text_.writable().begin());
    text_.writable().back() = 0;
  }
  const char* get() const {
    return text_.size() == 1 ? nullptr : reinterpret_cast<const char*>(text_.bytes().data());
  }

 private:
  Secret text_;
};

// Of CBOR (RFC 8949 3): a map of fmt, attStmt and authData. The first is short.
Octets attestation_object(const fido_cred_t* credential) {
  constexpr std::uint8_t map_of_three = 0xa3, text = 0x60, empty_map = 0xa0;
  Octets object{map_of_three};
  const auto add_text = [&object](std::string_view value) {
    object.push_back(static_cast<std::uint8_t>(text + value.size()));
    object.insert(object.end(), value.begin(), value.end());
  };
  const auto add = [&object](const Octets& encoded) {
    object.insert(object.end(), encoded.begin(), encoded.end());
  };
  add_text("fmt");
  add_text(fido_cred_fmt(credential));
  add_text("attStmt");
  const Octets statement = octets_of(fido_cred_attstmt_ptr(credential), fido_cred_attstmt_len(credential));
  add(statement.empty() ? Octets{empty_map} : statement);
  add_text("authData");
  add(octets_of(fido_cred_authdata_ptr(credential), fido_cred_authdata_len(credential)));
  return object;
}

}  // namespace

Outcome<SecurityKey> SecurityKey::open(const fido_dev_info_t* info, Prompt prompt) {
  std::string name = name_of(info);
  Device device(fido_dev_new_with_info(info));
  if (!device) throw std::bad_alloc();
  if (const int code = fido_dev_open_with_info(device.get()); code != FIDO_OK)
    return fail(KeyFault::not_reachable, fmt::format("{} cannot be opened ({}): may this user use {}?", name,
                                                     fido_strerr(code), text_of(fido_dev_info_path(info))));
  if (!fido_dev_is_fido2(device.get()))
    return fail(KeyFault::not_reachable, name + " knows U2F alone: a FIDO2 key with a PIN is needed");
  const bool has_pin = fido_dev_has_pin(device.get());
  if (!has_pin && !fido_dev_has_uv(device.get()))
    return fail(KeyFault::not_reachable, fmt::format("{} has no PIN yet: set one first (fido2-token -S {})",
                                                     name, text_of(fido_dev_info_path(info))));
  return SecurityKey(std::move(device), std::move(name), has_pin, std::move(prompt));
}

Outcome<SecurityKey> SecurityKey::find(Prompt prompt) {
  fido_init(0);
  const DeviceList devices;
  if (devices.size() == 0)
    return fail(KeyFault::not_reachable, "no security key is plugged in, or this user may not use it");
  if (devices.size() == 1) return open(devices[0], std::move(prompt));
  std::string names;
  for (std::size_t i = 0; i < devices.size(); ++i)
    names += fmt::format("{}{} ({})", i == 0 ? "" : ", ", name_of(devices[i]),
                         text_of(fido_dev_info_path(devices[i])));
  return fail(KeyFault::not_reachable,
              fmt::format("{} security keys are plugged in: leave the one that is meant; they are {}",
                          devices.size(), names));
}

tl::unexpected<KeyError> SecurityKey::error(int code, const char* what) const {
  switch (code) {
    case FIDO_ERR_PIN_INVALID: {
      int left = 0;
      if (fido_dev_get_retry_count(device_.get(), &left) != FIDO_OK)
        return fail(KeyFault::wrong_pin, "wrong PIN of the security key");
      return fail(KeyFault::wrong_pin, fmt::format("wrong PIN of the security key: {} {} left", left,
                                                   left == 1 ? "try is" : "tries are"));
    }
    case FIDO_ERR_PIN_REQUIRED:
    case FIDO_ERR_PIN_POLICY_VIOLATION:
      return fail(KeyFault::wrong_pin, "wrong PIN: no PIN of a security key is like that");
    case FIDO_ERR_PIN_AUTH_BLOCKED:
      return fail(KeyFault::locked,
                  "the security key takes no PIN after so many wrong ones: unplug it and plug it in again");
    case FIDO_ERR_PIN_BLOCKED:
      return fail(KeyFault::locked,
                  "the security key is locked for good, after too many wrong PINs: it has to be reset "
                  "(fido2-token -R), and loses its keys by it");
    case FIDO_ERR_UV_BLOCKED:
      return fail(KeyFault::locked, "the security key does not know its user's finger any more: set a PIN");
    case FIDO_ERR_NO_CREDENTIALS:
      return fail(KeyFault::foreign,
                  "this is not the security key that was enrolled, or it was reset since: plug in the right "
                  "one, or enrol again");
    case FIDO_ERR_ACTION_TIMEOUT:
    case FIDO_ERR_USER_ACTION_TIMEOUT:
    case FIDO_ERR_OPERATION_DENIED:
      return fail(KeyFault::failed, "nobody touched the security key in time");
    default:
      return fail(KeyFault::failed, fmt::format("{} does not {}: {}", name_, what, fido_strerr(code)));
  }
}

Outcome<std::optional<Octets>> SecurityKey::find_credential(const std::string& rp_id,
                                                            std::span<const Octets> ids) {
  // One by one: a key that is asked for several need not say which it has.
  for (const Octets& id : ids) {
    const OwnedAssertion assertion(fido_assert_new());
    if (!assertion) throw std::bad_alloc();
    const Octets hash(32);  // which nobody will look at
    fido_assert_set_rp(assertion.get(), rp_id.c_str());
    fido_assert_set_clientdata_hash(assertion.get(), hash.data(), hash.size());
    fido_assert_allow_cred(assertion.get(), id.data(), id.size());
    fido_assert_set_up(assertion.get(), FIDO_OPT_FALSE);
    const int code = fido_dev_get_assert(device_.get(), assertion.get(), nullptr);
    if (code == FIDO_OK) return id;
    if (code != FIDO_ERR_NO_CREDENTIALS) return error(code, "tell its credentials");
  }
  return std::nullopt;
}

Outcome<SecurityKey::MadeCredential> SecurityKey::make(const NewCredential& wanted, Bytes pin) {
  const OwnedCredential credential(fido_cred_new());
  if (!credential) throw std::bad_alloc();
  fido_cred_set_type(credential.get(), COSE_ES256);
  fido_cred_set_rp(credential.get(), wanted.rp_id.c_str(), wanted.rp_name.c_str());
  fido_cred_set_user(credential.get(), wanted.user_handle.data(), wanted.user_handle.size(),
                     wanted.user_name.c_str(), wanted.user_display_name.c_str(), nullptr);
  fido_cred_set_clientdata_hash(credential.get(), wanted.client_data_hash.data(),
                                wanted.client_data_hash.size());
  fido_cred_set_rk(credential.get(), FIDO_OPT_FALSE);
  if (!has_pin_) fido_cred_set_uv(credential.get(), FIDO_OPT_TRUE);
  const PinText text(pin);
  prompt_();
  if (const int code = fido_dev_make_cred(device_.get(), credential.get(), text.get()); code != FIDO_OK)
    return error(code, "make a credential");
  return MadeCredential{octets_of(fido_cred_id_ptr(credential.get()), fido_cred_id_len(credential.get())),
                        attestation_object(credential.get())};
}

Outcome<SecurityKey::Assertion> SecurityKey::sign(const std::string& rp_id, Bytes id, Bytes client_data_hash,
                                                  Bytes pin) {
  const OwnedAssertion assertion(fido_assert_new());
  if (!assertion) throw std::bad_alloc();
  fido_assert_set_rp(assertion.get(), rp_id.c_str());
  fido_assert_set_clientdata_hash(assertion.get(), client_data_hash.data(), client_data_hash.size());
  fido_assert_allow_cred(assertion.get(), id.data(), id.size());
  fido_assert_set_up(assertion.get(), FIDO_OPT_TRUE);
  if (!has_pin_) fido_assert_set_uv(assertion.get(), FIDO_OPT_TRUE);
  const PinText text(pin);
  prompt_();
  if (const int code = fido_dev_get_assert(device_.get(), assertion.get(), text.get()); code != FIDO_OK)
    return error(code, "sign");
  // As the authenticator wrote it: without the head of CBOR that the other function gives.
  constexpr std::size_t short_head = 2, long_head = 3, short_size = 0x58;
  const Octets encoded =
      octets_of(fido_assert_authdata_ptr(assertion.get(), 0), fido_assert_authdata_len(assertion.get(), 0));
  if (encoded.size() < long_head) return fail(KeyFault::failed, name_ + " has signed nothing");
  const std::size_t head = encoded.front() < short_size    ? 1
                           : encoded.front() == short_size ? short_head
                                                           : long_head;
  return Assertion{
      Octets(encoded.begin() + static_cast<std::ptrdiff_t>(head), encoded.end()),
      octets_of(fido_assert_sig_ptr(assertion.get(), 0), fido_assert_sig_len(assertion.get(), 0))};
}

}  // namespace ferryman::keys
