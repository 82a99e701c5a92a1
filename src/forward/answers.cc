#include "forward/answers.h"

#include <iterator>
#include <utility>

namespace ferryman::forward {
namespace {

constexpr std::size_t max_exchanges = 512;
constexpr std::chrono::seconds memory{10};

}  // namespace

void Answers::forget_old(Clock::time_point now) {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const bool old = entry->second.exchange->finished && now - entry->second.begun > memory;
    entry = old ? entries_.erase(entry) : std::next(entry);
  }
}

std::shared_ptr<Exchange> Answers::of(const Message& request, bool& is_new) {
  const auto now = Clock::now();
  forget_old(now);
  const auto known = entries_.find(request);
  is_new = known == entries_.end();
  if (!is_new) return known->second.exchange;
  if (entries_.size() >= max_exchanges) return nullptr;
  auto exchange = std::make_shared<Exchange>(io_);
  Entry entry{exchange, now};
  entries_.emplace(request, std::move(entry));
  return exchange;
}

void Answers::finish(Exchange& exchange, Message reply) {
  exchange.reply = std::move(reply);
  exchange.finished = true;
  exchange.ended.cancel();
}

}  // namespace ferryman::forward
