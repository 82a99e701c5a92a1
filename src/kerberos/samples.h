#pragma once

#include <cstdint>
#include <vector>

#include "kerberos/ap.h"
#include "kerberos/enc_kdc_rep_part.h"
#include "kerberos/enc_ticket_part.h"
#include "kerberos/error_data.h"
#include "kerberos/fast.h"
#include "kerberos/kdc_rep.h"
#include "kerberos/kile_padata.h"
#include "kerberos/kpasswd.h"
#include "kerberos/krb_error.h"
#include "kerberos/krb_priv.h"
#include "kerberos/preauth.h"
#include "kerberos/s4u.h"
#include "kerberos/whole_kdc_req.h"

namespace ferryman::kerberos {

// For tests: one message of each kind with every field, and what they view. Each field has a value of its
// own, so that two that were mixed up show.
struct Samples {
  using Octets = std::vector<std::uint8_t>;

  static Octets octets(std::size_t size, std::uint8_t first) {
    Octets made(size);
    for (std::uint8_t& octet : made) octet = first++;
    return made;
  }

  Octets key_octets = octets(32, 1), subkey_octets = octets(16, 100), long_cipher = octets(300, 7),
         cipher = octets(60, 9), sum_octets = octets(12, 50), address_v4 = octets(4, 192),
         address_v6 = octets(16, 32), contents = octets(5, 'A'), text = octets(10, 'a');
  std::string_view realm = "MIT.TEST", other_realm = "OTHER.TEST";
  Name alice_name{name_type::principal, {"alice", "admin"}},
      krbtgt_name{name_type::srv_inst, {"krbtgt", "MIT.TEST"}},
      host_name{name_type::srv_hst, {"HTTP", "www.mit.test"}};
  PrincipalName alice = alice_name.view(), krbtgt = krbtgt_name.view(), host = host_name.view();
  EncryptionKey key{etype::aes256_sha1, key_octets}, subkey{etype::aes128_sha1, subkey_octets};
  Checksum checksum{checksum_type::hmac_sha1_aes256, sum_octets};
  EncryptedData encrypted{etype::aes256_sha1, 0x80000005, long_cipher},
      without_kvno{etype::aes128_sha256, std::nullopt, cipher};
  Ticket ticket{realm, krbtgt, encrypted}, other_ticket{other_realm, host, {etype::rc4_hmac, 3, cipher}};

  Made<HostAddresses> address_list;
  Made<PadataList> padata_list;
  Made<EtypeList> etype_list;
  Made<AuthorizationData> inner_authorization, authorization;
  Made<LastReq> last_req_list;
  Made<Tickets> ticket_list;
  Octets if_relevant;

  Samples() {
    address_list.add({address_type::ipv4, address_v4}).add({address_type::ipv6, address_v6});
    padata_list.add({padata::etype_info2, contents})
        .add({padata::fx_cookie, cipher})
        .add({padata::req_enc_pa_rep, {}});
    for (const std::int32_t type : {18, 17, 20, 19, -135, 100000}) etype_list.add(type);
    inner_authorization.add({authorization_data::win2k_pac, long_cipher, {}});
    if_relevant = encode(inner_authorization.list());
    authorization.add({authorization_data::if_relevant, if_relevant, {}})
        .add({authorization_data::restriction_entry, contents, {}});
    last_req_list.add({last_req_type::password_expires, 1900000000}).add({-last_req_type::none, 0});
    ticket_list.add(ticket).add(other_ticket);
  }
  Samples(const Samples&) = delete;
  Samples& operator=(const Samples&) = delete;

  EncTicketPart enc_ticket_part() const {
    EncTicketPart part;
    part.flags = ticket_flag::initial | ticket_flag::pre_authent | ticket_flag::renewable | 1;
    part.key = key;
    part.crealm = other_realm;
    part.cname = alice;
    part.transited = {transited_type::domain_x500_compress, contents};
    part.authtime = 1700000001;
    part.starttime = 1700000002;
    part.endtime = 1700000003;
    part.renew_till = 1700000004;
    part.caddr = address_list.list();
    part.authorization_data = authorization.list();
    return part;
  }

  EncKdcRepPart enc_kdc_rep_part(unsigned tag = application_tag::enc_as_rep_part) const {
    EncKdcRepPart part;
    part.tag = tag;
    part.key = key;
    part.last_req = last_req_list.list();
    part.nonce = 0x12345678;
    part.key_expiration = 1700000009;
    part.flags = ticket_flag::enc_pa_rep | ticket_flag::forwardable | ticket_flag::renewable;
    part.authtime = 1700000001;
    part.starttime = 1700000002;
    part.endtime = 1700000003;
    part.renew_till = 1700000004;
    part.srealm = realm;
    part.sname = krbtgt;
    part.caddr = address_list.list();
    part.encrypted_pa_data = padata_list.list();
    return part;
  }

  KdcReqBody body() const {
    KdcReqBody made;
    made.kdc_options = kdc_option::forwardable | kdc_option::canonicalize | kdc_option::validate;
    made.cname = alice;
    made.realm = realm;
    made.sname = host;
    made.from = 1700000001;
    made.till = 1700000002;
    made.rtime = 1700000003;
    made.nonce = 0x7ffffffe;
    made.etypes = etype_list.list();
    made.addresses = address_list.list();
    made.enc_authorization_data = without_kvno;
    made.additional_tickets = ticket_list.list();
    return made;
  }

  WholeKdcReq request(std::int32_t type) const { return {type, padata_list.list(), body()}; }

  WrittenKdcRep reply(std::int32_t type) const {
    return {type, {padata_list.list(), other_realm, alice, ticket, without_kvno}};
  }

  ApReq ap_req() const { return {ap_option::mutual_required, ticket, without_kvno}; }

  Authenticator authenticator() const {
    Authenticator made;
    made.crealm = other_realm;
    made.cname = alice;
    made.checksum = checksum;
    made.cusec = 123456;
    made.ctime = 1700000005;
    made.subkey = subkey;
    made.seq_number = 0x40000001;
    made.authorization_data = authorization.list();
    return made;
  }

  EncApRepPart enc_ap_rep_part() const { return {1700000005, 654321, subkey, 0x40000002}; }

  EncKrbPrivPart enc_krb_priv_part() const {
    return {text,
            1700000006,
            111,
            0x40000003,
            HostAddress{address_type::ipv4, address_v4},
            HostAddress{address_type::ipv6, address_v6}};
  }

  KrbError error() const {
    KrbError made;
    made.ctime = "20260101000001Z";
    made.cusec = 1;
    made.stime = "20260101000002Z";
    made.susec = 2;
    made.error_code = error_code::preauth_required;
    made.crealm = other_realm;
    made.cname = alice;
    made.realm = realm;
    made.sname = krbtgt;
    made.e_text = text;
    made.e_data = cipher;
    return made;
  }

  FastReq fast_req() const { return {fast_option::hide_client_names, padata_list.list(), body()}; }

  FastFinished finished() const { return {1700000007, 7, other_realm, alice, checksum}; }

  FastResponse fast_response() const { return {padata_list.list(), subkey, finished(), 0x7ffffffd}; }

  S4uUserId user_id() const {
    S4uUserId made;
    made.nonce = 0x7ffffffc;
    made.cname = alice;
    made.crealm = other_realm;
    made.subject_certificate = cipher;
    made.options = s4u_option::use_reply_key_usage;
    return made;
  }
};

}  // namespace ferryman::kerberos
