#include "exchange/probe.h"

#include <array>
#include <initializer_list>
#include <random>

#include "der/writer.h"

namespace ferryman::exchange {
namespace {

constexpr std::int64_t name_principal = 1, name_srv_inst = 2;
constexpr std::string_view no_such_client = "ferryman:probe";

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

}  // namespace

std::vector<std::uint8_t> probe_request(std::string_view realm) {
  std::array<std::uint8_t, 1024> buffer;
  der::Writer writer(buffer);
  std::size_t mark = writer.size();
  for (const std::int64_t etype : {17, 18}) writer.integer(etype);  // aes256, aes128, read from the end
  writer.close(der::sequence, mark);
  writer.close(der::context(8), mark);
  write_integer(writer, 7, static_cast<std::int64_t>(std::random_device{}() & 0x7fffffffU));  // nonce
  mark = writer.size();
  writer.string(der::generalized_time, "20370913024805Z");  // till: as long as may be
  writer.close(der::context(5), mark);
  write_name(writer, 3, name_srv_inst, {realm, "krbtgt"});
  mark = writer.size();
  writer.string(der::general_string, realm);
  writer.close(der::context(2), mark);
  write_name(writer, 1, name_principal, {no_such_client});
  mark = writer.size();
  constexpr std::array<std::uint8_t, 5> no_options{0, 0, 0, 0, 0};  // a BIT STRING of 32 zeros
  writer.primitive(der::bit_string, no_options);
  writer.close(der::context(0), mark);
  writer.close(der::sequence, 0);
  writer.close(der::context(4), 0);
  write_integer(writer, 2, 10);  // msg-type: AS-REQ
  write_integer(writer, 1, 5);   // pvno
  writer.close(der::sequence, 0);
  writer.close(der::application(10), 0);
  const auto written = writer.finish();
  if (!written) return {};
  return {written->begin(), written->end()};
}

}  // namespace ferryman::exchange
