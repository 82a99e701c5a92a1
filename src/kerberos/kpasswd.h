#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/error.h"
#include "kerberos/ap.h"
#include "kerberos/krb_priv.h"
#include "kerberos/parts.h"

namespace ferryman::kerberos {

// Kerberos change and set password (RFC 3244 2): 2 octets length of the whole, 2 octets version, 2 octets
// length of the AP-REQ or AP-REP, that, and a KRB-PRIV (or in an answer without AP-REP a KRB-ERROR).
struct KpasswdRequest {
  std::uint16_t version = 0;  // kpasswd_version
  Bytes ap_req_octets;        // as received; parse<ApReq>() reads them with the limits of kerberos/limits.h
  ApReq ap_req;
  KrbPriv priv;
};

// Whether the bytes can only be meant as kpasswd: the length fits and the version is known. Tells requests
// and replies from the other messages; their first octet may have any value.
bool looks_like_kpasswd(Bytes message);

Result<KpasswdRequest> parse_kpasswd_request(Bytes message);

// An answer: AP-REP and KRB-PRIV, or a KRB-ERROR alone.
struct KpasswdReply {
  std::int32_t error_code = 0;  // of the KRB-ERROR; 0 if there is none
  Bytes krb_error;              // empty if there is none
  ApRep ap_rep;
  KrbPriv priv;
};

Result<KpasswdReply> parse_kpasswd_reply(Bytes message);

// Frames of parts that are encoded already. ap: an AP-REQ or AP-REP; rest: a KRB-PRIV.
// Fault::length_too_large where a length does not fit 2 octets. write() puts the whole frame in front of what
// is written.
struct KpasswdFrame {
  std::uint16_t version = 0;
  Bytes ap;    // empty in an answer that is a KRB-ERROR
  Bytes rest;  // KRB-PRIV or KRB-ERROR
};
void write(der::Writer& writer, const KpasswdFrame& frame);

// ChangePasswdData (RFC 3244 2), the user-data of a request of kpasswd_version::set. Of
// kpasswd_version::change the user-data is the new password itself. targname and targrealm stand both or
// neither (the reader of the request judges that).
struct ChangePasswdData {
  Bytes newpasswd;  // a secret
  std::optional<PrincipalName> targname;
  std::optional<std::string_view> targrealm;
};
void read(der::Reader& reader, ChangePasswdData& out);
void write(der::Writer& writer, const ChangePasswdData& data);

// The user-data of an answer, and the e-data of its KRB-ERROR: 2 octets of kpasswd_result, then text for
// people, or Active Directory's policy.
struct KpasswdResult {
  std::uint16_t code = kpasswd_result::success;
  Bytes text;
};
Result<KpasswdResult> parse_kpasswd_result(Bytes user_data);
void write(der::Writer& writer, const KpasswdResult& result);

}  // namespace ferryman::kerberos
