#include "ferryman/locate_command.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <tl/expected.hpp>
#include <utility>

#include "base/text.h"
#include "exchange/exchanger.h"
#include "exchange/health_check.h"
#include "ferryman/exit_codes.h"
#include "ferryman/locate_local.h"
#include "ferryman/locate_record.h"
#include "gateway/realm_map.h"
#include "kerberos/names.h"
#include "locate/ad.h"
#include "net/listen_socket.h"
#include "net/resolv_conf.h"
#include "settings/config.h"

namespace ferryman {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
constexpr int exit_found = exit_ok, exit_not_found = 1, exit_no_answer = 3;
constexpr const char* default_config = "/etc/ferryman/ferryman.toml";
constexpr std::array<std::string_view, 4> discoveries{"static", "dns", "krb5",
                                                      "ad"};  // "local" has nothing to look for

constexpr const char* footer =
    "FLAGS are those of DsrGetDcNameEx2: a number (0x600) or names (KDC_REQUIRED,WRITABLE_REQUIRED).\n"
    "Exit codes: 0 located and answering, 1 none located, 2 wrong usage or configuration,\n"
    "3 located but none answers.\n"
    "See ferryman(1).";

struct LocateOptions {
  std::string realm;
  std::string config_file;  // empty: the default one if it is there
  std::string hint;
  std::string site;
  std::string discovery;  // empty: as configured, else "ad"
  std::vector<std::string> dns_servers, allow_networks;
  bool kpasswd = false, fast = false, no_probe = false, json = false;
  double seconds = 10;
};

// What the command line and the configuration together ask for.
struct Plan {
  std::shared_ptr<const locate::RealmSource> source;
  std::vector<std::string> dns_servers;
  std::string local_socket;  // of ferryman-realm
  locate::Query query;
};

// The realm's source in a configuration; null where no file is meant or the file declares no such realm.
tl::expected<std::shared_ptr<const locate::RealmSource>, std::string> configured(const LocateOptions& options,
                                                                                 Plan& plan) {
  const bool given = !options.config_file.empty();
  const std::string file = given ? options.config_file : default_config;
  struct stat status {};
  if (!given && ::stat(file.c_str(), &status) != 0) return nullptr;
  const LoadedConfig loaded = load_config(file);
  if (given && loaded.config.realms.empty() && !loaded.mistakes.empty())
    return tl::unexpected(loaded.mistakes.front().to_string());
  // What only root may read (the TLS key) is no reason not to look: the realms matter here.
  for (const auto& mistake : loaded.mistakes)
    fmt::print(stderr, "ferryman locate: {}\n", mistake.to_string());
  plan.dns_servers = loaded.config.fixed.dns_servers;
  if (loaded.config.local) plan.local_socket = loaded.config.local->socket;
  const auto realm = gateway::RealmMap(loaded.config.realms).find(options.realm);
  if (realm) return realm->source;
  if (!given) return nullptr;
  return tl::unexpected(fmt::format("{}: no realm \"{}\" is declared", file, options.realm));
}

tl::expected<Plan, std::string> make_plan(const LocateOptions& options) {
  Plan plan;
  auto found = configured(options, plan);
  if (!found) return tl::unexpected(found.error());
  auto source = std::make_shared<locate::RealmSource>();
  if (*found) {
    *source = **found;
  } else {
    source->discovery = locate::Discovery::ad;
    source->realm = options.realm;
    source->dns_domain = options.realm;
    source->krb5_conf = "/etc/krb5.conf";
    std::transform(source->dns_domain.begin(), source->dns_domain.end(), source->dns_domain.begin(),
                   ascii_lower);
  }
  if (!options.site.empty()) source->site = options.site;
  const auto discovery = std::find(discoveries.begin(), discoveries.end(), options.discovery);
  if (discovery != discoveries.end())
    source->discovery = static_cast<locate::Discovery>(discovery - discoveries.begin());
  source->dns_allow_networks.insert(source->dns_allow_networks.end(), options.allow_networks.begin(),
                                    options.allow_networks.end());
  for (const auto& mistake : locate::check(*source)) return tl::unexpected(mistake);
  if (!options.dns_servers.empty()) plan.dns_servers = options.dns_servers;

  plan.query.service = options.kpasswd ? discovery::Service::kpasswd : discovery::Service::kdc;
  plan.query.armored = options.fast;
  if (!options.hint.empty()) {
    const auto hint = discovery::parse_hint(options.hint);
    if (!hint) return tl::unexpected("--hint: " + hint.error());
    plan.query.hint = *hint;
  }
  if (!discovery::is_valid_hint(plan.query.hint, !options.site.empty())) {
    return tl::unexpected(fmt::format("--hint {}: these flags exclude each other (ERROR_INVALID_FLAGS)",
                                      discovery::hint_names(plan.query.hint)));
  }
  plan.source = std::move(source);
  return plan;
}

std::vector<std::string> answers_of(const net::Lookup& lookup, std::uint32_t& ttl) {
  std::vector<std::string> answers;
  if (lookup.addresses != nullptr) {
    for (const auto& address : *lookup.addresses) answers.push_back(address.to_string());
    return answers;
  }
  const discovery::DnsRecords records = discovery::read_dns_records(lookup.message);
  ttl = records.ttl_seconds;
  for (const auto& srv : records.srv)
    answers.push_back(fmt::format("{} {} {} {}", srv.priority, srv.weight, srv.port, srv.target));
  for (const auto& uri : records.uri)
    answers.push_back(fmt::format("{} {} {}", uri.priority, uri.weight, uri.target));
  return answers;
}

// Carries out one plan and writes down what happens.
class LookupRecorder : private locate::LocatorObserver {
 public:
  LookupRecorder(const Plan& plan, LocateRecord& record)
      : plan_(plan), record_(record), resolver_(io_, plan.dns_servers), locator_(resolver_, this) {
    resolver_.on_lookup([this](const net::Lookup& lookup) { on_lookup(lookup); });
  }

