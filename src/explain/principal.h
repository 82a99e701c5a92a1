#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kerberos/principal_name.h"

namespace ferryman::explain {

// A user's or a service's name as people write it.
struct Principal {
  std::vector<std::string> components;
  std::string realm;  // empty: not said

  std::string name() const;  // "HTTP/www.example.com"
  std::string text() const;  // with the realm, where it is said; fit for a terminal
  kerberos::Name kerberos_name(std::int32_t type) const;
};

// "alice", "alice@EXAMPLE.COM". Nothing where a part is empty or longer than a KDC takes.
std::optional<Principal> parse_user(std::string_view text);
// "HTTP/www.example.com", with a realm or without: a class and a host at least.
std::optional<Principal> parse_service(std::string_view text);

// The host of a service's name, without a port.
std::string host_of(const Principal& service);
// The realm that clients take for a host of which krb5.conf says nothing, once its user's own realm does not
// know it: its domain in capitals. Empty where it has none.
std::string realm_by_domain(std::string_view host);

}  // namespace ferryman::explain
