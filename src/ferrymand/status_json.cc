#include "ferrymand/status_json.h"

#include <fmt/chrono.h>

#include <nlohmann/json.hpp>

#include "ferrymand/findings.h"
#include "kerberos/names.h"

namespace ferryman {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t seconds_between(std::chrono::system_clock::time_point from,
                             std::chrono::system_clock::time_point to) {
  return std::chrono::duration_cast<std::chrono::seconds>(to - from).count();
}

Json wrong_json(const Status& status) {
  Json wrong = Json::array();
  for (const Finding& finding : findings(status))
    wrong.push_back({{"severity", finding.is_error ? "error" : "warning"}, {"text", finding.text}});
  return wrong;
}

Json realms_json(const Status& status) {
  Json realms = Json::array();
  for (const RealmStatus& each : status.realms) {
    realms.push_back({{"name", each.realm.name},
                      {"state", each.realm.state},
                      {"served", each.realm.served},
                      {"kdcs", each.kdcs}});
  }
  return realms;
}

Json kdcs_json(const Status& status) {
  Json kdcs = Json::array();
  for (const KdcStatus& kdc : status.kdcs) {
    Json transports = Json::array();
    for (const TransportStatus& each : kdc.transports) {
      transports.push_back({{"transport", each.name},
                            {"requests", each.counts.requests},
                            {"answers", each.counts.answers},
                            {"failures", each.counts.failures},
                            {"hedges", each.counts.hedges},
                            {"failures_in_a_row", each.failures_in_a_row},
                            {"set_aside_by", each.set_aside_by},
                            {"mean_us", each.mean_us},
                            {"p95_us", each.p95_us}});
    }
    kdcs.push_back({{"address", kdc.address},
                    {"name", kdc.name},
                    {"realms", kdc.realms},
                    {"set_aside_by", kdc.set_aside_by},
                    {"transports", std::move(transports)}});
  }
  return kdcs;
}

Json number_or_null(const std::optional<std::uint64_t>& number) {
  return number ? Json(*number) : Json();
}

// Columns: a slot's numbers stand at one place of each list.
Json history_json(const Status& status) {
  Json answered = Json::array(), refused = answered, failed = answered, mean = answered, p95 = answered;
  for (const History::Slot& slot : status.history) {
    const RecentRequests requests = requests_of(slot);
    answered.push_back(requests.answered);
    refused.push_back(requests.refused);
    failed.push_back(requests.failed);
    mean.push_back(number_or_null(slot.mean_us));
    p95.push_back(number_or_null(slot.kdc_p95_us));
  }
  return {{"seconds", History::interval.count()}, {"answered", std::move(answered)},
          {"refused", std::move(refused)},        {"failed", std::move(failed)},
          {"mean_us", std::move(mean)},           {"kdc_p95_us", std::move(p95)}};
}

Json refusals_json(const Status& status) {
  Json refusals = Json::array();
  for (const gateway::Refusal& each : status.refusals) {
    refusals.push_back({{"time", time_text(each.time)},
                        {"event", gateway::name(each.kind)},
                        {"reason", each.reason},
                        {"client", each.client},
                        {"realm", each.realm},
                        {"cname", each.cname},
                        {"sname", each.sname}});
  }
  return refusals;
}

Json local_json(const Status& status) {
  if (!status.local.configured) return {};
  Json json{{"answers", status.local.status.has_value()}};
  if (!status.local.status) return json;
  const local::Status& local = *status.local.status;
  Json results = Json::array();
  for (const local::Status::Result& each : local.results)
    results.push_back({{"type", name(each.kind)}, {"result", result_name(each)}, {"count", each.count}});
  json["results"] = std::move(results);
  json["sign_in"] = local.sign_in;
  json["lock_outs"] = local.lock_outs;
  json["malformed"] = local.malformed;
  json["busy"] = local.busy;
  json["directory_failures"] = local.directory;
  json["jobs_waiting"] = local.waiting;
  json["password_changes_waiting"] = local.dear;
  json["connections"] = local.connections;
  return json;
}

Json certificates_json(const Status& status) {
  Json certificates = Json::array();
  for (const net::CertificateDates& each : status.process.certificates)
    certificates.push_back({{"subject", each.subject}, {"expires", time_text(each.not_after)}});
  return certificates;
}

Json events_json(const Status& status) {
  Json events = Json::object();
  for (std::size_t i = 0; i < status.events.size(); ++i)
    events[std::string(gateway::name(static_cast<gateway::EventKind>(i)))] = status.events[i];
  return events;
}

}  // namespace

std::string time_text(std::time_t time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(time));
}

std::string status_json(const Status& status) {
  Json json{{"version", status.version},
            {"time", time_text(status.now)},
            {"started", time_text(status.process.started)},
            {"uptime_seconds", seconds_between(status.process.started, status.now)},
            {"state", status.draining ? "draining"
                      : status.ready  ? "ready"
                                      : "not ready"},
            {"workers", status.workers},
            {"connections", status.process.connections},
            {"in_flight", status.process.in_flight}};
  json["wrong"] = wrong_json(status);
  json["realms"] = realms_json(status);
  json["kdcs"] = kdcs_json(status);
  json["events"] = events_json(status);
  json["history"] = history_json(status);
  json["refusals"] = refusals_json(status);
  json["ferryman_realm"] = local_json(status);
  json["certificates"] = certificates_json(status);
  json["config"] = status.config;
  return json.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace ferryman
