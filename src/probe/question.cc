#include "probe/question.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>
#include <charconv>
#include <ctime>

#include "kerberos/encode.h"
#include "kerberos/krb_error.h"
#include "kerberos/names.h"
#include "kerberos/reply.h"
#include "probe/finding.h"

namespace ferryman::probe {
namespace {

// KerberosTime (RFC 4120 5.2.3), whose form was checked: YYYYMMDDHHMMSSZ.
std::optional<std::int64_t> seconds(std::string_view time) {
  const auto number = [&](std::size_t at, std::size_t size) {
    int value = 0;
    std::from_chars(time.data() + at, time.data() + at + size, value);
    return value;
  };
  if (time.size() != 15) return std::nullopt;
  std::tm broken_down{};
  broken_down.tm_year = number(0, 4) - 1900;
  broken_down.tm_mon = number(4, 2) - 1;
  broken_down.tm_mday = number(6, 2);
  broken_down.tm_hour = number(8, 2);
  broken_down.tm_min = number(10, 2);
  broken_down.tm_sec = number(12, 2);
  return ::timegm(&broken_down);
}

}  // namespace

std::vector<std::uint8_t> encode(const Question& question) {
  constexpr std::array<std::int32_t, 2> etypes{kerberos::etype::aes256_sha1, kerberos::etype::aes128_sha1};
  std::array<std::uint8_t, 56> cipher{};  // as long as that of a time under AES
  RAND_bytes(cipher.data(), cipher.size());
  const auto timestamp = kerberos::make_encrypted_data(kerberos::etype::aes256_sha1, cipher);
  const std::array<kerberos::Padata, 1> password{
      kerberos::Padata{kerberos::padata::enc_timestamp, timestamp}};
  const auto request =
      kerberos::make_as_req(question.client, question.realm, etypes,
                            question.with_password ? std::span<const kerberos::Padata>(password)
                                                   : std::span<const kerberos::Padata>());
  std::vector<std::uint8_t> body;
  if (request.empty()) return body;
  kkdcp::Message message;
  message.kerb_message = request;
  message.framing = question.framing;
  message.target_domain = question.target_domain;
  if (!kkdcp::append(message, body)) body.clear();
  return body;
}

KdcAnswer read_answer(Bytes body) {
  KdcAnswer answer;
  const auto message = kkdcp::parse(body);
  if (!message) return answer;
  const auto reply = kerberos::parse_reply(message->kerb_message, kerberos::RequestKind::as_req);
  if (!reply) return answer;
  answer.framing = message->framing;
  if (reply->kind == kerberos::ReplyKind::as_rep) {
    answer.kind = KdcAnswer::Kind::ticket;
    answer.realm = printable(reply->realm);
    return answer;
  }
  const auto error = kerberos::parse_krb_error(message->kerb_message);
  if (!error) return answer;
  answer.kind = KdcAnswer::Kind::error;
  answer.error_code = error->error_code;
  answer.realm = printable(error->realm);
  answer.time = seconds(error->stime);
  return answer;
}

std::string KdcAnswer::words() const {
  if (kind == Kind::ticket) return "AS-REP";
  const std::string_view known = kerberos::error_name(error_code);
  return known.empty() ? fmt::format("KRB-ERROR {}", error_code) : std::string(known);
}

}  // namespace ferryman::probe
