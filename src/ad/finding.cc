#include "ad/finding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "ad/trust_key.h"
#include "base/text.h"

namespace ferryman::ad {
namespace {

constexpr std::int64_t most_seconds_apart = 120;  // of the 300 that Kerberos bears

std::string how_to_take_key(const Domain& domain, std::string_view verb, std::string_view name,
                            const TrustObjects& objects) {
  const std::string command = command_of(verb, domain, name);
  if (!domain.is_samba) return fmt::format("\"{}\" gives both sides a new key.", command);
  return fmt::format("\"{}\" on a domain controller, then \"{} --key-from keytab:FILE\" here.",
                     export_command(objects.krbtgt ? objects.krbtgt->number : 0), command);
}

void compare_objects(const Domain& domain, const TrustGroups& groups, std::string_view name,
                     const TrustObjects& objects, std::vector<Finding>& findings) {
  TrustWish wish;
  wish.name = name;
  const auto steps = plan_link(domain, groups, wish, objects);
  if (!steps) {
    findings.push_back({steps.error().text, steps.error().next});
    return;
  }
  const std::string next = fmt::format("\"{}\" mends it.", command_of("link", domain, name));
  for (const Step& step : *steps) {
    const std::string_view what = step.kind == Step::Kind::add      ? "is missing"
                                  : step.kind == Step::Kind::remove ? "is of no use"
                                                                    : "is to be changed";
    findings.push_back({fmt::format("{} {} ({})", printable(step.dn), what, step.why), next});
  }
}

void compare_keys(const Domain& domain, std::string_view name, const TrustObjects& objects,
                  const RealmLink& link, std::vector<Finding>& findings) {
  const TrustKrbtgt& krbtgt = *objects.krbtgt;
  if (krbtgt.number != link.number) {
    findings.push_back({fmt::format("the realm has a key of krbtgt_{}, and the domain is linked by krbtgt_{}",
                                    link.number, krbtgt.number),
                        how_to_take_key(domain, "link", name, objects)});
    return;
  }
  const std::uint32_t version = version_in_tickets(krbtgt.key_version);
  if (krbtgt.key_version == 0 || version == version_in_tickets(link.key_version)) return;
  if (link.key_version < version)
    findings.push_back(
        {fmt::format(
             "the key was rotated in the domain, to version {}, and the realm is behind, at version {}",
             version, link.key_version),
         how_to_take_key(domain, "rotate", name, objects)});
  else
    findings.push_back(
        {fmt::format("the realm, with version {} of the key, is ahead of {}, at version {}", link.key_version,
                     printable(domain.server), version),
         "Wait until the domain controllers have replicated, or name another one with --server."});
}

bool holds(const std::vector<pac::Sid>& token, const pac::Sid& sid) {
  return std::find(token.begin(), token.end(), sid) != token.end();
}

}  // namespace

std::string command_of(std::string_view verb, const Domain& domain, std::string_view name) {
  return fmt::format("ferryman realm ad {} {}{}{}", verb, domain.dns_name,
                     name == default_trust_name ? "" : " --name ", name == default_trust_name ? "" : name);
}

std::string export_command(std::int64_t number) {
  return fmt::format("samba-tool domain exportkeytab FILE --principal=krbtgt_{}", number);
}

std::vector<Finding> compare(const Domain& domain, const TrustGroups& groups, std::string_view name,
                             const TrustObjects& objects, const std::optional<RealmLink>& link) {
  if (!objects.computer && !objects.krbtgt && !link)
    return {{fmt::format("{} is not linked", printable(domain.dns_name)),
             fmt::format("\"{}\" links it.", command_of("link", domain, name))}};
  std::vector<Finding> findings;
  if (link && link->sid != domain.sid.text())
    findings.push_back(
        {fmt::format("the realm's link is to a domain with the SID {}, and this one has {}",
                     printable(link->sid), domain.sid.text()),
         fmt::format("The domain was made anew: \"{}\", then link.", command_of("unlink", domain, name))});
  compare_objects(domain, groups, name, objects, findings);
  if (!link)
    findings.push_back({fmt::format("the realm has no key of {}", printable(domain.dns_name)),
                        how_to_take_key(domain, "link", name, objects)});
  else if (objects.are_linked())
    compare_keys(domain, name, objects, *link, findings);
  return findings;
}

std::optional<Finding> judge_unlink(const Domain& domain, std::string_view name, const TrustObjects& objects,
                                    std::int64_t number, const std::optional<std::string>& owner) {
  const std::int64_t there = objects.krbtgt ? objects.krbtgt->number : 0;
  if (there == number) return std::nullopt;
  if (owner)
    return Finding{fmt::format("the realm's link to {} is krbtgt_{}, which is that of {}, and not of {}",
                               printable(domain.dns_name), number, *owner, name),
                   fmt::format("\"{}\" ends it.", command_of("unlink", domain, *owner))};
  if (there == 0) return std::nullopt;
  return Finding{
      fmt::format("the realm's link to {} is krbtgt_{}, which is not there, and {} is krbtgt_{}",
                  printable(domain.dns_name), number, name, there),
      fmt::format(
          "Where {0} is this realm's, \"{1}\" first. With a --name of which the domain has nothing the "
          "realm alone forgets its key.",
          name, command_of("link", domain, name))};
}

std::vector<Finding> judge_domain(const Domain& domain, std::int64_t now) {
  std::vector<Finding> findings;
  if (std::abs(domain.time - now) > most_seconds_apart)
    findings.push_back(
        {fmt::format("the clock of {} is {} seconds {} that of this machine", printable(domain.server),
                     std::abs(domain.time - now), domain.time > now ? "ahead of" : "behind"),
         "Set both by NTP: beyond 300 seconds no ticket is good."});
  if (domain.level < level::windows_2008)
    findings.push_back(
        {fmt::format("the functional level of {} is {}, below that of Windows Server 2008",
                     printable(domain.dns_name), domain.level),
         "Raise it: before that there are neither AES keys nor read-only domain controllers."});
  if (!domain.is_samba && domain.oldest < level::windows_2016)
    findings.push_back({"there are domain controllers older than Windows Server 2016",
                        "They do not take partial tickets in all cases: replace them."});
  return findings;
}

std::optional<Finding> judge_user(const Domain& domain, const Account& user,
                                  const std::vector<pac::Sid>& token, const std::vector<Account>& never,
                                  const std::vector<Account>& on_demand) {
  for (const Account& group : never)
    if (holds(token, group.sid))
      return Finding{
          fmt::format("{} gets no ticket of {}: who is in {} never does", printable(user.name),
                      printable(domain.realm), printable(group.name)),
          "Administrators log on with their passwords. Whoever is none should not be in that group."};
  const auto allows = [&](const Account& group) { return holds(token, group.sid); };
  if (std::any_of(on_demand.begin(), on_demand.end(), allows)) return std::nullopt;
  return Finding{
      fmt::format("{} gets no ticket of {}: no group of hers is allowed to", printable(user.name),
                  printable(domain.realm)),
      fmt::format("Make {} a member of an allowed group, or allow another one: \"ferryman realm ad "
                  "link {} --allow-group GROUP\".",
                  printable(user.name), domain.dns_name)};
}

}  // namespace ferryman::ad
