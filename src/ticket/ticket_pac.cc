#include "ticket/ticket_pac.h"

#include <utility>

#include "base/utf16.h"
#include "kerberos/codec.h"
#include "pac/info.h"
#include "pac/signature.h"
#include "pac/ticket.h"

namespace ferryman::ticket {
namespace {

namespace kind = kerberos::authorization_data;
namespace error_code = kerberos::error_code;

// The PACs that stand where a KDC puts one, in an AD-IF-RELEVANT: the first, and how many there are.
struct Found {
  Bytes first;
  unsigned count = 0;
};

Found find_pacs(kerberos::AuthorizationData list) {
  Found found;
  kerberos::AuthorizationElement element, inner;
  while (list.next(element)) {
    if (element.type != kind::if_relevant) continue;
    auto contents = kerberos::open_container(element);
    while (contents && contents->next(inner)) {
      if (inner.type == kind::win2k_pac && found.count++ == 0) found.first = inner.data;
    }
  }
  return found;
}

Judged<pac::Pac> find_pac(const OpenedTicket& ticket) {
  const Found found = find_pacs(ticket.part.authorization_data);
  if (found.count == 0) return refuse(error_code::tgt_revoked, "no PAC in the ticket");
  if (found.count > 1) return refuse(error_code::modified, "two PACs in the ticket");
  auto pac = pac::Pac::parse(found.first);
  if (!pac) return refuse(error_code::modified, "the PAC is not well formed");
  return std::move(*pac);
}

bool is_of_client(const pac::Pac& pac, const kerberos::EncTicketPart& part) {
  const pac::Buffer* buffer = pac.find(pac::client_info);
  if (buffer == nullptr) return false;
  const auto info = pac::ClientInfo::parse(buffer->octets);
  const auto name = client_info_name(part.cname);
  return info && name && info->name == *name && info->client_id == pac::file_time(part.authtime);
}

Judged<void> verify_common(const pac::Pac& pac, const OpenedTicket& ticket, const crypto::Key& key,
                           const pac::KdcKey& krbtgt) {
  if (!pac::verify_server(pac, key)) return refuse(error_code::modified, "the PAC's server signature");
  if (!pac::verify_kdc(pac, krbtgt)) return refuse(error_code::modified, "the PAC's KDC signature");
  if (!is_of_client(pac, ticket.part)) return refuse(error_code::modified, "the PAC is another client's");
  return {};
}

Judged<pac::Pac> verified_pac(const OpenedTicket& ticket, const crypto::Key& key, const pac::KdcKey& krbtgt) {
  auto pac = find_pac(ticket);
  if (!pac) return pac;
  if (auto verified = verify_common(*pac, ticket, key, krbtgt); !verified)
    return tl::unexpected(std::move(verified.error()));
  return pac;
}

}  // namespace

Judged<pac::Pac> verify_pac(const OpenedTicket& ticket, const crypto::Key& key, const crypto::Key& krbtgt) {
  return verified_pac(ticket, key, {krbtgt});
}

Judged<TgtPac> verify_tgt_pac(const OpenedTicket& tgt, const crypto::Key& krbtgt, std::uint16_t rodc) {
  auto pac = verified_pac(tgt, krbtgt, {krbtgt, rodc});
  if (!pac) return tl::unexpected(std::move(pac.error()));
  const pac::Buffer* requestor = pac->find(pac::requestor);
  if (requestor == nullptr) return refuse(error_code::tgt_revoked, "no REQUESTER_SID in the PAC");
  const auto sid = pac::parse_requestor(requestor->octets);
  if (!sid) return refuse(error_code::modified, "the PAC's REQUESTER_SID is not well formed");
  return TgtPac{std::move(*pac), *sid};
}

Judged<void> verify_further_signatures(const OpenedTicket& ticket, const pac::Pac& pac,
                                       const crypto::Key& krbtgt) {
  const auto signed_part = pac::ticket_to_sign(ticket.octets.bytes(), pac.octets());
  if (!signed_part || !pac::verify_ticket(pac, {krbtgt}, *signed_part))
    return refuse(error_code::modified, "the PAC's ticket signature");
  if (!pac::verify_full(pac, {krbtgt})) return refuse(error_code::modified, "the PAC's full signature");
  return {};
}

Judged<pac::Pac> verify_service_pac(const OpenedTicket& ticket, const crypto::Key& key,
                                    const crypto::Key& krbtgt) {
  auto pac = verify_pac(ticket, key, krbtgt);
  if (!pac) return pac;
  if (auto further = verify_further_signatures(ticket, *pac, krbtgt); !further)
    return tl::unexpected(std::move(further.error()));
  return pac;
}

pac::Builder copy_pac(const pac::Pac& from, PacForm form) {
  pac::Builder builder;
  for (const pac::Buffer& buffer : from.buffers()) {
    switch (buffer.type) {
      case pac::server_checksum:
      case pac::kdc_checksum:
      case pac::ticket_checksum:
      case pac::full_checksum:
      case pac::credentials_info:
      case pac::delegation_info:
        continue;
      case pac::attributes_info:
      case pac::requestor:
        if (form == PacForm::service) continue;
    }
    builder.add(static_cast<pac::BufferType>(buffer.type),
                Octets(buffer.octets.begin(), buffer.octets.end()));
  }
  return builder;
}

std::optional<std::u16string> client_info_name(const kerberos::PrincipalName& cname) {
  std::string text;
  for (std::size_t i = 0, count = cname.size(); i < count; ++i) {
    if (i > 0) text += '/';
    text += cname.component(i);
  }
  return utf16_of_utf8(text);
}

}  // namespace ferryman::ticket
