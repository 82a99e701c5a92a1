#pragma once

#include <functional>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "ad/connection.h"
#include "ad/domain.h"
#include "ad/finding.h"
#include "ad/trust.h"
#include "ferryman/ad_server.h"
#include "ferryman/realm_service.h"

// What the commands of `ferryman realm ad` have in common. Errors are exit codes of what has been told.
namespace ferryman {

// What they are all called with.
struct AdOptions {
  std::string domain;
  AdServerOptions server;
  std::string name{ad::default_trust_name};  // of the object in AD
};

// A domain controller that has been asked who it is.
struct AdSession {
  AdServer server;
  ad::Domain domain;
  ad::TrustGroups groups;

  ad::Connection& connection() { return server.connection; }
};
tl::expected<AdSession, int> open_session(const AdOptions& options);

// The objects as they are; what they are not is told.
tl::expected<ad::TrustObjects, int> objects_of(AdSession& session, const AdOptions& options);

// The link of that domain as the realm has it; nothing where it has none.
tl::expected<std::optional<admin::Json>, int> link_of_realm(RealmService& service, const std::string& domain);
ad::RealmLink parse_link(const admin::Json& link);

// All that both know of a link.
struct BothSides {
  AdSession session;
  ad::TrustObjects objects;
  std::optional<admin::Json> link;  // as the realm has it

  // What differs.
  std::vector<ad::Finding> differences(const std::string& name) const;
};
tl::expected<BothSides, int> both_sides(RealmService& service, const AdOptions& options);

struct LinkOptions : AdOptions {
  std::vector<std::string> allow, deny;  // groups
  std::string key_from;                  // "keytab:FILE"; empty: not said
  bool dry_run = false;
};
int link_domain(RealmService& service, const LinkOptions& options);
int rotate_domain(RealmService& service, const LinkOptions& options);

struct UnlinkOptions : AdOptions {
  bool yes = false, dry_run = false;
};
int unlink_domain(RealmService& service, const UnlinkOptions& options);

int show_domain(RealmService& service, const AdOptions& options);

struct CheckOptions : AdOptions {
  std::vector<std::string> users;
};
int check_domain(RealmService& service, const CheckOptions& options);

// Findings as JSON, and as lines.
admin::Json json_of(const std::vector<ad::Finding>& findings);
void print_findings(const std::vector<ad::Finding>& findings);

}  // namespace ferryman
