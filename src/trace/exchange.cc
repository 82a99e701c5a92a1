#include "trace/exchange.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "base/text.h"
#include "kerberos/request.h"

namespace ferryman::trace {
namespace {

namespace ip = boost::asio::ip;
using std::chrono::microseconds;

constexpr std::uint16_t kerberos_port = 88, kpasswd_port = 464, first_port = 1024;

const ip::address dummy = ip::address_v4({192, 0, 0, 8});

// "192.0.2.1:88", "[2001:db8::1]:88".
std::optional<Endpoint> endpoint_of(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon), digits = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  boost::system::error_code error;
  const auto address = ip::make_address(std::string(host), error);
  if (error || end.ec != std::errc() || end.ptr != digits.data() + digits.size()) return std::nullopt;
  return Endpoint(address, port);
}

ip::address own(const OwnAddress& own_address, const ip::address& towards) {
  const ip::address found = own_address(towards);
  return found.is_unspecified() ? dummy : found;
}

// A port for who has none: "1-2f" is the 2f-th request of a worker.
std::uint16_t port_of(std::string_view id) {
  const std::size_t dash = std::min(id.find('-'), id.size() - 1);
  std::uint64_t number = 0;
  if (!id.empty()) std::from_chars(id.data() + dash + 1, id.data() + id.size(), number, 16);
  return static_cast<std::uint16_t>(first_port + number % (65'536 - first_port));
}

Exchange::Side client_side(const Record& record, std::uint16_t port, const OwnAddress& own_address) {
  Exchange::Side side;
  const std::string_view id = record.text("id");
  if (const auto client = endpoint_of(record.text("client"))) {
    const auto server = endpoint_of(record.text("server"));
    side.from = *client;
    side.to = {server ? server->address() : own(own_address, client->address()), port};
  } else {
    side.from = {dummy, port_of(id)};
    side.to = {dummy, port};
  }
  side.comment = "exchange " + printable(id) + ", of the client " + printable(record.text("client"));
  side.udp = record.text("protocol") == "kerberos/udp";
  side.request = record.request;
  side.reply = record.reply;
  side.asked = record.time;
  side.answered = record.time + microseconds(std::max<std::int64_t>(record.number("total_us"), 0));
  return side;
}

// Between what the client sent and what it got.
std::optional<Exchange::Side> kdc_side(const Record& record, const Exchange::Side& client,
                                       const OwnAddress& own_address) {
  const auto kdc = endpoint_of(record.text("kdc"));
  if (!kdc || record.number("tries") <= 0) return std::nullopt;
  Exchange::Side side;
  side.from = {own(own_address, kdc->address()), 0};
  side.to = {kdc->address(), client.to.port()};
  side.comment = "exchange " + printable(record.text("id")) + ", at the KDC " +
                 printable(record.text("kdc_name")) + " " + printable(record.text("kdc"));
  side.udp = record.text("transport") == "udp";
  side.request = record.request;
  if (record.text("event") == "exchange")
    side.reply = record.kdc_reply.empty() ? record.reply : record.kdc_reply;
  const auto waited = microseconds(std::max<std::int64_t>(record.number("locate_us"), 0));
  const auto took = microseconds(std::max<std::int64_t>(record.number("exchange_us"), 0));
  side.asked = std::min(record.time + waited, client.answered);
  side.answered = std::min(side.asked + took, client.answered);
  return side;
}

}  // namespace

std::optional<Exchange> exchange_of(const Record& record, const OwnAddress& own_address) {
  const auto request = kerberos::parse_request(record.request);
  if (!request) return std::nullopt;
  const bool is_kpasswd = request->kind == kerberos::RequestKind::kpasswd;
  Exchange exchange;
  exchange.client = client_side(record, is_kpasswd ? kpasswd_port : kerberos_port, own_address);
  exchange.kdc = kdc_side(record, exchange.client, own_address);
  return exchange;
}

}  // namespace ferryman::trace