  void run(std::chrono::milliseconds time, bool with_check);

 private:
  void on_lookup(const net::Lookup& lookup);
  void on_rediscovery(const locate::RealmSource&, discovery::Service) override {}
  void on_located(const locate::LookupEnd& end) override;
  void on_candidate(const locate::RealmSource&, const locate::DomainController& dc,
                    std::string_view verdict) override;
  std::vector<LocateRecord::HealthCheck> check(const discovery::Kdc& kdc);
  template <typename T>
  T wait_for(asio::awaitable<T> task);

  const Plan& plan_;
  LocateRecord& record_;
  asio::io_context io_{1};
  net::Resolver resolver_;
  locate::Locator locator_;
  bool ended_ = false;
  std::vector<locate::Candidate> chosen_;
};

void LookupRecorder::on_lookup(const net::Lookup& lookup) {
  LocateRecord::Question question;
  question.name = lookup.name;
  question.type = lookup.type == net::RecordType::srv   ? "SRV"
                  : lookup.type == net::RecordType::uri ? "URI"
                                                        : "A, AAAA";
  question.status = name(lookup.status);
  question.answers = answers_of(lookup, question.ttl);
  question.took = lookup.took;
  record_.questions.push_back(std::move(question));
}

void LookupRecorder::on_candidate(const locate::RealmSource&, const locate::DomainController& dc,
                                  std::string_view verdict) {
  LocateRecord::DomainController entry;
  entry.name = dc.candidate.kdc.name;
  entry.address = dc.candidate.kdc.address.to_string();
  entry.ping = dc.asked ? name(dc.ping.status) : "not asked";
  entry.verdict = verdict;
  entry.took = dc.ping.took;
  if (const auto& reply = dc.ping.reply) {
    entry.flags = reply->flags;
    entry.site = reply->dc_site;
    entry.client_site = reply->client_site;
    entry.next_closest_site = reply->next_closest_site;
    entry.domain = reply->dns_domain;
    entry.netbios_domain = reply->netbios_domain;
    entry.forest = reply->dns_forest;
  }
  record_.domain_controllers.push_back(std::move(entry));
}

void LookupRecorder::on_located(const locate::LookupEnd& end) {
  ended_ = true;
  chosen_ = end.list;
  record_.why = end.why;
}

template <typename T>
T LookupRecorder::wait_for(asio::awaitable<T> task) {
  std::optional<T> result;
  asio::co_spawn(io_, std::move(task),
                 [&result](const std::exception_ptr&, T value) { result = std::move(value); });
  io_.restart();
  while (!result && io_.run_one() > 0) {
  }
  return std::move(*result);
}

std::string why_there(const locate::Candidate& candidate, bool ad) {
  std::string reason = fmt::format("priority {}, weight {}", candidate.priority, candidate.kdc.weight);
  if (!ad) return reason;
  constexpr std::array<std::string_view, 3> places{"in the own site", "in the next closest site",
                                                   "elsewhere in the domain"};
  const bool last = candidate.nearness >= locate::beyond_all_sites;
  return fmt::format("{}{}, {}", places[candidate.nearness % locate::beyond_all_sites / 2],
                     last ? ", read-only" : "", reason);
}

void LookupRecorder::run(std::chrono::milliseconds time, bool with_check) {
  const auto deadline = Clock::now() + time;
  wait_for(locator_.locate(plan_.source, plan_.query, deadline));
  while (!ended_ && io_.run_one_until(deadline) > 0) {
  }
  if (!ended_) record_.why = "deadline";
  const bool ad = !record_.domain_controllers.empty();
  for (const locate::Candidate& candidate : chosen_) {
    LocateRecord::Kdc entry;
    entry.endpoint = net::peer_name({candidate.kdc.address, candidate.kdc.port});
    entry.name = candidate.kdc.name;
    entry.reason = why_there(candidate, ad);
    if (with_check) entry.checks = check(candidate.kdc);
    record_.kdcs.push_back(std::move(entry));
  }
}

LocateRecord::HealthCheck record_of(const exchange::Outcome& outcome, Clock::time_point begun) {
  LocateRecord::HealthCheck check;
  check.took = std::chrono::duration_cast<std::chrono::microseconds>(outcome.ended - begun);
  check.answered = outcome.status == exchange::Status::answered;
  if (check.answered) {
    check.result = kerberos::error_name(outcome.reply.error_code);
    if (check.result.empty()) check.result = kerberos::name(outcome.reply.kind);
  } else {
    check.result = outcome.status == exchange::Status::deadline ? "silent" : "refused or closed";
  }
  return check;
}

// An AS-REQ that any KDC of the realm answers, over each transport that may be used, all at the same time; a
// kpasswd service has no such question.
std::vector<LocateRecord::HealthCheck> LookupRecorder::check(const discovery::Kdc& kdc) {
  constexpr std::chrono::seconds check_time{3};
  const auto message = exchange::health_check_request(plan_.source->realm);
  const auto request = kerberos::parse_request(message);
  if (!request) return {};
  exchange::Exchanger exchanger(io_, exchange::Options());
  const auto begun = Clock::now();
  std::vector<LocateRecord::HealthCheck> checks;
  std::size_t asked = 0;
  for (const auto transport : {discovery::Transport::tcp, discovery::Transport::udp}) {
    if (kdc.transport != discovery::Transport::any && kdc.transport != transport) continue;
    discovery::Kdc one = kdc;
    one.transport = transport;
    const auto only = std::make_shared<const std::vector<discovery::Kdc>>(1, std::move(one));
    auto done = [&checks, begun, transport](const std::exception_ptr&, const exchange::Outcome& outcome) {
      checks.push_back(record_of(outcome, begun));
      checks.back().transport = transport == discovery::Transport::udp ? "UDP" : "TCP";
    };
    asio::co_spawn(io_, exchanger.exchange(*request, only, begun + check_time), std::move(done));
    ++asked;
  }
  io_.restart();
  while (checks.size() < asked && io_.run_one() > 0) {
  }
  std::sort(checks.begin(), checks.end(),
            [](const auto& a, const auto& b) { return a.transport < b.transport; });
  return checks;
}

int run_locate(const LocateOptions& options) {
  const auto plan = make_plan(options);
  if (!plan) {
    fmt::print(stderr, "ferryman locate: {}\n", plan.error());
    return exit_usage;
  }
  if (plan->source->discovery == locate::Discovery::local) {
    const LocalRealm found = look_for_local_realm(plan->source->realm, plan->local_socket);
    fmt::print("{}", options.json ? to_json(found) : to_text(found));
    return found.trouble.empty() ? exit_found : exit_no_answer;
  }
  LocateRecord record;
  record.realm = plan->source->realm;
  record.discovery = discoveries[static_cast<std::size_t>(plan->source->discovery)];
  const bool asks_dns =
      plan->source->discovery == locate::Discovery::ad || plan->source->discovery == locate::Discovery::dns;
  if (asks_dns) record.domain = plan->source->dns_domain;
  record.site = plan->source->site;
  record.service = name(plan->query.service);
  record.hint = plan->query.hint;
  record.fast = plan->query.armored;
  record.dns_servers = plan->dns_servers.empty() ? net::system_name_servers() : plan->dns_servers;
  const bool with_check = !options.no_probe && !options.kpasswd;
  const std::chrono::duration<double> time(options.seconds);
  LookupRecorder(*plan, record).run(std::chrono::duration_cast<std::chrono::milliseconds>(time), with_check);
  fmt::print("{}", options.json ? to_json(record) : to_text(record));
  if (record.kdcs.empty()) return exit_not_found;
  const bool answers =
      std::any_of(record.kdcs.begin(), record.kdcs.end(), [](const auto& kdc) { return kdc.answered(); });
  return with_check && !answers ? exit_no_answer : exit_found;
}

}  // namespace

