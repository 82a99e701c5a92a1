#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ad/entry.h"
#include "pac/sid.h"

namespace ferryman::ad {

// A user as her domain has her, as far as a realm takes it over.
struct User {
  pac::Sid sid;
  std::uint32_t rid;
  std::string name;   // sAMAccountName
  std::string upn{};  // empty: none but the implicit one
  std::string display_name{};
  bool disabled = false;  // or her account has expired
};

// Who is in the domain, and whether she may log on.
struct Member {
  std::uint32_t rid;
  bool disabled;
};

// Makes users of the entries of a domain. Whatever a filter has let through, no computer, trust, krbtgt
// account or the guest is one, and nobody of another domain.
class UserReader {
 public:
  // What is asked for, and of whom.
  static const std::vector<std::string>& attributes();
  static const std::vector<std::string>& member_attributes();  // for read_member() alone
  static constexpr const char* filter =
      "(objectCategory=person)(objectClass=user)(!(sAMAccountName=krbtgt*))"
      "(!(userAccountControl:1.2.840.113556.1.4.803:=2048))";

  // now: seconds since 1970.
  UserReader(const pac::Sid& domain, std::int64_t now) : domain_(domain), now_(now) {}

  // Nothing where it is none, or lacks what a user has.
  std::optional<User> read(const Entry& entry) const;
  std::optional<Member> read_member(const Entry& entry) const;
  // Of what is left of a deleted one [MS-ADTS 3.1.1.5.5].
  std::optional<pac::Sid> read_sid(const Entry& entry) const;

 private:
  const pac::Sid domain_;
  const std::int64_t now_;
};

// [MS-DTYP] 2.3.3, in which accountExpires is.
std::int64_t file_time_of(std::int64_t seconds_since_1970);

}  // namespace ferryman::ad
