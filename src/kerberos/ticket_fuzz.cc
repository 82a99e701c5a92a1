#include "kerberos/codec_fuzz.h"
#include "kerberos/enc_kdc_rep_part.h"
#include "kerberos/enc_ticket_part.h"
#include "kerberos/kdc_rep.h"

namespace {

using namespace ferryman::kerberos;

void visit(const AuthorizationData& list) {
  walk(list, limits::max_authorization_data);
  const std::int32_t searched[] = {authorization_data::win2k_pac, authorization_data::mandatory_for_kdc};
  contains_any(list, searched);
  AuthorizationData rest = list;
  for (AuthorizationElement element; rest.next(element);) {
    if (!parse<AuthorizationElement>(element.octets)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ferryman::Bytes input(data, size);
  round_trip<Ticket>(input);
  round_trip<EncTicketPart>(input, [](const EncTicketPart& part) {
    walk(part.caddr, limits::max_addresses);
    visit(part.authorization_data);
  });
  round_trip<AuthorizationData>(input, visit);
  round_trip<EncKdcRepPart>(input, [](const EncKdcRepPart& part) {
    walk(part.last_req, limits::max_last_req);
    walk(part.encrypted_pa_data, limits::max_padata);
  });
  for (const std::int32_t type : {msg_type::as_rep, msg_type::tgs_rep}) {
    const auto rep = parse_kdc_rep(input, type);
    if (rep && ticket_octets(input).empty()) std::abort();
    if (rep && !parse_kdc_rep(encode(WrittenKdcRep{type, *rep}), type)) std::abort();
  }
  return 0;
}
