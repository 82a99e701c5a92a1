#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"

namespace ferryman {

// RFC 4648 4, with padding. It is made in one piece, so that growing leaves no copy of a secret behind.
std::string base64_of(Bytes octets);
void append_base64(std::string& text, Bytes octets);  // for what is no secret
// RFC 4648 5, without padding: what JOSE calls base64url. In one piece as well.
std::string base64url_of(Bytes octets);

// What base64_of() or base64url_of() wrote; nothing for any other text, so that one text stands for one
// value: no blanks, no line feeds, no padding but what belongs there, no bits set behind the last octet.
std::optional<Octets> octets_of_base64(std::string_view text);
std::optional<Secret> secret_of_base64(std::string_view text);
std::optional<Octets> octets_of_base64url(std::string_view text);

}  // namespace ferryman
