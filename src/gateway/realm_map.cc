#include "gateway/realm_map.h"

#include <algorithm>

#include "base/text.h"

namespace ferryman::gateway {
namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), ascii_upper);
  return result;
}

// A name that can stand below a wildcard: DNS labels, since it becomes part of a DNS question.
bool is_dns_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(),
                     [](char c) {
                       return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                              c == '_';
                     }) &&
         name.front() != '.' && name.back() != '.' && name.find("..") == std::string_view::npos;
}

}  // namespace

bool may_declare(std::string_view name) {
  constexpr std::size_t longest = 255;
  if (name == "*") return true;
  if (name.starts_with("*.")) name.remove_prefix(2);
  return !name.empty() && name.size() <= longest && std::none_of(name.begin(), name.end(), [](char c) {
    return c == '*' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

RealmMap::RealmMap(const std::vector<Realm>& realms) {
  for (const Realm& realm : realms) {
    const auto shared = std::make_shared<const Realm>(realm);
    if (realm.name == "*") {
      any_ = shared;
    } else if (realm.name.starts_with("*.")) {
      wildcards_.emplace(upper(std::string_view(realm.name).substr(2)), shared);
    } else {
      exact_.emplace(upper(realm.name), shared);
      for (const std::string& alias : realm.aliases) exact_.emplace(upper(alias), shared);
    }
  }
}

// In upper case; empty for what can be no realm.
std::string_view RealmMap::key_of(std::string_view name, Buffer& buffer) {
  if (name.size() > buffer.size()) return {};
  std::transform(name.begin(), name.end(), buffer.begin(), ascii_upper);
  return {buffer.data(), name.size()};
}

std::shared_ptr<const Realm> RealmMap::find_exact(std::string_view name) const {
  Buffer buffer;
  const auto found = exact_.find(key_of(name, buffer));
  return found == exact_.end() ? nullptr : found->second;
}

std::shared_ptr<const Realm> RealmMap::find(std::string_view name) {
  Buffer buffer;
  const std::string_view key = key_of(name, buffer);
  if (key.empty()) return nullptr;
  if (const auto found = exact_.find(key); found != exact_.end()) return found->second;
  if ((wildcards_.empty() && !any_) || !is_dns_name(key)) return nullptr;
  if (const auto found = derived_.find(key); found != derived_.end()) return found->second;
  for (auto dot = key.find('.'); dot != std::string_view::npos; dot = key.find('.', dot + 1)) {
    const auto found = wildcards_.find(key.substr(dot + 1));
    if (found != wildcards_.end()) return derive(*found->second, key);
  }
  return any_ ? derive(*any_, key) : nullptr;
}

std::shared_ptr<const Realm> RealmMap::derive(const Realm& wildcard, std::string_view upper_name) {
  auto source = std::make_shared<locate::RealmSource>(*wildcard.source);
  source->realm = upper_name;
  source->derived = true;
  source->dns_domain.resize(upper_name.size());
  std::transform(upper_name.begin(), upper_name.end(), source->dns_domain.begin(), ascii_lower);

  auto realm = std::make_shared<Realm>(wildcard);
  realm->name = upper_name;
  realm->source = std::move(source);
  if (derived_.size() >= max_derived) derived_.clear();
  derived_.emplace(realm->name, realm);
  return realm;
}

}  // namespace ferryman::gateway
