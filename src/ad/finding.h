#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ad/domain.h"
#include "ad/trust.h"
#include "ad/trust_plan.h"

// What is wrong with a cloud trust, judged by what was read of both sides.
namespace ferryman::ad {

struct Finding {
  std::string text;  // one sentence without a full stop
  std::string next;  // the command that mends it, in whole sentences

  friend bool operator==(const Finding&, const Finding&) = default;
};

// What the cloud realm knows of the domain.
struct RealmLink {
  std::int64_t number = 0, key_version = 0;
  std::string netbios_name, sid;
};

// Where the two sides do not fit, the worst first.
std::vector<Finding> compare(const Domain& domain, const TrustGroups& groups, std::string_view name,
                             const TrustObjects& objects, const std::optional<RealmLink>& link);

// Why the objects of a name are not to be taken away: their key is not the realm's, which is that of
// krbtgt_<number>. owner: by which name the domain has that one; nothing: it has none such.
std::optional<Finding> judge_unlink(const Domain& domain, std::string_view name, const TrustObjects& objects,
                                    std::int64_t number, const std::optional<std::string>& owner);

// The domain's release, and the clock. now: seconds since 1970.
std::vector<Finding> judge_domain(const Domain& domain, std::int64_t now);

// Whether domain controllers give a user a ticket by this: groups is what her token holds, her own SID with
// it; never and on_demand are those of the object.
std::optional<Finding> judge_user(const Domain& domain, const Account& user,
                                  const std::vector<pac::Sid>& token, const std::vector<Account>& never,
                                  const std::vector<Account>& on_demand);

// How the commands are called, with the object's name where it is not the usual one.
std::string command_of(std::string_view verb, const Domain& domain, std::string_view name);
// How a keytab gets here from a domain controller of Samba.
std::string export_command(std::int64_t number);

}  // namespace ferryman::ad
