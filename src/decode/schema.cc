#include "decode/schema.h"

#include <algorithm>
#include <iterator>

#include "decode/bit_names.h"
#include "decode/names.h"
#include "decode/schema_types.h"
#include "kerberos/names.h"

namespace ferryman::decode {
namespace types {

// Ticket and its parts: RFC 4120 5.3.
constexpr Type transited_type{Kind::integer, "Int32"};
constexpr Field transited_fields[] = {{0, "tr-type", &transited_type}, {1, "contents", &octets}};
constexpr Type transited{Kind::sequence, "TransitedEncoding", transited_fields};
constexpr Field enc_ticket_fields[] = {{0, "flags", &ticket_flags},
                                       {1, "key", &session_key},
                                       {2, "crealm", &realm},
                                       {3, "cname", &principal},
                                       {4, "transited", &transited},
                                       {5, "authtime", &time},
                                       {6, "starttime", &time, true},
                                       {7, "endtime", &time},
                                       {8, "renew-till", &time, true},
                                       {9, "caddr", &addresses, true},
                                       {10, "authorization-data", &authorization_data, true}};
constexpr Type enc_ticket_body{Kind::sequence, "EncTicketPart", enc_ticket_fields};
constexpr Type enc_ticket_part{Kind::application, "EncTicketPart", {}, &enc_ticket_body, 3};
constexpr std::int32_t ticket_usages[] = {2};
constexpr Type ticket_enc = encrypted(enc_ticket_part, ticket_usages);
constexpr Field ticket_fields[] = {
    {0, "tkt-vno", &pvno}, {1, "realm", &realm}, {2, "sname", &principal}, {3, "enc-part", &ticket_enc}};
constexpr Type ticket_body{Kind::sequence, "Ticket", ticket_fields};
constexpr Type ticket{Kind::application, "Ticket", {}, &ticket_body, 1};

// AP exchange: RFC 4120 5.5.
constexpr Field authenticator_fields[] = {{0, "authenticator-vno", &pvno},
                                          {1, "crealm", &realm},
                                          {2, "cname", &principal},
                                          {3, "cksum", &checksum, true},
                                          {4, "cusec", &uint32},
                                          {5, "ctime", &time},
                                          {6, "subkey", &subkey, true},
                                          {7, "seq-number", &uint32, true},
                                          {8, "authorization-data", &authorization_data, true}};
constexpr Type authenticator_body{Kind::sequence, "Authenticator", authenticator_fields};
constexpr Type authenticator{Kind::application, "Authenticator", {}, &authenticator_body, 2};
constexpr std::int32_t authenticator_usages[] = {11, 7};
constexpr Type authenticator_enc = encrypted(authenticator, authenticator_usages);
constexpr Field ap_req_fields[] = {{0, "pvno", &pvno},
                                   {1, "msg-type", &msg_type},
                                   {2, "ap-options", &ap_options},
                                   {3, "ticket", &ticket},
                                   {4, "authenticator", &authenticator_enc}};
constexpr Type ap_req_body{Kind::sequence, "AP-REQ", ap_req_fields};
constexpr Type ap_req{Kind::application, "AP-REQ", {}, &ap_req_body, 14};
constexpr Field enc_ap_rep_fields[] = {{0, "ctime", &time},
                                       {1, "cusec", &uint32},
                                       {2, "subkey", &subkey, true},
                                       {3, "seq-number", &uint32, true}};
constexpr Type enc_ap_rep_body{Kind::sequence, "EncAPRepPart", enc_ap_rep_fields};
constexpr Type enc_ap_rep_part{Kind::application, "EncAPRepPart", {}, &enc_ap_rep_body, 27};
constexpr std::int32_t ap_rep_usages[] = {12};
constexpr Type ap_rep_enc = encrypted(enc_ap_rep_part, ap_rep_usages);
constexpr Field ap_rep_fields[] = {
    {0, "pvno", &pvno}, {1, "msg-type", &msg_type}, {2, "enc-part", &ap_rep_enc}};
constexpr Type ap_rep_body{Kind::sequence, "AP-REP", ap_rep_fields};
constexpr Type ap_rep{Kind::application, "AP-REP", {}, &ap_rep_body, 15};

// Authorization data: RFC 4120 5.2.6, RFC 7751, RFC 8129.
constexpr Type utf8_strings{Kind::sequence_of, "AD-AUTHENTICATION-INDICATOR", {}, &string};
constexpr Field verifier_fields[] = {{0, "identifier", &principal, true},
                                     {1, "kvno", &uint32, true},
                                     {2, "enctype", &etype, true},
                                     {3, "mac", &checksum}};
constexpr Type verifier{Kind::sequence, "Verifier-MAC", verifier_fields};
constexpr Field cammac_fields[] = {{0, "elements", &authorization_data},
                                   {1, "kdc-verifier", &verifier, true},
                                   {2, "svc-verifier", &verifier, true},
                                   {3, "other-verifiers", &anything, true}};
constexpr Type cammac{Kind::sequence, "AD-CAMMAC", cammac_fields};
constexpr Type pac{Kind::raw_pac, "PACTYPE"};

constexpr Type ap_option_data{.kind = Kind::raw_number, .name = "UINT32", .set = ap_option_data_names};

const Type* authorization_data_content(std::int32_t type, bool) {
  switch (type) {
    case 1:
    case 8:
      return &authorization_data;
    case 96:
      return &cammac;
    case 97:
      return &utf8_strings;
    case 128:
      return &pac;
    case 129:
      return &etypes;
    case 143:
      return &ap_option_data;
    case 144:
      return &raw_utf16;
    default:
      return nullptr;
  }
}

constexpr Type ad_type{Kind::integer, "Int32", {}, nullptr, 0, {}, authorization_data_name};
constexpr Field ad_fields[] = {{0, "ad-type", &ad_type}, {1, "ad-data", &octets}};
constexpr Type ad_element{Kind::sequence, "", ad_fields, nullptr, 0, {}, nullptr, authorization_data_content};
constexpr Type authorization_data{Kind::sequence_of, "AuthorizationData", {}, &ad_element};

// AS and TGS exchange: RFC 4120 5.4.
constexpr std::int32_t enc_authorization_usages[] = {4, 5};
constexpr Type authorization_enc = encrypted(authorization_data, enc_authorization_usages);
constexpr Field req_body_fields[] = {{0, "kdc-options", &kdc_options},
                                     {1, "cname", &principal, true},
                                     {2, "realm", &realm},
                                     {3, "sname", &principal, true},
                                     {4, "from", &time, true},
                                     {5, "till", &time},
                                     {6, "rtime", &time, true},
                                     {7, "nonce", &uint32},
                                     {8, "etype", &etypes},
                                     {9, "addresses", &addresses, true},
                                     {10, "enc-authorization-data", &authorization_enc, true},
                                     {11, "additional-tickets", &tickets, true}};
constexpr Type req_body{Kind::sequence, "KDC-REQ-BODY", req_body_fields};
constexpr Field kdc_req_fields[] = {{1, "pvno", &pvno},
                                    {2, "msg-type", &msg_type},
                                    {3, "padata", &padatas, true},
                                    {4, "req-body", &req_body}};
constexpr Type kdc_req{Kind::sequence, "KDC-REQ", kdc_req_fields};
constexpr Type as_req{Kind::application, "AS-REQ", {}, &kdc_req, 10};
constexpr Type tgs_req{Kind::application, "TGS-REQ", {}, &kdc_req, 12};
constexpr Type last_req_type{Kind::integer, "Int32", {}, nullptr, 0, {}, last_req_name};
constexpr Field last_req_fields[] = {{0, "lr-type", &last_req_type}, {1, "lr-value", &time}};
constexpr Type last_req_element{Kind::sequence, "", last_req_fields};
constexpr Type last_req{Kind::sequence_of, "LastReq", {}, &last_req_element};
constexpr Field enc_rep_fields[] = {{0, "key", &session_key},
                                    {1, "last-req", &last_req},
                                    {2, "nonce", &uint32},
                                    {3, "key-expiration", &time, true},
                                    {4, "flags", &ticket_flags},
                                    {5, "authtime", &time},
                                    {6, "starttime", &time, true},
                                    {7, "endtime", &time},
                                    {8, "renew-till", &time, true},
                                    {9, "srealm", &realm},
                                    {10, "sname", &principal},
                                    {11, "caddr", &addresses, true},
                                    {12, "encrypted-pa-data", &padatas, true}};
constexpr Type enc_rep_body{Kind::sequence, "EncKDCRepPart", enc_rep_fields};
constexpr Type enc_as_rep_part{Kind::application, "EncASRepPart", {}, &enc_rep_body, 25};
constexpr Type enc_tgs_rep_part{Kind::application, "EncTGSRepPart", {}, &enc_rep_body, 26};
constexpr std::int32_t as_rep_usages[] = {3}, tgs_rep_usages[] = {8, 9};
constexpr Type as_rep_enc = encrypted(enc_as_rep_part, as_rep_usages);
constexpr Type tgs_rep_enc = encrypted(enc_tgs_rep_part, tgs_rep_usages);
constexpr Field as_rep_fields[] = {
    {0, "pvno", &pvno},          {1, "msg-type", &msg_type}, {2, "padata", &padatas, true},
    {3, "crealm", &realm},       {4, "cname", &principal},   {5, "ticket", &ticket},
    {6, "enc-part", &as_rep_enc}};
constexpr Field tgs_rep_fields[] = {
    {0, "pvno", &pvno},           {1, "msg-type", &msg_type}, {2, "padata", &padatas, true},
    {3, "crealm", &realm},        {4, "cname", &principal},   {5, "ticket", &ticket},
    {6, "enc-part", &tgs_rep_enc}};
constexpr Type as_rep_body{Kind::sequence, "KDC-REP", as_rep_fields};
constexpr Type tgs_rep_body{Kind::sequence, "KDC-REP", tgs_rep_fields};
constexpr Type as_rep{Kind::application, "AS-REP", {}, &as_rep_body, 11};
constexpr Type tgs_rep{Kind::application, "TGS-REP", {}, &tgs_rep_body, 13};

// RFC 4120 5.6 to 5.9.
constexpr Type private_data{Kind::raw_private, "OCTET STRING"};
constexpr Type user_data{Kind::octets, "OCTET STRING", {}, &private_data};
constexpr Field priv_part_fields[] = {{0, "user-data", &user_data}, {1, "timestamp", &time, true},
                                      {2, "usec", &uint32, true},   {3, "seq-number", &uint32, true},
                                      {4, "s-address", &address},   {5, "r-address", &address, true}};
constexpr Type enc_priv_body{Kind::sequence, "EncKrbPrivPart", priv_part_fields};
constexpr Type enc_priv_part{Kind::application, "EncKrbPrivPart", {}, &enc_priv_body, 28};
constexpr std::int32_t priv_usages[] = {13};
constexpr Type priv_enc = encrypted(enc_priv_part, priv_usages);
constexpr Field priv_fields[] = {{0, "pvno", &pvno}, {1, "msg-type", &msg_type}, {3, "enc-part", &priv_enc}};
constexpr Type priv_body{Kind::sequence, "KRB-PRIV", priv_fields};
constexpr Type krb_priv{Kind::application, "KRB-PRIV", {}, &priv_body, 21};
constexpr Type safe_data{Kind::sequence, "KRB-SAFE-BODY", priv_part_fields};
constexpr Field safe_fields[] = {
    {0, "pvno", &pvno}, {1, "msg-type", &msg_type}, {2, "safe-body", &safe_data}, {3, "cksum", &checksum}};
constexpr Type safe_body{Kind::sequence, "KRB-SAFE", safe_fields};
constexpr Type krb_safe{Kind::application, "KRB-SAFE", {}, &safe_body, 20};
constexpr Field cred_info_fields[] = {
    {0, "key", &session_key},          {1, "prealm", &realm, true},    {2, "pname", &principal, true},
    {3, "flags", &ticket_flags, true}, {4, "authtime", &time, true},   {5, "starttime", &time, true},
    {6, "endtime", &time, true},       {7, "renew-till", &time, true}, {8, "srealm", &realm, true},
    {9, "sname", &principal, true},    {10, "caddr", &addresses, true}};
constexpr Type cred_info{Kind::sequence, "KrbCredInfo", cred_info_fields};
constexpr Type cred_infos{Kind::sequence_of, "SEQUENCE OF KrbCredInfo", {}, &cred_info};
constexpr Field cred_part_fields[] = {{0, "ticket-info", &cred_infos},  {1, "nonce", &uint32, true},
                                      {2, "timestamp", &time, true},    {3, "usec", &uint32, true},
                                      {4, "s-address", &address, true}, {5, "r-address", &address, true}};
constexpr Type enc_cred_body{Kind::sequence, "EncKrbCredPart", cred_part_fields};
constexpr Type enc_cred_part{Kind::application, "EncKrbCredPart", {}, &enc_cred_body, 29};
constexpr std::int32_t cred_usages[] = {14};
constexpr Type cred_enc = encrypted(enc_cred_part, cred_usages);
constexpr Field cred_fields[] = {
    {0, "pvno", &pvno}, {1, "msg-type", &msg_type}, {2, "tickets", &tickets}, {3, "enc-part", &cred_enc}};
constexpr Type cred_body{Kind::sequence, "KRB-CRED", cred_fields};
constexpr Type krb_cred{Kind::application, "KRB-CRED", {}, &cred_body, 22};
constexpr Type error_code{Kind::integer, "Int32", {}, nullptr, 0, {}, kerberos::error_name};
constexpr Type raw_e_data{Kind::raw_e_data, "OCTET STRING"};
constexpr Type e_data{Kind::octets, "OCTET STRING", {}, &raw_e_data};
constexpr Field error_fields[] = {{0, "pvno", &pvno},
                                  {1, "msg-type", &msg_type},
                                  {2, "ctime", &time, true},
                                  {3, "cusec", &uint32, true},
                                  {4, "stime", &time},
                                  {5, "susec", &uint32},
                                  {6, "error-code", &error_code},
                                  {7, "crealm", &realm, true},
                                  {8, "cname", &principal, true},
                                  {9, "realm", &realm},
                                  {10, "sname", &principal},
                                  {11, "e-text", &string, true},
                                  {12, "e-data", &e_data, true}};
constexpr Type error_body{Kind::sequence, "KRB-ERROR", error_fields};
constexpr Type krb_error{Kind::application, "KRB-ERROR", {}, &error_body, 30};

}  // namespace types

const Type* message_type(unsigned application_tag) {
  using namespace types;
  static constexpr const Type* all[] = {
      &ticket,          &authenticator,    &enc_ticket_part, &as_req,        &as_rep,        &tgs_req,
      &tgs_rep,         &ap_req,           &ap_rep,          &krb_safe,      &krb_priv,      &krb_cred,
      &enc_as_rep_part, &enc_tgs_rep_part, &enc_ap_rep_part, &enc_priv_part, &enc_cred_part, &krb_error};
  const auto found = std::find_if(std::begin(all), std::end(all),
                                  [=](const Type* type) { return type->tag == application_tag; });
  return found == std::end(all) ? nullptr : *found;
}

constexpr Type anything{Kind::octets, "octets"};

}  // namespace ferryman::decode
