#include "kerberos/names.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ferryman::kerberos {
namespace {

using Entry = std::pair<std::int32_t, std::string_view>;

// A table, with the place of each number that one octet can hold, as nearly all are.
template <std::size_t N>
class Names {
 public:
  constexpr explicit Names(const std::array<Entry, N>& table) : table_(table) {
    place_.fill(N);
    for (std::size_t i = 0; i < N; ++i) {
      const std::int32_t number = table[i].first;
      if (number >= 0 && number < static_cast<std::int32_t>(place_.size()))
        place_.at(static_cast<std::size_t>(number)) = static_cast<std::uint8_t>(i);
    }
  }

  std::string_view of(std::int32_t number) const {
    if (number < 0 || number >= static_cast<std::int32_t>(place_.size())) return search(number);
    const std::size_t place = place_[static_cast<std::size_t>(number)];
    return place < N ? table_[place].second : std::string_view();
  }

 private:
  static_assert(N < 256);

  std::string_view search(std::int32_t number) const {
    const auto found = std::find_if(table_.begin(), table_.end(),
                                    [number](const Entry& entry) { return entry.first == number; });
    return found != table_.end() ? found->second : std::string_view();
  }

  std::array<Entry, N> table_;
  std::array<std::uint8_t, 256> place_{};
};

// RFC 4120 7.5.9, RFC 4556 3.1.3, RFC 6112, RFC 6113, RFC 8062, MS-KILE.
constexpr Names errors(std::to_array<Entry>({
    {error_code::none, "KDC_ERR_NONE"},
    {error_code::client_expired, "KDC_ERR_NAME_EXP"},
    {error_code::service_expired, "KDC_ERR_SERVICE_EXP"},
    {error_code::bad_pvno, "KDC_ERR_BAD_PVNO"},
    {error_code::client_old_master_kvno, "KDC_ERR_C_OLD_MAST_KVNO"},
    {error_code::service_old_master_kvno, "KDC_ERR_S_OLD_MAST_KVNO"},
    {error_code::client_unknown, "KDC_ERR_C_PRINCIPAL_UNKNOWN"},
    {error_code::service_unknown, "KDC_ERR_S_PRINCIPAL_UNKNOWN"},
    {error_code::principal_not_unique, "KDC_ERR_PRINCIPAL_NOT_UNIQUE"},
    {error_code::null_key, "KDC_ERR_NULL_KEY"},
    {error_code::cannot_postdate, "KDC_ERR_CANNOT_POSTDATE"},
    {error_code::never_valid, "KDC_ERR_NEVER_VALID"},
    {error_code::policy, "KDC_ERR_POLICY"},
    {error_code::bad_option, "KDC_ERR_BADOPTION"},
    {error_code::etype_not_supported, "KDC_ERR_ETYPE_NOSUPP"},
    {error_code::checksum_type_not_supported, "KDC_ERR_SUMTYPE_NOSUPP"},
    {error_code::padata_type_not_supported, "KDC_ERR_PADATA_TYPE_NOSUPP"},
    {error_code::transited_type_not_supported, "KDC_ERR_TRTYPE_NOSUPP"},
    {error_code::client_revoked, "KDC_ERR_CLIENT_REVOKED"},
    {error_code::service_revoked, "KDC_ERR_SERVICE_REVOKED"},
    {error_code::tgt_revoked, "KDC_ERR_TGT_REVOKED"},
    {error_code::client_not_yet_valid, "KDC_ERR_CLIENT_NOTYET"},
    {error_code::service_not_yet_valid, "KDC_ERR_SERVICE_NOTYET"},
    {error_code::key_expired, "KDC_ERR_KEY_EXPIRED"},
    {error_code::preauth_failed, "KDC_ERR_PREAUTH_FAILED"},
    {error_code::preauth_required, "KDC_ERR_PREAUTH_REQUIRED"},
    {error_code::server_mismatch, "KDC_ERR_SERVER_NOMATCH"},
    {error_code::must_use_user_to_user, "KDC_ERR_MUST_USE_USER2USER"},
    {error_code::path_not_accepted, "KDC_ERR_PATH_NOT_ACCEPTED"},
    {error_code::service_unavailable, "KDC_ERR_SVC_UNAVAILABLE"},
    {error_code::bad_integrity, "KRB_AP_ERR_BAD_INTEGRITY"},
    {error_code::ticket_expired, "KRB_AP_ERR_TKT_EXPIRED"},
    {error_code::ticket_not_yet_valid, "KRB_AP_ERR_TKT_NYV"},
    {error_code::repeat, "KRB_AP_ERR_REPEAT"},
    {error_code::not_us, "KRB_AP_ERR_NOT_US"},
    {error_code::bad_match, "KRB_AP_ERR_BADMATCH"},
    {error_code::skew, "KRB_AP_ERR_SKEW"},
    {error_code::bad_address, "KRB_AP_ERR_BADADDR"},
    {error_code::bad_version, "KRB_AP_ERR_BADVERSION"},
    {error_code::wrong_msg_type, "KRB_AP_ERR_MSG_TYPE"},
    {error_code::modified, "KRB_AP_ERR_MODIFIED"},
    {error_code::bad_order, "KRB_AP_ERR_BADORDER"},
    {error_code::bad_key_version, "KRB_AP_ERR_BADKEYVER"},
    {error_code::no_key, "KRB_AP_ERR_NOKEY"},
    {error_code::mutual_failed, "KRB_AP_ERR_MUT_FAIL"},
    {error_code::bad_direction, "KRB_AP_ERR_BADDIRECTION"},
    {error_code::method, "KRB_AP_ERR_METHOD"},
    {error_code::bad_sequence, "KRB_AP_ERR_BADSEQ"},
    {error_code::inappropriate_checksum, "KRB_AP_ERR_INAPP_CKSUM"},
    {error_code::ap_path_not_accepted, "KRB_AP_PATH_NOT_ACCEPTED"},
    {error_code::response_too_big, "KRB_ERR_RESPONSE_TOO_BIG"},
    {error_code::generic, "KRB_ERR_GENERIC"},
    {error_code::field_too_long, "KRB_ERR_FIELD_TOOLONG"},
    {error_code::client_not_trusted, "KDC_ERR_CLIENT_NOT_TRUSTED"},
    {error_code::kdc_not_trusted, "KDC_ERR_KDC_NOT_TRUSTED"},
    {error_code::invalid_signature, "KDC_ERR_INVALID_SIG"},
    {error_code::dh_parameters_not_accepted, "KDC_ERR_DH_KEY_PARAMETERS_NOT_ACCEPTED"},
    {error_code::certificate_mismatch, "KDC_ERR_CERTIFICATE_MISMATCH"},
    {error_code::no_tgt, "KRB_AP_ERR_NO_TGT"},
    {error_code::wrong_realm, "KDC_ERR_WRONG_REALM"},
    {error_code::user_to_user_required, "KRB_AP_ERR_USER_TO_USER_REQUIRED"},
    {error_code::cannot_verify_certificate, "KDC_ERR_CANT_VERIFY_CERTIFICATE"},
    {error_code::invalid_certificate, "KDC_ERR_INVALID_CERTIFICATE"},
    {error_code::revoked_certificate, "KDC_ERR_REVOKED_CERTIFICATE"},
    {error_code::revocation_status_unknown, "KDC_ERR_REVOCATION_STATUS_UNKNOWN"},
    {error_code::revocation_status_unavailable, "KDC_ERR_REVOCATION_STATUS_UNAVAILABLE"},
    {error_code::client_name_mismatch, "KDC_ERR_CLIENT_NAME_MISMATCH"},
    {error_code::kdc_name_mismatch, "KDC_ERR_KDC_NAME_MISMATCH"},
    {error_code::inconsistent_key_purpose, "KDC_ERR_INCONSISTENT_KEY_PURPOSE"},
    {error_code::digest_in_certificate_not_accepted, "KDC_ERR_DIGEST_IN_CERT_NOT_ACCEPTED"},
    {error_code::pa_checksum_required, "KDC_ERR_PA_CHECKSUM_MUST_BE_INCLUDED"},
    {error_code::digest_in_signed_data_not_accepted, "KDC_ERR_DIGEST_IN_SIGNED_DATA_NOT_ACCEPTED"},
    {error_code::public_key_encryption_not_supported, "KDC_ERR_PUBLIC_KEY_ENCRYPTION_NOT_SUPPORTED"},
    {error_code::iakerb_kdc_not_found, "KRB_AP_ERR_IAKERB_KDC_NOT_FOUND"},
    {error_code::iakerb_kdc_no_response, "KRB_AP_ERR_IAKERB_KDC_NO_RESPONSE"},
    {error_code::preauth_expired, "KDC_ERR_PREAUTH_EXPIRED"},
    {error_code::more_preauth_data_required, "KDC_ERR_MORE_PREAUTH_DATA_REQUIRED"},
    {error_code::bad_authentication_set, "KDC_ERR_PREAUTH_BAD_AUTHENTICATION_SET"},
    {error_code::unknown_critical_fast_options, "KDC_ERR_UNKNOWN_CRITICAL_FAST_OPTIONS"},
    {error_code::no_acceptable_kdf, "KDC_ERR_NO_ACCEPTABLE_KDF"},
}));

// IANA "Kerberos Encryption Type Numbers", and the negative ones of MS-KILE's neighbours.
constexpr Names kpasswd_results(std::to_array<Entry>({
    {kpasswd_result::success, "success"},
    {kpasswd_result::malformed, "malformed"},
    {kpasswd_result::hard_error, "hard_error"},
    {kpasswd_result::auth_error, "auth_error"},
    {kpasswd_result::soft_error, "soft_error"},
    {kpasswd_result::access_denied, "access_denied"},
    {kpasswd_result::bad_version, "bad_version"},
    {kpasswd_result::initial_flag_needed, "initial_flag_needed"},
}));

constexpr Names etypes(std::to_array<Entry>({
    {etype::rc4_hmac_old_exp, "rc4-hmac-old-exp"},
    {etype::rc4_hmac_old, "rc4-hmac-old"},
    {etype::rc4_md4, "rc4-md4"},
    {etype::des_cbc_crc, "des-cbc-crc"},
    {etype::des_cbc_md4, "des-cbc-md4"},
    {etype::des_cbc_md5, "des-cbc-md5"},
    {etype::des3_cbc_md5, "des3-cbc-md5"},
    {etype::des3_cbc_sha1, "des3-cbc-sha1"},
    {etype::des3_cbc_sha1_kd, "des3-cbc-sha1-kd"},
    {etype::aes128_sha1, "aes128-cts-hmac-sha1-96"},
    {etype::aes256_sha1, "aes256-cts-hmac-sha1-96"},
    {etype::aes128_sha256, "aes128-cts-hmac-sha256-128"},
    {etype::aes256_sha384, "aes256-cts-hmac-sha384-192"},
    {etype::rc4_hmac, "rc4-hmac"},
    {etype::rc4_hmac_exp, "rc4-hmac-exp"},
    {etype::camellia128, "camellia128-cts-cmac"},
    {etype::camellia256, "camellia256-cts-cmac"},
}));

// IANA "Pre-authentication and Typed Data", MS-KILE, Heimdal.
constexpr Names padata_types(std::to_array<Entry>({
    {padata::tgs_req, "PA-TGS-REQ"},
    {padata::enc_timestamp, "PA-ENC-TIMESTAMP"},
    {padata::pw_salt, "PA-PW-SALT"},
    {padata::enc_unix_time, "PA-ENC-UNIX-TIME"},
    {padata::sandia_secureid, "PA-SANDIA-SECUREID"},
    {padata::sesame, "PA-SESAME"},
    {padata::osf_dce, "PA-OSF-DCE"},
    {padata::cybersafe_secureid, "PA-CYBERSAFE-SECUREID"},
    {padata::afs3_salt, "PA-AFS3-SALT"},
    {padata::etype_info, "PA-ETYPE-INFO"},
    {padata::sam_challenge, "PA-SAM-CHALLENGE"},
    {padata::sam_response, "PA-SAM-RESPONSE"},
    {padata::pk_as_req_old, "PA-PK-AS-REQ_OLD"},
    {padata::pk_as_rep_old, "PA-PK-AS-REP_OLD"},
    {padata::pk_as_req, "PA-PK-AS-REQ"},
    {padata::pk_as_rep, "PA-PK-AS-REP"},
    {padata::pk_ocsp_response, "PA-PK-OCSP-RESPONSE"},
    {padata::etype_info2, "PA-ETYPE-INFO2"},
    {padata::svr_referral_info, "PA-SVR-REFERRAL-INFO"},
    {padata::sam_redirect, "PA-SAM-REDIRECT"},
    {padata::get_from_typed_data, "PA-GET-FROM-TYPED-DATA"},
    {padata::sam_etype_info, "PA-SAM-ETYPE-INFO"},
    {padata::alt_princ, "PA-ALT-PRINC"},
    {padata::server_referral, "PA-SERVER-REFERRAL"},
    {padata::sam_challenge_2, "PA-SAM-CHALLENGE2"},
    {padata::sam_response_2, "PA-SAM-RESPONSE2"},
    {padata::extra_tgt, "PA-EXTRA-TGT"},
    {padata::pac_request, "PA-PAC-REQUEST"},
    {padata::for_user, "PA-FOR-USER"},
    {padata::for_x509_user, "PA-FOR-X509-USER"},
    {padata::for_check_dups, "PA-FOR-CHECK_DUPS"},
    {padata::as_checksum, "PA-AS-CHECKSUM"},
    {padata::fx_cookie, "PA-FX-COOKIE"},
    {padata::authentication_set, "PA-AUTHENTICATION-SET"},
    {padata::auth_set_selected, "PA-AUTH-SET-SELECTED"},
    {padata::fx_fast, "PA-FX-FAST"},
    {padata::fx_error, "PA-FX-ERROR"},
    {padata::encrypted_challenge, "PA-ENCRYPTED-CHALLENGE"},
    {padata::otp_challenge, "PA-OTP-CHALLENGE"},
    {padata::otp_request, "PA-OTP-REQUEST"},
    {padata::otp_confirm, "PA-OTP-CONFIRM"},
    {padata::otp_pin_change, "PA-OTP-PIN-CHANGE"},
    {padata::epak_as_req, "PA-EPAK-AS-REQ"},
    {padata::epak_as_rep, "PA-EPAK-AS-REP"},
    {padata::pkinit_kx, "PA_PKINIT_KX"},
    {padata::pku2u_name, "PA_PKU2U_NAME"},
    {padata::req_enc_pa_rep, "PA-REQ-ENC-PA-REP"},
    {padata::as_freshness, "PA_AS_FRESHNESS"},
    {padata::spake, "PA-SPAKE"},
    {padata::redhat_idp_oauth2, "PA-REDHAT-IDP-OAUTH2"},
    {padata::redhat_passkey, "PA-REDHAT-PASSKEY"},
    {padata::key_list_req, "KERB-KEY-LIST-REQ"},
    {padata::key_list_rep, "KERB-KEY-LIST-REP"},
    {padata::supported_enctypes, "PA-SUPPORTED-ETYPES"},
    {padata::extended_error, "PA-EXTENDED_ERROR"},
    {padata::pac_options, "PA-PAC-OPTIONS"},
    {padata::superseded_by_user, "KERB-SUPERSEDED-BY-USER"},
    {padata::dmsa_key_package, "KERB-DMSA-KEY-PACKAGE"},
    {padata::gss, "PA-GSS"},
}));

}  // namespace

std::string_view error_name(std::int32_t code) {
  return errors.of(code);
}
std::string_view kpasswd_result_name(std::int32_t code) {
  return kpasswd_results.of(code);
}
std::string_view etype_name(std::int32_t etype) {
  return etypes.of(etype);
}
std::string_view padata_name(std::int32_t type) {
  return padata_types.of(type);
}

}  // namespace ferryman::kerberos
