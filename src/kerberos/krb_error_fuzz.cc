#include "kerberos/codec_fuzz.h"
#include "kerberos/error_data.h"
#include "kerberos/krb_error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman::kerberos;
  const ferryman::Bytes input(data, size);
  round_trip<KrbError>(input);
  round_trip<PadataList>(input, [](const PadataList& list) { walk(list, limits::max_padata); });
  round_trip<TypedData>(input, [](const TypedData& list) { walk(list, limits::max_typed_data); });
  round_trip<KerbErrorData>(input, [](const KerbErrorData& error) { parse_kerb_ext_error(error.value); });
  return 0;
}
