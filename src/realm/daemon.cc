#include "realm/daemon.h"

#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>
#include <utility>

#include "base/service_manager.h"
#include "pkinit/kdc_identity.h"
#include "realm/open_directory.h"
#include "realm/private_memory.h"
#include "realm/system_calls.h"
#include "realm/writable_paths.h"

namespace ferryman::realm {
namespace {

using telemetry::Level;

Settings settings_of(const Config& config) {
  return {config.name, config.sign_in, config.policy, config.public_keys};
}

// SIGHUP, SIGTERM and SIGINT as a descriptor; threads that start later have them blocked as well.
int open_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGHUP, SIGTERM, SIGINT}) ::sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return ::signalfd(-1, &set, SFD_CLOEXEC);
}

std::string folder_of(const std::string& path) {
  return path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
}

// Between two times that logons are written to the directory.
constexpr std::chrono::seconds write_behind_pause{60};
constexpr auto warn_before_end = std::chrono::days(30);

}  // namespace

Daemon::Daemon(std::string config_file, Config config, std::string_view version)
    : config_file_(std::move(config_file)), version_(version), config_(std::move(config)) {}

Daemon::~Daemon() {
  if (signals_ >= 0) ::close(signals_);
}

int Daemon::fail(std::string_view text, int code) {
  fmt::print(stderr, "ferryman-realm: {}\n", text);
  return code;
}

int Daemon::run() {
  if (const int code = open(); code != exit_ok) return code;
  log_ = std::make_unique<telemetry::Log>(config_.log);
  start();
  while (!ended_) serve();
  front_.reset();
  sync_.reset();
  admin_.reset();
  look_after_the_directory();
  log_->write(Level::info, "stopped");
  return exit_code_;
}

// What needs files, users and the right to open them.
int Daemon::open() {
  signals_ = open_signals();
  if (signals_ < 0) return fail("signals cannot be waited for", exit_failure);
  memory_warning_ = keep_memory_private();
  const ServiceConfig& service = config_.fixed.service;
  if (const std::string missing = look_up_users(); !missing.empty())
    return fail(missing + " does not exist any more", exit_failure);
  auto directory = open_directory(config_.fixed);
  if (!directory) return fail(directory.error(), exit_bad_configuration);
  directory_ = *std::move(directory);
  database_ = config_.fixed.database;
  const std::string wrong_tenant = check_default_tenant(*directory_, config_);
  if (!wrong_tenant.empty()) return fail(wrong_tenant, exit_bad_configuration);
  for (auto [path, socket] : {std::pair(&service.front, &front_socket_),
                              {&service.admin, &admin_socket_},
                              {&service.sync, &sync_socket_}}) {
    if (path->empty()) continue;
    auto opened = ListenSocket::open(*path);
    if (!opened) return fail(opened.error(), exit_bad_configuration);
    socket->emplace(*std::move(opened));
  }
  return confine() ? exit_ok : exit_failure;
}

// The key whose user is not there; empty: all are.
std::string Daemon::look_up_users() {
  const ServiceConfig& service = config_.fixed.service;
  const passwd* user = ::getpwnam(service.front_user.c_str());
  if (user == nullptr) return "front_user";
  front_uid_ = user->pw_uid;
  if (const group* const admins = ::getgrnam(service.admin_group.c_str())) admin_gid_ = admins->gr_gid;
  if (service.sync.empty()) return {};
  user = ::getpwnam(service.sync_user.c_str());
  if (user == nullptr) return "sync_user";
  sync_uid_ = user->pw_uid;
  return {};
}

// While this is the only thread. What it cannot have on this kernel is told once there is a log.
bool Daemon::confine() {
  const FixedConfig& fixed = config_.fixed;
  const bool file = directory::is_file(fixed.database);
  WritablePaths paths{{folder_of(fixed.service.front), folder_of(fixed.service.admin)}};
  if (sync_uid_) paths.removable.push_back(folder_of(fixed.service.sync));
  if (file) paths.writable.push_back(folder_of(fixed.database));
  landlock_warning_ = forbid_writing(paths);
  const std::string error = restrict_system_calls(file ? Connecting::never : Connecting::by_unix_sockets);
  if (!error.empty()) fail("system calls cannot be restricted: " + error, exit_failure);
  return error.empty();
}

