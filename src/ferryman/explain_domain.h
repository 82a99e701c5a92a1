#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ad/connection.h"
#include "ad/domain.h"
#include "ad/finding.h"

namespace ferryman {

// An Active Directory, asked by LDAP with the ticket of the default credential cache.
class DomainView {
 public:
  // server: empty: as DNS says. The error is a sentence; there may well be no such domain.
  static ad::Outcome<DomainView> open(const std::string& dns_domain, const std::string& server);

  bool is_samba() const { return domain_.is_samba; }
  // The DNs of the accounts that have this SPN.
  ad::Outcome<std::vector<std::string>> owners_of(const std::string& spn);
  // Why the user gets no tickets by the cloud trust; nothing: she does, or there is no trust.
  ad::Outcome<std::optional<ad::Finding>> judge(const std::string& user);

 private:
  DomainView(ad::Connection connection, ad::Domain domain)
      : connection_(std::move(connection)), domain_(std::move(domain)) {}

  ad::Connection connection_;
  ad::Domain domain_;
};

}  // namespace ferryman
