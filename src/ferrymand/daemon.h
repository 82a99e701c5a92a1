#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "ferrymand/admin.h"
#include "ferrymand/admin_socket.h"
#include "ferrymand/history.h"
#include "ferrymand/listeners.h"
#include "ferrymand/metrics.h"
#include "ferrymand/readiness.h"
#include "ferrymand/worker.h"
#include "net/certificate_dates.h"
#include "net/file_watch.h"
#include "net/ticket_keys.h"
#include "settings/config.h"
#include "telemetry/log.h"

namespace ferryman {

// Exit codes of ferrymand.
inline constexpr int exit_ok = 0, exit_failure = 1, exit_bad_configuration = 2;

// The running service: its workers, and on the main thread its signals. SIGHUP reads the configuration
// again, SIGTERM and SIGINT drain, a second one ends at once. Certificates are read again when their files
// change.
class Daemon {
 public:
  // load reads the configuration again; config_file names it in messages.
  Daemon(std::string config_file, std::function<LoadedConfig()> load, Config config);
  ~Daemon();

  // Binds, reads keys, gives up privileges, serves until a signal ends it. Returns the exit code.
  int run();

 private:
  void say_open_passwords();
  void say_few_descriptors();
  void say_name_servers();
  void say_key_log();
  bool bind_admin();
  bool bind_admin_socket();
  // What waits for the workers' reports.
  struct Gathering {
    std::vector<gateway::Report> reports;
    std::function<void(const std::vector<gateway::Report>&)> take;
  };
  void gather(std::function<void(const std::vector<gateway::Report>&)> take);
  void gather_metrics(MetricsFormat format, std::function<void(std::string)> take);
  void gather_status(const std::function<void(const Status&)>& take);
  void gather_with_realm(std::function<void(const std::vector<gateway::Report>&, const RealmMetrics&)> take);
  ProcessCounts process_counts();
  void look_at_readiness();
  AdminPages::Ready readiness() const;
  bool bind_all();
  void say_listening();
  void say_arrived();
  bool become_user();
  // Null, with the cause logged, when a file cannot be used.
  std::shared_ptr<const net::ConnectionConfig> connection_config(const Config& config);
  bool apply(const Config& config);
  bool reopen_log(const telemetry::LogOptions& options);
  void reload();
  void reload_certificates();
  void watch_files();
  void wait_for_signal();
  void begin_drain();
  void worker_drained();
  void say_mistakes(const std::vector<ConfigMistake>& mistakes);

  std::string config_file_;
  std::function<LoadedConfig()> load_;
  Config config_;
  telemetry::Log log_;
  net::TicketKeys ticket_keys_;
  SharedCounts counts_;
  std::vector<BoundListener> listeners_;
  std::vector<std::unique_ptr<Worker>> workers_;
  boost::asio::io_context io_{1};
  boost::asio::signal_set signals_;
  boost::asio::steady_timer watch_timer_, drain_timer_;
  net::FileWatch certificates_, resolv_conf_;
  std::vector<net::CertificateDates> certificate_dates_;
  const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  std::unique_ptr<AdminServer> admin_;
  std::unique_ptr<AdminSocket> admin_socket_;
  std::list<Gathering> gatherings_;
  Readiness readiness_;
  History history_{History::Clock::now()};
  bool looking_ = false;
  std::size_t draining_ = 0;
  bool stopping_ = false;
  int exit_code_ = exit_ok;
};

}  // namespace ferryman
