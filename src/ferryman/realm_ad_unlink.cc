#include <fmt/format.h>

#include <utility>

#include "ad/step.h"
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

tl::expected<std::vector<ad::Step>, int> steps_of(AdSession& session, const UnlinkOptions& options) {
  const auto objects = objects_of(session, options);
  if (!objects) return tl::unexpected(objects.error());
  auto steps = ad::plan_unlink(*objects);
  if (!steps) return tl::unexpected(tell_failure(steps.error()));
  return std::move(*steps);
}

int dry_run(const UnlinkOptions& options) {
  auto session = open_session(options);
  if (!session) return session.error();
  const auto steps = steps_of(*session, options);
  if (!steps) return steps.error();
  fmt::print("# First the realm forgets the key.\n\n");
  for (const ad::Step& step : *steps) fmt::print("{}\n", ad::ldif_of(step));
  return exit_ok;
}

// The DNs of what has been removed.
tl::expected<Json, int> unlink_objects(RealmService& service, const UnlinkOptions& options) {
  auto session = open_session(options);
  if (!session) return tl::unexpected(session.error());
  const auto steps = steps_of(*session, options);
  if (!steps) return tl::unexpected(steps.error());
  Json removed = Json::array();
  for (const ad::Step& step : *steps) {
    const auto done = ad::apply(session->connection(), step);
    // Somebody else may be at it as well.
    if (!done && done.error().reason != ad::Reason::no_such_object)
      return tl::unexpected(tell_failure(done.error()));
    if (!service.json())
      print_line(step.kind == ad::Step::Kind::remove ? "removed" : "changed", printable(step.dn));
    if (step.kind == ad::Step::Kind::remove) removed.push_back(step.dn);
  }
  return removed;
}

}  // namespace

int unlink_domain(RealmService& service, const UnlinkOptions& options) {
  if (!options.yes && !options.dry_run) {
    const int code = confirm(fmt::format(
        "Unlink {}, so that nobody gets tickets of it by this realm any more?", printable(options.domain)));
    if (code != exit_ok) return code;
  }
  if (options.dry_run) return dry_run(options);
  const auto was_there = unlink_realm(service, options.domain);
  if (!was_there) return was_there.error();
  if (!service.json()) print_line("realm", *was_there ? "the key is removed" : "has no key of it");
  auto removed = unlink_objects(service, options);
  if (!removed) return removed.error();
  const Json result{{"domain", options.domain}, {"realm", *was_there}, {"removed", std::move(*removed)}};
  return service.print(result, [](const Json& done) { print_line("unlinked", text_of(done, "domain")); });
}

}  // namespace ferryman
