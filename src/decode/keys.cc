#include "decode/keys.h"

#include <fmt/format.h>
#include <krb5.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "decode/node.h"

namespace ferryman::decode {
namespace {

constexpr std::size_t max_keytab_keys = 1024, max_learned_keys = 64, work_per_message = 64 << 20;
constexpr krb5_keyusage pac_usage = 17;  // MS-PAC 2.8.1

struct FreeContext {
  void operator()(krb5_context context) const { krb5_free_context(context); }
};
using Context = std::unique_ptr<std::remove_pointer_t<krb5_context>, FreeContext>;

krb5_keyblock keyblock_of(const Key& key) {
  krb5_keyblock block{};
  block.enctype = key.etype;
  block.length = static_cast<unsigned>(key.octets.size());
  block.contents = const_cast<krb5_octet*>(key.octets.data());  // libkrb5 only reads it
  return block;
}

krb5_data data_of(Bytes bytes) {
  krb5_data data{};
  data.length = static_cast<unsigned>(bytes.size());
  data.data = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));
  return data;
}

bool fits_etype(std::int32_t etype, std::size_t size) {
  std::size_t octets = 0, length = 0;
  return krb5_c_keylengths(nullptr, etype, &octets, &length) == 0 && size == length;
}

// KRB-FX-CF2 (RFC 6113 5.1); null where the keys do not fit it.
KeyPointer combined(const Key& a, const Key& b, const char* pepper_a, const char* pepper_b,
                    std::string origin) {
  krb5_keyblock first = keyblock_of(a), second = keyblock_of(b);
  krb5_keyblock* both = nullptr;
  if (krb5_c_fx_cf2_simple(nullptr, &first, pepper_a, &second, pepper_b, &both) != 0) return nullptr;
  auto key = std::make_shared<Key>();
  key->etype = both->enctype;
  key->octets.assign(both->contents, both->contents + both->length);
  key->origin = std::move(origin);
  krb5_free_keyblock(nullptr, both);
  return key;
}

std::string message_of(krb5_context context, krb5_error_code code) {
  const char* text = krb5_get_error_message(context, code);
  std::string message = printable(text);
  krb5_free_error_message(context, text);
  return message;
}

KeyPointer key_of(krb5_context context, const krb5_keytab_entry& entry) {
  auto key = std::make_shared<Key>();
  key->etype = entry.key.enctype;
  key->kvno = entry.vno;
  key->octets.assign(entry.key.contents, entry.key.contents + entry.key.length);
  char* name = nullptr;
  if (krb5_unparse_name(context, entry.principal, &name) == 0) {
    key->origin = fmt::format("key of {}, kvno {}", printable(name), entry.vno);
    krb5_free_unparsed_name(context, name);
  }
  return key;
}

}  // namespace

tl::expected<KeyRing, std::string> KeyRing::read_keytab(const std::string& file) {
  if (::access(file.c_str(), R_OK) != 0) return tl::unexpected(std::generic_category().message(errno));
  krb5_context made = nullptr;
  if (const auto code = krb5_init_context(&made); code != 0) return tl::unexpected(message_of(nullptr, code));
  const Context context(made);
  krb5_keytab keytab = nullptr;
  krb5_kt_cursor cursor{};
  krb5_error_code code = krb5_kt_resolve(made, ("FILE:" + file).c_str(), &keytab);
  if (code == 0) {
    code = krb5_kt_start_seq_get(made, keytab, &cursor);
    if (code != 0) krb5_kt_close(made, keytab);
  }
  if (code != 0) return tl::unexpected(message_of(made, code));

  KeyRing ring;
  krb5_keytab_entry entry{};
  while (ring.keytab_.size() < max_keytab_keys &&
         (code = krb5_kt_next_entry(made, keytab, &entry, &cursor)) == 0) {
    if (fits_etype(entry.key.enctype, entry.key.length)) ring.keytab_.push_back(key_of(made, entry));
    krb5_free_keytab_entry_contents(made, &entry);
  }
  krb5_kt_end_seq_get(made, keytab, &cursor);
  krb5_kt_close(made, keytab);
  if (code != 0 && code != KRB5_KT_END) return tl::unexpected(message_of(made, code));
  if (ring.keytab_.empty()) return tl::unexpected(std::string("no key that can be used is in it"));
  return ring;
}

void KeyRing::begin_message() {
  strengthen_key_ = nullptr;
  work_left_ = work_per_message;
}

