#include "kkdcp/message.h"

#include <algorithm>

#include "base/endian.h"
#include "base/length_prefix.h"
#include "der/reader.h"
#include "der/writer.h"

namespace ferryman::kkdcp {
namespace {

using der::context;

// No message here comes near it; larger ones are a caller's mistake.
constexpr std::size_t max_reply = std::size_t{1} << 31;

// The realm's string type: KerberosString is a GeneralString; the others have been seen in the wild.
std::string_view read_domain(der::Reader& field) {
  for (const der::Tag type : {der::utf8_string, der::ia5_string, der::printable_string}) {
    if (field.at(type)) return field.read_string(type);
  }
  return field.read_string(der::general_string);
}

// The first octet of AS-REQ to TGS-REP, AP-REQ, AP-REP or KRB-ERROR.
bool starts_kerberos(Bytes bytes) {
  const unsigned number = bytes[0] & 0x1fU;
  return (bytes[0] & 0xe0) == 0x60 && ((number >= 10 && number <= 15) || number == 30);
}

// A kpasswd message (RFC 3244 2) without prefix: its first two octets are its own length.
bool is_bare_kpasswd(Bytes bytes) {
  const auto length = load_be<std::uint16_t>(bytes), version = load_be<std::uint16_t>(bytes.subspan(2));
  return length == bytes.size() && (version == 1 || version == 0xff80);
}

void remove_prefix(der::Reader& fields, Message& message) {
  const Bytes octets = message.kerb_message;
  if (!fields.ok()) return;
  if (octets.size() <= length_prefix_size) {
    fields.fail(Fault::truncated);
  } else if (announced_length(octets) == octets.size() - length_prefix_size) {
    message.framing = Framing::prefixed;
    message.kerb_message = octets.subspan(length_prefix_size);
  } else if (starts_kerberos(octets) || is_bare_kpasswd(octets)) {
    message.framing = Framing::bare;
  } else {
    fields.fail(Fault::wrong_value);
  }
}

void put_prefix(der::Writer& writer, std::size_t message_size) {
  writer.bytes(length_prefix(message_size));
}

void put_reply_header(der::Writer& writer, std::size_t reply_size, Framing framing) {
  std::size_t length = reply_size;
  if (framing == Framing::prefixed) {
    put_prefix(writer, reply_size);
    length += length_prefix_size;
  }
  for (const der::Tag tag : {der::octet_string, context(0), der::sequence}) {
    const std::size_t before = writer.size();
    writer.header(tag, length);
    length += writer.size() - before;
  }
}

}  // namespace

Result<Message> parse(Bytes bytes) {
  der::Status status;
  der::Reader reader(bytes, status);
  der::Reader fields = reader.enter(der::sequence);
  reader.finish();

  Message message;
  message.kerb_message = fields.read_field(context(0), der::octet_string);
  remove_prefix(fields, message);
  if (fields.at(context(1))) {
    der::Reader domain = fields.enter(context(1));
    const std::string_view text = read_domain(domain);
    domain.finish();
    if (!text.empty()) message.target_domain = text;
  }
  if (fields.at(context(2))) message.dclocator_hint = fields.read_uint32_field(context(2));
  fields.finish();
  if (!status.ok()) return tl::unexpected(status.error());
  return message;
}

Result<Header> reply_header(std::size_t reply_size, Framing framing) {
  if (reply_size > max_reply) return tl::unexpected(Error{Fault::length_too_large, 0});
  std::uint8_t buffer[sizeof Header::octets];
  der::Writer writer(buffer);
  put_reply_header(writer, reply_size, framing);
  const auto written = writer.finish();
  if (!written) return tl::unexpected(written.error());
  Header header;
  header.size = static_cast<std::uint8_t>(written->size());
  std::copy(written->begin(), written->end(), header.octets);
  return header;
}

Result<void> append(const Message& message, std::vector<std::uint8_t>& out) {
  constexpr std::size_t overhead = 64;  // headers, prefix and hint
  const std::size_t domain_size = message.target_domain ? message.target_domain->size() : 0;
  if (message.kerb_message.size() > max_reply || domain_size > max_reply) {
    return tl::unexpected(Error{Fault::length_too_large, 0});
  }
  std::vector<std::uint8_t> buffer(message.kerb_message.size() + domain_size + overhead);
  der::Writer writer(buffer);
  if (message.dclocator_hint) {
    const std::size_t mark = writer.size();
    writer.integer(*message.dclocator_hint);
    writer.close(context(2), mark);
  }
  if (message.target_domain) {
    const std::size_t mark = writer.size();
    writer.string(der::general_string, *message.target_domain);
    writer.close(context(1), mark);
  }
  const std::size_t mark = writer.size();
  writer.bytes(message.kerb_message);
  if (message.framing == Framing::prefixed) put_prefix(writer, message.kerb_message.size());
  writer.close(der::octet_string, mark);
  writer.close(context(0), mark);
  writer.close(der::sequence, 0);
  const auto written = writer.finish();
  if (!written) return tl::unexpected(written.error());
  out.insert(out.end(), written->begin(), written->end());
  return {};
}

}  // namespace ferryman::kkdcp
