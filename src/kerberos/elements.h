#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "base/bytes.h"
#include "der/reader.h"
#include "der/writer.h"

namespace ferryman::kerberos {

// A SEQUENCE OF at most `most` T, a view; every element was checked when it was read. T has read() and
// write() (kerberos/codec.h).
template <typename T, std::size_t most>
class Elements {
 public:
  using Element = T;

  Elements() = default;
  explicit Elements(Bytes octets) : octets_(octets) {}

  // Takes the next element off the front; false at the end.
  bool next(T& out) {
    der::Status status;
    der::Reader elements(octets_, status);
    if (elements.empty()) return false;
    out = T{};
    read(elements, out);
    octets_ = elements.rest();
    return status.ok();
  }
  bool empty() const { return octets_.empty(); }
  Bytes octets() const { return octets_; }  // the content of the SEQUENCE OF

 private:
  Bytes octets_;
};

template <typename T, std::size_t most>
void read_content(der::Reader elements, Elements<T, most>& out) {
  out = Elements<T, most>(elements.rest());
  T element;
  for (std::size_t count = 0; !elements.empty(); ++count) {
    if (count == most) return elements.fail(Fault::too_many);
    element = T{};
    read(elements, element);
  }
}

template <typename T, std::size_t most>
void read(der::Reader& reader, Elements<T, most>& out) {
  read_content(reader.enter(der::sequence), out);
}

template <typename T, std::size_t most>
void write(der::Writer& writer, const Elements<T, most>& list) {
  writer.primitive(der::sequence, list.octets());
}

// As an OPTIONAL field: absent where it is empty, since an empty SEQUENCE OF breaks old decoders.
template <typename T, std::size_t most>
void read_optional_field(der::Reader& fields, unsigned number, Elements<T, most>& out) {
  if (fields.at(der::context(number)))
    read_content(fields.enter_field(der::context(number), der::sequence), out);
}

template <typename T, std::size_t most>
void write_optional_field(der::Writer& writer, unsigned number, const Elements<T, most>& list) {
  if (!list.empty()) writer.field(der::context(number), der::sequence, list.octets());
}

// Makes a list (Elements, PadataList, EtypeList) out of elements that are given one by one, in their order.
// It owns what the list then views. Growing leaves copies behind: not for secrets.
template <typename List>
class Made {
 public:
  using Element = typename List::Element;

  Made& add(const Element& element) {
    der::Writer measure({});
    put(measure, element);
    const std::size_t before = octets_.size();
    octets_.resize(before + measure.size());
    const std::span<std::uint8_t> room(octets_);
    der::Writer writer(room.subspan(before));
    put(writer, element);
    return *this;
  }
  // An element that is written already.
  Made& add_encoded(Bytes element) {
    octets_.insert(octets_.end(), element.begin(), element.end());
    return *this;
  }

  List list() const { return List(Bytes(octets_)); }
  bool empty() const { return octets_.empty(); }

 private:
  static void put(der::Writer& writer, const Element& element) {
    if constexpr (std::is_integral_v<Element>) {
      writer.integer(element);
    } else {
      write(writer, element);
    }
  }

  std::vector<std::uint8_t> octets_;
};

}  // namespace ferryman::kerberos
