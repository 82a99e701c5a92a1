#include "settings/kpssvc.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/text.h"
#include "base/utf16.h"
#include "config/reader.h"
#include "net/options.h"

namespace ferryman {
namespace {

using Failure = tl::unexpected<std::string>;

std::optional<std::string> from_utf16(std::string_view octets) {
  const auto text = utf16_of_octets(as_bytes(octets));
  return text ? utf8_of_utf16(*text) : std::nullopt;
}

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// Lines with those joined that end in a backslash.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  bool goes_on = false;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = trim(text.substr(0, end));
    const bool more = line.ends_with('\\');
    if (more) line.remove_suffix(1);
    if (goes_on) {
      lines.back() += line;
    } else {
      lines.emplace_back(line);
    }
    goes_on = more;
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::optional<std::uint32_t> read_dword(std::string_view value) {
  constexpr std::string_view prefix = "dword:";
  std::uint32_t number = 0;
  if (!value.starts_with(prefix)) return std::nullopt;
  value.remove_prefix(prefix.size());
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number, 16);
  if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  return number;
}

// REG_MULTI_SZ: hex(7):2b,00,3a,00,... or one string in quotes.
std::optional<std::vector<std::string>> read_strings(std::string_view value) {
  constexpr std::string_view prefix = "hex(7):";
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    return std::vector<std::string>{std::string(value.substr(1, value.size() - 2))};
  if (!value.starts_with(prefix)) return std::nullopt;
  value.remove_prefix(prefix.size());
  std::string octets;
  while (!value.empty()) {
    unsigned octet = 0;
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + std::min<std::size_t>(2, value.size()), octet, 16);
    if (error != std::errc()) return std::nullopt;
    octets += static_cast<char>(octet);
    value.remove_prefix(static_cast<std::size_t>(end - value.data()));
    if (!value.empty() && value.front() != ',') return std::nullopt;
    if (!value.empty()) value.remove_prefix(1);
  }
  std::vector<std::string> strings;
  std::string current;
  const auto text = from_utf16(octets);
  if (!text) return std::nullopt;
  for (const char c : *text) {
    if (c != '\0') {
      current += c;
    } else if (!current.empty()) {
      strings.push_back(std::move(current));
      current.clear();
    }
  }
  if (!current.empty()) strings.push_back(std::move(current));
  return strings;
}

// HTTP.SYS's "+:443", "*:443" or "kdcproxy.example.com:443" as an address to listen at.
std::optional<std::string> listen_address(std::string_view url) {
  const auto colon = url.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto address = net::parse_listen_address("[::]" + std::string(url.substr(colon)));
  if (!address) return std::nullopt;
  return fmt::format("[::]:{}", address->port);
}

struct Settings {
  std::vector<std::string> urls = {"+:443"};
  bool client_certificates = false;
  bool unarmored_passwords = true;  // KPSSVC's default
  std::vector<std::string> unknown;
};

std::string to_toml(const Settings& settings) {
  std::string text = "# Made from the settings of KPSSVC.\n";
  std::vector<std::string> addresses;
  for (const auto& url : settings.urls) {
    const auto address = listen_address(url);
    if (!address) {
      text += fmt::format("# HttpsUrlGroup holds {}, which is not understood.\n", show_string(url));
    } else if (std::find(addresses.begin(), addresses.end(), *address) == addresses.end()) {
      addresses.push_back(*address);
    }
  }
  for (const auto& name : settings.unknown)
    text += fmt::format("# {} has no counterpart here.\n", show_string(name));
  for (const auto& address : addresses) {
    text += fmt::format("\n[[listen]]\naddress = {}\npaths = [\"/KdcProxy\"]\n", show_string(address));
  }
  text +=
      "\n# Windows keeps the certificate in its store: export it with its chain and key as PEM.\n"
      "[tls]\ncertificate = \"/etc/ferryman/tls/fullchain.pem\"\nprivate_key = "
      "\"/etc/ferryman/tls/key.pem\"\n";
  if (settings.client_certificates) {
    text += "client_certificates = \"required\"\nclient_ca = \"/etc/ferryman/tls/client-ca.pem\"\n";
  }
  text += fmt::format("\n[policy]\nallow_unarmored_password = {}\n", settings.unarmored_passwords);
  text +=
      "\n# KPSSVC serves the forest that its machine is in. Declare its domains:\n"
      "# [realms.\"AD.EXAMPLE.COM\"]\n# discovery = \"ad\"\n";
  return text;
}

bool is_settings_key(std::string_view line) {
  constexpr std::string_view key = "\\KPSSVC\\Settings]";
  return line.size() >= key.size() && equal_without_case(line.substr(line.size() - key.size()), key);
}

// "Name"=value; other lines are passed over.
tl::expected<void, std::string> read_setting(std::string_view line, Settings& settings) {
  const auto equals = line.find("\"=");
  if (!line.starts_with('"') || equals == std::string_view::npos) return {};
  const std::string name(line.substr(1, equals - 1));
  const std::string_view value = line.substr(equals + 2);
  if (equal_without_case(name, "HttpsUrlGroup")) {
    const auto urls = read_strings(value);
    if (!urls) return Failure("HttpsUrlGroup is no REG_MULTI_SZ");
    if (!urls->empty()) settings.urls = *urls;
    return {};
  }
  const bool client_auth = equal_without_case(name, "HttpsClientAuth");
  if (!client_auth && !equal_without_case(name, "DisallowUnprotectedPasswordAuth")) {
    settings.unknown.push_back(name);
    return {};
  }
  const auto number = read_dword(value);
  if (!number) return Failure(name + " is no REG_DWORD");
  if (client_auth) {
    settings.client_certificates = *number != 0;
  } else {
    settings.unarmored_passwords = *number == 0;
  }
  return {};
}

}  // namespace

tl::expected<std::string, std::string> convert_kpssvc(std::string_view octets) {
  constexpr std::string_view utf16_mark = "\xff\xfe", utf8_mark = "\xef\xbb\xbf";
  std::string text;
  if (octets.starts_with(utf16_mark)) {
    const auto converted = from_utf16(octets.substr(utf16_mark.size()));
    if (!converted) return Failure("is neither UTF-8 nor UTF-16");
    text = *converted;
  } else {
    text = octets.substr(octets.starts_with(utf8_mark) ? utf8_mark.size() : 0);
  }
  if (!is_utf8(text)) return Failure("is neither UTF-8 nor UTF-16");
  const auto lines = lines_of(text);
  if (lines.empty() || !(lines[0].starts_with("Windows Registry Editor") || lines[0] == "REGEDIT4")) {
    return Failure("is no .reg file: it does not begin with \"Windows Registry Editor Version 5.00\"");
  }
  Settings settings;
  bool found = false, in_section = false;
  for (const std::string_view line : lines) {
    if (line.starts_with('[')) {
      in_section = is_settings_key(line);
      found = found || in_section;
    } else if (in_section) {
      if (const auto read = read_setting(line, settings); !read) return Failure(read.error());
    }
  }
  if (!found) return Failure("holds no key ...\\Services\\KPSSVC\\Settings");
  return to_toml(settings);
}

}  // namespace ferryman
