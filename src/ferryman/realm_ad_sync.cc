#include "ferryman/realm_ad_sync.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <ctime>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "ad/domain.h"
#include "ad/sync.h"
#include "ad/sync_gate.h"
#include "ad/sync_position.h"
#include "ad/sync_state.h"
#include "base/text.h"
#include "ferryman/ad_server.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_ad_keys.h"
#include "ferryman/realm_output.h"
#include "ferryman/realm_users_sink.h"
#include "login/keytab_login.h"

namespace ferryman {
namespace {

using admin::Json;
using Way = ad::SyncPlan::Way;

struct SyncOptions {
  std::string domain;
  AdServerOptions server;
  std::vector<std::string> groups;
  std::string keytab, state;
  std::optional<std::size_t> max_disable;
  bool full = false, dry_run = false, write_keys = false;
};

std::string why(int error) {
  return std::generic_category().message(error);
}

// It names a file, too.
bool is_domain(const std::string& name) {
  return !name.empty() && name.front() != '.' && name.size() <= 255 &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
         });
}

int use_keytab(const std::string& file) {
  if (file.empty()) return exit_ok;
  const auto done = login::log_on_by_keytab(file);
  if (done) return exit_ok;
  const login::Fault fault = done.error().fault;
  const int code = fault == login::Fault::refused         ? exit_refused
                   : fault == login::Fault::not_reachable ? exit_not_reachable
                                                          : exit_failed;
  return tell(code, harmless(done.error().text));
}

// Before anything is sent that would have to be sent again.
int check_state_folder(const std::string& file) {
  const auto slash = file.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : file.substr(0, slash + 1);
  if (::access(folder.c_str(), W_OK) == 0) return exit_ok;
  return tell(exit_failed, fmt::format("{} cannot be written: {}", printable(folder), why(errno)),
              "The state is kept there for the next time; --state names another file.");
}

// Where what was left is no state. Keys that were written and are not known any more would stay for good.
tl::expected<std::optional<ad::SyncState>, int> begin_anew(const SyncOptions& options) {
  const std::string what =
      fmt::format("{} is no state that this version has written", printable(options.state));
  if (options.write_keys)
    return tl::unexpected(tell(
        exit_failed, what,
        "It may say which keys are to be taken away again: put it right. Where it is moved away, keys that "
        "were revoked meanwhile stay in the domain."));
  if (options.dry_run) {
    tell(exit_ok, "warning: " + what, "All users are read.");
    return std::nullopt;
  }
  const auto aside = ad::set_aside(options.state);
  if (!aside)
    return tl::unexpected(
        tell(exit_failed, fmt::format("{}, and cannot be moved away: {}", what, aside.error().message())));
  tell(exit_ok, fmt::format("warning: {}; it is kept as {}", what, printable(*aside)),
       "All users are read. Keys that --write-keys has written before are not known any more.");
  return std::nullopt;
}

tl::expected<std::optional<ad::SyncState>, int> load_before(const SyncOptions& options) {
  if (!options.dry_run)
    if (const int code = check_state_folder(options.state); code != exit_ok) return tl::unexpected(code);
  auto before = ad::load_state(options.state);
  if (before) return std::move(*before);
  if (before.error() == std::errc::bad_message) return begin_anew(options);
  return tl::unexpected(tell(
      exit_failed, fmt::format("{} cannot be read: {}", printable(options.state), before.error().message())));
}

std::string tenant_text(const std::string& tenant) {
  return tenant.empty() ? "the default tenant" : "the tenant " + printable(tenant);
}

// That another tenant has not the keys that were written is no reason to take them away, and none to forget
// them.
int check_tenant(const SyncOptions& options, const std::optional<ad::SyncState>& before,
                 const std::string& tenant) {
  if (!before || before->tenant == tenant || before->keys.empty()) return exit_ok;
  return tell(exit_failed,
              fmt::format("{} is of {}, and says which of its keys are in the domain; now it is {}",
                          printable(options.state), tenant_text(before->tenant), tenant_text(tenant)),
              "--state names another file for this one. Where the state is moved away, keys that were "
              "revoked meanwhile stay in the domain.");
}

