#include "realm/workers.h"

#include <new>
#include <utility>

#include "realm/connection.h"
#include "realm/request_log.h"

namespace ferryman::realm {

Workers::Workers(unsigned threads, JobQueue& jobs, const Service& service, telemetry::Log& log,
                 std::function<void()> wake)
    : jobs_(jobs), service_(service), log_(log), wake_(std::move(wake)) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Workers::~Workers() {
  for (std::thread& thread : threads_) thread.join();
}

void Workers::run() {
  while (const auto job = jobs_.pop()) serve(*job);
}

void Workers::serve(const Job& job) {
  served_.fetch_add(1, std::memory_order_relaxed);
  bool look = true;
  try {
    look = job.type == local::FrameType::kerberos_request ? serve_kerberos(job) : serve_http(job);
  } catch (const std::bad_alloc&) {
    look = job.from->answer(job, local::Refusal::failed);
    log_.write(telemetry::Level::error, "out of memory, a request is refused");
  }
  if (look) wake_();
}

bool Workers::serve_kerberos(const Job& job) {
  const auto request = local::parse_kerberos_request(job.payload);
  if (!request) {
    job.from->fail(job, name(request.error().fault));
    return true;
  }
  const Stopwatch watch;
  const KdcAnswer answer = service_.answer(*request, watch.begin());
  const bool look = job.from->answer(job, local::KerberosReply{answer.message});
  log_request(log_, *request, answer, watch);
  return look;
}

bool Workers::serve_http(const Job& job) {
  const auto request = local::parse_http_request(job.payload);
  if (!request) {
    job.from->fail(job, name(request.error().fault));
    return true;
  }
  const Stopwatch watch;
  const signin::Answer answer = service_.answer(*request, watch.begin());
  const bool look = job.from->answer(job, answer.response);
  log_request(log_, *request, answer, watch);
  return look;
}

}  // namespace ferryman::realm
