#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "probe/certificate.h"

namespace ferryman::probe {
namespace {

using pki::Staple;

constexpr std::int64_t day = 86400;

Finding trust(const Chain& chain) {
  constexpr std::string_view id = "certificate_trust";
  const Certificate& own = chain.sent.front();
  switch (chain.fault) {
    case ChainFault::none:
      return {id, Severity::ok, fmt::format("the certificate is trusted; {} issued it", own.issuer)};
    case ChainFault::self_signed:
      return {id, Severity::critical, "the certificate is self-signed and no client trusts it by itself",
              "take one from a CA that the clients trust, or give this one to every client (here --cacert)"};
    case ChainFault::incomplete:
      return {
          id, Severity::critical,
          fmt::format("the server sends only its own certificate, and its issuer, {}, is not known here",
                      own.issuer),
          "send the intermediate certificates too (fullchain.pem); a CA of your own is given with --cacert"};
    case ChainFault::unknown_root:
      return {id, Severity::critical,
              fmt::format("the CA behind the certificate, {}, is not trusted here", chain.sent.back().issuer),
              "clients must trust this CA; for this probe --cacert names it"};
    case ChainFault::wrong_purpose:
      return {id, Severity::critical, "the certificate is not one for TLS servers",
              "take one whose extended key usage has serverAuth"};
    case ChainFault::other:
      break;
  }
  return {id, Severity::critical, "the certificate cannot be verified: " + chain.fault_words,
          "look at the chain that the server sends"};
}

Finding host_name(const Chain& chain, const Target& target) {
  constexpr std::string_view id = "certificate_name";
  if (chain.name_matches) return {id, Severity::ok, fmt::format("the certificate is for {}", target.host)};
  const auto& names = chain.sent.front().names;
  const std::string list =
      names.empty()
          ? chain.sent.front().subject
          : fmt::format(
                "{}", fmt::join(names.begin(), names.begin() + std::min<std::ptrdiff_t>(std::ssize(names), 8),
                                ", "));
  return {id, Severity::critical, fmt::format("the certificate is for {}, not for {}", list, target.host),
          "give clients the name that is in the certificate, or take one for this name"};
}

Finding alternative_names(const Chain& chain) {
  constexpr std::string_view id = "certificate_san";
  if (!chain.sent.front().names.empty()) return {id, Severity::ok, "its names stand in subjectAltName"};
  return {id, Severity::critical, "the certificate has no subjectAltName, which Windows and Apple ask for",
          "take one that has its host name there, not only in the subject"};
}

Finding expiry(const Chain& chain, std::int64_t now, ExpiryLimits limits) {
  constexpr std::string_view id = "certificate_expiry", ended = "certificate_expired";
  constexpr const char* renew = "renew it, and look why nothing has renewed it by itself";
  const auto by_end = [](const Certificate& a, const Certificate& b) { return a.not_after < b.not_after; };
  // A root that the server sends along counts for nobody.
  const auto end = chain.sent.size() > 1 && chain.sent.back().subject == chain.sent.back().issuer
                       ? chain.sent.end() - 1
                       : chain.sent.end();
  const Certificate& first = *std::min_element(chain.sent.begin(), end, by_end);
  const char* whose = &first == &chain.sent.front() ? "the certificate" : "an intermediate certificate";
  if (chain.sent.front().not_before > now)
    return {ended, Severity::critical,
            fmt::format("the certificate is valid only from {}", date(chain.sent.front().not_before)),
            "look at the server's clock, and at this one's"};
  if (first.not_after <= now)
    return {ended, Severity::critical, fmt::format("{} expired on {}", whose, date(first.not_after)), renew};
  const std::int64_t days = (first.not_after - now) / day;
  const std::string sentence =
      fmt::format("{} expires in {} day{}, on {}", whose, days, days == 1 ? "" : "s", date(first.not_after));
  if (days < limits.critical_days) return {id, Severity::critical, sentence, renew};
  if (days < limits.warning_days) return {id, Severity::warning, sentence, renew};
  return {id, Severity::ok, sentence};
}

Finding revocation(const Chain& chain) {
  constexpr std::string_view id = "revocation";
  const Certificate& own = chain.sent.front();
  if (own.names_crl || own.names_ocsp || chain.staple == Staple::good)
    return {id, Severity::ok,
            fmt::format("clients can see whether the certificate is revoked ({}{}{})",
                        own.names_crl ? "CRL" : "", own.names_crl && own.names_ocsp ? " and " : "",
                        own.names_ocsp  ? "OCSP"
                        : own.names_crl ? ""
                                        : "stapled")};
  return {
      id, Severity::warning,
      "the certificate names neither CRL nor OCSP: Windows refuses what it cannot check for revocation",
      "take one from a CA that publishes revocation, or set the policy \"Disable revocation checking for the "
      "SSL certificate of KDC proxy servers\""};
}

Finding stapling(const Chain& chain) {
  constexpr std::string_view id = "stapling";
  switch (chain.staple) {
    case Staple::good:
      return {id, Severity::ok, "an OCSP response is stapled and good"};
    case Staple::absent:
      return {id, Severity::ok,
              chain.sent.front().names_ocsp ? "no OCSP response is stapled; clients ask the CA themselves"
                                            : "no OCSP response is stapled"};
    case Staple::revoked:
      return {id, Severity::critical, "the stapled OCSP response says that the certificate is revoked",
              "take a new certificate and find out why this one was revoked"};
    case Staple::unknown:
    case Staple::out_of_date:
    case Staple::unverifiable:
      break;
  }
  return {id, Severity::warning,
          fmt::format("the stapled OCSP response is {}", chain.staple == Staple::unknown
                                                             ? "one that does not know the certificate"
                                                             : name(chain.staple)),
          "look at what fetches the OCSP response"};
}

}  // namespace

std::string date(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm broken_down{};
  if (::gmtime_r(&time, &broken_down) == nullptr) return "?";
  return fmt::format("{}-{:02}-{:02} {:02}:{:02} UTC", broken_down.tm_year + 1900, broken_down.tm_mon + 1,
                     broken_down.tm_mday, broken_down.tm_hour, broken_down.tm_min);
}

Findings certificate_findings(const Chain& chain, const Target& target, std::int64_t now,
                              ExpiryLimits limits) {
  return {trust(chain),      host_name(chain, target), alternative_names(chain), expiry(chain, now, limits),
          revocation(chain), stapling(chain)};
}

}  // namespace ferryman::probe
