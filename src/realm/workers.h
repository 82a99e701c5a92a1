#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "realm/job_queue.h"
#include "realm/request_log.h"
#include "realm/service.h"
#include "telemetry/log.h"

namespace ferryman::realm {

// The threads that carry requests out, each one request at a time, which may wait for a disk or a database.
// Each request is one line of the log.
class Workers {
 public:
  // wake: called when the front has to look at its connections again.
  Workers(unsigned threads, JobQueue& jobs, Service& service, telemetry::Log& log, RequestLog& requests,
          std::function<void()> wake);
  ~Workers();  // once the queue has been stopped: waits for what is under way

  std::uint64_t served() const { return served_.load(std::memory_order_relaxed); }

 private:
  class HeldAnswers;

  void run();
  void serve(Job& job, HeldAnswers& held);
  bool serve_kerberos(Job& job, HeldAnswers& held);
  bool serve_http(const Job& job);

  JobQueue& jobs_;
  Service& service_;
  telemetry::Log& log_;
  RequestLog& requests_;
  const std::function<void()> wake_;
  std::atomic<std::uint64_t> served_{0};
  std::vector<std::thread> threads_;
};

}  // namespace ferryman::realm
