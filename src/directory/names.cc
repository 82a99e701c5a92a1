#include "directory/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/fold.h"
#include "base/text.h"
#include "directory/guid.h"
#include "kerberos/limits.h"

namespace ferryman::directory {
namespace {

// What Active Directory refuses in a sAMAccountName, but for "/" and "@", which are looked at by themselves.
constexpr std::string_view no_name_characters = "\"[]:;|=+*?<>\\,";

constexpr std::array<std::string_view, 3> own_services{"krbtgt", "kadmin", "wellknown"};
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

tl::unexpected<Failure> bad_character(std::string_view name, char c, std::string_view advice = {}) {
  return invalid(name, fmt::format("has the character \"{}\", which it may not have{}",
                                   printable(std::string_view(&c, 1)), advice));
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_dns_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool is_instance_character(char c) {
  return is_dns_character(c) || c == '$';
}

// One component of any name. whole: what it is part of.
Outcome<void> check_component(std::string_view component, std::string_view whole) {
  if (component.empty()) return invalid(whole, "has an empty part");
  if (component.size() > max_name) return invalid(whole, "has a part of more than 255 octets");
  if (!is_utf8(component)) return invalid(whole, "is not UTF-8");
  if (component.front() == ' ' || component.back() == ' ')
    return invalid(whole, "begins or ends with a space");
  const auto* bad = std::find_if(component.begin(), component.end(), [](char c) {
    return is_control(c) || c == '@' || no_name_characters.find(c) != std::string_view::npos;
  });
  if (bad == component.end()) {
    // Controls beyond ASCII, and what turns the direction of writing.
    if (printable(component) != component) return invalid(whole, "has a character that cannot be seen");
    return {};
  }
  // What administrators copy from a ticket or a URL.
  if (*bad == '@') return bad_character(whole, *bad, ": leave off what is behind it, the realm or domain");
  return bad_character(whole, *bad);
}

Outcome<void> check_components(std::string_view name) {
  const std::vector<std::string_view> components = components_of(name);
  if (components.size() > kerberos::limits::max_name_components) return invalid(name, "has too many parts");
  for (const std::string_view each : components)
    if (auto checked = check_component(each, name); !checked) return checked;
  std::string_view first = components.front();
  if (components.size() == 1 && first.ends_with('$')) first.remove_suffix(1);
  if (among(own_services, first)) return invalid(name, "is kept for the KDC itself");
  return {};
}

}  // namespace

std::string unique_key(std::string_view name) {
  if (name.find('\0') != name.npos) return {};
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
  if (name.find('/') != name.npos) return bad_character(name, '/');
  return check_user_name(name);
}

Outcome<void> check_upn(std::string_view upn) {
  const std::size_t at = upn.rfind('@');
  if (at == upn.npos) return invalid(upn, "has no \"@\"");
  if (upn.find('/') != upn.npos) return bad_character(upn, '/');
  if (auto checked = check_component(upn.substr(0, at), upn); !checked) return checked;
  return check_realm(upn.substr(at + 1));
}

Outcome<void> check_spn(std::string_view spn) {
  const std::size_t count = components_of(spn).size();
  if (count != 2 && count != 3) return invalid(spn, "is no SPN of two or three parts");
  if (spn.find(' ') != spn.npos) return bad_character(spn, ' ');
  const std::size_t host = spn.find('/') + 1, colon = spn.find(':', host), end = spn.find('/', host);
  if (colon == spn.npos || (end != spn.npos && colon > end)) return check_components(spn);
  const std::string_view instance = spn.substr(colon + 1, end == spn.npos ? end : end - colon - 1);
  if (instance.empty() || instance.size() > max_name ||
      !std::all_of(instance.begin(), instance.end(), is_instance_character))
    return invalid(spn, "has no port or instance behind \":\"");
  return check_components(std::string(spn.substr(0, colon)) +
                          std::string(end == spn.npos ? std::string_view() : spn.substr(end)));
}

Outcome<void> check_top_level_name(std::string_view name) {
  std::string_view domain = name.substr(name.starts_with('.') ? 1 : 0);
  const std::size_t colon = domain.find(':');
  if (colon != domain.npos) {
    const std::string_view port = domain.substr(colon + 1);
    if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != port.npos)
      return invalid(name, "has no port behind \":\"");
    domain = domain.substr(0, colon);
  }
  if (!check_domain(domain))
    return invalid(name, "is no domain, with or without a \".\" before it and a port");
  return {};
}

Outcome<void> check_tenant_name(std::string_view name) {
  if (name.find('.') != name.npos) return invalid(name, "is not one label");
  return check_tenant_domain(name);
}

Outcome<void> check_tenant_domain(std::string_view domain) {
  if (among(own_paths, domain)) return invalid(domain, "is part of URLs that are served already");
  if (guid_of_text(domain)) return invalid(domain, "is a GUID, which stands for a tenant's id");
  return check_domain(domain);
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
  if (const auto bad = realm.find_first_of("/ :\\\""); bad != realm.npos)
    return bad_character(realm, realm[bad]);
  return check_component(realm, realm);
}

}  // namespace ferryman::directory
