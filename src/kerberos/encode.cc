#include "kerberos/encode.h"

#include <array>
#include <ctime>
#include <initializer_list>
#include <random>

#include "der/writer.h"
#include "kerberos/kpasswd.h"
#include "kerberos/parts.h"

namespace ferryman::kerberos {
namespace {

constexpr std::size_t max_size = 2048;
constexpr std::int64_t name_principal = 1, name_srv_inst = 2;
constexpr std::int64_t msg_type_as_req = 10, msg_type_error = 30;

// PrincipalName (RFC 4120 5.2.2) as the field of that number.
void write_name(der::Writer& writer, unsigned number, std::int64_t type,
                std::initializer_list<std::string_view> reversed_components) {
  const std::size_t mark = writer.size();
  for (const auto component : reversed_components) writer.string(der::general_string, component);
  writer.close(der::sequence, mark);
  writer.close(der::context(1), mark);
  const std::size_t type_mark = writer.size();
  writer.integer(type);
  writer.close(der::context(0), type_mark);
  writer.close(der::sequence, mark);
  writer.close(der::context(number), mark);
}

void write_integer(der::Writer& writer, unsigned number, std::int64_t value) {
  const std::size_t mark = writer.size();
  writer.integer(value);
  writer.close(der::context(number), mark);
}

void write_string(der::Writer& writer, unsigned number, der::Tag type, std::string_view text) {
  const std::size_t mark = writer.size();
  writer.string(type, text);
  writer.close(der::context(number), mark);
}

void write_octets(der::Writer& writer, unsigned number, Bytes octets) {
  const std::size_t mark = writer.size();
  writer.primitive(der::octet_string, octets);
  writer.close(der::context(number), mark);
}

void write_padata(der::Writer& writer, unsigned number, std::span<const Padata> elements) {
  const std::size_t mark = writer.size();
  for (auto element = elements.rbegin(); element != elements.rend(); ++element) {
    const std::size_t element_mark = writer.size();
    write_octets(writer, 2, element->value);
    write_integer(writer, 1, element->type);
    writer.close(der::sequence, element_mark);
  }
  writer.close(der::sequence, mark);
  writer.close(der::context(number), mark);
}

std::vector<std::uint8_t> written(const der::Writer& writer) {
  const auto bytes = writer.finish();
  if (!bytes) return {};
  return {bytes->begin(), bytes->end()};
}

}  // namespace

std::vector<std::uint8_t> make_as_req(std::string_view client, std::string_view realm,
                                      std::span<const std::int32_t> etypes, std::span<const Padata> padata) {
  std::array<std::uint8_t, max_size> buffer;
  der::Writer writer(buffer);
  std::size_t mark = writer.size();
  for (auto etype = etypes.rbegin(); etype != etypes.rend(); ++etype) writer.integer(*etype);
  writer.close(der::sequence, mark);
  writer.close(der::context(8), mark);
  write_integer(writer, 7, static_cast<std::int64_t>(std::random_device{}() & 0x7fffffffU));  // nonce
  write_string(writer, 5, der::generalized_time, "20370913024805Z");  // till: as long as may be
  write_name(writer, 3, name_srv_inst, {realm, "krbtgt"});
  write_string(writer, 2, der::general_string, realm);
  write_name(writer, 1, name_principal, {client});
  mark = writer.size();
  constexpr std::array<std::uint8_t, 5> no_options{0, 0, 0, 0, 0};  // a BIT STRING of 32 zeros
  writer.primitive(der::bit_string, no_options);
  writer.close(der::context(0), mark);
  writer.close(der::sequence, 0);
  writer.close(der::context(4), 0);
  if (!padata.empty()) write_padata(writer, 3, padata);
  write_integer(writer, 2, msg_type_as_req);
  write_integer(writer, 1, protocol_version);
  writer.close(der::sequence, 0);
  writer.close(der::application(10), 0);
  return written(writer);
}

std::vector<std::uint8_t> make_encrypted_data(std::int32_t etype, Bytes cipher) {
  std::array<std::uint8_t, max_size> buffer;
  der::Writer writer(buffer);
  write_octets(writer, 2, cipher);
  write_integer(writer, 0, etype);
  writer.close(der::sequence, 0);
  return written(writer);
}

std::vector<std::uint8_t> make_krb_error(const KrbErrorFields& fields) {
  const std::time_t seconds = fields.time;
  std::tm broken_down{};
  ::gmtime_r(&seconds, &broken_down);
  std::array<char, 16> stime{};
  if (std::strftime(stime.data(), stime.size(), "%Y%m%d%H%M%SZ", &broken_down) != stime.size() - 1) return {};

  std::array<std::uint8_t, max_size> buffer;
  der::Writer writer(buffer);
  if (!fields.e_data.empty()) write_octets(writer, 12, fields.e_data);
  if (!fields.text.empty()) write_string(writer, 11, der::general_string, fields.text);
  write_name(writer, 10, name_srv_inst, {fields.instance, fields.service});
  write_string(writer, 9, der::general_string, fields.realm);
  write_integer(writer, 6, fields.error_code);
  write_integer(writer, 5, 0);  // susec
  write_string(writer, 4, der::generalized_time, {stime.data(), stime.size() - 1});
  write_integer(writer, 1, msg_type_error);
  write_integer(writer, 0, protocol_version);
  writer.close(der::sequence, 0);
  writer.close(der::application(30), 0);
  return written(writer);
}

std::vector<std::uint8_t> make_kpasswd_error(Bytes krb_error) {
  const std::size_t size = 6 + krb_error.size();
  if (krb_error.empty() || size > max_size) return {};
  const auto high = [](std::size_t value) { return static_cast<std::uint8_t>(value >> 8); };
  const auto low = [](std::size_t value) { return static_cast<std::uint8_t>(value); };
  std::vector<std::uint8_t> message{high(size), low(size), high(kpasswd_change), low(kpasswd_change), 0, 0};
  message.insert(message.end(), krb_error.begin(), krb_error.end());
  return message;
}

}  // namespace ferryman::kerberos