void KeyRing::learn(std::int32_t etype, Bytes octets, std::string origin) {
  if (!fits_etype(etype, octets.size())) return;
  const auto same = std::find_if(learned_.begin(), learned_.end(), [&](const KeyPointer& key) {
    return key->etype == etype &&
           std::equal(octets.begin(), octets.end(), key->octets.begin(), key->octets.end());
  });
  if (same != learned_.end()) return;
  learned_.push_front(
      std::make_shared<Key>(Key{etype, 0, {octets.begin(), octets.end()}, std::move(origin)}));
  if (learned_.size() > max_learned_keys) learned_.pop_back();
}

void KeyRing::learn_subkey(std::int32_t etype, Bytes octets, const KeyPointer& session,
                           const std::string& origin) {
  if (!fits_etype(etype, octets.size())) return;
  learn(etype, octets, origin);
  if (!session) return;
  const Key subkey{etype, 0, {octets.begin(), octets.end()}, {}};
  const auto armor = combined(subkey, *session, "subkeyarmor", "ticketarmor", {});
  if (armor) learn(armor->etype, armor->octets, "armor key of the " + origin);
}

void KeyRing::strengthen(std::int32_t etype, Bytes octets) {
  if (!fits_etype(etype, octets.size())) return;
  strengthen_key_ = std::make_shared<Key>(Key{etype, 0, {octets.begin(), octets.end()}, {}});
}

std::optional<std::vector<std::uint8_t>> KeyRing::try_key(const Key& key,
                                                          std::span<const std::int32_t> usages,
                                                          Bytes cipher) {
  krb5_keyblock block = keyblock_of(key);
  krb5_enc_data input{};
  input.enctype = key.etype;
  input.ciphertext = data_of(cipher);
  std::vector<std::uint8_t> text(cipher.size());
  for (const std::int32_t usage : usages) {
    if (work_left_ < cipher.size()) return std::nullopt;
    work_left_ -= cipher.size();
    krb5_data output = data_of(text);
    if (krb5_c_decrypt(nullptr, &block, usage, nullptr, &input, &output) != 0) continue;
    text.resize(output.length);
    return text;
  }
  return std::nullopt;
}

std::optional<KeyRing::Opened> KeyRing::open(std::int32_t etype, std::optional<std::uint32_t> kvno,
                                             std::span<const std::int32_t> usages, Bytes cipher) {
  // A reply key that is strengthened has the etype of the strengthen-key, whatever the other's is.
  const bool strengthened = strengthen_key_ && strengthen_key_->etype == etype;
  std::optional<Opened> opened;
  const auto opens = [&](const KeyPointer& key) {
    if (key->etype == etype) {
      if (auto text = try_key(*key, usages, cipher)) {
        opened = Opened{std::move(*text), key};
        return true;
      }
    }
    if (!strengthened) return false;
    const auto both =
        combined(*strengthen_key_, *key, "strengthenkey", "replykey", "strengthened " + key->origin);
    if (!both) return false;
    auto text = try_key(*both, usages, cipher);
    if (text) opened = Opened{std::move(*text), both};
    return text.has_value();
  };
  const auto likely = [&](const KeyPointer& key) { return kvno && key->kvno == *kvno; };
  for (const auto& key : keytab_) {
    if (likely(key) && opens(key)) return opened;
  }
  for (const auto& key : learned_) {
    if (opens(key)) return opened;
  }
  for (const auto& key : keytab_) {
    if (!likely(key) && opens(key)) return opened;
  }
  return std::nullopt;
}

bool KeyRing::verifies(const Key& key, std::int32_t checksum_type, Bytes data, Bytes checksum) {
  const krb5_keyblock block = keyblock_of(key);
  const krb5_data input = data_of(data);
  krb5_checksum given{};
  given.checksum_type = checksum_type;
  given.length = static_cast<unsigned>(checksum.size());
  given.contents = const_cast<krb5_octet*>(checksum.data());
  krb5_boolean valid = 0;
  return krb5_c_verify_checksum(nullptr, &block, pac_usage, &input, &given, &valid) == 0 && valid != 0;
}

KeyPointer KeyRing::verifying(std::int32_t checksum_type, Bytes data, Bytes checksum) const {
  const auto found = std::find_if(keytab_.begin(), keytab_.end(), [&](const KeyPointer& key) {
    return verifies(*key, checksum_type, data, checksum);
  });
  return found == keytab_.end() ? nullptr : *found;
}

}  // namespace ferryman::decode
