#include "kerberos/fields.h"

#include "kerberos/limits.h"
#include "kerberos/time.h"

namespace ferryman::kerberos {

using der::context;

std::int64_t read_time(der::Reader& fields, unsigned number) {
  const std::string_view text = fields.read_time_field(context(number));
  const auto seconds = parse_time(text);
  if (!seconds) fields.fail(Fault::bad_time);
  return seconds.value_or(0);
}

void write_time(der::Writer& writer, unsigned number, std::int64_t seconds) {
  const auto text = format_time(seconds);
  if (!text) return writer.fail(Fault::bad_time);
  writer.string_field(context(number), der::generalized_time, {text->data(), text->size()});
}

std::optional<std::int64_t> read_optional_time(der::Reader& fields, unsigned number) {
  if (!fields.at(context(number))) return std::nullopt;
  return read_time(fields, number);
}

void write_optional_time(der::Writer& writer, unsigned number, std::optional<std::int64_t> seconds) {
  if (seconds) write_time(writer, number, *seconds);
}

std::int32_t read_microseconds(der::Reader& fields, unsigned number) {
  const std::int32_t value = fields.read_int32_field(context(number));
  if (value < 0 || value > max_microseconds) fields.fail(Fault::integer_range);
  return value;
}

std::optional<std::uint32_t> read_optional_uint32(der::Reader& fields, unsigned number) {
  if (!fields.at(context(number))) return std::nullopt;
  return fields.read_uint32_field(context(number));
}

void write_optional_integer(der::Writer& writer, unsigned number, std::optional<std::int64_t> value) {
  if (value) writer.integer_field(context(number), *value);
}

std::string_view read_realm(der::Reader& fields, unsigned number) {
  const std::string_view realm = fields.read_string_field(context(number), der::general_string);
  if (realm.size() > limits::max_realm) fields.fail(Fault::length_too_large);
  return realm;
}

std::string_view read_filled_realm(der::Reader& fields, unsigned number) {
  const std::string_view realm = read_realm(fields, number);
  if (realm.empty()) fields.fail(Fault::bad_string);
  return realm;
}

void write_realm(der::Writer& writer, unsigned number, std::string_view realm) {
  writer.string_field(context(number), der::general_string, realm);
}

Bytes read_optional_octets(der::Reader& fields, unsigned number) {
  if (!fields.at(context(number))) return {};
  return fields.read_field(context(number), der::octet_string);
}

void write_optional_octets(der::Writer& writer, unsigned number, Bytes octets) {
  if (!octets.empty()) writer.field(context(number), der::octet_string, octets);
}

}  // namespace ferryman::kerberos
