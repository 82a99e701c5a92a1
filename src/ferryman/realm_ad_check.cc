#include <fmt/format.h>

#include <ctime>
#include <utility>

#include "ad/finding.h"
#include "ad/spn_survey.h"
#include "ad/user_check.h"
#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_ad.h"
#include "ferryman/realm_output.h"
#include "ferryman/srv_lookup.h"

namespace ferryman {
namespace {

using admin::Json;
using Findings = std::vector<ad::Finding>;

constexpr std::uint16_t global_catalog = 3268, global_catalog_tls = 3269;

void append(Findings& findings, Findings more) {
  for (ad::Finding& finding : more) findings.push_back(std::move(finding));
}

// What clients and gateways find the domain by.
Findings judge_records(const ad::Domain& domain) {
  Findings findings;
  for (const char* name : {"_kerberos._tcp", "_kerberos._tcp.dc._msdcs", "_ldap._tcp.dc._msdcs"}) {
    const SrvAnswer answer = look_up_srv(fmt::format("{}.{}", name, domain.dns_name));
    if (answer.failed)
      return {{"DNS does not answer when asked for the domain controllers of " + printable(domain.dns_name),
               "/etc/resolv.conf names the servers: they have to forward the domain to its own."}};
    if (answer.records.empty())
      findings.push_back(
          {fmt::format("DNS has no SRV record {}.{}", name, printable(domain.dns_name)),
           domain.is_samba
               ? "\"samba_dnsupdate --verbose\" on a domain controller adds it."
               : "\"nltest /dsregdns\" on a domain controller adds it; the DNS servers that are asked "
                 "here have to know the domain."});
  }
  return findings;
}

// Of the whole forest, where it is more than this domain.
ad::Outcome<void> survey_names(AdSession& session, ad::SpnSurvey& survey) {
  const ad::Search search{session.domain.is_forest ? session.domain.dn : "",
                          ad::Scope::subtree,
                          "(servicePrincipalName=*)",
                          {"servicePrincipalName"}};
  const auto each = [&survey](const ad::Entry& entry) { return survey.add(entry); };
  if (session.domain.is_forest) return session.connection().search_paged(search, each);
  ad::Endpoint& endpoint = session.server.endpoint;
  endpoint.port =
      endpoint.protection == ad::Endpoint::Protection::ldaps ? global_catalog_tls : global_catalog;
  auto catalog = ad::Connection::open(endpoint);
  if (!catalog) return tl::unexpected(catalog.error());
  return catalog->search_paged(search, each);
}

Findings judge_names(const ad::Domain& domain, const ad::SpnSurvey& survey) {
  Findings findings;
  for (const ad::SpnSurvey::Duplicate& one : survey.duplicates()) {
    std::string accounts;
    for (const std::string& dn : one.accounts)
      accounts += fmt::format("{}{}", accounts.empty() ? "" : "; ", printable(dn));
    const std::string spn = printable(one.spn);
    findings.push_back({fmt::format("nobody gets a ticket for {}: {} accounts have it: {}", spn,
                                    one.accounts.size(), accounts),
                        domain.is_samba
                            ? fmt::format("\"samba-tool spn delete {} ACCOUNT\" for all but one.", spn)
                            : fmt::format("\"setspn -D {} ACCOUNT\" for all but one.", spn)});
  }
  if (survey.count() > ad::SpnSurvey::max_names)
    findings.push_back({fmt::format("there are more than {} names of services: not all were looked at",
                                    ad::SpnSurvey::max_names),
                        ""});
  const std::size_t told = survey.duplicates().size();
  if (survey.duplicate_count() > told)
    findings.push_back(
        {fmt::format("{} more names are had by several accounts", survey.duplicate_count() - told), ""});
  return findings;
}

int print_verdict(RealmService& service, const ad::Domain& domain, const Findings& findings,
                  const ad::SpnSurvey& survey) {
  const Json verdict{{"domain", domain.dns_name},
                     {"server", domain.server},
                     {"findings", json_of(findings)},
                     {"service_principal_names", survey.count()}};
  service.print(verdict, [&](const Json& shown) {
    print_line("domain", text_of(shown, "domain"));
    print_line("domain controller", text_of(shown, "server"));
    print_line("names of services", text_of(shown, "service_principal_names"));
    if (findings.empty()) print_line("wrong", "nothing");
    print_findings(findings);
  });
  return findings.empty() ? exit_ok : exit_failed;
}

}  // namespace

int check_domain(RealmService& service, const CheckOptions& options) {
  auto sides = both_sides(service, options);
  if (!sides) return sides.error();
  AdSession& session = sides->session;
  Findings findings = ad::judge_domain(session.domain, std::time(nullptr));
  append(findings, judge_records(session.domain));
  append(findings, sides->differences(options.name));
  auto users = ad::judge_users(session.connection(), session.domain, sides->objects, options.users);
  if (!users) return tell_failure(users.error());
  append(findings, std::move(*users));
  ad::SpnSurvey survey;
  if (const auto done = survey_names(session, survey); !done)
    findings.push_back(
        {"whether accounts share names of services is not known: " + done.error().text, done.error().next});
  append(findings, judge_names(session.domain, survey));
  return print_verdict(service, session.domain, findings, survey);
}

}  // namespace ferryman
