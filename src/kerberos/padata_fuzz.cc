#include "kerberos/codec_fuzz.h"
#include "kerberos/kile_padata.h"
#include "kerberos/pkinit.h"
#include "kerberos/preauth.h"
#include "kerberos/s4u.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman::kerberos;
  const ferryman::Bytes input(data, size);
  round_trip<EncryptedData>(input);
  round_trip<PaEncTsEnc>(input);
  round_trip<EtypeInfo>(input, [](const EtypeInfo& list) { walk(list, limits::max_etype_info); });
  round_trip<EtypeInfo2>(input, [](const EtypeInfo2& list) { walk(list, limits::max_etype_info); });
  round_trip<PacRequest>(input);
  round_trip<PacOptions>(input);
  round_trip<KeyListReq>(input, [](const KeyListReq& req) { walk(req.etypes, limits::max_etypes); });
  round_trip<KeyList>(input, [](const KeyList& list) { walk(list, limits::max_keys); });
  round_trip<PaForUser>(input, [](const PaForUser& user) { checksummed_octets(user); });
  round_trip<PaS4uX509User>(input, [](const PaS4uX509User& user) {
    if (!parse<S4uUserId>(user.user_id.octets)) std::abort();
  });
  round_trip<PaPkAsReq>(input);
  round_trip<PaPkAsRep>(input);
  round_trip<KdcDhKeyInfo>(input);
  round_trip<AuthPack>(input, [](const AuthPack& pack) {
    if (pack.kdfs) walk(*pack.kdfs, limits::max_kdfs);
  });
  return 0;
}
