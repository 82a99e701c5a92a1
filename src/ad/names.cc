#include "ad/names.h"

#include <fmt/format.h>

#include "base/text.h"

namespace ferryman::ad {
namespace {

bool ends_with(std::string_view text, char before, std::string_view end) {
  return text.size() > end.size() && text[text.size() - end.size() - 1] == before &&
         equal_without_case(text.substr(text.size() - end.size()), end);
}

}  // namespace

std::string escape_filter(std::string_view value) {
  std::string escaped;
  for (const char c : value) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet > 0x7e || c == '*' || c == '(' || c == ')' || c == '\\')
      escaped += fmt::format("\\{:02x}", octet);
    else
      escaped += c;
  }
  return escaped;
}

std::string escape_dn(std::string_view value) {
  std::string escaped;
  for (std::size_t at = 0; at < value.size(); ++at) {
    const char c = value[at];
    const bool is_edge = (c == ' ' && (at == 0 || at + 1 == value.size())) || (c == '#' && at == 0);
    if (static_cast<unsigned char>(c) < 0x20)
      escaped += fmt::format("\\{:02X}", static_cast<unsigned char>(c));
    else if (is_edge || std::string_view("\"+,;<=>\\").find(c) != std::string_view::npos)
      escaped += {'\\', c};
    else
      escaped += c;
  }
  return escaped;
}

bool is_same_dn(std::string_view a, std::string_view b) {
  return equal_without_case(a, b);
}

bool is_dn_below(std::string_view dn, std::string_view base) {
  return ends_with(dn, ',', base);
}

bool is_host_of(std::string_view host, std::string_view domain) {
  constexpr std::string_view characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  return ends_with(host, '.', domain) && host.front() != '.' &&
         host.find_first_not_of(characters) == std::string_view::npos;
}

}  // namespace ferryman::ad
