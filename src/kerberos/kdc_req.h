#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

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
};

// PA-DATA of a message (RFC 4120 5.2.7), a view over the SEQUENCE OF; every element was checked.
struct Padata {
  std::int32_t type = 0;
  Bytes value;
};

class PadataList {
 public:
  PadataList() = default;
  explicit PadataList(Bytes elements) : elements_(elements), types_(~std::uint64_t{0}) {}
  // types: the bits of all types in it.
  PadataList(Bytes elements, std::uint64_t types) : elements_(elements), types_(types) {}

  // The bit that stands for a type; types that are 64 apart share one.
  static constexpr std::uint64_t bit(std::int32_t type) { return std::uint64_t{1} << (type & 63); }
  // False: there is none of the types that these bits stand for, as is known without walking through.
  bool may_have(std::uint64_t bits) const { return (types_ & bits) != 0; }

  // The first of that type, or nothing.
  std::optional<Padata> find(std::int32_t type) const;
  bool has(std::int32_t type) const { return find(type).has_value(); }

  // Takes the next element off the front; false at the end. `PadataList rest = list; while (rest.next(pa))`
  bool next(Padata& out);
  bool empty() const { return elements_.empty(); }

 private:
  Bytes elements_;
  std::uint64_t types_ = 0;
};

// The etype field: SEQUENCE OF Int32, in the client's order of preference.
class EtypeList {
 public:
  EtypeList() = default;
  explicit EtypeList(Bytes elements) : elements_(elements) {}
  bool next(std::int32_t& out);
  bool empty() const { return elements_.empty(); }

 private:
  Bytes elements_;
};

// KDC-REQ (RFC 4120 5.4.1): what AS-REQ and TGS-REQ have in common.
struct KdcReq {
  PadataList padata;
  std::uint32_t kdc_options = 0;  // bit 0 (reserved) is the most significant one
  std::optional<PrincipalName> cname;
  std::string_view realm;
  std::optional<PrincipalName> sname;
  std::uint32_t nonce = 0;
  EtypeList etypes;
};

// AS-REQ (msg_type 10) or TGS-REQ (12): application tag and msg-type must both say so.
Result<KdcReq> parse_kdc_req(Bytes message, std::int32_t msg_type);

}  // namespace ferryman::kerberos
