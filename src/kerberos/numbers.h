#pragma once

#include <cstdint>

namespace ferryman::kerberos {

// The numbers of the protocol, each of them once. Their names for people are in kerberos/names.h.

inline constexpr std::int32_t protocol_version = 5;  // pvno, tkt-vno, authenticator-vno

// msg-type (RFC 4120 7.5.7); the same number is the message's APPLICATION tag.
namespace msg_type {
inline constexpr std::int32_t as_req = 10, as_rep = 11, tgs_req = 12, tgs_rep = 13, ap_req = 14, ap_rep = 15,
                              krb_safe = 20, krb_priv = 21, krb_cred = 22, krb_error = 30;
}

// APPLICATION tags of what is no message (RFC 4120 5.10).
namespace application_tag {
inline constexpr unsigned ticket = 1, authenticator = 2, enc_ticket_part = 3, enc_as_rep_part = 25,
                          enc_tgs_rep_part = 26, enc_ap_rep_part = 27, enc_krb_priv_part = 28,
                          enc_krb_cred_part = 29;
}

// error-code of a KRB-ERROR: RFC 4120 7.5.9, RFC 4556 3.1.3, RFC 6113 5.3 and 5.4, RFC 8636 4,
// draft-ietf-kitten-iakerb.
namespace error_code {
inline constexpr std::int32_t none = 0, client_expired = 1, service_expired = 2, bad_pvno = 3,
                              client_old_master_kvno = 4, service_old_master_kvno = 5, client_unknown = 6,
                              service_unknown = 7, principal_not_unique = 8, null_key = 9,
                              cannot_postdate = 10, never_valid = 11, policy = 12, bad_option = 13,
                              etype_not_supported = 14, checksum_type_not_supported = 15,
                              padata_type_not_supported = 16, transited_type_not_supported = 17,
                              client_revoked = 18, service_revoked = 19, tgt_revoked = 20,
                              client_not_yet_valid = 21, service_not_yet_valid = 22, key_expired = 23,
                              preauth_failed = 24, preauth_required = 25, server_mismatch = 26,
                              must_use_user_to_user = 27, path_not_accepted = 28, service_unavailable = 29,
                              bad_integrity = 31, ticket_expired = 32, ticket_not_yet_valid = 33, repeat = 34,
                              not_us = 35, bad_match = 36, skew = 37, bad_address = 38, bad_version = 39,
                              wrong_msg_type = 40, modified = 41, bad_order = 42, bad_key_version = 44,
                              no_key = 45, mutual_failed = 46, bad_direction = 47, method = 48,
                              bad_sequence = 49, inappropriate_checksum = 50, ap_path_not_accepted = 51,
                              response_too_big = 52, generic = 60, field_too_long = 61,
                              client_not_trusted = 62, kdc_not_trusted = 63, invalid_signature = 64,
                              dh_parameters_not_accepted = 65, certificate_mismatch = 66, no_tgt = 67,
                              wrong_realm = 68, user_to_user_required = 69, cannot_verify_certificate = 70,
                              invalid_certificate = 71, revoked_certificate = 72,
                              revocation_status_unknown = 73, revocation_status_unavailable = 74,
                              client_name_mismatch = 75, kdc_name_mismatch = 76,
                              inconsistent_key_purpose = 77, digest_in_certificate_not_accepted = 78,
                              pa_checksum_required = 79, digest_in_signed_data_not_accepted = 80,
                              public_key_encryption_not_supported = 81, iakerb_kdc_not_found = 85,
                              iakerb_kdc_no_response = 86, preauth_expired = 90,
                              more_preauth_data_required = 91, bad_authentication_set = 92,
                              unknown_critical_fast_options = 93, no_acceptable_kdf = 100;
}

// padata-type: IANA "Pre-authentication and Typed Data", [MS-KILE] 2.2, and Heimdal's number of
// draft-perez-krb-wg-gss-preauth.
namespace padata {
inline constexpr std::int32_t tgs_req = 1, enc_timestamp = 2, pw_salt = 3, enc_unix_time = 5,
                              sandia_secureid = 6, sesame = 7, osf_dce = 8, cybersafe_secureid = 9,
                              afs3_salt = 10, etype_info = 11, sam_challenge = 12, sam_response = 13,
                              pk_as_req_old = 14, pk_as_rep_old = 15, pk_as_req = 16, pk_as_rep = 17,
                              pk_ocsp_response = 18, etype_info2 = 19, svr_referral_info = 20,
                              sam_redirect = 21, get_from_typed_data = 22, sam_etype_info = 23,
                              alt_princ = 24, server_referral = 25, sam_challenge_2 = 30, sam_response_2 = 31,
                              extra_tgt = 41, pac_request = 128, for_user = 129, for_x509_user = 130,
                              for_check_dups = 131, as_checksum = 132, fx_cookie = 133,
                              authentication_set = 134, auth_set_selected = 135, fx_fast = 136,
                              fx_error = 137, encrypted_challenge = 138, otp_challenge = 141,
                              otp_request = 142, otp_confirm = 143, otp_pin_change = 144, epak_as_req = 145,
                              epak_as_rep = 146, pkinit_kx = 147, pku2u_name = 148, req_enc_pa_rep = 149,
                              as_freshness = 150, spake = 151, redhat_idp_oauth2 = 152, redhat_passkey = 153,
                              key_list_req = 161, key_list_rep = 162, supported_enctypes = 165,
                              extended_error = 166, pac_options = 167, superseded_by_user = 170,
                              dmsa_key_package = 171, gss = 655;
}

// data-type of TYPED-DATA (RFC 4556, RFC 4120 5.9.1).
namespace typed_data {
inline constexpr std::int32_t padata = 22, pkinit_cms_certificates = 101, krb_principal = 102,
                              krb_realm = 103, trusted_certifiers = 104, invalid_certificates = 105,
                              app_defined_error = 106, req_nonce = 107, req_seq = 108, dh_parameters = 109,
                              cms_digest_algorithms = 111, cert_digest_algorithms = 112;
}

// name-type of PrincipalName: RFC 4120 6.2, RFC 6111, RFC 5179, [MS-KILE] 3.1.5.
namespace name_type {
inline constexpr std::int32_t unknown = 0, principal = 1, srv_inst = 2, srv_hst = 3, srv_xhst = 4, uid = 5,
                              x500_principal = 6, smtp_name = 7, enterprise = 10, wellknown = 11,
                              srv_hst_domain = 12, ms_principal = -128, ms_principal_and_id = -129,
                              ent_principal_and_id = -130;
}

// IANA "Kerberos Encryption Type Numbers".
namespace etype {
inline constexpr std::int32_t null = 0, des_cbc_crc = 1, des_cbc_md4 = 2, des_cbc_md5 = 3, des3_cbc_md5 = 5,
                              des3_cbc_sha1 = 7, des3_cbc_sha1_kd = 16, aes128_sha1 = 17, aes256_sha1 = 18,
                              aes128_sha256 = 19, aes256_sha384 = 20, rc4_hmac = 23, rc4_hmac_exp = 24,
                              camellia128 = 25, camellia256 = 26, rc4_md4 = -128, rc4_hmac_old = -133,
                              rc4_hmac_old_exp = -135;
}

// IANA "Kerberos Checksum Type Numbers"; RFC 4121 4.1.1, RFC 4757 4.
namespace checksum_type {
inline constexpr std::int32_t crc32 = 1, rsa_md4 = 2, rsa_md4_des = 3, des_mac = 4, des_mac_k = 5,
                              rsa_md4_des_k = 6, rsa_md5 = 7, rsa_md5_des = 8, hmac_sha1_des3_kd = 12,
                              sha1 = 14, hmac_sha1_aes128 = 15, hmac_sha1_aes256 = 16, cmac_camellia128 = 17,
                              cmac_camellia256 = 18, hmac_sha256_aes128 = 19, hmac_sha384_aes256 = 20,
                              gss_api = 0x8003, hmac_md5 = -138;
}

// Key usage numbers: RFC 4120 7.5.1, RFC 6113, RFC 6806, RFC 6112, RFC 6560, RFC 7751, RFC 9588, [MS-SFU]
// 2.2.2, [MS-PAC] 2.8.
namespace key_usage {
inline constexpr std::int32_t pa_enc_timestamp = 1, ticket = 2, as_rep = 3, tgs_req_authdata_session_key = 4,
                              tgs_req_authdata_subkey = 5, tgs_req_checksum = 6, tgs_req_authenticator = 7,
                              tgs_rep_session_key = 8, tgs_rep_subkey = 9, ap_req_checksum = 10,
                              ap_req_authenticator = 11, ap_rep = 12, krb_priv = 13, krb_cred = 14,
                              krb_safe_checksum = 15, pac_signature = 17, pa_for_user = 17,
                              ad_kdc_issued = 19, gss_acceptor_seal = 22, gss_acceptor_sign = 23,
                              gss_initiator_seal = 24, gss_initiator_sign = 25, s4u_x509_user_request = 26,
                              s4u_x509_user_reply = 27, pkinit_kx = 44, otp_request = 45,
                              fast_req_checksum = 50, fast_req = 51, fast_rep = 52, fast_finished = 53,
                              challenge_client = 54, challenge_kdc = 55, as_req_checksum = 56, freshness = 60,
                              cammac = 64, spake = 65;
}

// A bit of a KerberosFlags as this code holds it (RFC 4120 5.2.8): bit 0 is the most significant of 32.
constexpr std::uint32_t flag(unsigned bit) {
  return 0x80000000U >> bit;
}

// KDCOptions: RFC 4120 5.4.1, RFC 6806 3, RFC 8062 3, [MS-SFU] 2.2.3.
namespace kdc_option {
inline constexpr std::uint32_t forwardable = flag(1), forwarded = flag(2), proxiable = flag(3),
                               proxy = flag(4), allow_postdate = flag(5), postdated = flag(6),
                               renewable = flag(8), opt_hardware_auth = flag(11),
                               cname_in_addl_tkt = flag(14), canonicalize = flag(15),
                               request_anonymous = flag(16), disable_transited_check = flag(26),
                               renewable_ok = flag(27), enc_tkt_in_skey = flag(28), renew = flag(30),
                               validate = flag(31);
}

// TicketFlags: RFC 4120 5.3, RFC 6806 11, RFC 8062 3.
namespace ticket_flag {
inline constexpr std::uint32_t forwardable = flag(1), forwarded = flag(2), proxiable = flag(3),
                               proxy = flag(4), may_postdate = flag(5), postdated = flag(6),
                               invalid = flag(7), renewable = flag(8), initial = flag(9),
                               pre_authent = flag(10), hw_authent = flag(11),
                               transited_policy_checked = flag(12), ok_as_delegate = flag(13),
                               enc_pa_rep = flag(15), anonymous = flag(16);
}

// APOptions: RFC 4120 5.5.1.
namespace ap_option {
inline constexpr std::uint32_t use_session_key = flag(1), mutual_required = flag(2);
}

// FastOptions: RFC 6113 5.4.2. A KDC must refuse a critical one that it does not know.
namespace fast_option {
inline constexpr std::uint32_t hide_client_names = flag(1), kdc_follow_referrals = flag(16),
                               critical = 0xffff0000;
}

// armor-type of KrbFastArmor: RFC 6113 5.4.1.
namespace fast_armor {
inline constexpr std::int32_t ap_request = 1;
}

// ad-type: RFC 4120 7.5.4, RFC 6113 5.4.1.1, RFC 7751, RFC 8129, [MS-KILE] 2.2.
namespace authorization_data {
inline constexpr std::int32_t if_relevant = 1, kdc_issued = 4, and_or = 5, mandatory_ticket_extensions = 6,
                              in_ticket_extensions = 7, mandatory_for_kdc = 8, initial_verified_cas = 9,
                              osf_dce = 64, sesame = 65, fx_fast_armor = 71, fx_fast_used = 72, cammac = 96,
                              authentication_indicator = 97, win2k_pac = 128, etype_negotiation = 129,
                              restriction_entry = 141, local = 142, ap_options = 143, target_principal = 144,
                              mit_sign_ticket = 512;
// Negative ones are for local use (RFC 4120 5.2.6). In a TGT that came with a primary refresh token: that
// one's id, of 16 octets. In one by a public key that its user has registered: that one's id, of 32 octets.
inline constexpr std::int32_t prt = -20562, registered_key = -20563;
}  // namespace authorization_data

// addr-type: RFC 4120 7.5.3.
namespace address_type {
inline constexpr std::int32_t ipv4 = 2, directional = 3, chaosnet = 5, xns = 6, iso = 7, decnet = 12,
                              appletalk = 16, netbios = 20, ipv6 = 24;
}

// tr-type of TransitedEncoding: RFC 4120 3.3.3.2. 0 stands for none in Microsoft's tickets.
namespace transited_type {
inline constexpr std::int32_t none = 0, domain_x500_compress = 1;
}

// lr-type: RFC 4120 5.4.2. Negative ones tell of the KDC that answers, the others of all.
namespace last_req_type {
inline constexpr std::int32_t none = 0, initial_tgt = 1, initial = 2, newest_tgt = 3, renewal = 4, any = 5,
                              password_expires = 6, account_expires = 7;
}

// Protocol versions and result codes of kpasswd: RFC 3244 2.
namespace kpasswd_version {
inline constexpr std::uint16_t change = 1;    // of a change request, and of answers
inline constexpr std::uint16_t set = 0xff80;  // of a change or set request
}  // namespace kpasswd_version
namespace kpasswd_result {
inline constexpr std::uint16_t success = 0, malformed = 1, hard_error = 2, auth_error = 3, soft_error = 4,
                               access_denied = 5, bad_version = 6, initial_flag_needed = 7;
}

// KERB_SUPPORTED_ENCTYPES and PA-SUPPORTED-ENCTYPES: [MS-KILE] 2.2.7 and 2.2.8.
namespace supported_enctype {
inline constexpr std::uint32_t des_cbc_crc = 1, des_cbc_md5 = 2, rc4_hmac = 4, aes128_sha1 = 8,
                               aes256_sha1 = 0x10, aes256_sha1_session_key = 0x20, aes128_sha256 = 0x40,
                               aes256_sha384 = 0x80, fast = 0x10000, compound_identity = 0x20000,
                               claims = 0x40000, no_resource_sid_compression = 0x80000;
}

// PA-PAC-OPTIONS: [MS-KILE] 2.2.10.
namespace pac_option {
inline constexpr std::uint32_t claims = flag(0), branch_aware = flag(1), forward_to_full_dc = flag(2),
                               resource_based_constrained_delegation = flag(3);
}

// options of S4UUserID: [MS-SFU] 2.2.2.
namespace s4u_option {
inline constexpr std::uint32_t check_logon_hours = flag(1), use_reply_key_usage = flag(2);
}

// data-type of KERB-ERROR-DATA: [MS-KILE] 2.2.1.
namespace kerb_error_data {
inline constexpr std::int32_t skew_recovery = 2, extended = 3;
}

}  // namespace ferryman::kerberos
