#include "policy/accounts.h"

#include <atomic>
#include <new>

#include "base/fold.h"
#include "base/text.h"
#include "der/reader.h"
#include "kerberos/salt.h"

namespace ferryman::policy {
namespace {

using Word = std::atomic_ref<std::uint64_t>;

std::uint64_t load(std::uint64_t& word) {
  return Word(word).load(std::memory_order_relaxed);
}

void store(std::uint64_t& word, std::uint64_t value) {
  Word(word).store(value, std::memory_order_relaxed);
}

Accounts::Hash finish(const SipHash& hash) {
  return hash.finish() | 1;
}

void add_folded(SipHash& hash, std::string_view text) {
  while (!text.empty()) hash.number(take_folded(text));
}

std::string_view without_suffix(std::string_view name) {
  const auto at = name.rfind('@');
  if (at != std::string_view::npos && at > 0) name = name.substr(0, at);
  if (name.size() > 1 && name.back() == '$') name.remove_suffix(1);
  return name;
}

}  // namespace

// calloc() gives pages that cost nothing until they are written.
Accounts::Accounts(std::size_t names)
    : lines_(names / ways), entries_(static_cast<Entry*>(std::calloc(lines_ * ways, sizeof(Entry)))) {
  if (!entries_) throw std::bad_alloc();
}

SipHash Accounts::begin(char kind, const Directory& directory) const {
  std::uint64_t kdcs = 0;  // whatever their order
  for (const std::string& kdc : directory.kdcs) kdcs += SipHash(key_).octets(as_bytes(kdc)).finish();
  SipHash hash(key_);
  hash.number(static_cast<unsigned char>(kind)).number(kdcs);
  return hash.part(as_bytes(directory.kdcs.empty() ? directory.realm : std::string_view()));
}

Accounts::Hash Accounts::spelling(const Directory& directory, const kerberos::KdcReq& req) const {
  SipHash hash = begin('s', directory);
  hash.number(req.kdc_options & kerberos::kdc_option_canonicalize);
  hash.number(static_cast<std::uint32_t>(req.cname->name_type));
  return finish(hash.part(as_bytes(req.realm)).part(req.cname->name_string));
}

Accounts::Hash Accounts::of_salt(const Directory& directory, const kerberos::KdcReq& req, Bytes salt) const {
  if (salt.empty() || equal_without_case(as_text(salt), req.realm)) return 0;
  return finish(begin('a', directory).part(salt));
}

Accounts::Hash Accounts::of_name(const Directory& directory, const kerberos::KdcReq& req) const {
  constexpr std::uint64_t between_components = ~std::uint64_t{0};  // no character
  SipHash hash = begin('n', directory);
  der::Status status;
  der::Reader components(req.cname->name_string, status);
  std::string_view component = components.read_string(der::general_string);
  if (components.empty()) component = without_suffix(component);
  add_folded(hash, component);
  while (!components.empty()) {
    hash.number(between_components);
    add_folded(hash, components.read_string(der::general_string));
  }
  return finish(hash);
}

Accounts::Entry* Accounts::line(Hash spelling) const {
  return &entries_[(spelling >> 1 & (lines_ - 1)) * ways];
}

Accounts::Hash Accounts::find(Hash spelling) const {
  Entry* const places = line(spelling);
  for (std::size_t i = 0; i < ways; ++i) {
    const std::uint64_t account = load(places[i].account);
    if (account != 0 && (account ^ load(places[i].spelling_and_account)) == spelling) return account;
  }
  return 0;
}

// In a full line any one makes room: by the spelling's hash, so that it is always the same for one.
void Accounts::note(Hash spelling, Hash account) {
  Entry* const places = line(spelling);
  constexpr unsigned top_bits = 62;
  Entry* place = &places[spelling >> top_bits];
  for (std::size_t i = 0; i < ways; ++i) {
    const std::uint64_t held = load(places[i].account);
    const bool ours = held != 0 && (held ^ load(places[i].spelling_and_account)) == spelling;
    if (ours && held == account) return;
    if (ours) {
      place = &places[i];
      break;
    }
    if (held == 0 && load(place->account) != 0) place = &places[i];
  }
  store(place->account, account);
  store(place->spelling_and_account, spelling ^ account);
}

}  // namespace ferryman::policy
