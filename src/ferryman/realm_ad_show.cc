#include <fmt/format.h>

#include <utility>

#include "ad/finding.h"
#include "ad/trust_key.h"
#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_ad.h"
#include "ferryman/realm_output.h"

namespace ferryman {
namespace {

using admin::Json;

Json json_of(const ad::TrustObjects& objects) {
  Json shown = Json::object();
  if (objects.computer) {
    shown["computer"] = objects.computer->dn;
    shown["allowed_groups"] = objects.computer->reveal_on_demand;
    shown["denied_groups"] = objects.computer->never_reveal;
  }
  if (objects.krbtgt) {
    shown["krbtgt"] = objects.krbtgt->dn;
    shown["number"] = objects.krbtgt->number;
    shown["key_version"] = ad::version_in_tickets(objects.krbtgt->key_version);
  }
  shown["linked"] = objects.are_linked();
  return shown;
}

void print_row(std::string_view label, std::string_view domain, std::string_view realm) {
  const auto shown = [](std::string_view value) { return value.empty() ? "-" : value; };
  fmt::print("{:<18}{:<40}  {}\n", label, shown(domain), shown(realm));
}

void print_list(std::string_view label, const Json& side, const char* member) {
  if (!side.contains(member)) return;
  for (const Json& dn : side.at(member)) {
    print_line(label, harmless(dn.get_ref<const std::string&>()));
    label = "";
  }
}

void print_both(const Json& both) {
  const Json &domain = both.at("ad"), &realm = both.at("realm");
  const Json none = Json::object();
  const Json& link = realm.is_null() ? none : realm;
  print_line("domain", text_of(both, "domain"));
  print_line("domain controller", text_of(both, "server"));
  print_row("", "IN THE DOMAIN", "IN THE REALM");
  print_row("linked", domain.at("linked").get<bool>() ? "yes" : "no",
            realm.is_null() ? "no" : time_of(link, "linked"));
  print_row("SID", text_of(both, "domain_sid"), text_of(link, "domain_sid"));
  print_row("NetBIOS name", text_of(both, "netbios_name"), text_of(link, "netbios_name"));
  print_row("number", text_of(domain, "number"), text_of(link, "number"));
  print_row("key version", text_of(domain, "key_version"), text_of(link, "key_version"));
  print_row("key changed", "", time_of(link, "changed"));
  print_line("computer", text_of(domain, "computer"));
  print_line("krbtgt", text_of(domain, "krbtgt"));
  print_list("allowed", domain, "allowed_groups");
  print_list("never", domain, "denied_groups");
}

}  // namespace

int show_domain(RealmService& service, const AdOptions& options) {
  const auto sides = both_sides(service, options);
  if (!sides) return sides.error();
  const ad::Domain& domain = sides->session.domain;
  const auto findings = sides->differences(options.name);
  const Json both{{"domain", domain.dns_name},
                  {"server", domain.server},
                  {"domain_sid", domain.sid.text()},
                  {"netbios_name", domain.netbios_name},
                  {"ad", json_of(sides->objects)},
                  {"realm", sides->link ? *sides->link : Json()},
                  {"differences", ferryman::json_of(findings)}};
  return service.print(both, [&](const Json& shown) {
    print_both(shown);
    print_findings(findings);
  });
}

}  // namespace ferryman
