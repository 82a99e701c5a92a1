#include "realm/admin_delegations.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "directory/names.h"

namespace ferryman::realm {
namespace {

using directory::ObjectId;

std::vector<std::string> texts(Arguments& arguments, const char* name) {
  return arguments.maybe_texts(name).value_or(std::vector<std::string>());
}

admin::Outcome<ObjectId> find_service(const Call& call, const std::string& name) {
  const auto found = call.directory.find_service(call.tenant.id, directory::components_of(name));
  if (found && (*found)->account.kind == directory::AccountKind::service) return (*found)->account.id;
  if (found) return invalid(fmt::format("{} is no service, which alone acts for users.", printable(name)));
  if (found.error().reason == directory::Reason::not_found) return none_such(call, "service", name);
  return failed(fmt::format("{} cannot be looked up", printable(name)), found.error());
}

}  // namespace

DelegationNames::DelegationNames(Arguments& arguments)
    : to_(texts(arguments, "delegate_to")),
      from_(texts(arguments, "allow_delegation_from")),
      remove_to_(texts(arguments, "remove_delegate_to")),
      remove_from_(texts(arguments, "remove_allow_delegation_from")) {}

bool DelegationNames::any() const {
  return !to_.empty() || !from_.empty() || !remove_to_.empty() || !remove_from_.empty();
}

admin::Outcome<directory::DelegationChanges> DelegationNames::find(const Call& call) const {
  directory::DelegationChanges changes;
  for (const auto& [names, ids] : {std::pair(&to_, &changes.to),
                                   {&from_, &changes.from},
                                   {&remove_to_, &changes.remove_to},
                                   {&remove_from_, &changes.remove_from}}) {
    for (const std::string& name : *names) {
      const auto id = find_service(call, name);
      if (!id) return tl::unexpected(id.error());
      ids->push_back(*id);
    }
  }
  return changes;
}

}  // namespace ferryman::realm
