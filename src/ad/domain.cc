#include "ad/domain.h"

#include <fmt/format.h>

#include <algorithm>

#include "ad/names.h"
#include "base/text.h"
#include "kerberos/time.h"

namespace ferryman::ad {
namespace {

// "20261130152800.0Z": GeneralizedTime with a fraction that AD always writes so.
std::int64_t time_of(const std::string& text) {
  return kerberos::parse_time(text.substr(0, 14) + "Z").value_or(0);
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), ascii_upper);
  return text;
}

Outcome<pac::Sid> sid_of(const Entry& entry) {
  const auto sid = pac::Sid::parse(as_bytes(entry.one("objectSid")));
  if (!sid) return fail(Reason::failed, printable(entry.dn) + " has no SID that may be read");
  return *sid;
}

// crossRef objects: one a naming context, with the NetBIOS name of those that are domains.
Outcome<void> read_partitions(Connection& connection, Domain& domain) {
  const auto found = connection.search({"CN=Partitions," + domain.configuration_dn,
                                        Scope::one_level,
                                        "(&(objectClass=crossRef)(nETBIOSName=*))",
                                        {"nCName", "nETBIOSName"}});
  if (!found) return tl::unexpected(found.error());
  for (const Entry& entry : found->entries)
    if (is_same_dn(entry.one("nCName"), domain.dn)) domain.netbios_name = entry.one("nETBIOSName");
  domain.is_forest = found->entries.size() == 1;
  if (domain.netbios_name.empty())
    return fail(Reason::failed, connection.host() + " shows no NetBIOS name of its domain");
  return {};
}

Outcome<void> read_oldest(Connection& connection, Domain& domain) {
  const auto found = connection.search({"CN=Sites," + domain.configuration_dn,
                                        Scope::subtree,
                                        "(objectClass=nTDSDSA)",
                                        {"msDS-Behavior-Version", "msDS-HasDomainNCs", "hasMasterNCs"}});
  if (!found) return tl::unexpected(found.error());
  for (const Entry& entry : found->entries) {
    const Values& contexts = entry.all("hasMasterNCs");
    const bool is_of_domain = std::any_of(contexts.begin(), contexts.end(), [&](const std::string& context) {
      return is_same_dn(context, domain.dn);
    });
    const auto level = entry.number("msDS-Behavior-Version");
    if (is_of_domain && level) domain.oldest = std::min(domain.oldest, *level);
  }
  return {};
}

}  // namespace

std::string domain_of_dn(std::string_view dn) {
  std::string name;
  while (!dn.empty()) {
    const auto comma = dn.find(',');
    const std::string_view part = dn.substr(0, comma);
    dn.remove_prefix(comma == std::string_view::npos ? dn.size() : comma + 1);
    if (!equal_without_case(part.substr(0, 3), "DC=")) return {};
    name += (name.empty() ? "" : ".") + std::string(part.substr(3));
  }
  return name;
}

std::string dn_of_sid(const pac::Sid& sid) {
  return fmt::format("<SID={}>", sid.text());
}

Outcome<RootDse> parse_root_dse(const Entry& entry) {
  RootDse dse{entry.one("defaultNamingContext"),
              entry.one("configurationNamingContext"),
              entry.one("rootDomainNamingContext"),
              entry.one("dnsHostName"),
              entry.one("vendorName"),
              time_of(entry.one("currentTime")),
              entry.number("domainFunctionality").value_or(0)};
  if (domain_of_dn(dse.domain_dn).empty() || dse.configuration_dn.empty())
    return fail(Reason::failed, "this is a directory, and no domain controller of Active Directory",
                "Name a domain controller with --server.");
  return dse;
}

Outcome<Domain> read_domain(Connection& connection, std::string_view expected) {
  const auto entry =
      connection.read("", {"defaultNamingContext", "configurationNamingContext", "rootDomainNamingContext",
                           "dnsHostName", "vendorName", "currentTime", "domainFunctionality"});
  if (!entry) return tl::unexpected(entry.error());
  const auto dse = parse_root_dse(*entry);
  if (!dse) return tl::unexpected(dse.error());
  const std::string name = domain_of_dn(dse->domain_dn);
  if (!equal_without_case(name, expected))
    return fail(Reason::failed,
                fmt::format("{} is a domain controller of {}, and not of {}", connection.host(),
                            printable(name), printable(expected)),
                "Name one of that domain with --server.");
  const auto head = connection.read(dse->domain_dn, {"objectSid"});
  if (!head) return tl::unexpected(head.error());
  const auto sid = sid_of(*head);
  if (!sid) return tl::unexpected(sid.error());
  Domain domain{name, upper(name), "", dse->domain_dn, dse->configuration_dn, *sid, dse->server};
  domain.is_samba = dse->vendor.starts_with("Samba");
  domain.time = dse->time;
  domain.level = dse->level;
  domain.oldest = level::windows_2016;
  if (const auto done = read_partitions(connection, domain); !done) return tl::unexpected(done.error());
  if (const auto done = read_oldest(connection, domain); !done) return tl::unexpected(done.error());
  return domain;
}

std::vector<std::string> account_filters(const Domain& domain, std::string_view name,
                                         std::string_view classes) {
  const auto filter = [&](const char* attribute, std::string_view value) {
    return fmt::format("(&{}({}={}))", classes, attribute, escape_filter(value));
  };
  if (pac::Sid::of_text(name)) return {filter("objectSid", name)};
  if (is_dn_below(name, domain.dn)) return {filter("distinguishedName", name)};
  const auto at = name.rfind('@');
  if (at == std::string_view::npos) return {filter("sAMAccountName", name)};
  std::vector<std::string> filters{filter("userPrincipalName", name)};
  if (equal_without_case(name.substr(at + 1), domain.dns_name))
    filters.push_back(filter("sAMAccountName", name.substr(0, at)));
  return filters;
}

Outcome<Account> find_account(Connection& connection, const Domain& domain, std::string_view name,
                              std::string_view classes) {
  Outcome<Found> found;
  for (const std::string& filter : account_filters(domain, name, classes)) {
    found = connection.search({domain.dn, Scope::subtree, filter, {"sAMAccountName", "objectSid"}});
    if (!found) return tl::unexpected(found.error());
    if (!found->entries.empty()) break;
  }
  if (found->entries.size() != 1)
    return fail(
        Reason::no_such_object,
        fmt::format("{} {} called {}", printable(domain.dns_name),
                    found->entries.empty() ? "has nothing" : "has more than one object", printable(name)),
        "Names are sAMAccountNames without the domain, UPNs, SIDs or DNs.");
  const Entry& entry = found->entries.front();
  const auto sid = sid_of(entry);
  if (!sid) return tl::unexpected(sid.error());
  return Account{entry.dn, entry.one("sAMAccountName"), *sid};
}

}  // namespace ferryman::ad
