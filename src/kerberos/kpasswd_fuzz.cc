#include <cstdlib>

#include "kerberos/codec_fuzz.h"
#include "kerberos/kpasswd.h"

namespace {

using namespace ferryman::kerberos;

// A frame's parts written again, and the frame around them, are read as the same.
void write_again(ferryman::Bytes input, const KpasswdRequest& request) {
  const auto ap_req = encode(request.ap_req), priv = encode(request.priv);
  const auto frame = encode(KpasswdFrame{request.version, ap_req, priv});
  if (frame.empty() && input.size() < 0xff00) std::abort();  // flags may have grown to 32 bits
  if (!frame.empty() && !parse_kpasswd_request(frame)) std::abort();
}

}  // namespace

// Any octets give a kpasswd request or answer, or a fault inside the input; what is one looks like one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ferryman::Bytes input(data, size);
  const auto request = parse_kpasswd_request(input);
  const auto reply = parse_kpasswd_reply(input);
  if (!request && request.error().offset > size) std::abort();
  if (!reply && reply.error().offset > size) std::abort();
  if ((request || reply) && !looks_like_kpasswd(input)) std::abort();
  if (request && reply) std::abort();  // AP-REQ or AP-REP, never both
  if (request) write_again(input, *request);
  round_trip<ChangePasswdData>(input);
  if (const auto result = parse_kpasswd_result(input)) {
    const auto octets = encode(*result);
    if (ferryman::as_text(octets) != ferryman::as_text(input)) std::abort();
  }
  return 0;
}
