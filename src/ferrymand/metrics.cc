#include "ferrymand/metrics.h"

#include <prometheus/metric_family.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "ferrymand/figure_metrics.h"
#include "ferrymand/metric_page.h"
#include "ferrymand/process_metrics.h"
#include "kerberos/names.h"
#include "net/listen_socket.h"

namespace ferryman {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;
using Labels = MetricPage::Labels;

// A KDC, or one transport of it, as all workers have seen it.
struct Target {
  exchange::TransportCounts counts;
  double weighted_average = 0, p95 = 0;
  unsigned set_aside_by = 0, failures_in_a_row = 0;
};
using Targets = std::map<Labels, Target, bool (*)(const Labels&, const Labels&)>;

bool in_order(const Labels& a, const Labels& b) {
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const ClientMetric::Label& x, const ClientMetric::Label& y) { return x.value < y.value; });
}

double seconds(std::chrono::microseconds time) {
  return std::chrono::duration<double>(time).count();
}

void add(Target& target, const exchange::TransportReport& report) {
  target.counts.requests += report.counts.requests;
  target.counts.answers += report.counts.answers;
  target.counts.failures += report.counts.failures;
  target.counts.hedges += report.counts.hedges;
  target.weighted_average += seconds(report.average) * static_cast<double>(report.counts.answers);
  target.p95 = std::max(target.p95, seconds(report.p95));
  target.failures_in_a_row = std::max(target.failures_in_a_row, report.failures_in_a_row);
}

struct Gathered {
  Targets kdcs{in_order}, transports{in_order};
};

Gathered gather(const std::vector<gateway::Report>& workers) {
  Gathered all;
  for (const auto& worker : workers) {
    for (const exchange::KdcReport& report : worker.kdcs) {
      const ClientMetric::Label address{"kdc", net::peer_name({report.address, report.port})};
      Target& kdc = all.kdcs[{address}];
      if (report.set_aside()) ++kdc.set_aside_by;
      for (const exchange::TransportReport& one : report.transports) {
        if (!one.used()) continue;
        const std::string name = one.transport == discovery::Transport::udp ? "udp" : "tcp";
        Target& transport = all.transports[{address, {"transport", name}}];
        if (one.set_aside()) ++transport.set_aside_by;
        add(kdc, one);
        add(transport, one);
      }
    }
  }
  return all;
}

double average(const Target& target) {
  return target.counts.answers == 0 ? 0
                                    : target.weighted_average / static_cast<double>(target.counts.answers);
}

void put_kdcs(MetricPage& page, const Gathered& all) {
  // The same of each KDC, and of each of its transports.
  const auto each = [&](const std::string& name, const std::string& help, MetricType type, auto value) {
    page.family("ferryman_kdc_" + name, help, type);
    for (const auto& [labels, target] : all.kdcs) page.value(static_cast<double>(value(target)), labels);
    page.family("ferryman_kdc_transport_" + name, help + " By transport.", type);
    for (const auto& [labels, target] : all.transports)
      page.value(static_cast<double>(value(target)), labels);
  };
  each("requests_total", "Requests sent to the KDC, health checks included.", MetricType::Counter,
       [](const Target& target) { return target.counts.requests; });
  each("answers_total", "Answers of the KDC that were taken, KRB-ERROR included.", MetricType::Counter,
       [](const Target& target) { return target.counts.answers; });
  each("failures_total", "Requests that the KDC refused, cut off, did not understand or let wait.",
       MetricType::Counter, [](const Target& target) { return target.counts.failures; });
  each("hedges_total", "Requests sent to the KDC while another had not answered yet.", MetricType::Counter,
       [](const Target& target) { return target.counts.hedges; });
  each("set_aside", "Workers that ask the KDC after all others, for it has failed.", MetricType::Gauge,
       [](const Target& target) { return target.set_aside_by; });
  each("failures_in_a_row", "The most that a worker has counted since the last answer.", MetricType::Gauge,
       [](const Target& target) { return target.failures_in_a_row; });
  each("latency_seconds", "Moving average of the time to an answer.", MetricType::Gauge, average);
  each("latency_p95_seconds", "Within that 19 of 20 recent answers came; 0 until known.", MetricType::Gauge,
       [](const Target& target) { return target.p95; });
}

