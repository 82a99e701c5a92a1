#include <algorithm>
#include <cstdlib>

#include "pkinit/kdc_anchors.h"
#include "pkinit/kdc_authority.h"
#include "pkinit/test_certificates.h"

namespace {

using namespace ferryman;

constexpr std::string_view content = "content";
constexpr pki::Validity validity{pkinit::now - pkinit::day, pkinit::now + pkinit::day};

const pkinit::KdcAuthority& authority() {
  static const auto kept = pkinit::KdcAuthority::make("R.TEST", validity);
  return kept;
}

// Nobody but the realm's KDC is believed, and only what it has signed.
void judge(Bytes cms) {
  static const auto anchors =
      pkinit::KdcAnchors::parse(pkinit::pem_of<PEM_write_bio_X509>(authority().certificate().openssl()))
          .value();
  const auto opened = anchors.open(cms, "R.TEST", pkinit::now);
  if (opened && as_text(*opened) != content) std::abort();
  if (!opened && opened.error().empty()) std::abort();
}

}  // namespace

// The first octet says what the others are: a message, or octets that are replaced in a good one, each a
// place, in two octets, and a value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Octets good = pkinit::sign(authority().issue("R.TEST", validity), as_bytes(content));
  if (size == 0) return 0;
  Bytes input(data + 1, size - 1);
  if (data[0] % 2 == 0) {
    judge(input);
    return 0;
  }
  Octets bent = good;
  for (; input.size() >= 3; input = input.subspan(3))
    bent[(input[0] << 8 | input[1]) % bent.size()] = input[2];
  judge(bent);
  return 0;
}
