#include "discovery/dns_records.h"

#include <ares.h>

#include <algorithm>

#include "base/endian.h"

namespace ferryman::discovery {
namespace {

constexpr std::uint16_t type_a = 1, type_soa = 6, type_aaaa = 28, type_srv = 33, type_uri = 256, class_in = 1;

// Walks over a DNS message (RFC 1035 4). After a fault it is at the end and yields zeros.
class Cursor : public BigEndianReader {
 public:
  explicit Cursor(Bytes message) : BigEndianReader(message), message_(message) {}

  // A domain name, possibly compressed, as text.
  std::string name() {
    char* text = nullptr;
    long used = 0;
    if (left() == 0 || ares_expand_name(message_.data() + offset(), message_.data(),
                                        static_cast<int>(message_.size()), &text, &used) != ARES_SUCCESS) {
      fail(Fault::bad_string);
      return {};
    }
    std::string name(text);
    ares_free_string(text);
    octets(static_cast<std::size_t>(used));
    return name.empty() ? "." : name;
  }

 private:
  Bytes message_;
};

void note_ttl(DnsRecords& records, std::uint32_t ttl) {
  const bool first = records.srv.size() + records.uri.size() == 1;
  records.ttl_seconds = first ? ttl : std::min(records.ttl_seconds, ttl);
}

void read_srv(Cursor& cursor, std::uint32_t ttl, DnsRecords& records) {
  SrvRecord record;
  record.priority = cursor.u16();
  record.weight = cursor.u16();
  record.port = cursor.u16();
  record.target = cursor.name();
  if (!cursor.ok() || records.srv.size() >= max_records) return;
  records.srv.push_back(std::move(record));
  note_ttl(records, ttl);
}

void read_uri(Bytes data, std::uint32_t ttl, DnsRecords& records) {
  Cursor cursor(data);
  UriRecord record;
  record.priority = cursor.u16();
  record.weight = cursor.u16();
  if (!cursor.ok() || records.uri.size() >= max_records) return;
  record.target = as_text(data.subspan(cursor.offset()));
  records.uri.push_back(std::move(record));
  note_ttl(records, ttl);
}

void read_soa(Cursor& cursor, std::uint32_t ttl, DnsRecords& records) {
  cursor.name();
  cursor.name();
  for (int i = 0; i < 4; ++i) cursor.u32();  // SERIAL, REFRESH, RETRY, EXPIRE
  const std::uint32_t minimum = cursor.u32();
  if (cursor.ok()) records.negative_ttl_seconds = std::min(ttl, minimum);
}

template <typename Address>
void read_address(Bytes data, std::string owner, std::uint32_t ttl, DnsRecords& records) {
  typename Address::bytes_type octets;
  if (data.size() != octets.size() || records.addresses.size() >= max_records) return;
  std::copy(data.begin(), data.end(), octets.begin());
  records.addresses.push_back({std::move(owner), Address(octets), ttl});
}

void read_record(Cursor& cursor, Bytes message, DnsRecords& records) {
  std::string owner = cursor.name();
  const std::uint16_t type = cursor.u16(), record_class = cursor.u16();
  const std::uint32_t ttl = cursor.u32();
  const std::uint16_t size = cursor.u16();
  const std::size_t begin = cursor.offset();
  const Bytes data = cursor.octets(size);
  if (!cursor.ok() || record_class != class_in) return;
  // Names in a record may point back into the message, so they are read with all of it up to the record's
  // end.
  Cursor inside(message.first(begin + size));
  inside.octets(begin);
  switch (type) {
    case type_srv:
      return read_srv(inside, ttl, records);
    case type_uri:
      return read_uri(data, ttl, records);
    case type_soa:
      return read_soa(inside, ttl, records);
    case type_a:
      return read_address<boost::asio::ip::address_v4>(data, std::move(owner), ttl, records);
    case type_aaaa:
      return read_address<boost::asio::ip::address_v6>(data, std::move(owner), ttl, records);
    default:
      return;
  }
}

}  // namespace

DnsRecords read_dns_records(Bytes message) {
  DnsRecords records;
  Cursor cursor(message);
  cursor.octets(4);  // ID and flags
  const std::uint16_t questions = cursor.u16(), answers = cursor.u16(), authorities = cursor.u16(),
                      additional = cursor.u16();
  for (unsigned i = 0; i < questions && cursor.ok(); ++i) {
    cursor.name();
    cursor.octets(4);
  }
  const unsigned total = static_cast<unsigned>(answers) + authorities + additional;
  for (unsigned i = 0; i < total && cursor.ok(); ++i) {
    read_record(cursor, message, records);
  }
  records.malformed = !cursor.ok();
  return records;
}

}  // namespace ferryman::discovery
