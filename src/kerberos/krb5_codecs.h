#pragma once

#include <krb5/krb5.h>

// For tests: libkrb5.so exports its codecs; its headers show neither them nor some of the structures. Of
// those, what is looked at stands here.
extern "C" {
struct k5_priv;
struct k5_priv_enc_part;
struct k5_pa_enc_ts;
struct k5_etype_info_entry;
struct k5_pa_for_user;
struct k5_pa_s4u_x509_user;
struct k5_fast_finished;
struct k5_fast_armor {
  krb5_int32 armor_type;
  krb5_data armor_value;
};
struct k5_fast_armored_req {
  krb5_magic magic;
  k5_fast_armor* armor;
  krb5_checksum req_checksum;
  krb5_enc_data enc_part;
};
struct k5_fast_req {
  krb5_magic magic;
  krb5_flags fast_options;
  krb5_kdc_req* req_body;
};
struct k5_fast_response {
  krb5_magic magic;
  krb5_pa_data** padata;
  krb5_keyblock* strengthen_key;
  k5_fast_finished* finished;
  krb5_int32 nonce;
};
struct k5_pac_options {
  krb5_flags options;
};

using k5_pa_data_list = krb5_pa_data*;
using k5_authdata_list = krb5_authdata*;
using k5_etype_info = k5_etype_info_entry*;
krb5_error_code decode_krb5_as_req(const krb5_data* code, krb5_kdc_req** out);
krb5_error_code encode_krb5_as_req(const krb5_kdc_req* value, krb5_data** out);
krb5_error_code decode_krb5_tgs_req(const krb5_data* code, krb5_kdc_req** out);
krb5_error_code encode_krb5_tgs_req(const krb5_kdc_req* value, krb5_data** out);
krb5_error_code decode_krb5_kdc_req_body(const krb5_data* code, krb5_kdc_req** out);
krb5_error_code encode_krb5_kdc_req_body(const krb5_kdc_req* value, krb5_data** out);
void krb5_free_kdc_req(krb5_context context, krb5_kdc_req* value);
krb5_error_code decode_krb5_as_rep(const krb5_data* code, krb5_kdc_rep** out);
krb5_error_code encode_krb5_as_rep(const krb5_kdc_rep* value, krb5_data** out);
krb5_error_code decode_krb5_tgs_rep(const krb5_data* code, krb5_kdc_rep** out);
krb5_error_code encode_krb5_tgs_rep(const krb5_kdc_rep* value, krb5_data** out);
void krb5_free_kdc_rep(krb5_context context, krb5_kdc_rep* value);
krb5_error_code decode_krb5_enc_kdc_rep_part(const krb5_data* code, krb5_enc_kdc_rep_part** out);
krb5_error_code encode_krb5_enc_kdc_rep_part(const krb5_enc_kdc_rep_part* value, krb5_data** out);
void krb5_free_enc_kdc_rep_part(krb5_context context, krb5_enc_kdc_rep_part* value);
krb5_error_code decode_krb5_ticket(const krb5_data* code, krb5_ticket** out);
krb5_error_code encode_krb5_ticket(const krb5_ticket* value, krb5_data** out);
krb5_error_code decode_krb5_enc_tkt_part(const krb5_data* code, krb5_enc_tkt_part** out);
krb5_error_code encode_krb5_enc_tkt_part(const krb5_enc_tkt_part* value, krb5_data** out);
void krb5_free_enc_tkt_part(krb5_context context, krb5_enc_tkt_part* value);
krb5_error_code decode_krb5_enc_data(const krb5_data* code, krb5_enc_data** out);
krb5_error_code encode_krb5_enc_data(const krb5_enc_data* value, krb5_data** out);
void krb5_free_enc_data(krb5_context context, krb5_enc_data* value);
krb5_error_code decode_krb5_encryption_key(const krb5_data* code, krb5_keyblock** out);
krb5_error_code encode_krb5_encryption_key(const krb5_keyblock* value, krb5_data** out);
krb5_error_code decode_krb5_ap_req(const krb5_data* code, krb5_ap_req** out);
krb5_error_code encode_krb5_ap_req(const krb5_ap_req* value, krb5_data** out);
void krb5_free_ap_req(krb5_context context, krb5_ap_req* value);
krb5_error_code decode_krb5_authenticator(const krb5_data* code, krb5_authenticator** out);
krb5_error_code encode_krb5_authenticator(const krb5_authenticator* value, krb5_data** out);
krb5_error_code decode_krb5_ap_rep(const krb5_data* code, krb5_ap_rep** out);
krb5_error_code encode_krb5_ap_rep(const krb5_ap_rep* value, krb5_data** out);
void krb5_free_ap_rep(krb5_context context, krb5_ap_rep* value);
krb5_error_code decode_krb5_ap_rep_enc_part(const krb5_data* code, krb5_ap_rep_enc_part** out);
krb5_error_code encode_krb5_ap_rep_enc_part(const krb5_ap_rep_enc_part* value, krb5_data** out);
krb5_error_code decode_krb5_priv(const krb5_data* code, k5_priv** out);
krb5_error_code encode_krb5_priv(const k5_priv* value, krb5_data** out);
void krb5_free_priv(krb5_context context, k5_priv* value);
krb5_error_code decode_krb5_enc_priv_part(const krb5_data* code, k5_priv_enc_part** out);
krb5_error_code encode_krb5_enc_priv_part(const k5_priv_enc_part* value, krb5_data** out);
void krb5_free_priv_enc_part(krb5_context context, k5_priv_enc_part* value);
krb5_error_code decode_krb5_error(const krb5_data* code, krb5_error** out);
krb5_error_code encode_krb5_error(const krb5_error* value, krb5_data** out);
krb5_error_code decode_krb5_padata_sequence(const krb5_data* code, k5_pa_data_list** out);
krb5_error_code encode_krb5_padata_sequence(const k5_pa_data_list* value, krb5_data** out);
void krb5_free_pa_data(krb5_context context, k5_pa_data_list* value);
krb5_error_code decode_krb5_typed_data(const krb5_data* code, k5_pa_data_list** out);
krb5_error_code encode_krb5_typed_data(const k5_pa_data_list* value, krb5_data** out);
krb5_error_code decode_krb5_authdata(const krb5_data* code, k5_authdata_list** out);
krb5_error_code encode_krb5_authdata(const k5_authdata_list* value, krb5_data** out);
krb5_error_code decode_krb5_pa_enc_ts(const krb5_data* code, k5_pa_enc_ts** out);
krb5_error_code encode_krb5_pa_enc_ts(const k5_pa_enc_ts* value, krb5_data** out);
void krb5_free_pa_enc_ts(krb5_context context, k5_pa_enc_ts* value);
krb5_error_code decode_krb5_etype_info(const krb5_data* code, k5_etype_info** out);
krb5_error_code encode_krb5_etype_info(const k5_etype_info* value, krb5_data** out);
krb5_error_code decode_krb5_etype_info2(const krb5_data* code, k5_etype_info** out);
krb5_error_code encode_krb5_etype_info2(const k5_etype_info* value, krb5_data** out);
void krb5_free_etype_info(krb5_context context, k5_etype_info* value);
krb5_error_code decode_krb5_pa_fx_fast_request(const krb5_data* code, k5_fast_armored_req** out);
void krb5_free_fast_armored_req(krb5_context context, k5_fast_armored_req* value);
krb5_error_code decode_krb5_fast_req(const krb5_data* code, k5_fast_req** out);
void krb5_free_fast_req(krb5_context context, k5_fast_req* value);
krb5_error_code decode_krb5_fast_response(const krb5_data* code, k5_fast_response** out);
krb5_error_code encode_krb5_fast_response(const k5_fast_response* value, krb5_data** out);
void krb5_free_fast_response(krb5_context context, k5_fast_response* value);
krb5_error_code decode_krb5_pa_fx_fast_reply(const krb5_data* code, krb5_enc_data** out);
krb5_error_code encode_krb5_pa_fx_fast_reply(const krb5_enc_data* value, krb5_data** out);
krb5_error_code decode_krb5_pa_for_user(const krb5_data* code, k5_pa_for_user** out);
krb5_error_code encode_krb5_pa_for_user(const k5_pa_for_user* value, krb5_data** out);
void krb5_free_pa_for_user(krb5_context context, k5_pa_for_user* value);
krb5_error_code decode_krb5_pa_s4u_x509_user(const krb5_data* code, k5_pa_s4u_x509_user** out);
krb5_error_code encode_krb5_pa_s4u_x509_user(const k5_pa_s4u_x509_user* value, krb5_data** out);
void krb5_free_pa_s4u_x509_user(krb5_context context, k5_pa_s4u_x509_user* value);
krb5_error_code decode_krb5_pa_pac_req(const krb5_data* code, krb5_pa_pac_req** out);
void krb5_free_pa_pac_req(krb5_context context, krb5_pa_pac_req* value);
krb5_error_code decode_krb5_pa_pac_options(const krb5_data* code, k5_pac_options** out);
krb5_error_code encode_krb5_pa_pac_options(const k5_pac_options* value, krb5_data** out);
krb5_error_code decode_krb5_setpw_req(const krb5_data* code, krb5_data** password, krb5_principal* target);
}
