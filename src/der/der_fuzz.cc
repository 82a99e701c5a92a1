#include <cstdlib>
#include <vector>

#include "der/reader.h"
#include "der/writer.h"

namespace {

using namespace ferryman;

// Takes the input for nested elements and values of every kind; writes again what could be read.
class Walk {
 public:
  explicit Walk(Bytes input) : input_(input) {}

  void run() {
    der::Status status;
    der::Reader reader(input_, status);
    std::vector<std::uint8_t> buffer(input_.size());
    while (!reader.empty()) {
      const Bytes before = reader.rest();
      const Bytes element = reader.read_element();
      if (!status.ok()) break;
      if (element.data() != before.data() || element.size() > before.size()) std::abort();
      visit(element, buffer, 0);
    }
    if (!status.ok() && (status.error().offset > input_.size() || !reader.rest().empty())) std::abort();
  }

 private:
  void visit(Bytes element, std::vector<std::uint8_t>& buffer, unsigned depth) {
    const der::Tag tag = element[0];
    der::Status status;
    der::Reader reader(element, status);
    const Bytes content = reader.read(tag);
    reader.finish();
    if (!status.ok()) std::abort();  // it was an element a moment ago
    // DER has one form only, so writing gives the octets back.
    der::Writer writer(buffer);
    writer.primitive(tag, content);
    const auto written = writer.finish();
    if (!written || as_text(*written) != as_text(element)) std::abort();
    read_values(element, buffer);
    read_fields(element);
    if ((tag & 0x20) == 0 || depth == 16) return;
    der::Status inner_status;
    der::Reader inner = der::Reader(element, inner_status).enter(tag);
    while (!inner.empty()) {
      const Bytes child = inner.read_element();
      if (inner_status.ok()) visit(child, buffer, depth + 1);
    }
  }

  void read_values(Bytes element, std::vector<std::uint8_t>& buffer) {
    der::Status number_status;
    const std::int32_t number = der::Reader(element, number_status).read_int32();
    if (number_status.ok()) {
      der::Writer writer(buffer);
      writer.integer(number);
      if (as_text(*writer.finish()) != as_text(element)) std::abort();
    } else if (number != 0) {
      std::abort();
    }
    der::Status status;
    der::Reader(element, status).read_uint32();
    status = {};
    der::Reader(element, status).read_flags();
    status = {};
    if (const auto time = der::Reader(element, status).read_time(); status.ok() && time.size() != 15)
      std::abort();
    status = {};
    for (const char c : der::Reader(element, status).read_string(der::general_string)) {
      if (static_cast<unsigned char>(c) < 0x20) std::abort();
    }
    status = {};
    der::Reader extensible(element, status);
    extensible.finish_extensible(0);
  }

  // A field's two elements give the same value or a fault whether they are read together or one by one.
  static void read_fields(Bytes element) {
    const auto same = [element](auto together, auto one_by_one) {
      der::Status status[2];
      der::Reader reader[] = {der::Reader(element, status[0]), der::Reader(element, status[1])};
      if (together(reader[0]) != one_by_one(reader[1]) || status[0].ok() != status[1].ok()) std::abort();
      if (!status[0].ok() && status[0].error().offset > element.size()) std::abort();
    };
    const der::Tag outer = element[0], inner = element.size() > 2 ? element[2] : der::octet_string;
    same([=](der::Reader& r) { return as_text(r.read_field(outer, inner)); },
         [=](der::Reader& r) {
           const Bytes content = r.enter(outer).read_last(inner);
           return r.ok() ? as_text(content) : std::string_view();
         });
    same([=](der::Reader& r) { return r.read_int32_field(outer); },
         [=](der::Reader& r) {
           const auto value = r.enter(outer).read_last_int32();
           return r.ok() ? value : 0;
         });
    same([=](der::Reader& r) { return r.read_uint32_field(outer); },
         [=](der::Reader& r) {
           const auto value = r.enter(outer).read_last_uint32();
           return r.ok() ? value : 0;
         });
  }

  Bytes input_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Walk({data, size}).run();
  return 0;
}
