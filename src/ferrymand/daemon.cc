#include "ferrymand/daemon.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <optional>
#include <system_error>

#include "base/service_manager.h"
#include "ferrymand/metrics.h"
#include "ferrymand/processors.h"
#include "ferrymand/status_json.h"
#include "ferrymand/trace_command.h"
#include "net/key_log.h"
#include "net/listen_socket.h"
#include "net/resolv_conf.h"
#include "net/tls_context.h"
#include "settings/config_tls.h"

namespace ferryman {
namespace {

using telemetry::Level;

constexpr std::chrono::seconds watch_interval{2};

std::vector<std::string> tls_files(const net::TlsOptions& tls) {
  std::vector<std::string> files = tls.certificate;
  files.insert(files.end(), tls.private_key.begin(), tls.private_key.end());
  std::copy_if(tls.ocsp_response.begin(), tls.ocsp_response.end(), std::back_inserter(files),
               [](const std::string& file) { return !file.empty(); });
  if (!tls.client_ca.empty()) files.push_back(tls.client_ca);
  return files;
}

std::shared_ptr<const gateway::Settings> gateway_settings(const Config& config) {
  auto settings = std::make_shared<gateway::Settings>();
  settings->realms = config.realms;
  settings->exchange = config.exchange;
  settings->local = config.local;
  const gateway::Realm* longest = nullptr;
  for (const gateway::Realm& realm : config.realms) {
    if (realm.is_local() && (longest == nullptr || longest->deadline < realm.deadline)) longest = &realm;
  }
  if (longest != nullptr) settings->sign_in_deadline = longest->deadline;
  settings->max_in_flight = config.connections.max_in_flight;
  settings->client = config.connections.client;
  settings->drop_malformed = config.drop_malformed;
  settings->max_udp_answer = config.max_udp_answer;
  return settings;
}

net::ListenerOptions listener_options(const Listen& listen) {
  return {listen.tls,
          listen.paths,
          listen.health_path,
          listen.proxy_protocol,
          listen.trusted_proxies,
          listen.client_certificates,
          listen.client_address,
          listen.protocol == Protocol::kerberos,
          listen.trace_headers};
}

// How the listeners that have TLS ask for client certificates.
std::vector<std::optional<net::ClientCertificates>> tls_listeners(const FixedConfig& fixed) {
  std::vector<std::optional<net::ClientCertificates>> found;
  for (const Listen& listen : fixed.listen) {
    if (listen.tls) found.push_back(listen.client_certificates);
  }
  return found;
}

bool asks_for_certificates(const FixedConfig& fixed, const net::TlsOptions& tls) {
  const auto listeners = tls_listeners(fixed);
  return std::any_of(listeners.begin(), listeners.end(), [&tls](const auto& own) {
    return own.value_or(tls.client_certificates) != net::ClientCertificates::off;
  });
}

bool is_on_loopback(const net::ListenAddress& address) {
  return address.host.empty() || boost::asio::ip::make_address(address.host).is_loopback();
}

// Each connection and each exchange is a descriptor: take what the system allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// How many connections the allowed descriptors are enough for. A quarter is kept for KDCs, files and the
// rest: those that are idle need none.
std::uint32_t affordable_connections(std::uint32_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return wanted;
  return static_cast<std::uint32_t>(std::min<rlim_t>(wanted, std::max<rlim_t>(limit.rlim_cur / 4 * 3, 1)));
}

unsigned worker_count(const FixedConfig& fixed) {
  return fixed.workers != 0 ? fixed.workers : usable_processors();
}

}  // namespace

Daemon::Daemon(std::string config_file, std::function<LoadedConfig()> load, Config config)
    : config_file_(std::move(config_file)),
      load_(std::move(load)),
      config_(std::move(config)),
      log_(config_.log),
      signals_(io_, SIGHUP, SIGTERM, SIGINT),
      watch_timer_(io_),
      drain_timer_(io_),
      certificates_(tls_files(config_.tls)),
      resolv_conf_({net::resolv_conf_file}) {}

Daemon::~Daemon() = default;

int Daemon::run() {
  ::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  if (!bind_all() || !bind_admin() || !bind_admin_socket()) return exit_bad_configuration;

  for (std::size_t i = 0; i < listeners_.front().descriptors.size(); ++i) {
    auto connections = connection_config(config_);
    if (!connections) return exit_bad_configuration;
    workers_.push_back(
        std::make_unique<Worker>(static_cast<unsigned>(i), config_.fixed.dns_servers, counts_, log_,
                                 WorkerConfig{std::move(connections), gateway_settings(config_)}));
    for (const BoundListener& listener : listeners_) {
      workers_.back()->listen(listener.descriptors[i],
                              listener_options(config_.fixed.listen[listener.listen]));
      if (!listener.datagrams.empty()) workers_.back()->take_datagrams(listener.datagrams[i]);
    }
  }
  certificate_dates_ = net::certificate_dates(config_.tls);
  if (!become_user()) return exit_failure;
  for (const auto& worker : workers_) worker->start();

  say_listening();
  if (admin_) {
    log_.write(Level::info, "metrics and health", {{"address", net::to_string(*config_.fixed.admin)}});
  }
  if (admin_socket_) log_.write(Level::info, "administration", {{"socket", config_.fixed.admin_socket}});
  say_name_servers();
  say_open_passwords();
  say_few_descriptors();
  say_key_log();
  log_.write(
      Level::info, "ready",
      {{"workers", std::to_string(workers_.size())}, {"realms", std::to_string(config_.realms.size())}});
  notify_service_manager("READY=1");
  wait_for_signal();
  look_at_readiness();
  watch_files();
  io_.run();
  workers_.clear();
  log_.write(Level::info, "stopped");
  return exit_code_;
}

// Once at start, and again after a reload: this is the one default whose change opens a KDC to guessing.
void Daemon::say_open_passwords() {
  for (const gateway::Realm& realm : config_.realms) {
    if (!realm.rules.allow_unarmored_password) continue;
    log_.write(Level::warning, "passwords outside FAST are allowed", {{"realm", realm.name}});
  }
}

void Daemon::say_few_descriptors() {
  const std::uint32_t wanted = config_.connections.max_connections, allowed = affordable_connections(wanted);
  if (allowed == wanted) return;
  log_.write(Level::warning,
             "fewer connections than max_connections for want of descriptors; LimitNOFILE= sets more",
             {{"connections", std::to_string(allowed)}, {"max_connections", std::to_string(wanted)}});
}

void Daemon::say_key_log() {
  if (config_.tls.key_log.empty()) return;
  log_.write(Level::warning, "the secrets of all TLS connections are written to a file",
             {{"file", config_.tls.key_log}});
}

// At start and whenever they change. Each worker's resolver sees that by itself.
void Daemon::say_name_servers() {
  if (!config_.fixed.dns_servers.empty()) return;
  std::string servers;
  for (const auto& server : net::system_name_servers()) servers += (servers.empty() ? "" : ",") + server;
  log_.write(Level::info, "DNS servers of the system",
             {{"file", net::resolv_conf_file}, {"servers", servers.empty() ? "none" : servers}});
}

bool Daemon::bind_admin() {
  if (!config_.fixed.admin) return true;
  const std::string address = net::to_string(*config_.fixed.admin);
  const auto opened = net::open_listeners(*config_.fixed.admin, 1);
  if (!opened && !opened.error().no_such_family) {
    say_mistakes({{config_file_, config_.fixed.admin_line, 0, opened.error().text}});
    return false;
  }
  if (!opened) {
    log_.write(Level::warning, "this host has no IPv6, so [admin] is not served", {{"address", address}});
    return true;
  }
  if (!opened->assigned)
    log_.write(Level::warning, "this host does not have that address yet", {{"address", address}});
  AdminPages pages;
  pages.metrics = [this](MetricsFormat format, std::function<void(std::string)> take) {
    gather_metrics(format, std::move(take));
  };
  pages.alive = [this](std::function<void()> take) {
    gather([take = std::move(take)](const std::vector<gateway::Report>&) { take(); });
  };
  pages.ready = [this] { return readiness(); };
  pages.status = [this](const std::function<void(const Status&)>& take) { gather_status(take); };
  pages.on_loopback = is_on_loopback(*config_.fixed.admin);
  admin_ = std::make_unique<AdminServer>(io_, std::move(pages));
  admin_->listen(opened->descriptors.front());
  return true;
}

bool Daemon::bind_admin_socket() {
  const FixedConfig& fixed = config_.fixed;
  if (fixed.admin_socket.empty()) return true;
  auto opened = AdminSocket::open(io_, log_, {fixed.admin_socket, fixed.admin_group, fixed.user});
  if (!opened) {
    say_mistakes({{config_file_, 0, 0, "[admin] socket: " + opened.error()}});
    return false;
  }
  admin_socket_ = std::move(*opened);
  admin_socket_->add(
      "trace", trace_command({io_, counts_.gateway.traces, log_, [this] { return config_.tls.key_log; }}));
  admin_socket_->add("status", [this](const admin::Request&, const AdminConnectionPtr& connection) {
    gather_status(
        [connection](const Status& status) { connection->answer(admin::Json::parse(status_json(status))); });
  });
  admin_socket_->start();
  return true;
}

// Each worker reports on its own thread; with the last report they are complete.
void Daemon::gather(std::function<void(const std::vector<gateway::Report>&)> take) {
  const auto gathering = gatherings_.insert(gatherings_.end(), {{}, std::move(take)});
  for (const auto& worker : workers_) {
    worker->report([this, gathering](gateway::Report report) {
      boost::asio::post(io_, [this, gathering, report = std::move(report)]() mutable {
        gathering->reports.push_back(std::move(report));
        if (gathering->reports.size() < workers_.size()) return;
        gathering->take(gathering->reports);
        gatherings_.erase(gathering);
      });
    });
  }
}

ProcessCounts Daemon::process_counts() {
  gateway::Shared& shared = counts_.gateway;
  const auto now = std::chrono::steady_clock::now();
  return {counts_.connections.load(),
          shared.in_flight.load(),
          shared.clients.counts(now),
          shared.failures.in_use(now),
          started_,
          certificate_dates_};
}

// ferryman-realm is one for all workers, so one of them asks it.
void Daemon::gather_with_realm(
    std::function<void(const std::vector<gateway::Report>&, const RealmMetrics&)> take) {
  auto ask_workers = [this, take = std::move(take)](RealmMetrics realm) {
    gather([take, realm = std::move(realm)](const std::vector<gateway::Report>& reports) {
      take(reports, realm);
    });
  };
  if (!config_.local) return ask_workers({});
  workers_.front()->ask_realm_status(
      [this, ask_workers = std::move(ask_workers)](std::optional<local::Status> status) {
        RealmMetrics realm{true, std::move(status)};
        boost::asio::post(io_, [ask_workers, realm = std::move(realm)] { ask_workers(realm); });
      });
}

void Daemon::gather_metrics(MetricsFormat format, std::function<void(std::string)> take) {
  gather_with_realm([this, format, take = std::move(take)](const std::vector<gateway::Report>& reports,
                                                           const RealmMetrics& realm) {
    take(metrics_page(process_counts(), reports, realm, format));
  });
}

void Daemon::gather_status(const std::function<void(const Status&)>& take) {
  gather_with_realm([this, take](const std::vector<gateway::Report>& reports, const RealmMetrics& realm) {
    Status status;
    status.version = FERRYMAN_VERSION;
    status.now = std::chrono::system_clock::now();
    status.ready = readiness_.ready();
    status.draining = stopping_;
    status.process = process_counts();
    status.history = history_.slots();
    status.local = realm;
    status.config = to_toml(config_);
    take_reports(status, reports, readiness_.realms());
    take(status);
  });
}

void Daemon::look_at_readiness() {
  if (std::exchange(looking_, true)) return;  // a worker hangs: what was known stays
  gather([this](const std::vector<gateway::Report>& reports) {
    looking_ = false;
    const bool serves_others =
        std::any_of(config_.realms.begin(), config_.realms.end(),
                    [](const gateway::Realm& realm) { return realm.name.starts_with('*'); });
    const bool before = readiness_.ready();
    readiness_.look(reports, serves_others, Readiness::Clock::now());
    history_.look(reports, History::Clock::now());
    counts_.gateway.ready = readiness_.ready() && !stopping_;
    if (readiness_.ready() == before) return;
    readiness_.ready() ? log_.write(Level::info, "ready again: a realm can be served")
                       : log_.write(Level::warning, "not ready: no realm can be served");
  });
}

AdminPages::Ready Daemon::readiness() const {
  const bool ready = readiness_.ready() && !stopping_;
  const std::string_view state = stopping_ ? "draining\n" : ready ? "ready\n" : "not ready\n";
  return {ready, std::string(state) + readiness_.page()};
}

bool Daemon::bind_all() {
  BoundListeners bound = bind_listeners(config_.fixed, worker_count(config_.fixed));
  for (ConfigMistake& mistake : bound.mistakes) mistake.file = config_file_;
  say_mistakes(bound.mistakes);
  if (!bound.mistakes.empty()) return false;
  for (const auto& remark : bound.remarks) {
    log_.write(Level::warning, remark.text, {{"address", net::to_string(remark.address)}});
  }
  listeners_ = std::move(bound.listeners);
  return true;
}

void Daemon::say_listening() {
  for (const BoundListener& listener : listeners_) {
    const Listen& listen = config_.fixed.listen[listener.listen];
    if (!listener.assigned) continue;
    const std::string address = net::to_string(listener.at);
    if (listen.protocol == Protocol::kerberos) {
      log_.write(Level::info, "listening", {{"address", address}, {"protocol", "kerberos"}});
    } else {
      log_.write(Level::info, "listening", {{"address", address}, {"tls", listen.tls ? "yes" : "no"}});
    }
  }
}

// Of addresses that this host did not have at start.
void Daemon::say_arrived() {
  for (BoundListener& listener : listeners_) {
    if (listener.assigned || !net::is_assigned(listener.at)) continue;
    listener.assigned = true;
    log_.write(Level::info, "this host has that address now", {{"address", net::to_string(listener.at)}});
  }
}

bool Daemon::become_user() {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const std::string& user = config_.fixed.user;
  if (user.empty() || ::geteuid() != 0) return true;
  const passwd* entry = ::getpwnam(user.c_str());
  const std::string& key_log = config_.tls.key_log;
  if (entry != nullptr && !key_log.empty() && !net::give_key_log(key_log, entry->pw_uid, entry->pw_gid)) {
    const std::string cause = std::generic_category().message(errno);
    log_.write(Level::warning, "the key log stays another user's, and no reload can open it",
               {{"file", key_log}, {"cause", cause}});
  }
  if (entry != nullptr && ::initgroups(user.c_str(), entry->pw_gid) == 0 && ::setgid(entry->pw_gid) == 0 &&
      ::setuid(entry->pw_uid) == 0) {
    return true;
  }
  log_.write(Level::error, "cannot become the user of [process] user", {{"user", user}});
  return false;
}

std::shared_ptr<const net::ConnectionConfig> Daemon::connection_config(const Config& config) {
  auto result = std::make_shared<net::ConnectionConfig>();
  result->http = config.http;
  result->limits = config.connections;
  result->limits.max_connections = affordable_connections(config.connections.max_connections);
  auto contexts = net::TlsContexts::load(config.tls, tls_listeners(config_.fixed), ticket_keys_);
  if (!contexts) {
    log_.write(Level::error, "TLS files cannot be used", {{"cause", contexts.error()}});
    return nullptr;
  }
  result->tls = std::move(*contexts);
  return result;
}

// Builds everything that the workers need, then hands it over; false, and nothing has changed, when a part
// cannot be built.
bool Daemon::apply(const Config& config) {
  std::vector<WorkerConfig> made;
  const auto settings = gateway_settings(config);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    auto connections = connection_config(config);
    if (!connections) return false;
    made.push_back({std::move(connections), settings});
  }
  // A ticket from before stands for a client that was checked by other rules.
  if (asks_for_certificates(config_.fixed, config.tls) || asks_for_certificates(config_.fixed, config_.tls))
    ticket_keys_.reset();
  for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i]->configure(std::move(made[i]));
  certificate_dates_ = net::certificate_dates(config.tls);
  return true;
}

