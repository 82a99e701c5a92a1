#pragma once

#include <optional>

#include "directory/account.h"
#include "kdc/fast.h"
#include "kdc/kdc.h"
#include "kdc/tgs_header.h"
#include "kdc/tgt.h"
#include "kerberos/enc_ticket_part.h"
#include "kerberos/padata.h"
#include "kerberos/whole_kdc_req.h"
#include "pac/builder.h"
#include "ticket/opened_ticket.h"
#include "ticket/refusal.h"

// Services that act for users [MS-SFU]. By S4U2Self a service gets a ticket to itself for a user who has
// shown it none (protocol transition); by S4U2Proxy it goes on with a user's ticket to itself, the evidence,
// and gets one for her to another service (constrained delegation).
namespace ferryman::kdc {

// A TGS-REQ as far as it is judged.
struct S4uRequest {
  const kerberos::PadataList& padata;
  const kerberos::KdcReqBody& body;
  const TgsHeader& header;
  const TgtClient& caller;              // of the TGT: the service that acts
  const directory::Principal& service;  // that the ticket is asked for
};

// For whom the ticket is, in place of the caller, and what it is made of. It owns what it views.
struct ForUser {
  directory::Shared<directory::Principal> user;  // as she is now
  bool may_go_further = false;                   // the ticket may be forwardable and proxiable
  std::optional<kerberos::Name> cname;           // of S4U2Self
  std::optional<ticket::OpenedTicket> evidence;  // of S4U2Proxy
  // What stands for the TGT: client, authtime, the flags and times that bound the new ones, authorization
  // data.
  kerberos::EncTicketPart basis;
  pac::Builder pac;
  MadePadata reply_padata;
};

// Nothing for a request that is neither. acts_for: as much as is known of it, also where it is refused.
//
// S4U2Self, where there is PA-S4U-X509-USER or else PA-FOR-USER: generic (60) for one that is not well
// formed; inappropriate_checksum (50) for a checksum that is not keyed or of another type than the key's, but
// for HMAC-MD5 of PA-FOR-USER; modified (41) for a wrong one or another nonce; bad_match (36) where the
// ticket is not for the caller itself; bad_option (13) for options that are of another request;
// client_unknown (6) for a partial TGT, and where there is no such user; client_revoked (18) for one who may
// not log on.
//
// S4U2Proxy, where cname-in-addl-tkt is set: bad_option (13) for a partial TGT, for options that are of
// another request, without evidence, and where that is not to the caller; bad_key_version (44), bad_integrity
// (31); modified (41) where one of the four signatures of its PAC is not there or not right; ticket_expired
// (32), ticket_not_yet_valid (33); tgt_revoked (20) where its user is not there any more or another account
// now; client_revoked (18); bad_option where it is not forwardable or the user is sensitive, for krbtgt, and
// where neither the caller's list nor, asked for by PA-PAC-OPTIONS, the target's has the other.
Judged<std::optional<ForUser>> judge_s4u(const Kdc& kdc, const S4uRequest& request, ActsFor& acts_for,
                                         Now now);

}  // namespace ferryman::kdc