void put_realm_status(MetricPage& page, const local::Status& status) {
  page.family("ferryman_realm_requests_total",
              "Kerberos requests that ferryman-realm has answered, by type and by result as its log has it.",
              MetricType::Counter);
  for (const local::Status::Result& result : status.results) {
    if (result.kind == local::Status::Kind::sign_in) continue;
    page.value(static_cast<double>(result.count),
               {{"type", std::string(name(result.kind))}, {"result", result_name(result)}});
  }
  page.family("ferryman_realm_sign_in_responses_total",
              "HTTP requests that ferryman-realm has answered, by status.", MetricType::Counter);
  for (const local::Status::Result& result : status.results) {
    if (result.kind != local::Status::Kind::sign_in) continue;
    page.value(static_cast<double>(result.count), {{"status", std::to_string(result.code)}});
  }
  const auto one = [&page](const std::string& name, const std::string& help, MetricType type, auto value) {
    page.family("ferryman_realm_" + name, help, type);
    page.value(static_cast<double>(value));
  };
  one("malformed_total", "Kerberos requests that were none.", MetricType::Counter, status.malformed);
  one("sign_in_total", "HTTP requests that ferryman-realm has answered.", MetricType::Counter,
      status.sign_in);
  one("lockouts_total", "Accounts that were locked by one wrong key too many.", MetricType::Counter,
      status.lock_outs);
  one("busy_total", "Requests that ferryman-realm refused as too many waited.", MetricType::Counter,
      status.busy);
  one("directory_failures_total", "Requests and writes that the directory could not carry out.",
      MetricType::Counter, status.directory);
  one("jobs_waiting", "Requests that wait for a thread of ferryman-realm.", MetricType::Gauge,
      status.waiting);
  one("password_changes_waiting", "Changes of passwords that wait for their turn.", MetricType::Gauge,
      status.dear);
  one("front_connections", "Sockets that ferryman-realm has open to gateways.", MetricType::Gauge,
      status.connections);
}

void put_realm(MetricPage& page, const gateway::Counts& total, const RealmMetrics& realm) {
  if (!realm.configured) return;
  page.family("ferryman_realm_up", "Whether ferryman-realm has answered just now.", MetricType::Gauge);
  page.value(realm.status ? 1 : 0);
  page.family("ferryman_realm_connections_total", "Sockets to ferryman-realm that were opened.",
              MetricType::Counter);
  page.value(static_cast<double>(total.realm_caller.connections));
  page.family("ferryman_realm_connection_failures_total",
              "Sockets to ferryman-realm that could not be opened, or ended before their time.",
              MetricType::Counter);
  page.value(static_cast<double>(total.realm_caller.failures));
  if (realm.status) put_realm_status(page, *realm.status);
}

void put_datagrams(MetricPage& page, const net::DatagramCounts& total) {
  page.family(
      "ferryman_datagrams_total",
      "UDP datagrams: taken as requests; repeated, as the same was in work; unfit, as empty or too large; "
      "answer_lost, as the kernel did not take the answer.",
      MetricType::Counter);
  for (const auto& [result, count] : {std::pair("taken", total.taken),
                                      {"repeated", total.repeated},
                                      {"unfit", total.unfit},
                                      {"answer_lost", total.answer_lost}})
    page.value(static_cast<double>(count), {{"result", result}});
}

void put_clients(MetricPage& page, const ProcessCounts& process) {
  page.single("ferryman_clients_connected", "Clients with connections, without those that no limit is for.",
              MetricType::Gauge, static_cast<double>(process.clients.connected));
  page.single("ferryman_client_rates_in_use", "Rates of clients that have used something of their burst.",
              MetricType::Gauge, static_cast<double>(process.clients.buckets));
  page.single("ferryman_failure_counters_in_use",
              "Accounts and clients with failed logons that still count against them.", MetricType::Gauge,
              static_cast<double>(process.failure_counters));
}

