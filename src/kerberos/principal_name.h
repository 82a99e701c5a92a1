#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "der/reader.h"
#include "der/writer.h"

namespace ferryman::kerberos {

// PrincipalName (RFC 4120 5.2.2), a view. Its name-string was checked when it was read.
struct PrincipalName {
  std::int32_t name_type = 0;
  Bytes name_string;  // content of the SEQUENCE OF KerberosString

  // Appends "HTTP/www.example.com": components parted by "/", and "/", "@", "\" inside one escaped by "\"
  // as krb5_unparse_name does. Octets are appended as they are: the log escapes them.
  void append_to(std::string& out) const;
  // The same into room for longest_text() octets; returns where it ends.
  char* write_to(char* out) const;
  std::size_t longest_text() const { return 2 * name_string.size(); }

  std::size_t size() const;                         // number of components
  std::string_view component(std::size_t i) const;  // empty when there is none

  // Names are the same if their components are: the type says only how they were found (RFC 4120 6.2).
  bool is(std::initializer_list<std::string_view> components) const;
  friend bool same_components(const PrincipalName& a, const PrincipalName& b);
};

// A name made of components, which it owns. A message holds its view().
class Name {
 public:
  Name(std::int32_t type, std::initializer_list<std::string_view> components)
      : Name(type, std::span(components.begin(), components.size())) {}
  Name(std::int32_t type, std::span<const std::string_view> components);

  PrincipalName view() const { return {type_, name_string_}; }

 private:
  std::int32_t type_;
  std::vector<std::uint8_t> name_string_;
};

void read(der::Reader& reader, PrincipalName& out);
void write(der::Writer& writer, const PrincipalName& name);

}  // namespace ferryman::kerberos
