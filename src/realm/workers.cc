#include "realm/workers.h"

#include <exception>
#include <new>
#include <optional>
#include <utility>

#include "kdc/kdc.h"
#include "realm/connection.h"

namespace ferryman::realm {
namespace {

// One that runs, until it has ended.
class DearJob {
 public:
  explicit DearJob(JobQueue& jobs) : jobs_(jobs) {}
  ~DearJob() { jobs_.end_dear(); }
  DearJob(const DearJob&) = delete;
  DearJob& operator=(const DearJob&) = delete;

 private:
  JobQueue& jobs_;
};

// Behind a job that has been waited for; their answers are written at once.
constexpr std::size_t most_at_once = 7;

}  // namespace

// Answers that a thread has made and that are not written yet.
class Workers::HeldAnswers {
 public:
  explicit HeldAnswers(const std::function<void()>& wake) : wake_(wake) {}
  ~HeldAnswers() { write(); }
  HeldAnswers(const HeldAnswers&) = delete;
  HeldAnswers& operator=(const HeldAnswers&) = delete;

  void add(const Job& job, Bytes message) {
    if (to_ && to_ != job.from) write();
    to_ = job.from;
    to_->hold(job, local::KerberosReply{message});
  }
  void write() {
    if (to_ && to_->write_held()) wake_();
    to_.reset();
  }

 private:
  const std::function<void()>& wake_;
  std::shared_ptr<Connection> to_;
};

Workers::Workers(unsigned threads, JobQueue& jobs, Service& service, telemetry::Log& log,
                 RequestLog& requests, std::function<void()> wake)
    : jobs_(jobs), service_(service), log_(log), requests_(requests), wake_(std::move(wake)) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Workers::~Workers() {
  for (std::thread& thread : threads_) thread.join();
}

void Workers::run() {
  while (auto job = jobs_.pop()) {
    HeldAnswers held(wake_);
    std::size_t more = 0;
    serve(*job, held);
    while (more < most_at_once && (job = jobs_.next())) {
      ++more;
      serve(*job, held);
    }
    held.write();
    jobs_.end(more);
  }
}

void Workers::serve(Job& job, HeldAnswers& held) {
  if (!job.is_dear) served_.fetch_add(1, std::memory_order_relaxed);  // else it was here before
  bool look = true;
  try {
    look = job.type == local::FrameType::kerberos_request ? serve_kerberos(job, held) : serve_http(job);
  } catch (const std::bad_alloc&) {
    look = job.from->answer(job, local::Refusal::failed);
    log_.write(telemetry::Level::error, "out of memory, a request is refused");
  } catch (const std::exception& error) {
    look = job.from->answer(job, local::Refusal::failed);
    log_.write(telemetry::Level::error, "a request is refused", {{"cause", error.what()}});
  }
  if (look) wake_();
}

// True: the front has to look.
bool Workers::serve_kerberos(Job& job, HeldAnswers& held) {
  const auto request = local::parse_kerberos_request(job.payload);
  if (!request) {
    job.from->fail(job, name(request.error().fault));
    return true;
  }
  std::optional<DearJob> dear;
  if (kdc::takes_long(request->message)) {
    held.write();  // before what takes long
    const auto turn = job.is_dear ? JobQueue::Turn::now : jobs_.begin_dear(job);
    if (turn == JobQueue::Turn::later) return false;
    if (turn == JobQueue::Turn::never) return job.from->answer(job, local::Refusal::busy);
    dear.emplace(jobs_);
  }
  const Stopwatch watch;
  const kdc::Answer answer = service_.answer(*request, watch.begin());
  held.add(job, answer.message);
  requests_.write(*request, answer, watch);
  return false;
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
  requests_.write(*request, answer, watch);
  return look;
}

}  // namespace ferryman::realm
