#include "ferrymand/figure_metrics.h"

#include <string>
#include <utility>

#include "http/session.h"

namespace ferryman {
namespace {

using gateway::Figures;
using gateway::Tally;

std::string word(std::string_view text) {
  return std::string(text);
}
std::string word(unsigned number) {
  return std::to_string(number);
}
// Without "HTTP/" and "TLSv", as dashboards have it.
std::string word(http::Version version) {
  return std::string(http::name(version).substr(std::string_view("HTTP/").size()));
}
std::string tls_word(std::string_view version) {
  return std::string(version.substr(std::string_view("TLSv").size()));
}

// One value for each of the words, zeros too, so that a rate has a beginning; and one for the others.
template <const auto& known>
void put(MetricPage& page, const char* label, const Tally<known>& tally) {
  for (std::size_t i = 0; i < tally.others; ++i)
    page.value(static_cast<double>(tally[i]), {{label, word(known[i])}});
  page.value(static_cast<double>(tally[tally.others]), {{label, "other"}});
}

void put_latencies(MetricPage& page, const Figures& total) {
  page.family(
      "ferryman_request_duration_seconds",
      "Kerberos requests by stage: the lookup that they waited for (locate), the KDC or ferryman-realm "
      "(exchange), and all of it from their arrival (total).",
      MetricPage::Type::Histogram);
  page.value(total.locate, {{"stage", "locate"}});
  page.value(total.exchange, {{"stage", "exchange"}});
  page.value(total.total, {{"stage", "total"}});
  page.family("ferryman_sign_in_duration_seconds", "HTTP requests that ferryman-realm has answered.",
              MetricPage::Type::Histogram);
  page.value(total.sign_in);
}

void put_http(MetricPage& page, const Figures& total) {
  const auto counter = MetricPage::Type::Counter;
  page.family("ferryman_http_requests_total", "Whole HTTP requests by version.", counter);
  put(page, "version", total.requests);
  page.family("ferryman_http_responses_total",
              "HTTP responses by status; none: the client had gone, or was told nothing.", counter);
  put(page, "status", total.responses);
  page.value(static_cast<double>(total.unanswered), {{"status", "none"}});
  page.family("ferryman_http_violations_total",
              "Requests and connections that were against the rules of HTTP or for another place, by reason.",
              counter);
  put(page, "reason", total.http_violations);
}

void put_tls(MetricPage& page, const Figures& total) {
  const auto counter = MetricPage::Type::Counter;
  page.family("ferryman_handshakes_total", "TLS handshakes that were completed, by version.", counter);
  for (std::size_t i = 0; i < gateway::tls_versions.size(); ++i) {
    const std::string version = tls_word(gateway::tls_versions[i]);
    page.value(static_cast<double>(total.handshakes[i]), {{"version", version}, {"resumed", "no"}});
    page.value(static_cast<double>(total.resumptions[i]), {{"version", version}, {"resumed", "yes"}});
  }
  page.family("ferryman_handshakes_failed_total",
              "TLS handshakes in which something was wrong, by what it was.", counter);
  put(page, "reason", total.failed_handshakes);
}

}  // namespace

void put_figures(MetricPage& page, const Figures& total) {
  put_latencies(page, total);
  put_http(page, total);
  put_tls(page, total);
  const auto counter = MetricPage::Type::Counter;
  page.family("ferryman_refusals_total", "Requests that the policy has refused, by rule.", counter);
  put(page, "rule", total.refusals);
  page.family("ferryman_limit_refusals_total",
              "Requests and connections that were not let in, by the limit that they met.", counter);
  put(page, "limit", total.limited);
  page.family("ferryman_malformed_total", "Messages that were malformed, by fault.", counter);
  put(page, "fault", total.malformed);
}

}  // namespace ferryman
