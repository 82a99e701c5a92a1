#include "exchange/exchanger.h"

#include <utility>

#include "exchange/run_exchange.h"

namespace ferryman::exchange {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

struct Exchanger::Impl {
  explicit Impl(asio::io_context& io) : upstream(std::make_shared<Upstream>(io)) {}
  ~Impl() { upstream->close(); }
  const std::shared_ptr<Upstream> upstream;  // its trials hold it
};

Exchanger::Exchanger(asio::io_context& io, const Options& options) : impl_(std::make_unique<Impl>(io)) {
  set_options(options);
}

Exchanger::~Exchanger() = default;

void Exchanger::set_options(const Options& options) {
  impl_->upstream->options = options;
  impl_->upstream->pool.set_limits(options.idle_connections, options.idle_timeout);
}

void Exchanger::on_change(HealthObserver observer) {
  impl_->upstream->on_change = std::move(observer);
}

void Exchanger::release_sockets() {
  impl_->upstream->udp_pool.release();
}

std::vector<KdcReport> Exchanger::report() const {
  std::vector<KdcReport> reports;
  for (const auto& [key, record] : impl_->upstream->memory.all()) {
    KdcReport& report = reports.emplace_back();
    report.address = key.first;
    report.port = key.second;
    for (const auto transport : {discovery::Transport::udp, discovery::Transport::tcp}) {
      const TransportRecord& own = record->of(transport);
      report.transports[transport == discovery::Transport::udp ? 0 : 1] = {transport,
                                                                           own.health.state(),
                                                                           own.health.average(),
                                                                           own.health.p95(),
                                                                           own.health.failures_in_a_row(),
                                                                           own.counts};
    }
  }
  return reports;
}

boost::intrusive_ptr<PendingExchange> Exchanger::prepare(const kerberos::Request& request,
                                                         discovery::KdcList kdcs, Clock::time_point deadline,
                                                         OutcomeHandlerPtr handler, std::string_view realm) {
  return new PendingExchange(impl_->upstream, request, std::move(kdcs), deadline, std::move(handler),
                             PendingExchange::Purpose::user, realm);
}

asio::awaitable<Outcome> Exchanger::exchange(const kerberos::Request& request, discovery::KdcList kdcs,
                                             Clock::time_point deadline) {
  return run_exchange(impl_->upstream, request, std::move(kdcs), deadline);
}

}  // namespace ferryman::exchange
