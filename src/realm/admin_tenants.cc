#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "realm/admin_commands.h"
#include "realm/admin_objects.h"
#include "realm/admin_settings.h"
#include "realm/find_tenant.h"

namespace ferryman::realm {
namespace {

using admin::Json;
using directory::Reason;
using directory::Tenant;
using directory::TenantSettings;

Json tenant_json(const Call& call, const Tenant& tenant) {
  const TenantSettings& settings = tenant.settings;
  return {{"id", tenant.id.text()},
          {"name", settings.name},
          {"realm", tenant.realm},
          {"domains", settings.domains},
          {"domain_sid", tenant.domain_sid},
          {"top_level_names", settings.top_level_names},
          {"created", tenant.created},
          {"key_required", settings.key_required},
          {"attestation_required", settings.attestation_required},
          {"offline_logon", settings.offline_logon},
          {"disabled", settings.disabled},
          {"half_removed", tenant.half_removed},
          {"default", tenant.id == call.tenant.id}};
}

admin::Outcome<Tenant> named_tenant(Call& call) {
  const std::string_view name = call.arguments.text("name");
  if (auto mistake = call.arguments.mistake()) return tl::unexpected(*std::move(mistake));
  auto tenant = find_tenant(call.directory, name);
  if (!tenant) {
    if (tenant.error().reason == Reason::not_found) return no_tenant(name);
    return failed(fmt::format("The tenant {} cannot be read", printable(name)), tenant.error());
  }
  call.object = tenant->settings.name;
  return *std::move(tenant);
}

// The tenant with these settings, once it has them.
admin::Reply change(Call& call, Tenant tenant, TenantSettings settings) {
  if (const auto done = call.directory.set_tenant(tenant.id, settings); !done)
    return failed(fmt::format("The tenant {} cannot be changed", printable(call.object)), done.error());
  tenant.settings = std::move(settings);
  return tenant_json(call, tenant);
}

admin::Reply set_disabled(Call& call, bool disabled) {
  auto tenant = named_tenant(call);
  if (!tenant) return tl::unexpected(std::move(tenant.error()));
  TenantSettings settings = tenant->settings;
  settings.disabled = disabled;
  return change(call, *std::move(tenant), std::move(settings));
}

// The domains that go first, so that one can be spelled in another way at once.
admin::Outcome<void> change_domains(const Call& call, const NameChanges& changes,
                                    std::vector<std::string>& domains) {
  for (const std::string& each : changes.removed) {
    const auto same = [&each](const std::string& domain) { return equal_without_case(domain, each); };
    if (std::erase_if(domains, same) == 0)
      return tl::unexpected(
          admin::Failure{std::string(directory::name(Reason::not_found)),
                         fmt::format("The tenant {} has no domain {}.", call.object, printable(each))});
  }
  domains.insert(domains.end(), changes.added.begin(), changes.added.end());
  return {};
}

}  // namespace

admin::Reply add_tenant(Call& call) {
  Arguments& arguments = call.arguments;
  TenantSettings settings;
  settings.name = arguments.text("name");
  const std::string realm(arguments.maybe_text("realm").value_or(call.tenant.realm));
  settings.domains = arguments.maybe_texts("domains").value_or(std::vector<std::string>());
  if (auto mistake = arguments.mistake()) return tl::unexpected(*std::move(mistake));
  const auto tenant = call.directory.create_tenant(settings, realm, call.policy.etypes, call.now);
  if (!tenant) {
    auto failure =
        failed(fmt::format("The tenant {} cannot be added", printable(settings.name)), tenant.error());
    if (tenant.error().reason == Reason::invalid && settings.name.find('.') != std::string::npos)
      failure.value().text += " Name it without dots; a domain is given to it by --domain.";
    return failure;
  }
  return tenant_json(call, *tenant);
}

admin::Reply list_tenants(Call& call) {
  const directory::PageRequest request = call.arguments.page();
  if (auto mistake = call.arguments.mistake()) return tl::unexpected(*std::move(mistake));
  const auto page = call.directory.tenants(request);
  if (!page) return failed("The tenants cannot be read", page.error());
  return page_json("tenants", *page, [&](const Tenant& tenant) { return tenant_json(call, tenant); });
}

admin::Reply show_tenant(Call& call) {
  const auto tenant = named_tenant(call);
  if (!tenant) return tl::unexpected(tenant.error());
  return tenant_json(call, *tenant);
}

admin::Reply set_tenant(Call& call) {
  Arguments& arguments = call.arguments;
  const NameChanges domains = name_changes(arguments, "add_domains", "remove_domains");
  const auto top_level_names = arguments.maybe_texts("top_level_names");
  const auto key_required = arguments.maybe_flag("key_required");
  const auto attestation_required = arguments.maybe_flag("attestation_required");
  const auto offline_logon = arguments.maybe_flag("offline_logon");
  auto tenant = named_tenant(call);
  if (!tenant) return tl::unexpected(std::move(tenant.error()));
  if (!domains.any() && !top_level_names && !key_required && !attestation_required && !offline_logon)
    return invalid("tenant.set: say what is to be set.");
  TenantSettings settings = tenant->settings;
  if (auto done = change_domains(call, domains, settings.domains); !done)
    return tl::unexpected(std::move(done.error()));
  settings.top_level_names = top_level_names.value_or(settings.top_level_names);
  settings.key_required = key_required.value_or(settings.key_required);
  settings.attestation_required = attestation_required.value_or(settings.attestation_required);
  settings.offline_logon = offline_logon.value_or(settings.offline_logon);
  return change(call, *std::move(tenant), std::move(settings));
}

admin::Reply remove_tenant(Call& call) {
  const auto tenant = named_tenant(call);
  if (!tenant) return tl::unexpected(tenant.error());
  if (tenant->id == call.tenant.id)
    return invalid(
        fmt::format("{} is the default tenant and stays: name another as default_tenant of realm.toml first, "
                    "and reload the service.",
                    call.object));
  if (const auto done = call.directory.remove_tenant(tenant->id); !done)
    return failed(fmt::format("The tenant {} cannot be removed", call.object), done.error());
  return Json{{"name", tenant->settings.name}};
}

admin::Reply disable_tenant(Call& call) {
  return set_disabled(call, true);
}

admin::Reply enable_tenant(Call& call) {
  return set_disabled(call, false);
}

}  // namespace ferryman::realm
