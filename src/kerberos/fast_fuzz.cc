#include "kerberos/codec_fuzz.h"
#include "kerberos/fast.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman::kerberos;
  const ferryman::Bytes input(data, size);
  round_trip<FastArmoredReq>(input);
  round_trip<FastReq>(input, [](const FastReq& req) {
    walk(req.padata, limits::max_padata);
    if (!parse<KdcReqBody>(req.body.octets)) std::abort();
  });
  round_trip<FastArmoredRep>(input);
  round_trip<FastResponse>(input,
                           [](const FastResponse& response) { walk(response.padata, limits::max_padata); });
  return 0;
}
