#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ad/connection.h"
#include "ad/entry.h"
#include "ad/failure.h"
#include "pac/sid.h"

namespace ferryman::ad {

// What a domain controller says of itself and its domain.
struct Domain {
  std::string dns_name, realm, netbios_name;
  std::string dn, configuration_dn;
  pac::Sid sid;
  std::string server;       // its DNS name
  bool is_samba = false;    // its KDC's keys are chosen by itself, and read on it
  bool is_forest = false;   // the forest has no other domain
  std::int64_t time = 0;    // of its clock, seconds since 1970
  std::int64_t level = 0;   // functional level of the domain [MS-ADTS 6.1.4.3]
  std::int64_t oldest = 0;  // the least level that one of the domain's controllers could have
};

// Functional levels: what releases of Windows Server they are named after.
namespace level {
inline constexpr std::int64_t windows_2008 = 3, windows_2016 = 7;
}  // namespace level

// What the root DSE tells [MS-ADTS 3.1.1.3.2]: all but the SID, the NetBIOS name and the other controllers.
struct RootDse {
  std::string domain_dn, configuration_dn, root_dn, server, vendor;
  std::int64_t time = 0, level = 0;
};
Outcome<RootDse> parse_root_dse(const Entry& entry);

// expected: the domain's DNS name, or the failure says which one it is.
Outcome<Domain> read_domain(Connection& connection, std::string_view expected);

// "ad.example.test" of "DC=ad,DC=example,DC=test"; empty where it is no domain's DN.
std::string domain_of_dn(std::string_view dn);

// The text in place of a DN, by which a server finds an object by its SID [MS-ADTS 3.1.1.3.1.2.4].
std::string dn_of_sid(const pac::Sid& sid);

// What finds an account by its name, as find_account() takes it: filters to be tried one after the other.
std::vector<std::string> account_filters(const Domain& domain, std::string_view name,
                                         std::string_view classes);

// A group, a user or a computer.
struct Account {
  std::string dn, name;  // name: its sAMAccountName
  pac::Sid sid;
};
// By sAMAccountName, SID or DN, and a user also by UPN: NAME@DOMAIN is that of every user of the domain who
// has no other [MS-ADTS 5.1.1.1.1]. classes: "(objectClass=group)".
Outcome<Account> find_account(Connection& connection, const Domain& domain, std::string_view name,
                              std::string_view classes);

}  // namespace ferryman::ad
