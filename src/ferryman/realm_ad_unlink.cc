#include <fmt/format.h>

#include <utility>

#include "ad/finding.h"
#include "ad/step.h"
#include "ad/trust.h"
#include "ad/trust_plan.h"
#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_ad.h"
#include "ferryman/realm_output.h"
#include "ferryman/realm_prompt.h"

namespace ferryman {
namespace {

using admin::Json;

// The realm first: from then on it makes no ticket that a domain controller does not take.
tl::expected<bool, int> unlink_realm(RealmService& service, const std::string& domain) {
  auto reply = service.try_call("ad.unlink", {{"domain", domain}});
  if (!reply) return tl::unexpected(reply.error());
  if (*reply) return true;
  if (reply->error().reason == "not_found") return false;
  return tl::unexpected(service.told("ad.unlink", reply->error()));
}

// What is to be done in the domain, which has been asked before anything is.
struct Prepared {
  AdSession session;
  std::vector<ad::Step> steps;
};

// That the key which the realm forgets is that of the objects which go.
int check_name(AdSession& session, const UnlinkOptions& options, const ad::TrustObjects& objects,
               const std::optional<Json>& link) {
  if (!link) return exit_ok;
  const std::int64_t number = parse_link(*link).number;
  const auto owner = ad::find_trust_name(session.connection(), session.domain, number);
  if (!owner) return tell_failure(owner.error());
  const auto finding = ad::judge_unlink(session.domain, options.name, objects, number, *owner);
  return finding ? tell(exit_failed, harmless(finding->text), finding->next) : exit_ok;
}

tl::expected<Prepared, int> prepare(const UnlinkOptions& options, const std::optional<Json>& link) {
  auto session = open_session(options);
  if (!session) return tl::unexpected(session.error());
  const auto objects = objects_of(*session, options);
  if (!objects) return tl::unexpected(objects.error());
  if (const int code = check_name(*session, options, *objects, link); code != exit_ok)
    return tl::unexpected(code);
  auto steps = ad::plan_unlink(*objects);
  if (!steps) return tl::unexpected(tell_failure(steps.error()));
  return Prepared{std::move(*session), std::move(*steps)};
}

void print_dry_run(const Prepared& prepared) {
  fmt::print("# First the realm forgets the key.\n\n");
  for (const ad::Step& step : prepared.steps) fmt::print("{}\n", ad::ldif_of(step));
}

// The DNs of what has been removed.
tl::expected<Json, int> remove_objects(RealmService& service, Prepared& prepared) {
  Json removed = Json::array();
  for (const ad::Step& step : prepared.steps) {
    const auto done = ad::apply(prepared.session.connection(), step);
    // Somebody else may be at it as well.
    if (!done && done.error().reason != ad::Reason::no_such_object)
      return tl::unexpected(tell_failure(done.error()));
    if (!service.json())
      print_line(step.kind == ad::Step::Kind::remove ? "removed" : "changed", printable(step.dn));
    if (step.kind == ad::Step::Kind::remove) removed.push_back(step.dn);
  }
  return removed;
}

// A domain that is not reached may exist no more; what the realm has of it has no use then.
int tell_what_is_left(const UnlinkOptions& options, const std::optional<Json>& link) {
  if (!link) return exit_not_reachable;
  return tell(exit_not_reachable,
              fmt::format("the realm has forgotten its key, and {} has krbtgt_{} still, with its computer",
                          printable(options.domain), parse_link(*link).number),
              "Once it is reached call this again, with the --name that the link was made by: both are "
              "removed then.");
}

}  // namespace

int unlink_domain(RealmService& service, const UnlinkOptions& options) {
  if (!options.yes && !options.dry_run) {
    const int code = confirm(fmt::format(
        "Unlink {}, so that nobody gets tickets of it by this realm any more?", printable(options.domain)));
    if (code != exit_ok) return code;
  }
  const auto link = link_of_realm(service, options.domain);
  if (!link) return link.error();
  auto prepared = prepare(options, *link);
  if (!prepared && (options.dry_run || prepared.error() != exit_not_reachable)) return prepared.error();
  if (options.dry_run) {
    print_dry_run(*prepared);
    return exit_ok;
  }
  const auto was_there = unlink_realm(service, options.domain);
  if (!was_there) return was_there.error();
  if (!service.json()) print_line("realm", *was_there ? "the key is removed" : "has no key of it");
  if (!prepared) return tell_what_is_left(options, *link);
  auto removed = remove_objects(service, *prepared);
  if (!removed) return removed.error();
  const Json result{{"domain", options.domain}, {"realm", *was_there}, {"removed", std::move(*removed)}};
  return service.print(result, [](const Json& done) { print_line("unlinked", text_of(done, "domain")); });
}

}  // namespace ferryman
