#include "kerberos/principal_name.h"

#include <algorithm>
#include <array>
#include <optional>

#include "kerberos/limits.h"

namespace ferryman::kerberos {
namespace {

using der::context;

// What krb5_unparse_name escapes inside a component.
constexpr std::array<bool, 256> parts_names = [] {
  std::array<bool, 256> table{};
  for (const char c : {'/', '@', '\\'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

// The name walks over bytes that were checked when the message was read, so a fault means the end.
std::optional<std::string_view> next_string(der::Reader& strings) {
  if (strings.empty()) return std::nullopt;
  const std::string_view text = strings.read_string(der::general_string);
  if (!strings.ok()) return std::nullopt;
  return text;
}

}  // namespace

void PrincipalName::append_to(std::string& out) const {
  const std::size_t before = out.size();
  out.resize(before + longest_text());
  const char* end = write_to(out.data() + before);
  out.resize(static_cast<std::size_t>(end - out.data()));
}

char* PrincipalName::write_to(char* out) const {
  der::Status status;
  der::Reader strings(name_string, status);
  while (!strings.empty()) {
    for (const char c : as_text(strings.read(der::general_string))) {
      if (parts_names[static_cast<unsigned char>(c)]) *out++ = '\\';
      *out++ = c;
    }
    if (!strings.empty()) *out++ = '/';
  }
  return out;
}

std::size_t PrincipalName::size() const {
  der::Status status;
  der::Reader strings(name_string, status);
  std::size_t count = 0;
  while (next_string(strings)) ++count;
  return count;
}

std::string_view PrincipalName::component(std::size_t i) const {
  der::Status status;
  der::Reader strings(name_string, status);
  for (auto text = next_string(strings); text; text = next_string(strings), --i) {
    if (i == 0) return *text;
  }
  return {};
}

bool PrincipalName::is(std::initializer_list<std::string_view> components) const {
  der::Status status;
  der::Reader strings(name_string, status);
  for (const std::string_view component : components) {
    if (next_string(strings) != component) return false;
  }
  return strings.empty();
}

// There is one way only to write a string in DER.
bool same_components(const PrincipalName& a, const PrincipalName& b) {
  return std::equal(a.name_string.begin(), a.name_string.end(), b.name_string.begin(), b.name_string.end());
}

Name::Name(std::int32_t type, std::span<const std::string_view> components) : type_(type) {
  const auto put = [components](der::Writer& writer) {
    for (auto component = components.rbegin(); component != components.rend(); ++component) {
      writer.string(der::general_string, *component);
    }
  };
  der::Writer measure({});
  put(measure);
  name_string_.resize(measure.size());
  der::Writer writer(name_string_);
  put(writer);
}

void read(der::Reader& reader, PrincipalName& out) {
  der::Reader fields = reader.enter(der::sequence);
  out.name_type = fields.read_int32_field(context(0));
  der::Reader strings = fields.enter_field(context(1), der::sequence);
  out.name_string = strings.rest();
  for (std::size_t count = 0; !strings.empty(); ++count) {
    if (count == limits::max_name_components) strings.fail(Fault::too_many);
    if (strings.read_string(der::general_string).size() > limits::max_name_component) {
      strings.fail(Fault::length_too_large);
    }
  }
  fields.finish_extensible(1);
}

void write(der::Writer& writer, const PrincipalName& name) {
  const std::size_t mark = writer.size();
  writer.field(context(1), der::sequence, name.name_string);
  writer.integer_field(context(0), name.name_type);
  writer.close(der::sequence, mark);
}

}  // namespace ferryman::kerberos
