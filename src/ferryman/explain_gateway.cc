#include "ferryman/explain_gateway.h"

#include <fmt/format.h>

#include <ctime>
#include <string_view>
#include <utility>

#include "probe/certificate.h"
#include "probe/proxy.h"
#include "probe/question.h"

namespace ferryman {
namespace {

constexpr std::chrono::seconds longest{15};

// A PKCS#11 URI is not for the probe: without a client certificate it sees all but the answer.
probe::TlsFiles files_of(const client::Options& options) {
  probe::TlsFiles files{options.ca_file, {}, {}};
  if (options.client_certificate.starts_with("pkcs11:") || options.client_key.starts_with("pkcs11:"))
    return files;
  files.certificate = options.client_certificate;
  files.key = options.client_key;
  return files;
}

class Look {
 public:
  Look(probe::Target target, probe::SslPointer<SSL_CTX> context, GatewayLook& look)
      : proxy_(std::move(target), std::move(context), probe::Clock::now() + longest), look_(look) {}

  void run(const std::string& realm);

 private:
  void judge_certificate(probe::Link& link);
  void judge_answer(const probe::HttpAnswer& answer);
  void wrong(std::string trouble, std::string advice, bool is_unreachable = false) {
    if (!look_.gateway.trouble.empty()) return;
    look_.gateway.trouble = std::move(trouble);
    look_.gateway.advice = std::move(advice);
    look_.gateway.is_unreachable = is_unreachable;
  }

  probe::Proxy proxy_;
  GatewayLook& look_;
};

void Look::run(const std::string& realm) {
  const probe::Target& target = proxy_.target();
  if (auto found = proxy_.resolve(std::nullopt); !found)
    return wrong(fmt::format("{} has no address here: {}", probe::printable(target.host), found.error()),
                 fmt::format("\"getent hosts {}\" has to show one", probe::printable(target.host)), true);
  auto link = proxy_.connect();
  if (!link)
    return wrong("no connection: " + link.error(),
                 "start it, \"systemctl start ferrymand\" on its host, and look at the firewalls between",
                 true);
  if (target.tls) {
    if (auto done = proxy_.handshake(*link, probe::TlsChoice{}); !done)
      return wrong("no TLS: " + done.error(), fmt::format("\"ferryman probe {} --realm {}\" tells more",
                                                          target.url(), probe::printable(realm)));
    judge_certificate(*link);
  }
  const auto body = probe::encode({.realm = realm, .target_domain = realm});
  probe::HttpRequest request;
  request.body = body;
  judge_answer(probe::exchange(*link, proxy_.target(), request, proxy_.within(probe::answer_time)));
}

void Look::judge_certificate(probe::Link& link) {
  const auto findings = probe::certificate_findings(probe::inspect(link.ssl(), proxy_.target()),
                                                    proxy_.target(), std::time(nullptr), {0, 0});
  for (const std::string_view id :
       {"certificate_expired", "certificate_trust", "certificate_name", "stapling"})
    if (const probe::Finding* finding = probe::find(findings, id))
      if (finding->severity == probe::Severity::critical) wrong(finding->sentence, finding->advice);
}

// What a KDC proxy says of its KDCs, or that it waits for them too long, is left to the message that comes
// next.
void Look::judge_answer(const probe::HttpAnswer& answer) {
  if (!answer.complete() && answer.end == probe::End::timed_out) return;
  if (!answer.complete()) return wrong("it gives no answer: " + answer.trouble, "look at its log", true);
  const unsigned status = answer.reply.status();
  if (status == 200) {
    const probe::KdcAnswer kdc = probe::read_answer(answer.reply.body());
    if (!kdc.from_kdc()) return wrong("what answers is no KDC proxy", "look what stands at this URL");
    if (kdc.time) look_.kdc_ahead = *kdc.time - std::time(nullptr);
  } else if (status == 404) {
    wrong("there is no KDC proxy at this path (HTTP 404)", "give the URL with the path that it serves");
  } else if (status == 405 || (status >= 300 && status < 400)) {
    wrong(fmt::format("what answers is no KDC proxy (HTTP {})", status), "look what stands at this URL");
  }
}

}  // namespace

GatewayLook look_at_gateway(const std::string& url, const std::string& realm,
                            const client::Options& options) {
  GatewayLook look;
  look.gateway.url = url;
  auto target = probe::parse_url(url);
  auto context = probe::make_tls_context(files_of(options));
  if (!target || !context) {
    look.gateway.trouble = target ? context.error() : target.error();
    look.gateway.advice = "look at client.toml and the command line";
    return look;
  }
  Look(std::move(*target), std::move(*context), look).run(realm);
  return look;
}

}  // namespace ferryman
