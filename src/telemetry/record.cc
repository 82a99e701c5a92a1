#include "telemetry/record.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <iterator>
#include <string>

#include "base/text.h"
#include "kerberos/names.h"

namespace ferryman::telemetry {
namespace {

// What a value may consist of and stand there as it is, without quotes.
constexpr std::array<bool, 256> plain = [] {
  std::array<bool, 256> table{};
  constexpr std::string_view all =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@,[]+*";
  for (const char c : all) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return plain[static_cast<unsigned char>(c)]; });
}

// Room for that many octets more at the end of out, and where it begins.
char* extend(fmt::memory_buffer& out, std::size_t octets) {
  const std::size_t before = out.size();
  out.resize(before + octets);
  return out.data() + before;
}

// "PA-FX-FAST,PA-PAC-REQUEST", with numbers for what has no name here.
template <typename Name>
void append_name(std::string& out, std::int32_t number, Name name) {
  if (!out.empty()) out += ',';
  const std::string_view known = name(number);
  if (known.empty()) {
    out += std::to_string(number);
  } else {
    out += known;
  }
}

constexpr std::size_t max_listed = 32;  // more is an attacker's

void put_request(Record& record, const kerberos::Request& request) {
  record.text("type", kerberos::name(request.kind));
  if (!request.kdc_req) return;
  const kerberos::KdcReq& req = *request.kdc_req;
  record.text("realm", req.realm);
  thread_local std::string list;
  const auto principal = [&](std::string_view key, const std::optional<kerberos::PrincipalName>& name) {
    if (!name) return;
    list.clear();
    name->append_to(list);
    record.text(key, list);
  };
  principal("cname", req.cname);
  principal("sname", req.sname);
  list.clear();
  kerberos::PadataList padata = req.padata;
  kerberos::Padata element;
  for (std::size_t i = 0; i < max_listed && padata.next(element); ++i) {
    append_name(list, element.type, kerberos::padata_name);
  }
  if (!list.empty()) record.text("padata", list);
  list.clear();
  kerberos::EtypeList etypes = req.etypes;
  std::int32_t etype = 0;
  for (std::size_t i = 0; i < max_listed && etypes.next(etype); ++i)
    append_name(list, etype, kerberos::etype_name);
  if (!list.empty()) record.text("etypes", list);
  record.flag("armored", request.armored());
}

void put_reply(Record& record, const kerberos::Reply& reply) {
  if (reply.kind != kerberos::ReplyKind::krb_error && reply.error_code == 0) {
    record.text("result", kerberos::name(reply.kind));
    return;
  }
  const std::string_view name = kerberos::error_name(reply.error_code);
  name.empty() ? record.text("result", fmt::format("KRB-ERROR {}", reply.error_code))
               : record.text("result", name);
}

}  // namespace

void Record::begin() {
  first_ = true;
  if (json_) out_.push_back('{');
}

void Record::end() {
  if (json_) out_.push_back('}');
  out_.push_back('\n');
}

// Begins a field; returns where `octets` of its value are to be written.
char* Record::key(std::string_view key, std::size_t octets) {
  char* at = extend(out_, key.size() + octets + (json_ ? 3 : 1) + (first_ ? 0 : 1));
  if (!first_) *at++ = json_ ? ',' : ' ';
  first_ = false;
  if (json_) *at++ = '"';
  at = std::copy(key.begin(), key.end(), at);
  if (json_) *at++ = '"';
  *at++ = json_ ? ':' : '=';
  return at;
}

void Record::escaped(std::string_view value) {
  while (!value.empty()) {
    const auto c = static_cast<unsigned char>(value.front());
    const std::size_t length = utf8_length(value);
    if (c == '"' || c == '\\') {
      out_.push_back('\\');
      out_.push_back(value.front());
    } else if (length == 0 || c < 0x20 || c == 0x7f ||
               (length == 2 && c == 0xc2 && static_cast<unsigned char>(value[1]) < 0xa0)) {
      // One octet, as itself: control characters of C0 and C1, and what is not UTF-8.
      out_.append(json_ ? std::string_view("\\u00") : std::string_view("\\x"));
      fmt::format_to(std::back_inserter(out_), "{:02x}", c);
      value.remove_prefix(1);
      continue;
    } else {
      out_.append(value.substr(0, length));
    }
    value.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

void Record::text(std::string_view name, std::string_view value) {
  if (!is_plain(value)) {
    key(name, 0);
    out_.push_back('"');
    escaped(value);
    out_.push_back('"');
    return;
  }
  const bool quoted = json_ || value.empty();
  char* at = key(name, value.size() + (quoted ? 2 : 0));
  if (quoted) *at++ = '"';
  at = std::copy(value.begin(), value.end(), at);
  if (quoted) *at = '"';
}

void Record::number(std::string_view name, std::int64_t value) {
  const fmt::format_int digits(value);
  std::copy_n(digits.data(), digits.size(), key(name, digits.size()));
}

void Record::flag(std::string_view name, bool value) {
  const std::string_view word = value ? "true" : "false";
  std::copy(word.begin(), word.end(), key(name, word.size()));
}

void put_event(Record& record, const RequestEvent& event) {
  const auto text = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) record.text(key, value);
  };
  text("event", name(event.kind));
  if (event.event_id != 0) record.number("event_id", event.event_id);
  text("id", event.id);
  text("client", event.client);
  text("tls", event.tls);
  text("http", event.http);
  record.number("status", event.status);
  if (event.request != nullptr) put_request(record, *event.request);
  text("target_domain", event.target_domain);
  if (event.hint) record.text("hint", fmt::format("{:#x}", *event.hint));
  if (event.reply != nullptr) put_reply(record, *event.reply);
  text("kdc", event.kdc);
  text("transport", event.transport);
  if (event.tries != 0) record.number("tries", event.tries);
  if (event.hedged) record.flag("hedged", true);
  if (event.rediscovered) record.flag("rediscovered", true);
  text("reason", event.reason);
  if (event.offset) record.number("offset", *event.offset);
  if (event.unlogged != 0) record.number("unlogged", static_cast<std::int64_t>(event.unlogged));
  if (event.locate_us != 0) record.number("locate_us", event.locate_us);
  if (event.exchange_us != 0) record.number("exchange_us", event.exchange_us);
  if (event.total_us != 0) record.number("total_us", event.total_us);
}

std::string_view timestamp(std::chrono::system_clock::time_point now, std::array<char, 32>& buffer) {
  const auto since = now.time_since_epoch();
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(since).count();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(since).count() % 1000;
  thread_local std::time_t last_second = -1;
  thread_local std::array<char, 32> last{};
  constexpr std::size_t size = sizeof "2026-01-31T12:00:00." - 1;
  if (seconds != last_second) {
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    fmt::format_to(last.data(), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.", utc.tm_year + 1900, utc.tm_mon + 1,
                   utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
    last_second = seconds;
  }
  std::copy_n(last.begin(), size, buffer.begin());
  buffer[size] = static_cast<char>('0' + milliseconds / 100);
  buffer[size + 1] = static_cast<char>('0' + milliseconds / 10 % 10);
  buffer[size + 2] = static_cast<char>('0' + milliseconds % 10);
  buffer[size + 3] = 'Z';
  return {buffer.data(), size + 4};
}

}  // namespace ferryman::telemetry
