#include "ferryman/explain_domain.h"

#include <fmt/format.h>

#include <utility>

#include "ad/names.h"
#include "ad/trust.h"
#include "ad/user_check.h"
#include "base/text.h"
#include "ferryman/ad_server.h"

namespace ferryman {

ad::Outcome<DomainView> DomainView::open(const std::string& dns_domain, const std::string& server) {
  std::vector<std::string> hosts{server};
  if (server.empty()) hosts = controllers_of(dns_domain);
  if (hosts.empty())
    return ad::fail(ad::Reason::not_reachable,
                    fmt::format("DNS knows no domain controller of {}", printable(dns_domain)));
  ad::Endpoint endpoint;
  endpoint.host = hosts.front();
  auto connection = ad::Connection::open(endpoint);
  if (!connection) return tl::unexpected(connection.error());
  auto domain = ad::read_domain(*connection, dns_domain);
  if (!domain) return tl::unexpected(domain.error());
  return DomainView(std::move(*connection), std::move(*domain));
}

ad::Outcome<std::vector<std::string>> DomainView::owners_of(const std::string& spn) {
  const auto found = connection_.search({domain_.dn,
                                         ad::Scope::subtree,
                                         fmt::format("(servicePrincipalName={})", ad::escape_filter(spn)),
                                         {"servicePrincipalName"}});
  if (!found) return tl::unexpected(found.error());
  std::vector<std::string> owners;
  for (const ad::Entry& entry : found->entries) owners.push_back(entry.dn);
  return owners;
}

ad::Outcome<std::optional<ad::Finding>> DomainView::judge(const std::string& user) {
  const auto objects = ad::read_trust(connection_, domain_, ad::default_trust_name);
  if (!objects) return tl::unexpected(objects.error());
  if (!objects->are_linked())
    return ad::fail(ad::Reason::no_such_object,
                    fmt::format("it has no link of the name {}; \"ferryman realm ad check {} --name NAME\" "
                                "looks at one of another",
                                ad::default_trust_name, printable(domain_.dns_name)));
  const auto findings = ad::judge_users(connection_, domain_, *objects, {user});
  if (!findings) return tl::unexpected(findings.error());
  if (findings->empty()) return std::nullopt;
  return findings->front();
}

}  // namespace ferryman
