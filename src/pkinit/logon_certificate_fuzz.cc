#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "pkinit/anchors.h"
#include "pkinit/logon_certificate.h"
#include "pkinit/test_certificates.h"

namespace {

using namespace ferryman;
using pkinit::LogonCertificate, pkinit::TestCertificate;

void demand(bool is_so) {
  if (!is_so) std::abort();
}

// What is read is within its bounds, and no authority of ours issued it.
void judge(X509* raw, std::span<const pki::OwnedCertificate> others) {
  static const pki::OwnedCertificate root = pkinit::authority_of("root", pkinit::rsa_key().openssl()).make();
  static const auto anchors =
      pkinit::LogonAnchors::parse(pkinit::pem_of<PEM_write_bio_X509>(root.get()), {}, false).value();
  const auto certificate = LogonCertificate::of(raw);
  if (!certificate) return demand(certificate.error().code == kerberos::error_code::invalid_certificate);
  demand(certificate->kerberos_names.size() + certificate->upns.size() <= LogonCertificate::max_names);
  for (const auto& upn : certificate->upns) demand(!upn.empty() && upn.size() <= LogonCertificate::max_upn);
  for (const auto& each : certificate->kerberos_names)
    demand(!each.realm.empty() && each.name.view().size() > 0);
  if (certificate->sid) demand(certificate->sid->starts_with("S-1-"));
  static_cast<void>(pkinit::check_purpose(*certificate));
  demand(!anchors.verify(*certificate, others, pkinit::now));
}

pki::OwnedCertificate parse(Bytes der) {
  const unsigned char* next = der.data();
  pki::OwnedCertificate certificate(d2i_X509(nullptr, &next, static_cast<long>(der.size())));
  ERR_clear_error();
  return certificate;
}

}  // namespace

// The first octet says what the others are: a certificate, or one extension of a good one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr std::array extensions{"2.5.29.17", "1.3.6.1.4.1.311.25.2", "2.5.29.37", "2.5.29.15", "2.5.29.14"};
  const Bytes input(data + 1, size - 1);
  const std::size_t kind = data[0] % (extensions.size() + 1);
  if (kind == extensions.size()) {
    const pki::OwnedCertificate certificate = parse(input);
    if (certificate) judge(certificate.get(), {&certificate, 1});
    return 0;
  }
  TestCertificate plan;
  plan.usages.clear();
  plan.extensions.push_back({extensions[kind], {input.begin(), input.end()}});
  judge(plan.make().get(), {});
  return 0;
}
