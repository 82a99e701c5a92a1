#pragma once

#include <optional>
#include <string_view>

#include "kdc/fast.h"
#include "kdc/kdc.h"
#include "kerberos/enc_kdc_rep_part.h"
#include "kerberos/kdc_rep.h"
#include "ticket/issue.h"
#include "ticket/refusal.h"

namespace ferryman::kdc {

// What an AS-REP and a TGS-REP have in common.
struct Reply {
  std::int32_t msg_type = kerberos::msg_type::as_rep;
  const ticket::NewTicket& ticket;  // what the ticket says, the client is told
  Bytes ticket_octets;
  const MadePadata& padata;
  std::int64_t nonce = 0;
  std::optional<std::int64_t> key_expiration{};
  const crypto::Key& key;               // the reply's, before FAST
  std::optional<std::uint32_t> kvno{};  // its
  std::int32_t usage = kerberos::key_usage::as_rep;
  // For encrypted-pa-data (RFC 6806 11).
  Bytes checksum_over{};  // the whole AS-REQ, where the client asked for PA-REQ-ENC-PA-REP; else empty
  std::optional<std::uint32_t> supported_enctypes{};  // where it asked to canonicalize
  std::optional<std::uint32_t> pac_options{};         // see pac_options_of()
  Bytes key_list{};                                   // KERB-KEY-LIST-REP, a secret; empty: none
};

// Those of the request's PA-PAC-OPTIONS [MS-KILE 2.2.10] that a reply repeats: claims. Nothing where it has
// none that can be read.
std::optional<std::uint32_t> pac_options_of(const kerberos::PadataList& padata);

// A reply's message, and what it gives.
struct MadeReply {
  Octets message;
  Issued issued;
};
// field_too_long (61): it would be longer than max_reply. fast: null where the request had none.
Judged<MadeReply> encode_reply(const Reply& reply, const Fast* fast, Now now);

// The KRB-ERROR (RFC 4120 5.9.1). body: of the request, as far as it could be read; null: not at all.
Octets encode_refusal(const Kdc& kdc, const Refusal& refusal, const kerberos::KdcReqBody* body,
                      const Fast* fast, Now now);

// What an Answer says of who asked for what.
Answer answer_of(Octets message, const kerberos::KdcReqBody* body, const Refusal* refusal);

}  // namespace ferryman::kdc