// At each reload, also one that is refused: logrotate has renamed the file.
bool Daemon::reopen_log(const telemetry::LogOptions& options) {
  try {
    log_.reconfigure(options);
    return true;
  } catch (const std::system_error& error) {
    log_.write(Level::error, "the log stays where it was", {{"cause", error.what()}});
    return false;
  }
}

void Daemon::reload() {
  notify_service_manager("RELOADING=1");
  LoadedConfig loaded = load_();
  bool done = loaded.mistakes.empty();
  if (!done) say_mistakes(loaded.mistakes);
  if (done) done = apply(loaded.config);
  if (done) {
    for (const ConfigMistake& warning : loaded.warnings)
      log_.write(Level::warning, "configuration warning", {{"warning", warning.to_string()}});
    if (!reopen_log(loaded.config.log)) loaded.config.log = config_.log;
    if (!(loaded.config.fixed == config_.fixed)) {
      log_.write(Level::warning,
                 "a change of [[listen]], [process], [dns] or [admin] takes effect with the next start");
    }
    loaded.config.fixed = config_.fixed;
    config_ = std::move(loaded.config);
    certificates_ = net::FileWatch(tls_files(config_.tls));
    say_open_passwords();
    say_key_log();
    log_.write(Level::info, "reloaded", {{"realms", std::to_string(config_.realms.size())}});
  } else {
    reopen_log(config_.log);
    log_.write(Level::error, "reload refused, the configuration in force stays");
  }
  notify_service_manager("READY=1");
}