void Daemon::start() {
  const ServiceConfig& service = config_.fixed.service;
  if (!memory_warning_.empty())
    log_->write(Level::warning, "memory is not locked", {{"cause", memory_warning_}});
  if (!landlock_warning_.empty())
    log_->write(Level::warning, "files are guarded by their modes only", {{"cause", landlock_warning_}});
  if (::geteuid() == 0) log_->write(Level::warning, "running as root");
  service_ = std::make_unique<Service>(*directory_, *directory_, settings_of(config_));
  requests_ = std::make_unique<RequestLog>(*log_, history_);
  front_ = std::make_unique<Front>(
      *std::move(front_socket_), *service_, *log_, *requests_,
      Front::Options{front_uid_, service.threads, service.max_connections, service.max_queue});
  serve_administrators();
  next_write_behind_ = std::chrono::steady_clock::now() + write_behind_pause;
  log_->write(Level::info, "ready",
              {{"realm", config_.name}, {"front", service.front}, {"admin", service.admin}});
  notify_service_manager("READY=1");
}

void Daemon::serve_administrators() {
  if (!admin_gid_)
    log_->write(Level::warning, "only root and the own user may administer, the group is not there",
                {{"admin_group", config_.fixed.service.admin_group}});
  administration_ = std::make_unique<Administration>(Administration::Surroundings{
      *directory_, *directory_, history_, *log_, [this] { return service_->settings()->policy; },
      [this] { return service_->settings()->sign_in.tenant; },
      [this] { return service_->settings()->sign_in.enrol_by_code; },
      [this](const directory::ObjectId& id) { service_->attempts().forget(id); }, [this] { return status(); },
      [this] { return BackupCopy::make(*directory_, database_ + ".backup"); },
      [this, fixed = config_.fixed](std::string_view asked) {
        return change_master_key(*directory_, fixed, asked);
      }});
  admin_ = std::make_unique<AdminSocket>(*std::move(admin_socket_), *administration_, *log_,
                                         AdminSocket::Options{.group = admin_gid_});
  sync_ended_ = !sync_uid_;
  if (!sync_uid_) return;
  const AdminSocket::Options options{"synchronisation", std::nullopt, sync_uid_, Commands::of_sync};
  sync_ = std::make_unique<AdminSocket>(*std::move(sync_socket_), *administration_, *log_, options);
}

// Any thread.
admin::Json Daemon::status() const {
  const auto settings = service_->settings();
  const RequestCounts counts = requests_->counts();
  return {{"realm", settings->realm},
          {"url", settings->sign_in.url},
          {"version", version_},
          {"started", std::chrono::duration_cast<std::chrono::seconds>(started_.time_since_epoch()).count()},
          {"database", database_},
          {"as", counts.as},
          {"tgs", counts.tgs},
          {"kpasswd", counts.kpasswd},
          {"sign_in", counts.sign_in},
          {"malformed", counts.malformed},
          {"errors", counts.errors}};
}

