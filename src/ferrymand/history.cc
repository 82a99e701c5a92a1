#include "ferrymand/history.h"

#include <algorithm>

namespace ferryman {
namespace {

// A worker forgets the KDCs that it has not asked for long, and counts them anew.
std::uint64_t grown(std::uint64_t before, std::uint64_t now) {
  return now >= before ? now - before : now;
}

gateway::Counts sum(const std::vector<gateway::Report>& workers) {
  gateway::Counts all;
  for (const gateway::Report& worker : workers) {
    for (std::size_t i = 0; i < all.events.size(); ++i) all.events[i] += worker.counts.events[i];
    all.figures.total += worker.counts.figures.total;
  }
  return all;
}

}  // namespace

std::optional<std::uint64_t> History::slowest_p95(const std::vector<gateway::Report>& workers) {
  std::optional<std::uint64_t> slowest;
  std::map<exchange::KdcKey, std::array<std::uint64_t, 2>> answers;
  std::map<exchange::KdcKey, std::array<std::uint64_t, 2>> p95;
  for (const gateway::Report& worker : workers) {
    for (const exchange::KdcReport& kdc : worker.kdcs) {
      const exchange::KdcKey key{kdc.address, kdc.port};
      for (std::size_t i = 0; i < kdc.transports.size(); ++i) {
        answers[key][i] += kdc.transports[i].counts.answers;
        p95[key][i] = std::max(p95[key][i], static_cast<std::uint64_t>(kdc.transports[i].p95.count()));
      }
    }
  }
  for (const auto& [key, now] : answers) {
    const auto before = answers_before_.find(key);
    for (std::size_t i = 0; i < now.size(); ++i) {
      const bool answered = grown(before == answers_before_.end() ? 0 : before->second[i], now[i]) > 0;
      if (answered && p95[key][i] > 0) slowest = std::max(slowest.value_or(0), p95[key][i]);
    }
  }
  answers_before_ = std::move(answers);
  return slowest;
}

void History::look(const std::vector<gateway::Report>& workers, Clock::time_point now) {
  if (now < next_) return;
  next_ = now - next_ < interval ? next_ + interval : now + interval;
  const gateway::Counts all = sum(workers);
  Slot slot;
  for (std::size_t i = 0; i < slot.events.size(); ++i)
    slot.events[i] = grown(before_.events[i], all.events[i]);
  const gateway::Latencies &before = before_.figures.total, &total = all.figures.total;
  const std::uint64_t timed = grown(before.size(), total.size());
  if (timed > 0) slot.mean_us = grown(before.sum(), total.sum()) / timed;
  slot.kdc_p95_us = slowest_p95(workers);
  before_ = all;
  if (slots_.size() == max_slots) slots_.pop_front();
  slots_.push_back(slot);
}

}  // namespace ferryman
