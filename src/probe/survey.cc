#include "probe/survey.h"

#include <fmt/format.h>

#include <ctime>

#include "probe/checks.h"

namespace ferryman::probe {
namespace {

class Survey {
 public:
  Survey(const SurveyOptions& options, SslPointer<SSL_CTX> context)
      : options_(options), proxy_(options.target, std::move(context), Clock::now() + options.time) {}

  Record run();

 private:
  bool reach();
  std::optional<Link> shake_hands(Link link);
  bool ask_for_realm();
  bool in_time();
  void add(Finding finding) { record_.findings.push_back(std::move(finding)); }

  const SurveyOptions& options_;
  Proxy proxy_;
  Record record_;
  std::optional<Link> link_;
};

// DNS, TCP, TLS.
bool Survey::reach() {
  const auto begun = Clock::now();
  if (auto found = proxy_.resolve(options_.connect); !found) {
    add({"resolve", Severity::critical,
         fmt::format("{} has no address: {}",
                     options_.connect ? options_.connect->host : options_.target.host, found.error()),
         "look at the name and at DNS"});
    return false;
  }
  record_.stages.push_back({"dns", since(begun)});
  auto link = proxy_.connect();
  if (!link) {
    add({"connect", Severity::critical, "no connection: " + link.error(),
         "look whether the proxy runs, at its port and at the firewalls between"});
    return false;
  }
  record_.address = link->address().text();
  record_.stages.push_back({"connect", link->connect_time()});
  add({"connect", Severity::ok, "connects to " + record_.address});
  if (!options_.target.tls) {
    add({"plain_http", Severity::warning, "plain HTTP: no client speaks it, whoever listens reads along",
         "probe the web server in front by https://, as clients reach it"});
    link_ = std::move(*link);
    return true;
  }
  link_ = shake_hands(std::move(*link));
  return link_.has_value();
}

std::optional<Link> Survey::shake_hands(Link link) {
  TlsChoice choice;  // no ALPN, as MIT's client
  auto done = proxy_.handshake(link, choice);
  const std::string trouble = done ? "" : done.error();
  if (!done && link.end() != End::timed_out) {
    // Perhaps only what is obsolete: then the rest can be told all the same.
    choice.lax = true;
    choice.lowest = TLS1_VERSION;
    auto again = proxy_.connect();
    if (again) {
      link = std::move(*again);
      done = proxy_.handshake(link, choice);
    }
  }
  if (!trouble.empty())
    add({"tls_handshake", Severity::critical,
         done ? fmt::format("no TLS as today's clients ask for it ({}), only {} with {}", trouble,
                            SSL_get_version(link.ssl()), SSL_get_cipher_name(link.ssl()))
              : "no TLS: " + trouble,
         "look at the TLS settings of the server"});
  if (!done) return std::nullopt;
  record_.stages.push_back({"tls", link.handshake_time()});
  note_tls(link, options_.target, record_);
  if (trouble.empty())
    add({"tls_handshake", Severity::ok,
         fmt::format("{} with {}{}{}", record_.tls->version, record_.tls->cipher,
                     record_.tls->group.empty() ? "" : ", ", record_.tls->group)});
  return link;
}

// The AS-REQ as MIT's client sends it, then as the others do.
bool Survey::ask_for_realm() {
  const std::string_view client = options_.user.empty() ? nobody : std::string_view(options_.user);
  const auto body = encode({.realm = options_.realm, .target_domain = options_.realm, .client = client});
  const HttpAnswer first = check_http_1_0(proxy_, *link_, body, record_);
  const bool silent = !first.complete() && first.end == End::timed_out;
  std::optional<HttpAnswer> second;
  if (!silent && in_time()) second = check_http_1_1(proxy_, body, record_);
  const bool use_second = second && !first.complete();
  const bool answered =
      judge_kdc(use_second ? *second : first, options_, std::time(nullptr), record_.findings);
  if (first.complete() && options_.target.tls && in_time()) {
    // Who speaks HTTP/1.0 without ALPN, as MIT's client, never comes back with a ticket and need not get one.
    Link* kept = proxy_.kept();
    check_resumption(proxy_, kept != nullptr ? *kept : *link_, record_);
  }
  if (answered && options_.target.tls && in_time()) check_http_2(proxy_, body, record_);
  return answered;
}

// False when the time is up, which is noted once.
bool Survey::in_time() {
  if (proxy_.time_left()) return true;
  if (find(record_.findings, "time") == nullptr)
    add({"time", Severity::unknown, "the time was up before everything was looked at",
         "give more with --timeout"});
  return false;
}

Record Survey::run() {
  const auto begun = Clock::now();
  record_.url = options_.target.url();
  record_.realm = printable(options_.realm);
  record_.user = printable(options_.user);
  record_.limits = options_.limits;
  if (reach() && in_time()) {
    const bool answered = ask_for_realm();
    if (answered && in_time()) check_no_prefix(proxy_, options_, record_);
    if (answered && in_time()) check_unarmored_password(proxy_, options_, record_);
    const Finding* http = find(record_.findings, "http_1_1");
    if (http != nullptr && http->severity == Severity::ok && in_time())
      check_refusals(proxy_, options_, record_);
    if (options_.target.tls && in_time()) check_tls_versions(proxy_, record_);
  }
  record_.stages.push_back({"total", since(begun)});
  record_.clients = judge(record_.findings);
  return std::move(record_);
}

}  // namespace

tl::expected<Record, std::string> survey(const SurveyOptions& options) {
  auto context = make_tls_context(options.files);
  if (!context) return tl::unexpected(context.error());
  return Survey(options, std::move(*context)).run();
}

}  // namespace ferryman::probe