// What is read of the domain, and what has been found out to read it.
struct Prepared {
  AdServer server;
  ad::Domain domain;
  ad::Position position;
  ad::SyncGate gate;
  ad::SyncJob job;
};

tl::expected<Prepared, int> prepare(const SyncOptions& options, const std::string& tenant, std::int64_t now) {
  const auto failed = [](const ad::Failure& failure) { return tl::unexpected(tell_failure(failure)); };
  auto before = load_before(options);
  if (!before) return tl::unexpected(before.error());
  if (const int code = check_tenant(options, *before, tenant); code != exit_ok) return tl::unexpected(code);
  auto server = open_domain(options.domain, options.server);
  if (!server) return tl::unexpected(server.error());
  ad::Connection& connection = server->connection;
  auto domain = ad::read_domain(connection, options.domain);
  if (!domain) return failed(domain.error());
  auto position = ad::read_position(connection);
  if (!position) return failed(position.error());
  auto gate = ad::read_gate(connection, *domain, options.groups);
  if (!gate) return failed(gate.error());
  const auto deleted = ad::sees_deleted(connection, domain->dn);
  if (!deleted) return failed(deleted.error());
  const ad::SyncWish wish{tenant, gate->groups, options.full, *deleted};
  ad::SyncJob job{
      domain->dn,         domain->sid,         gate->filter, ad::plan_sync(*before, *position, wish, now),
      std::move(*before), options.max_disable, now};
  return Prepared{std::move(*server), std::move(*domain), std::move(*position), std::move(*gate),
                  std::move(job)};
}

ad::SyncState state_behind(const Prepared& prepared, const std::string& tenant, const ad::Sync& sync,
                           ad::WrittenKeys keys) {
  const ad::SyncJob& job = prepared.job;
  const bool was_full = job.plan.way == Way::full;
  return {prepared.position.server,
          prepared.position.invocation_id,
          prepared.position.usn,
          job.now,
          sync.needs_full() ? 0
          : was_full        ? job.now
                            : job.before->full,
          tenant,
          prepared.gate.groups,
          sync.refused(),
          std::move(keys)};
}

std::string text_of_plan(const ad::SyncPlan& plan) {
  const std::string reason = plan.why.empty() ? "" : fmt::format(": {}", plan.why);
  return (plan.way == Way::full      ? "all users"
          : plan.way == Way::changes ? "what has changed"
                                     : "what has changed, and the SIDs of all") +
         reason;
}

Json json_of(const Prepared& prepared, const ad::SyncCounts& counts, const RealmUsersSink& sink,
             bool dry_run) {
  const Way way = prepared.job.plan.way;
  Json json{{"domain", prepared.domain.dns_name},
            {"server", prepared.position.server},
            {"mode", way == Way::full      ? "full"
                     : way == Way::changes ? "changes"
                                           : "comparison"},
            {"why", prepared.job.plan.why},
            {"dry_run", dry_run},
            {"read", counts.read},
            {"passed_over", counts.passed_over}};
  if (dry_run) {
    json.update({{"would_upsert", sink.would_upsert()}, {"would_disable", sink.would_disable()}});
    return json;
  }
  json.update({{"added", counts.added},
               {"matched", counts.matched},
               {"changed", counts.changed},
               {"same", counts.same},
               {"disabled", counts.disabled},
               {"refused", sink.refusals()}});
  return json;
}

void print_summary(const Prepared& prepared, const ad::SyncCounts& counts, const RealmUsersSink& sink,
                   bool dry_run) {
  print_line("domain", fmt::format("{}, by {}", printable(prepared.domain.dns_name),
                                   printable(prepared.position.server)));
  print_line("read", text_of_plan(prepared.job.plan));
  print_line("users read", std::to_string(counts.read));
  if (dry_run) {
    print_line("would be sent", std::to_string(sink.upserts()));
    print_line("would be disabled", std::to_string(sink.disables()));
    return;
  }
  print_line("added", std::to_string(counts.added));
  if (counts.matched > 0) print_line("matched", std::to_string(counts.matched));
  print_line("changed", std::to_string(counts.changed));
  print_line("same", std::to_string(counts.same));
  print_line("disabled", std::to_string(counts.disabled));
  print_line("refused", std::to_string(counts.refused));
}