void Daemon::reload_certificates() {
  if (!certificates_.changed()) return;
  if (apply(config_)) {
    log_.write(Level::info, "certificates read again");
    for (const std::string& warning : check_tls(config_.tls, false).warnings)
      log_.write(Level::warning, "TLS files", {{"warning", warning}});
  } else {
    log_.write(Level::error, "certificates changed but cannot be used, those in force stay");
  }
}

void Daemon::watch_files() {
  watch_timer_.expires_after(watch_interval);
  watch_timer_.async_wait([this](boost::system::error_code error) {
    if (error || stopping_) return;
    ticket_keys_.rotate(std::chrono::steady_clock::now());
    reload_certificates();
    if (resolv_conf_.changed()) say_name_servers();
    say_arrived();
    look_at_readiness();
    watch_files();
  });
}

void Daemon::wait_for_signal() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      if (!stopping_) reload();
    } else if (!stopping_) {
      begin_drain();
    } else {
      log_.write(Level::warning, "told to stop again, ending at once");
      exit_code_ = exit_failure;
      io_.stop();
    }
    wait_for_signal();
  });
}

void Daemon::begin_drain() {
  stopping_ = true;
  counts_.gateway.ready = false;
  notify_service_manager("STOPPING=1");
  log_.write(Level::info, "draining",
             {{"connections", std::to_string(counts_.connections.load())},
              {"in_flight", std::to_string(counts_.gateway.in_flight.load())}});
  watch_timer_.cancel();
  draining_ = workers_.size();
  for (const auto& worker : workers_) {
    worker->drain([this] { boost::asio::post(io_, [this] { worker_drained(); }); });
  }
  drain_timer_.expires_after(config_.drain_timeout);
  drain_timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    log_.write(Level::warning, "drain_timeout is over, ending what is left",
               {{"connections", std::to_string(counts_.connections.load())},
                {"in_flight", std::to_string(counts_.gateway.in_flight.load())}});
    exit_code_ = exit_failure;
    io_.stop();
  });
}

void Daemon::worker_drained() {
  if (--draining_ == 0) io_.stop();
}

// On standard error as well when that is not where the log goes: who starts the service sees it.
void Daemon::say_mistakes(const std::vector<ConfigMistake>& mistakes) {
  for (const auto& mistake : mistakes) {
    if (config_.log.destination != telemetry::Destination::standard_error || workers_.empty()) {
      fmt::print(stderr, "{}\n", mistake.to_string());
    }
    if (!workers_.empty())
      log_.write(Level::error, "configuration mistake", {{"mistake", mistake.to_string()}});
  }
}

}  // namespace ferryman