// Until the drain has taken too long, or logons have to be written.
int Daemon::poll_timeout() const {
  const auto until = draining_ ? std::min(drain_end_, next_write_behind_) : next_write_behind_;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

void Daemon::look_after_the_directory() {
  next_write_behind_ = std::chrono::steady_clock::now() + write_behind_pause;
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t now = std::chrono::duration_cast<std::chrono::seconds>(since).count();
  const auto forgotten = directory_->forget_expired(now);
  auto written = directory_->write_behind();
  if (const auto failures = service_->attempts().write_behind(*directory_, now); written) written = failures;
  // What cannot be written now is forgotten later: it is of no use to anybody, and only takes room.
  const bool is_told = !forgotten && forgotten.error().reason != directory::Reason::read_only &&
                       forgotten.error().reason != directory::Reason::full;
  if (written && !is_told) return;
  requests_->directory_failed();
  if (!written) log_->write(Level::error, "logons are not written yet", {{"cause", written.error().text}});
  if (is_told)
    log_->write(Level::error, "nonces and tokens that have expired are still kept",
                {{"cause", forgotten.error().text}});
}

// Nobody else is asked before clients refuse it.
void Daemon::look_at_certificate() {
  next_look_at_certificate_ = std::chrono::steady_clock::now() + std::chrono::days(1);
  const auto& identity = config_.public_keys.identity;
  if (!identity) return;
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const auto left = std::chrono::seconds(identity->certificate.not_after()) - since;
  if (left > warn_before_end) return;
  log_->write(left > left.zero() ? Level::warning : Level::error,
              left > left.zero() ? "the KDC's certificate ends soon" : "the KDC's certificate has ended",
              {{"certificate", config_.kdc_certificate.certificate},
               {"days", std::to_string(std::chrono::floor<std::chrono::days>(left).count())}});
}

// One turn of the first thread: a signal, the end of the drain, that it takes too long, or the directory's
// minute.
void Daemon::serve() {
  std::array<pollfd, 4> waited{{{signals_, POLLIN, 0},
                                {front_ended_ ? -1 : front_->done(), POLLIN, 0},
                                {admin_ended_ ? -1 : admin_->done(), POLLIN, 0},
                                {sync_ended_ ? -1 : sync_->done(), POLLIN, 0}}};
  const int ready = ::poll(waited.data(), waited.size(), poll_timeout());
  if (ready < 0) return;
  if (waited[0].revents != 0) {
    signalfd_siginfo signal{};
    if (::read(signals_, &signal, sizeof signal) == sizeof signal) obey(static_cast<int>(signal.ssi_signo));
  }
  if (waited[1].revents != 0) front_ended_ = true;
  if (waited[2].revents != 0) admin_ended_ = true;
  if (waited[3].revents != 0) sync_ended_ = true;
  if (front_ended_ && admin_ended_ && sync_ended_) ended_ = true;
  const auto now = std::chrono::steady_clock::now();
  if (now >= next_write_behind_) look_after_the_directory();
  if (now >= next_look_at_certificate_) look_at_certificate();
  if (draining_ && !ended_ && now >= drain_end_) {
    log_->write(Level::warning, "drain_timeout is over, ending what is left");
    exit_code_ = exit_failure;
    ended_ = true;
  }
}

void Daemon::obey(int signal) {
  if (signal == SIGHUP) {
    if (!draining_) reload();
  } else if (!draining_) {
    begin_drain();
  } else {
    log_->write(Level::warning, "told to stop again, ending at once");
    exit_code_ = exit_failure;
    ended_ = true;
  }
}

void Daemon::begin_drain() {
  draining_ = true;
  drain_end_ = std::chrono::steady_clock::now() + config_.drain_timeout;
  notify_service_manager("STOPPING=1");
  log_->write(Level::info, "draining");
  front_->drain();
  admin_->drain();
  if (sync_) sync_->drain();
}

void Daemon::reload() {
  notify_service_manager("RELOADING=1");
  LoadedConfig loaded = load_config(config_file_, Users::not_looked_up);
  if (loaded.mistakes.empty())
    if (std::string wrong = check_default_tenant(*directory_, loaded.config); !wrong.empty())
      loaded.mistakes.push_back({config_file_, 0, 0, std::move(wrong)});
  for (const auto& mistake : loaded.mistakes)
    log_->write(Level::error, "configuration mistake", {{"mistake", mistake.to_string()}});
  if (loaded.mistakes.empty()) {
    if (!(loaded.config.fixed == config_.fixed))
      log_->write(
          Level::warning,
          "a change of [service], database, master_key or spn_aliases takes effect with the next start");
    loaded.config.fixed = config_.fixed;
    config_ = std::move(loaded.config);
    service_->configure(settings_of(config_));
    try {
      log_->reconfigure(config_.log);
    } catch (const std::system_error& error) {
      log_->write(Level::error, "the log stays where it was", {{"cause", error.what()}});
    }
    log_->write(Level::info, "reloaded", {{"realm", config_.name}});
    look_at_certificate();
  } else {
    log_->write(Level::error, "reload refused, the configuration in force stays");
  }
  notify_service_manager("READY=1");
}

}  // namespace ferryman::realm
