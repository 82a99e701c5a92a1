#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "ferryman/gateway_status.h"
#include "ferryman/realm_service.h"

// How `ferryman gateway` shows a status on a terminal.
namespace ferryman {
namespace {

constexpr std::size_t most_refusals = 10;

// Columns as wide as what is in them; the last goes to the line's end.
class Columns {
 public:
  explicit Columns(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
  void row(std::vector<std::string> cells) {
    for (std::string& cell : cells) cell = cell.empty() ? "-" : harmless(cell);
    rows_.push_back(std::move(cells));
  }
  std::string text() const {
    if (rows_.size() == 1) return {};
    std::string text = "\n";
    for (const auto& row : rows_) {
      for (std::size_t i = 0; i + 1 < row.size(); ++i)
        text += row[i] + std::string(width(i) + 2 - characters(row[i]), ' ');
      text += row.back() + "\n";
    }
    return text;
  }

 private:
  static std::size_t characters(std::string_view text) {
    std::size_t count = 0;
    for (; !text.empty(); ++count) take_character(text);
    return count;
  }
  std::size_t width(std::size_t column) const {
    std::size_t most = 0;
    for (const auto& row : rows_) most = std::max(most, characters(row[column]));
    return most;
  }
  std::vector<std::vector<std::string>> rows_;
};

std::string milliseconds(std::uint64_t us) {
  return us == 0 ? "" : fmt::format("{:.1f} ms", static_cast<double>(us) / 1000);
}

std::string uptime(std::uint64_t seconds) {
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7200) return fmt::format("{} min", seconds / 60);
  return seconds < 172800 ? fmt::format("{} h", seconds / 3600) : fmt::format("{} days", seconds / 86400);
}

std::string findings(const GatewayStatus& status) {
  if (status.wrong.empty()) return "Nothing is wrong.\n";
  std::string text;
  for (const auto& finding : status.wrong)
    text += fmt::format("{:<9}{}\n", finding.is_error ? "ERROR" : "WARNING", harmless(finding.text));
  return text;
}

std::string summary(const GatewayStatus& status) {
  std::string text =
      fmt::format("\nferrymand {}: {}, up for {}, {} workers, {} connections, {} requests under way\n",
                  harmless(status.version), harmless(status.state), uptime(status.uptime_seconds),
                  status.workers, status.connections, status.in_flight);
  const auto& hour = status.hour;
  if (hour.seconds > 0)
    text += fmt::format("in the last {}: {} requests answered, {} refused, {} failed\n", uptime(hour.seconds),
                        hour.answered, hour.refused, hour.failed);
  if (status.local && status.local->answers)
    text += fmt::format("ferryman-realm: {} sign-in requests, {} lock-outs, {} jobs waiting\n",
                        status.local->sign_in, status.local->lock_outs, status.local->jobs_waiting);
  return text;
}

std::string realms(const GatewayStatus& status) {
  Columns columns({"REALM", "STATE", "KDCS"});
  for (const auto& realm : status.realms)
    columns.row({realm.name, realm.state, fmt::format("{}", fmt::join(realm.kdcs, ", "))});
  return columns.text();
}

std::string state_of(const GatewayStatus::Transport& transport, std::uint64_t workers) {
  if (transport.set_aside_by == 0) return transport.answers == 0 ? "no answer yet" : "answers";
  if (transport.set_aside_by >= workers) return "set aside";
  return fmt::format("set aside by {} of {} workers", transport.set_aside_by, workers);
}

std::string kdcs(const GatewayStatus& status) {
  Columns columns({"KDC", "NAME", "OVER", "STATE", "REQUESTS", "FAILURES", "MEAN", "P95"});
  for (const auto& kdc : status.kdcs) {
    const std::string name = kdc.address.starts_with(kdc.name) ? "" : kdc.name;
    if (kdc.transports.empty()) columns.row({kdc.address, name, "", "not asked yet", "", "", "", ""});
    for (const auto& each : kdc.transports)
      columns.row({kdc.address, name, each.name, state_of(each, status.workers),
                   std::to_string(each.requests), std::to_string(each.failures), milliseconds(each.mean_us),
                   milliseconds(each.p95_us)});
  }
  return columns.text();
}

std::string refusals(const GatewayStatus& status) {
  Columns columns({"REFUSED AT", "WHY", "CLIENT", "REALM", "FROM", "TO"});
  for (std::size_t i = 0; i < std::min(most_refusals, status.refusals.size()); ++i) {
    const auto& each = status.refusals[i];
    columns.row({each.time, each.reason.empty() ? each.event : each.event + ", " + each.reason, each.client,
                 each.realm, each.cname, each.sname});
  }
  return columns.text();
}

std::string certificates(const GatewayStatus& status) {
  Columns columns({"CERTIFICATE EXPIRES", "SUBJECT"});
  for (const auto& each : status.certificates) columns.row({each.expires, each.subject});
  return columns.text();
}

}  // namespace

std::string to_text(const GatewayStatus& status) {
  return findings(status) + summary(status) + realms(status) + kdcs(status) + refusals(status) +
         certificates(status);
}

}  // namespace ferryman
