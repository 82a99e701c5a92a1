#include "ad/user_reader.h"

#include <limits>

#include "base/text.h"

namespace ferryman::ad {
namespace {

// userAccountControl [MS-ADTS 2.2.16].
constexpr std::int64_t account_disabled = 0x2, normal_account = 0x200;
constexpr std::uint32_t rid_guest = 501, rid_krbtgt = 502;
constexpr std::size_t max_display_name = 1024;  // octets that a realm takes

bool is_of_krbtgt(std::string_view name) {
  return equal_without_case(name.substr(0, 6), "krbtgt");
}

// 0 and the greatest number: never.
bool has_expired(const Entry& entry, std::int64_t now) {
  const std::int64_t expires = entry.number("accountExpires").value_or(0);
  return expires > 0 && expires < std::numeric_limits<std::int64_t>::max() && expires <= file_time_of(now);
}

// As much of it as there is room for, and nothing of what is no text.
std::string shortened(const std::string& text) {
  if (!is_utf8(text) || text.find('\0') != std::string::npos) return {};
  std::size_t size = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t length = utf8_length(rest);
    if (size + length > max_display_name) break;
    size += length;
    rest.remove_prefix(length);
  }
  return text.substr(0, size);
}

}  // namespace

std::int64_t file_time_of(std::int64_t seconds_since_1970) {
  return (seconds_since_1970 + 11'644'473'600) * 10'000'000;
}

const std::vector<std::string>& UserReader::attributes() {
  static const std::vector<std::string> names{"objectSid",   "sAMAccountName",     "userPrincipalName",
                                              "displayName", "userAccountControl", "accountExpires"};
  return names;
}

const std::vector<std::string>& UserReader::member_attributes() {
  static const std::vector<std::string> names{"objectSid", "userAccountControl", "accountExpires"};
  return names;
}

std::optional<pac::Sid> UserReader::read_sid(const Entry& entry) const {
  const auto sid = pac::Sid::parse(as_bytes(entry.one("objectSid")));
  if (!sid || !sid->rid_in(domain_)) return std::nullopt;
  return *sid;
}

std::optional<Member> UserReader::read_member(const Entry& entry) const {
  const auto sid = read_sid(entry);
  const auto control = entry.number("userAccountControl");
  if (!sid || !control || (*control & normal_account) == 0) return std::nullopt;
  const std::uint32_t rid = *sid->rid_in(domain_);
  if (rid == rid_guest || rid == rid_krbtgt) return std::nullopt;
  return Member{rid, (*control & account_disabled) != 0 || has_expired(entry, now_)};
}

std::optional<User> UserReader::read(const Entry& entry) const {
  const auto member = read_member(entry);
  const std::string& name = entry.one("sAMAccountName");
  const std::string& upn = entry.one("userPrincipalName");
  if (!member || name.empty() || is_of_krbtgt(name) || !is_utf8(name) || !is_utf8(upn)) return std::nullopt;
  return User{domain_.with_rid(member->rid),       member->rid,     name, upn,
              shortened(entry.one("displayName")), member->disabled};
}

}  // namespace ferryman::ad
