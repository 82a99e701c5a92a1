#include <array>
#include <cstddef>
#include <cstdint>

#include "attestation/certified_key.h"
#include "attestation/test_attester.h"

namespace {

using namespace ferryman;

// One attestation, signed well whatever it says, so that what it says is read.
void judge_signed(const attestation::TestAttester& tpm, const attestation::PublicArea& attester, Bytes info) {
  const Octets area = tpm.key_area(), signature = tpm.signature(info);
  static_cast<void>(attestation::verify_certified({area, info, signature}, attester, as_bytes("a challenge"),
                                                  tpm.user.public_key()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const attestation::TestAttester tpm;
  static const auto attester = attestation::parse_attester(tpm.attester_area()).value();
  static const Octets area = tpm.key_area();
  static const Octets info = tpm.info(as_bytes("a challenge"), attestation::PublicArea::parse(area)->name);
  if (size == 0) return 0;
  const Bytes input(data + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      static_cast<void>(attestation::parse_attester(input));
      break;
    case 1:
      static_cast<void>(attestation::verify_certified({area, info, input}, attester, as_bytes("a challenge"),
                                                      tpm.user.public_key()));
      break;
    default:
      judge_signed(tpm, attester, input);
  }
  return 0;
}
