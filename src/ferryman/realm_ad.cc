#include "ferryman/realm_ad.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_ad_sync.h"
#include "ferryman/realm_objects.h"
#include "ferryman/realm_output.h"

namespace ferryman {
namespace {

using admin::Json;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), ascii_lower);
  return text;
}

// A command with DOMAIN and what all of them take; options as they will be when it runs.
template <typename Options>
CLI::App& add_command(RealmTree& tree, CLI::App& branch, const std::string& verb,
                      const std::string& description, int (*action)(RealmService&, const Options&),
                      const std::shared_ptr<Options>& options) {
  CLI::App& app = *tree.command(branch, verb, description,
                                [options, action](RealmService& service, Json&) {
                                  options->domain = lower(options->domain);
                                  return action(service, *options);
                                })
                       .app;
  app.add_option("DOMAIN", options->domain, "The domain's DNS name")->required();
  add_ad_server_options(app, options->server);
  app.add_option("--name", options->name, "What the object in the domain is called")
      ->type_name("NAME")
      ->capture_default_str()
      ->check([](const std::string& name) {
        return ad::is_trust_name(name) ? std::string()
                                       : "a name is at most 19 letters, digits, \"-\" and \"_\"";
      });
  return app;
}

void add_key_source(CLI::App& app, std::string& key_from) {
  app.add_option("--key-from", key_from, "The keytab that the domain controller has exported")
      ->type_name("keytab:FILE")
      ->check([](const std::string& text) {
        return text.starts_with("keytab:") && text.size() > 7 ? std::string() : "it is keytab:FILE";
      });
}

void add_groups(CLI::App& app, std::vector<std::string>& groups, const char* option, const char* text) {
  app.add_option(option, groups, text)
      ->type_name("GROUP")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_link(RealmTree& tree, CLI::App& branch) {
  const auto options = std::make_shared<LinkOptions>();
  CLI::App& app = add_command<LinkOptions>(
      tree, branch, "link", "Let a domain take tickets of this realm's making for its own users", link_domain,
      options);
  add_key_source(app, options->key_from);
  add_groups(
      app, options->allow, "--allow-group",
      "Whose members get tickets, in place of those up to now; may be repeated; at first Domain Users");
  add_groups(app, options->deny, "--deny-group",
             "Whose members get none, besides administrators and operators; may be repeated");
  app.add_flag("--dry-run", options->dry_run, "Print as LDIF what would be changed, and change nothing");
}

void add_rotate(RealmTree& tree, CLI::App& branch) {
  const auto options = std::make_shared<LinkOptions>();
  CLI::App& app =
      add_command<LinkOptions>(tree, branch, "rotate", "Give the link a new key", rotate_domain, options);
  add_key_source(app, options->key_from);
}

void add_unlink(RealmTree& tree, CLI::App& branch) {
  const auto options = std::make_shared<UnlinkOptions>();
  CLI::App& app = add_command<UnlinkOptions>(tree, branch, "unlink", "Take a link away, of both sides",
                                             unlink_domain, options);
  app.add_flag("--dry-run", options->dry_run, "Print as LDIF what would be changed, and change nothing");
  app.add_flag("--yes", options->yes, "Do not ask");
}

void add_check(RealmTree& tree, CLI::App& branch) {
  const auto options = std::make_shared<CheckOptions>();
  CLI::App& app = add_command<CheckOptions>(
      tree, branch, "check", "Say what is wrong with a link, and how it is mended", check_domain, options);
  app.add_option("--user", options->users, "A user of the domain who should get tickets; may be repeated")
      ->type_name("NAME")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace

tl::expected<AdSession, int> open_session(const AdOptions& options) {
  auto server = open_domain(options.domain, options.server);
  if (!server) return tl::unexpected(server.error());
  auto domain = ad::read_domain(server->connection, options.domain);
  if (!domain) return tl::unexpected(tell_failure(domain.error()));
  auto groups = ad::read_trust_groups(server->connection, *domain);
  if (!groups) return tl::unexpected(tell_failure(groups.error()));
  return AdSession{std::move(*server), std::move(*domain), std::move(*groups)};
}

tl::expected<ad::TrustObjects, int> objects_of(AdSession& session, const AdOptions& options) {
  auto objects = ad::read_trust(session.connection(), session.domain, options.name);
  if (!objects) return tl::unexpected(tell_failure(objects.error()));
  return std::move(*objects);
}

tl::expected<std::optional<Json>, int> link_of_realm(RealmService& service, const std::string& domain) {
  const auto result = service.call("ad.show");
  service.hang_up();  // it would let the connection go while the domain is asked
  if (!result) return tl::unexpected(result.error());
  for (const Json& link : result->at("links"))
    if (equal_without_case(link.at("domain").get_ref<const std::string&>(), domain)) return link;
  return std::nullopt;
}

ad::RealmLink parse_link(const Json& link) {
  return {link.at("number").get<std::int64_t>(), link.at("key_version").get<std::int64_t>(),
          link.value("netbios_name", ""), link.at("domain_sid").get<std::string>()};
}

std::vector<ad::Finding> BothSides::differences(const std::string& name) const {
  std::optional<ad::RealmLink> parsed;
  if (link) parsed = parse_link(*link);
  return ad::compare(session.domain, session.groups, name, objects, parsed);
}

tl::expected<BothSides, int> both_sides(RealmService& service, const AdOptions& options) {
  auto link = link_of_realm(service, options.domain);
  if (!link) return tl::unexpected(link.error());
  auto session = open_session(options);
  if (!session) return tl::unexpected(session.error());
  auto objects = objects_of(*session, options);
  if (!objects) return tl::unexpected(objects.error());
  return BothSides{std::move(*session), std::move(*objects), std::move(*link)};
}

Json json_of(const std::vector<ad::Finding>& findings) {
  Json list = Json::array();
  for (const ad::Finding& finding : findings)
    list.push_back({{"text", finding.text}, {"next", finding.next}});
  return list;
}

void print_findings(const std::vector<ad::Finding>& findings) {
  for (const ad::Finding& finding : findings) {
    print_line("wrong", harmless(finding.text));
    if (!finding.next.empty()) fmt::print("{:<18}{}\n", "", harmless(finding.next));
  }
}

void add_ad_commands(RealmTree& tree) {
  CLI::App& branch = tree.branch("ad", "Domains of Active Directory whose tickets this realm helps to get");
  add_link(tree, branch);
  add_command<AdOptions>(tree, branch, "show", "What both sides know of a link", show_domain,
                         std::make_shared<AdOptions>());
  add_rotate(tree, branch);
  add_unlink(tree, branch);
  add_check(tree, branch);
  add_ad_sync_command(tree, branch);
  add_rodc_commands(tree, branch);
}

}  // namespace ferryman
