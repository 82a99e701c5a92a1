#include <cstdlib>

#include "pac/builder.h"
#include "pac/info.h"
#include "pac/logon_info.h"
#include "pac/pac.h"
#include "pac/signature.h"

namespace {

using namespace ferryman;
using namespace ferryman::pac;

// What can be read is written so that the same is read again.
template <typename Info>
void round_trip(Bytes buffer) {
  const auto info = Info::parse(buffer);
  if (info && Info::parse(info->write()) != info) std::abort();
}

void read(const Buffer& buffer) {
  round_trip<LogonInfo>(buffer.octets);
  round_trip<DelegationInfo>(buffer.octets);
  round_trip<ClientInfo>(buffer.octets);
  round_trip<AttributesInfo>(buffer.octets);
  // Its parts may overlap, and be written longer than its offsets reach.
  if (buffer.octets.size() < 0x4000) round_trip<UpnDnsInfo>(buffer.octets);
  if (const auto sid = parse_requestor(buffer.octets)) {
    if (parse_requestor(write_requestor(*sid)) != sid || Sid::of_text(sid->text()) != *sid) std::abort();
  }
}

bool is_signature(std::uint32_t type) {
  return type == server_checksum || type == kdc_checksum || type == ticket_checksum || type == full_checksum;
}

}  // namespace

// A PAC's buffers are signed anew in another PAC, which is then right; by a key that did not make it, it is
// not.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto& key = *new crypto::Key(*crypto::Key::make(17, Octets(16, 1)));
  const auto pac = Pac::parse({data, size});
  if (!pac) return 0;
  Builder builder;
  for (const Buffer& buffer : pac->buffers()) {
    read(buffer);
    if (is_signature(buffer.type)) continue;
    builder.add(static_cast<BufferType>(buffer.type), Octets(buffer.octets.begin(), buffer.octets.end()));
  }
  if (verify_server(*pac, key) || verify_kdc(*pac, {key}) || verify_full(*pac, {key})) std::abort();
  if (pac->buffers().size() + 4 > max_buffers) return 0;
  const Octets made = builder.sign_service_ticket(key, {key, 7}, {});
  const auto again = Pac::parse(made);
  if (!again || !verify_server(*again, key) || !verify_kdc(*again, {key, 7}) ||
      !verify_full(*again, {key, 7}))
    std::abort();
  return 0;
}