void put_certificates(MetricPage& page, const std::vector<net::CertificateDates>& certificates) {
  page.family("ferryman_tls_certificate_not_after_seconds", "When the certificate expires, in Unix time.",
              MetricType::Gauge);
  for (const auto& one : certificates)
    page.value(static_cast<double>(one.not_after), {{"certificate", one.file}});
  page.family("ferryman_tls_staple_next_update_seconds",
              "When the OCSP response that is stapled to it is out of date, in Unix time.",
              MetricType::Gauge);
  for (const auto& one : certificates) {
    if (one.staple_next_update)
      page.value(static_cast<double>(*one.staple_next_update), {{"certificate", one.file}});
  }
}

gateway::Counts sum(const std::vector<gateway::Report>& workers) {
  gateway::Counts total;
  for (const auto& worker : workers) {
    for (std::size_t i = 0; i < total.events.size(); ++i) total.events[i] += worker.counts.events[i];
    total.kkdcp += worker.counts.kkdcp;
    total.udp += worker.counts.udp;
    total.tcp += worker.counts.tcp;
    total.lookups += worker.counts.lookups;
    total.failed_lookups += worker.counts.failed_lookups;
    total.rediscoveries += worker.counts.rediscoveries;
    total.unused_connections += worker.counts.unused_connections;
    total.unnamed_clients += worker.counts.unnamed_clients;
    total.realm_caller.connections += worker.counts.realm_caller.connections;
    total.realm_caller.failures += worker.counts.realm_caller.failures;
    total.figures += worker.counts.figures;
    total.datagrams += worker.counts.datagrams;
  }
  return total;
}

void put_requests(MetricPage& page, const gateway::Counts& total, const ProcessCounts& process) {
  page.family("ferryman_requests_total", "Requests by what came of them, as the log's event has it.",
              MetricType::Counter);
  for (std::size_t i = 0; i < total.events.size(); ++i) {
    const auto kind = static_cast<gateway::EventKind>(i);
    page.value(static_cast<double>(total.events[i]), {{"event", std::string(gateway::name(kind))}});
  }
  page.family("ferryman_kerberos_requests_total",
              "Requests to the KDC proxy (kkdcp) and to the ports of Kerberos by itself (udp, tcp).",
              MetricType::Counter);
  for (const auto& [transport, count] :
       {std::pair("kkdcp", total.kkdcp), {"udp", total.udp}, {"tcp", total.tcp}})
    page.value(static_cast<double>(count), {{"transport", transport}});
  page.family("ferryman_connections", "Open client connections.", MetricType::Gauge);
  page.value(process.connections);
  page.family("ferryman_connections_unused_total",
              "Connections that ended without a request, as those of a load balancer that looks in.",
              MetricType::Counter);
  page.value(static_cast<double>(total.unused_connections));
  page.family("ferryman_clients_unnamed_total",
              "Requests of trusted proxies that do not tell whose they are.", MetricType::Counter);
  page.value(static_cast<double>(total.unnamed_clients));
  page.family("ferryman_in_flight", "Requests under way.", MetricType::Gauge);
  page.value(process.in_flight);
  page.family("ferryman_lookups_total", "Lookups of KDCs that have ended.", MetricType::Counter);
  page.value(static_cast<double>(total.lookups));
  page.family("ferryman_lookups_failed_total", "Lookups that found no KDC.", MetricType::Counter);
  page.value(static_cast<double>(total.failed_lookups));
  page.family("ferryman_rediscoveries_total", "Lookups because no known KDC had answered.",
              MetricType::Counter);
  page.value(static_cast<double>(total.rediscoveries));
}

}  // namespace

std::string result_name(const local::Status::Result& result) {
  std::string_view name = kerberos::kpasswd_result_name(result.code);
  if (result.kind != local::Status::Kind::kpasswd)
    name = result.code == 0 ? "success" : kerberos::error_name(result.code);
  return name.empty() ? std::to_string(result.code) : std::string(name);
}

std::string metrics_page(const ProcessCounts& process, const std::vector<gateway::Report>& workers,
                         const RealmMetrics& realm, MetricsFormat format) {
  const gateway::Counts total = sum(workers);
  MetricPage page;
  put_requests(page, total, process);
  put_kdcs(page, gather(workers));
  put_figures(page, total.figures);
  put_datagrams(page, total.datagrams);
  put_clients(page, process);
  put_certificates(page, process.certificates);
  put_realm(page, total, realm);
  put_process(page, process.started);
  return page.text(format);
}

}  // namespace ferryman