int print_result(const RealmService& service, const SyncOptions& options, const Prepared& prepared,
                 const ad::SyncCounts& counts, const RealmUsersSink& sink, const RealmKeys& keys) {
  if (!service.json()) {
    print_summary(prepared, counts, sink, options.dry_run);
    if (options.write_keys) keys.print_summary();
  } else {
    Json json = json_of(prepared, counts, sink, options.dry_run);
    if (options.write_keys) keys.add_to(json);
    fmt::print("{}\n", json.dump(2, ' ', true, Json::error_handler_t::replace));
  }
  return counts.refused == 0 ? exit_ok : exit_refused;
}

// The state is written last: what failed is read again the next time. What fails of keys does not undo what
// was done of users.
int synchronise(RealmService& service, const SyncOptions& options) {
  const std::int64_t now = std::time(nullptr);
  auto prepared = prepare(options, service.tenant(), now);
  if (!prepared) return prepared.error();
  RealmUsersSink sink(service, options.domain, options.dry_run);
  ad::Sync sync(
      [&](const ad::Search& search, const ad::Connection::Each& each) {
        return prepared->server.connection.search_paged(search, each);
      },
      sink, prepared->job);
  if (const auto done = sync.run(); !done)
    return done.error().text.empty() ? sink.code() : tell_failure(done.error());
  RealmKeys keys(service, prepared->server.connection, options.dry_run);
  const auto& before = prepared->job.before;
  ad::WrittenKeys written = before ? before->keys : ad::WrittenKeys();
  const int keys_code =
      options.write_keys ? keys.run(options.domain, prepared->domain, now, written) : exit_ok;
  if (!options.dry_run)
    if (const auto error = ad::store_state(
            options.state, state_behind(*prepared, service.tenant(), sync, std::move(written))))
      return tell(exit_failed,
                  fmt::format("{} cannot be written: {}", printable(options.state), error.message()));
  const int code = print_result(service, options, *prepared, sync.counts(), sink, keys);
  return keys_code != exit_ok ? keys_code : code;
}

int run(RealmService& service, SyncOptions options) {
  std::transform(options.domain.begin(), options.domain.end(), options.domain.begin(), ascii_lower);
  if (!is_domain(options.domain))
    return tell(exit_usage, fmt::format("\"{}\" is no domain", printable(options.domain)));
  if (!options.keytab.empty() && !options.server.bind_name.empty())
    return tell(exit_usage, "--keytab and --bind-name exclude each other");
  if (options.state.empty()) options.state = fmt::format("/var/lib/ferryman-sync/{}.json", options.domain);
  if (const int code = use_keytab(options.keytab); code != exit_ok) return code;
  return synchronise(service, options);
}

}  // namespace

void add_ad_sync_command(RealmTree& tree, CLI::App& branch) {
  auto options = std::make_shared<SyncOptions>();
  CLI::App& app = *tree.command(branch, "sync", "Take over the users of a domain of Active Directory",
                                [options](RealmService& service, Json&) { return run(service, *options); })
                       .app;
  app.add_option("DOMAIN", options->domain, "Its DNS name")->required();
  add_ad_server_options(app, options->server);
  app.add_option("--keytab", options->keytab,
                 "Whose first principal asks, in place of a ticket that is there")
      ->type_name("FILE");
  app.add_option("--group", options->groups,
                 "Take over its members alone, direct ones and by other groups; may be repeated")
      ->type_name("NAME")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--state", options->state,
                 "What is kept for the next time; by default /var/lib/ferryman-sync/DOMAIN.json")
      ->type_name("FILE");
  app.add_flag("--full", options->full, "Read all users, whatever has changed");
  app.add_option("--max-disable", options->max_disable,
                 "Fail where more users than that are missing; by default a quarter of them, or ten")
      ->type_name("NUMBER");
  app.add_flag("--write-keys", options->write_keys,
               "Write users' Hello keys into the domain, and take those away that were revoked");
  app.add_flag("--dry-run", options->dry_run, "Say what would be sent, and send nothing");
}

}  // namespace ferryman
