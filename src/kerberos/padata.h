#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "der/reader.h"
#include "der/writer.h"

namespace ferryman::kerberos {

// PA-DATA of a message (RFC 4120 5.2.7), a view over the SEQUENCE OF; every element was checked.
struct Padata {
  std::int32_t type = 0;
  Bytes value;
};

class PadataList {
 public:
  using Element = Padata;

  PadataList() = default;
  explicit PadataList(Bytes elements) : elements_(elements), types_(~std::uint64_t{0}) {}
  // types: the bits of all types in it.
  PadataList(Bytes elements, std::uint64_t types) : elements_(elements), types_(types) {}

  // The bit that stands for a type: one each for 128 to 190, which most of those are that a KDC looks for,
  // and one for all others.
  static constexpr std::uint64_t bit(std::int32_t type) {
    return std::uint64_t{1} << (type >= 128 && type < 128 + 63 ? type - 128 : 63);
  }
  // False: there is none of the types that these bits stand for, as is known without walking through.
  bool may_have(std::uint64_t bits) const { return (types_ & bits) != 0; }

  // The first of that type, or nothing.
  std::optional<Padata> find(std::int32_t type) const;
  bool has(std::int32_t type) const { return find(type).has_value(); }

  // Takes the next element off the front; false at the end. `PadataList rest = list; while (rest.next(pa))`
  bool next(Padata& out);
  bool empty() const { return elements_.empty(); }
  Bytes octets() const { return elements_; }  // the content of the SEQUENCE OF

 private:
  Bytes elements_;
  std::uint64_t types_ = 0;
};

// One element.
void read(der::Reader& reader, Padata& out);
void write(der::Writer& writer, const Padata& padata);

// METHOD-DATA: a SEQUENCE OF at most limits::max_padata.
void read(der::Reader& reader, PadataList& out);
void write(der::Writer& writer, const PadataList& list);
// The same as an OPTIONAL field; one that would be empty is not written.
void read_optional_field(der::Reader& fields, unsigned number, PadataList& out);
void write_optional_field(der::Writer& writer, unsigned number, const PadataList& list);

}  // namespace ferryman::kerberos
