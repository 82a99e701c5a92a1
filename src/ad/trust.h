#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ad/connection.h"
#include "ad/domain.h"

// The objects of a cloud trust in AD: what a domain controller needs to take tickets that were made with the
// key of krbtgt_NNNNN for those of a read-only domain controller. They are what Microsoft's
// Set-AzureADKerberosServer makes, under a name of their own.
namespace ferryman::ad {

inline constexpr std::string_view default_trust_name = "FerrymanKerberos";
// The limit of sAMAccountName of a computer, without its "$".
inline constexpr std::size_t max_trust_name = 19;
// Above it a ticket's kvno would be negative in the DER of some clients, which they refuse.
inline constexpr std::int64_t max_trust_number = 32'767;

// What the description of an object of ours begins with: no other is ever changed.
inline constexpr std::string_view trust_mark = "Ferryman cloud trust";

// Letters, digits, "-" and "_", and not too many.
bool is_trust_name(std::string_view name);

struct TrustComputer {
  std::string dn, description;
  std::int64_t account_control = 0, etypes = 0;
  Values never_reveal, reveal_on_demand;  // DNs of groups, of users too
  std::string krbtgt_link;                // DN; empty: there is none
};

struct TrustKrbtgt {
  std::string dn, description;
  std::string account;  // "krbtgt_3862"
  std::int64_t account_control = 0;
  std::int64_t number = 0;       // 0: it has none
  std::int64_t key_version = 0;  // 0: it may not be read
};

struct TrustObjects {
  std::optional<TrustComputer> computer;
  std::optional<TrustKrbtgt> krbtgt;

  // Both are there, and linked.
  bool are_linked() const;
};

Outcome<TrustObjects> read_trust(Connection& connection, const Domain& domain, std::string_view name);

// By which name read_trust() finds krbtgt_<number>; nothing where the domain has none of that number, or it
// is somebody else's.
Outcome<std::optional<std::string>> find_trust_name(Connection& connection, const Domain& domain,
                                                    std::int64_t number);
// The same of the account as it was found.
std::optional<std::string> trust_name_of(const Entry& krbtgt);

// DNs of groups that come with every domain.
struct TrustGroups {
  Values never;       // Denied RODC Password Replication Group, and the operators and administrators
  std::string users;  // Domain Users
};
Outcome<TrustGroups> read_trust_groups(Connection& connection, const Domain& domain);

// Administrators, operators, and the controllers themselves: groups whose members never get a ticket by this.
bool is_never_allowed(const pac::Sid& group, const pac::Sid& domain);

}  // namespace ferryman::ad
