#include <cstdlib>

#include "pki/certificate.h"
#include "pki/certificate_request.h"
#include "pki/key_credential.h"

// What is read of a key credential is written so that the same is read again; a key has one material. What is
// in DER is read as well: keys, certificates and requests for them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman;
  const Bytes input(data, size);
  if (const auto credential = pki::parse_key_credential(input)) {
    const auto again = pki::parse_key_credential(pki::key_credential_blob(*credential));
    if (!again || !(*again == *credential)) std::abort();
    (void)pki::key_of_material(credential->material);
  }
  if (const auto key = pki::key_of_material(input)) {
    const auto again = pki::key_of_material(pki::key_material(*key));
    if (!again || !(*again == *key) || pki::key_id_text(*again) != pki::key_id_text(*key)) std::abort();
  }
  if (const auto certificate = pki::Certificate::parse(input)) {
    (void)certificate->common_name();
    if (certificate->thumbprint().size() != 40) std::abort();
  }
  (void)pki::parse_certificate_request(input);
  return 0;
}