void add_locate_command(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<LocateOptions>();
  auto& locate = *options;
  auto* command = app.add_subcommand(
      "locate",
      "Find the KDCs of a realm as the gateway does, and show each step: DNS, pings, choice, probe");
  command->add_option("REALM", locate.realm, "The realm")->required();
  command->add_option(
      "-c,--config", locate.config_file,
      "ferryman.toml whose [realms] and [dns] hold; default /etc/ferryman/ferryman.toml if it "
      "declares the realm, else discovery \"ad\" by the system's DNS");
  command->add_option("--hint", locate.hint, "Flags of the dclocator-hint; default IP_REQUIRED,KDC_REQUIRED")
      ->type_name("FLAGS");
  command->add_option("--site", locate.site, "Active Directory site to prefer");
  command->add_option("--discovery", locate.discovery, "How to look, whatever is configured")
      ->check(CLI::IsMember({"static", "dns", "krb5", "ad"}));
  command->add_flag("--kpasswd", locate.kpasswd, "Locate the password-change service");
  command->add_flag("--fast", locate.fast, "As for a FAST-armored request");
  command->add_option("--dns", locate.dns_servers, "DNS server, ADDRESS or ADDRESS:PORT; may be repeated")
      ->type_name("SERVER");
  command
      ->add_option("--allow-network", locate.allow_networks,
                   "Network that DNS may point at although it is loopback or link-local")
      ->type_name("CIDR");
  command->add_option("--timeout", locate.seconds, "Seconds for the whole search")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 300.0));
  command->add_flag("--no-probe", locate.no_probe, "Do not ask the located KDCs whether they answer");
  command->add_flag("--json", locate.json, "Print JSON");
  command->footer(footer);
  command->callback([options, &run] { run = [options] { return run_locate(*options); }; });
}

}  // namespace ferryman
