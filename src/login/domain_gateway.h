#pragma once

#include <chrono>
#include <string>

#include "base/bytes.h"
#include "login/account.h"
#include "login/failure.h"

namespace ferryman::login {

inline constexpr std::chrono::seconds longest_domain_exchange{10};

// What came back from a domain controller, by which KDC proxy.
struct DomainAnswer {
  Octets message;
  std::string url;
  std::string ca_file{};  // whom to trust there; empty: as the system does
};

// Carries a message to an Active Directory's KDC and its answer back: by the gateways that client.toml names
// for the realm, with the CAs that it names, else by the KDC proxy of the gateway that the account is at,
// with the account's own. Faults: not_reachable, refused by the gateway's policy, failed.
Outcome<DomainAnswer> ask_domain(const Account& account, const std::string& realm, Bytes message);
// The same to a KDC of the account's own realm, whose KDC proxy has that URL where client.toml names no
// other.
Outcome<DomainAnswer> ask_kdc(const Account& account, const std::string& realm, const std::string& url,
                              Bytes message);

}  // namespace ferryman::login
