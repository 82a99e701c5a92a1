#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "explain/step.h"

// The way to a KDC of the user's realm: names, gateways, realm map, KDC, clock.
namespace ferryman::explain {

struct Host {
  std::string name;
  std::string trouble{};  // why it has no address; empty: it has one
};
Step judge_names(const std::vector<Host>& hosts);

struct Gateway {
  std::string url;
  std::string trouble{}, advice{};  // empty: it is a KDC proxy that clients trust
  bool is_unreachable = false;
};
// source: where they were found. None: KDCs are asked without one.
Step judge_gateways(const std::vector<Gateway>& gateways, const std::string& source);

// Which realm the service's host is of.
struct RealmMap {
  enum class By : std::uint8_t { name, krb5_conf, user };  // user: nothing says it; it is the user's own
  std::string host, realm;
  By by = By::user;
  std::string no_way{};      // why no KDC of that realm is known; empty: there is a way
  bool unknown = false;      // by user: and that realm does not know the service
  bool is_in_domain = true;  // the host's name ends as the user's realm does
};
Step judge_realm_map(const RealmMap& map);

// What came of asking a KDC of the user's realm.
struct KdcContact {
  std::string realm, by;  // by: the gateway, or the KDC
  std::string trouble{};  // why there is no answer
  bool has_gateway = false;
  bool policy_refused = false;  // by the gateway
};
Step judge_kdc(const KdcContact& contact);

// How many seconds the KDC's clock is ahead of this computer's.
Step judge_clock(std::optional<std::int64_t> ahead);

}  // namespace ferryman::explain
