#include <fmt/format.h>
#include <openssl/ssl.h>

#include <array>
#include <ctime>

#include "probe/checks.h"

namespace ferryman::probe {
namespace {

struct Version {
  int number;
  std::string_view id, name;
};
constexpr auto old_versions =
    std::to_array<Version>({{TLS1_VERSION, "tls_1_0", "TLS 1.0"}, {TLS1_1_VERSION, "tls_1_1", "TLS 1.1"}});

bool takes(Proxy& proxy, int version, bool lax) {
  TlsChoice choice;
  choice.lowest = choice.highest = version;
  choice.lax = lax;
  return proxy.open(choice).has_value();
}

}  // namespace

void note_tls(const Link& link, const Target& target, Record& record) {
  SSL* ssl = link.ssl();
  const char* group = SSL_group_to_name(ssl, SSL_get_negotiated_group(ssl));
  record.tls = Record::Tls{SSL_get_version(ssl), SSL_get_cipher_name(ssl), group == nullptr ? "" : group,
                           printable(link.alpn())};
  record.chain = inspect(ssl, target);
  const std::int64_t now = std::time(nullptr);
  record.days_left = (record.chain->sent.front().not_after - now) / 86400;
  Findings found = certificate_findings(*record.chain, target, now, record.limits);
  record.findings.insert(record.findings.end(), std::make_move_iterator(found.begin()),
                         std::make_move_iterator(found.end()));
}

void check_tls_versions(Proxy& proxy, Record& record) {
  const bool got_1_3 = record.tls && record.tls->version == "TLSv1.3";
  const bool got_1_2 = record.tls && record.tls->version == "TLSv1.2";
  if (got_1_2 || takes(proxy, TLS1_2_VERSION, false))
    record.findings.push_back({"tls_1_2", Severity::ok, "TLS 1.2 is served"});
  else
    record.findings.push_back({"tls_1_2", Severity::warning,
                               "TLS 1.2 is not served, which older clients need",
                               "allow TLS 1.2 beside 1.3"});
  if (got_1_3 || takes(proxy, TLS1_3_VERSION, false))
    record.findings.push_back({"tls_1_3", Severity::ok, "TLS 1.3 is served"});
  else
    record.findings.push_back(
        {"tls_1_3", Severity::ok, "TLS 1.3 is not served; clients make do with TLS 1.2"});
  for (const Version& version : old_versions) {
    if (!proxy.time_left()) return;
    if (takes(proxy, version.number, true))
      record.findings.push_back({version.id, Severity::warning,
                                 fmt::format("{} is still let in", version.name),
                                 "allow nothing below TLS 1.2"});
    else
      record.findings.push_back({version.id, Severity::ok, fmt::format("{} is not let in", version.name)});
  }
}

// used: a connection that has carried an answer, and with it a TLS 1.3 ticket.
void check_resumption(Proxy& proxy, Link& used, Record& record) {
  const SslPointer<SSL_SESSION> session(SSL_get1_session(used.ssl()));
  bool resumed = false;
  if (session && SSL_SESSION_is_resumable(session.get()) == 1) {
    TlsChoice choice;
    choice.session = session.get();
    if (used.alpn() == "http/1.1") choice.alpn = alpn_http1;
    const auto link = proxy.open(choice);
    resumed = link && SSL_session_reused(link->ssl()) == 1;
  }
  record.findings.push_back({"tls_resumption", Severity::ok,
                             resumed ? "TLS sessions are resumed" : "TLS sessions are not resumed"});
}

}  // namespace ferryman::probe
