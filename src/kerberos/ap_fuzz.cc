#include "kerberos/ap.h"
#include "kerberos/codec_fuzz.h"
#include "kerberos/krb_priv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman::kerberos;
  const ferryman::Bytes input(data, size);
  round_trip<ApReq>(input);
  round_trip<Authenticator>(input);
  round_trip<ApRep>(input);
  round_trip<EncApRepPart>(input);
  round_trip<KrbPriv>(input);
  round_trip<EncKrbPrivPart>(input);
  return 0;
}
