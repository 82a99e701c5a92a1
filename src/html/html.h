#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace ferryman::html {

// A text that stands in the program itself: nothing that came in at run time can become one.
class Literal {
 public:
  template <std::size_t N>
  consteval Literal(const char (&text)[N]) : text_(text, N - 1) {}  // NOLINT(google-explicit-constructor)
  constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

// The name of an element or of an attribute.
class Name {
 public:
  template <std::size_t N>
  consteval Name(const char (&text)[N]) : text_(text, N - 1) {  // NOLINT(google-explicit-constructor)
    for (const char c : text_) {
      if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-') throw "a name of HTML";
    }
  }
  constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

struct Attribute {
  Name name;
  std::string_view value{};  // a view that need only hold while the element is made
};

// A part of a page. Whatever is put into it is escaped, be it content or the value of an attribute: there is
// no other way in but Literals. Characters that no page needs (controls, those that turn the direction of
// writing, octets that are no UTF-8) become U+FFFD.
class Html {
 public:
  Html() = default;
  Html(std::string_view text);                                     // NOLINT(google-explicit-constructor)
  Html(const std::string& text) : Html(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
  Html(const char* text) : Html(std::string_view(text)) {}         // NOLINT(google-explicit-constructor)
  // As it is: of a style sheet or the like.
  static Html verbatim(Literal text);

  Html& operator+=(const Html& more) {
    octets_ += more.octets_;
    return *this;
  }
  friend Html operator+(Html first, const Html& second) { return first += second; }

  const std::string& octets() const { return octets_; }

 private:
  friend Html element(Name name, std::initializer_list<Attribute> attributes, const Html& content);
  friend Html void_element(Name name, std::initializer_list<Attribute> attributes);

  std::string octets_;
};

Html element(Name name, std::initializer_list<Attribute> attributes, const Html& content);
inline Html element(Name name, const Html& content) {
  return element(name, {}, content);
}
// One that has no content and no end (HTML, 13.1.2).
Html void_element(Name name, std::initializer_list<Attribute> attributes);

}  // namespace ferryman::html
