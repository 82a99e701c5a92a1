#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kkdcp/message.h"

namespace ferryman::probe {

// No user of any realm: Active Directory allows no ":" in a name.
inline constexpr std::string_view nobody = "ferryman:probe";
// No realm of anybody: ".invalid" never exists (RFC 2606).
inline constexpr std::string_view made_up_realm = "FERRYMAN-PROBE.INVALID";

// An AS-REQ in a KDC-PROXY-MESSAGE.
struct Question {
  std::string_view realm;                         // in the AS-REQ
  std::optional<std::string_view> target_domain;  // in the envelope
  std::string_view client = nobody;
  kkdcp::Framing framing = kkdcp::Framing::prefixed;
  bool with_password = false;  // PA-ENC-TIMESTAMP under a key that is nobody's
};

std::vector<std::uint8_t> encode(const Question& question);  // empty for a realm that is too long

// What an HTTP body says about who answered.
struct KdcAnswer {
  enum class Kind : std::uint8_t { other, error, ticket } kind = Kind::other;
  std::int32_t error_code = 0;       // of error
  std::string realm;                 // printable
  std::optional<std::int64_t> time;  // the KDC's clock, seconds since 1970
  kkdcp::Framing framing = kkdcp::Framing::prefixed;

  bool from_kdc() const { return kind != Kind::other; }
  std::string words() const;  // "KDC_ERR_C_PRINCIPAL_UNKNOWN"
};

KdcAnswer read_answer(Bytes body);

}  // namespace ferryman::probe
