#include "directory/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/fold.h"
#include "base/text.h"
#include "kerberos/limits.h"

namespace ferryman::directory {
namespace {

// What Active Directory refuses in a sAMAccountName, but for "/" and "@", which are looked at by themselves.
constexpr std::string_view no_name_characters = "\"[]:;|=+*?<>\\,";

constexpr std::array<std::string_view, 2> own_services{"krbtgt", "kadmin"};
constexpr std::array<std::string_view, 12> own_paths{
    "common", "organizations", "consumers", "enrollmentserver", "kdcproxy", "kkdcp",
    "odc",    "metrics",       "healthz",   "readyz",           "device",   "oauth2"};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& list, std::string_view text) {
  return std::any_of(list.begin(), list.end(),
                     [text](std::string_view each) { return equal_without_case(each, text); });
}

tl::unexpected<Failure> invalid(std::string_view name, std::string_view why) {
  return fail(Reason::invalid, fmt::format("\"{}\" {}", printable(name), why));
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_dns_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// One component of any name. whole: what it is part of.
Outcome<void> check_component(std::string_view component, std::string_view whole) {
  if (component.empty()) return invalid(whole, "has an empty part");
  if (component.size() > max_name) return invalid(whole, "has a part of more than 255 octets");
  if (!is_utf8(component)) return invalid(whole, "is not UTF-8");
  if (component.front() == ' ' || component.back() == ' ')
    return invalid(whole, "begins or ends with a space");
  const bool allowed = std::none_of(component.begin(), component.end(), [](char c) {
    return is_control(c) || c == '@' || no_name_characters.find(c) != std::string_view::npos;
  });
  if (!allowed) return invalid(whole, "has a character that no name may have");
  return {};
}

Outcome<void> check_components(std::string_view name) {
  const std::vector<std::string_view> components = components_of(name);
  if (components.size() > kerberos::limits::max_name_components) return invalid(name, "has too many parts");
  for (const std::string_view each : components)
    if (auto checked = check_component(each, name); !checked) return checked;
  if (among(own_services, components.front())) return invalid(name, "is kept for the KDC itself");
  return {};
}

}  // namespace

std::string unique_key(std::string_view name) {
  std::string key = folded(name).value_or("");
  if (key.size() > 1 && key.back() == '$' && key.find_first_of("/@") == std::string::npos) key.pop_back();
  return key;
}

std::string joined(std::span<const std::string_view> components) {
  std::string name;
  for (const std::string_view each : components) {
    if (each.empty() || each.size() > max_name || each.find_first_of(std::string_view("/\0", 2)) != each.npos)
      return {};
    if (!name.empty()) name += '/';
    name += each;
  }
  return name;
}

std::vector<std::string_view> components_of(std::string_view name) {
  std::vector<std::string_view> components;
  for (std::size_t end = name.find('/'); end != name.npos; end = name.find('/')) {
    components.push_back(name.substr(0, end));
    name.remove_prefix(end + 1);
  }
  components.push_back(name);
  return components;
}

Outcome<void> check_user_name(std::string_view name) {
  if (name.ends_with('$')) return invalid(name, "ends with \"$\", as services do");
  if (name.starts_with('-')) return invalid(name, "begins with \"-\"");
  return check_components(name);
}

Outcome<void> check_service_name(std::string_view name) {
  if (name.find('/') != name.npos) return check_spn(name);
  if (name == "$") return invalid(name, "has an empty part");
  return check_components(name);
}

Outcome<void> check_group_name(std::string_view name) {
  if (name.find('/') != name.npos) return invalid(name, "has a character that no name may have");
  return check_user_name(name);
}

Outcome<void> check_upn(std::string_view upn) {
  const std::size_t at = upn.rfind('@');
  if (at == upn.npos) return invalid(upn, "has no \"@\"");
  if (upn.find('/') != upn.npos) return invalid(upn, "has a character that no name may have");
  if (auto checked = check_component(upn.substr(0, at), upn); !checked) return checked;
  return check_realm(upn.substr(at + 1));
}

Outcome<void> check_spn(std::string_view spn) {
  const std::size_t count = components_of(spn).size();
  if (count != 2 && count != 3) return invalid(spn, "is no SPN of two or three parts");
  if (spn.find(' ') != spn.npos) return invalid(spn, "has a character that no name may have");
  return check_components(spn);
}

Outcome<void> check_tenant_name(std::string_view name) {
  if (name.find('.') != name.npos) return invalid(name, "is not one label");
  if (among(own_paths, name)) return invalid(name, "is part of URLs that are served already");
  return check_domain(name);
}

Outcome<void> check_domain(std::string_view domain) {
  if (domain.empty() || domain.size() > max_name) return invalid(domain, "is no domain");
  std::string_view rest = domain;
  while (true) {
    const std::string_view label = rest.substr(0, rest.find('.'));
    if (label.empty() || label.size() > 63 || label.front() == '-' ||
        !std::all_of(label.begin(), label.end(), is_dns_character))
      return invalid(domain, "is no domain");
    if (label.size() == rest.size()) return {};
    rest.remove_prefix(label.size() + 1);
  }
}

Outcome<void> check_realm(std::string_view realm) {
  if (realm.find('/') != realm.npos) return invalid(realm, "has a character that no realm may have");
  return check_component(realm, realm);
}

}  // namespace ferryman::directory
