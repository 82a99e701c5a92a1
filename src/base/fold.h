#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferryman {

// The code point in lower case, for Latin (with its Extended-A and Additional blocks), Greek and Cyrillic;
// any other one as it is. One point for one, the same in every locale, as Active Directory compares names;
// what it also ignores there (accents, width, kana) is not.
std::uint32_t fold_case(std::uint32_t point);

// Takes the first character off text, which is not empty, and returns it folded. An octet that is no UTF-8
// is a character by itself and equals no other one.
std::uint32_t take_folded(std::string_view& text);

// The whole text, folded: two that compare equal without case become the same. Nothing where it is no UTF-8.
std::optional<std::string> folded(std::string_view text);

}  // namespace ferryman
