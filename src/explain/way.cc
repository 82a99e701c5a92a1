#include "explain/way.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"

namespace ferryman::explain {
namespace {

constexpr std::int64_t tolerance = 300;  // of Kerberos (RFC 4120 8.2)

}  // namespace

Step judge_names(const std::vector<Host>& hosts) {
  std::string all;
  for (const Host& host : hosts) {
    if (!host.trouble.empty())
      return {"names", State::wrong,
              fmt::format("{} has no address here: {}", printable(host.name), host.trouble),
              fmt::format("\"getent hosts {}\" has to show one: look at /etc/resolv.conf and at DNS",
                          printable(host.name))};
    all += (all.empty() ? "" : ", ") + printable(host.name);
  }
  if (all.empty()) return {"names", State::not_looked_at, "there is no host whose address is needed"};
  return {"names", State::ok, fmt::format("{} {} an address", all, hosts.size() == 1 ? "has" : "have")};
}

Step judge_gateways(const std::vector<Gateway>& gateways, const std::string& source) {
  if (gateways.empty()) return {"gateway", State::not_looked_at, "there is none: KDCs are asked directly"};
  const auto works =
      std::ranges::find_if(gateways, [](const Gateway& gateway) { return gateway.trouble.empty(); });
  if (works != gateways.end())
    return {"gateway", State::ok,
            fmt::format("{} is a KDC proxy and is trusted (from {})", printable(works->url), source)};
  const Gateway& first = gateways.front();
  return {"gateway", State::wrong,
          fmt::format("the gateway {} cannot be used: {}", printable(first.url), first.trouble), first.advice,
          first.is_unreachable};
}

Step judge_realm_map(const RealmMap& map) {
  const std::string host = printable(map.host), realm = printable(map.realm);
  if (map.by == RealmMap::By::user && map.unknown && !map.is_in_domain)
    return {"realm map", State::wrong,
            fmt::format("krb5.conf does not say which realm {} is of, and {} does not know the service", host,
                        realm),
            fmt::format("under [domain_realm] of krb5.conf, write \"{} = REALM\"", host)};
  const std::string whose = map.by == RealmMap::By::name
                                ? fmt::format("the service is said to be of {}", realm)
                            : map.by == RealmMap::By::krb5_conf
                                ? fmt::format("krb5.conf says that {} is of {}", host, realm)
                                : fmt::format("nothing says which realm {} is of: {} is asked", host, realm);
  if (!map.no_way.empty())
    return {
        "realm map", State::wrong,
        fmt::format("{}, of which no gateway and no KDC is known: {}", whose, map.no_way),
        fmt::format("name a gateway of {} in /etc/ferryman/client.toml (or with --gateway {}=URL), or a KDC "
                    "under [realms] of krb5.conf",
                    realm, realm),
        true};
  return {"realm map", State::ok, whose};
}

Step judge_kdc(const KdcContact& contact) {
  const std::string realm = printable(contact.realm);
  if (contact.trouble.empty())
    return {"kdc", State::ok, fmt::format("a KDC of {} answers by {}", realm, printable(contact.by))};
  if (contact.policy_refused)
    return {
        "kdc", State::wrong,
        fmt::format("the gateway's policy refuses to ask a KDC of {}: {}", realm, printable(contact.trouble)),
        "its log has the reason: \"allow\" without as-req, or client_failures after too many failed logons"};
  return {
      "kdc", State::wrong, fmt::format("no KDC of {} answers: {}", realm, printable(contact.trouble)),
      contact.has_gateway
          ? fmt::format("\"ferryman locate {}\" on the gateway's host says which KDCs it finds and how each "
                        "answers by UDP and TCP",
                        realm)
          : "look whether the KDC runs, and which firewall is between: UDP and TCP port 88",
      true};
}

Step judge_clock(std::optional<std::int64_t> ahead) {
  if (!ahead) return {"clock", State::not_looked_at, "no KDC has told its time"};
  const std::int64_t difference = std::llabs(*ahead);
  const std::string text = fmt::format("this computer's clock is {} s {} the KDC's", difference,
                                       *ahead < 0 ? "ahead of" : "behind");
  if (difference <= tolerance) return {"clock", State::ok, text};
  return {"clock", State::wrong, text,
          "set it, \"timedatectl set-ntp true\" (or \"chronyc makestep\"); more than 300 s are refused"};
}

}  // namespace ferryman::explain
