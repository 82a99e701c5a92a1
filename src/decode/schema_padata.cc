#include "decode/bit_names.h"
#include "decode/names.h"
#include "decode/schema.h"
#include "decode/schema_types.h"
#include "discovery/dc_flags.h"
#include "kerberos/names.h"

namespace ferryman::decode {
namespace types {
namespace {

constexpr std::array<std::string_view, 3> s4u_option_names{"reserved", "check-logon-hours",
                                                           "use-reply-key-usage"};
constexpr Type s4u_options{Kind::flags, "BIT STRING", {}, nullptr, 0, s4u_option_names};
constexpr Type salt{Kind::raw_text, "salt"};
constexpr Type cookie{Kind::raw, "cookie"};

// PA-ENC-TIMESTAMP and PA-ENCRYPTED-CHALLENGE: RFC 4120 5.2.7.2, RFC 6113 5.4.6.
constexpr Field enc_timestamp_fields[] = {{0, "patimestamp", &time}, {1, "pausec", &uint32, true}};
constexpr Type enc_timestamp{Kind::sequence, "PA-ENC-TS-ENC", enc_timestamp_fields};
constexpr std::int32_t timestamp_usages[] = {1};
constexpr Type timestamp = encrypted(enc_timestamp, timestamp_usages);
constexpr Type challenge{Kind::challenge, "EncryptedData", {}, &enc_timestamp};

// RFC 4120 5.2.7.4 and 5.2.7.5.
constexpr Field info_fields[] = {{0, "etype", &etype}, {1, "salt", &octets, true}};
constexpr Type info_entry{Kind::sequence, "ETYPE-INFO-ENTRY", info_fields};
constexpr Type etype_info{Kind::sequence_of, "ETYPE-INFO", {}, &info_entry};
constexpr Field info2_fields[] = {
    {0, "etype", &etype}, {1, "salt", &string, true}, {2, "s2kparams", &octets, true}};
constexpr Type info2_entry{Kind::sequence, "ETYPE-INFO2-ENTRY", info2_fields};
constexpr Type etype_info2{Kind::sequence_of, "ETYPE-INFO2", {}, &info2_entry};

// MS-KILE 2.2.3, 2.2.10 and 2.2.12 to 2.2.14, MS-SFU 2.2.1 and 2.2.2.
constexpr Field pac_request_fields[] = {{0, "include-pac", &boolean}};
constexpr Type pac_request{Kind::sequence, "KERB-PA-PAC-REQUEST", pac_request_fields};
constexpr Field pac_options_fields[] = {{0, "flags", &pac_option_flags}};
constexpr Type pac_options{Kind::sequence, "PA-PAC-OPTIONS", pac_options_fields};
constexpr Field for_user_fields[] = {{0, "userName", &principal},
                                     {1, "userRealm", &realm},
                                     {2, "cksum", &checksum},
                                     {3, "auth-package", &string}};
constexpr Type for_user{Kind::sequence, "PA-FOR-USER-ENC", for_user_fields};
constexpr Field user_id_fields[] = {{0, "nonce", &uint32},
                                    {1, "cname", &principal, true},
                                    {2, "crealm", &realm},
                                    {3, "subject-certificate", &octets, true},
                                    {4, "options", &s4u_options, true}};
constexpr Type user_id{Kind::sequence, "S4UUserID", user_id_fields};
constexpr Field x509_user_fields[] = {{0, "user-id", &user_id}, {1, "checksum", &checksum}};
constexpr Type x509_user{Kind::sequence, "PA-S4U-X509-USER", x509_user_fields};
constexpr Type keys{Kind::sequence_of, "KERB-KEY-LIST-REP", {}, &session_key};
constexpr Field superseded_fields[] = {{0, "name", &principal}, {1, "realm", &realm}};
constexpr Type superseded{Kind::sequence, "KERB-SUPERSEDED-BY-USER", superseded_fields};
constexpr Field dmsa_fields[] = {{0, "current-keys", &keys},
                                 {1, "previous-keys", &keys, true},
                                 {2, "expiration-interval", &time},
                                 {4, "fetch-interval", &time}};
constexpr Type dmsa_package{Kind::sequence, "KERB-DMSA-KEY-PACKAGE", dmsa_fields};
constexpr Type supported_etypes{
    .kind = Kind::raw_number, .name = "PA-SUPPORTED-ENCTYPES", .set = supported_enctype_names};

// FAST: RFC 6113 5.4.
constexpr Field fast_req_fields[] = {
    {0, "fast-options", &fast_options}, {1, "padata", &padatas}, {2, "req-body", &req_body}};
constexpr Type fast_req{Kind::sequence, "KrbFastReq", fast_req_fields};
constexpr std::int32_t fast_req_usages[] = {51}, fast_rep_usages[] = {52};
constexpr Type enc_fast_req = encrypted(fast_req, fast_req_usages);
constexpr Type armor_value{Kind::octets, "OCTET STRING", {}, &ap_req};
constexpr Field armor_fields[] = {{0, "armor-type", &int32}, {1, "armor-value", &armor_value}};
constexpr Type armor{Kind::sequence, "KrbFastArmor", armor_fields};
constexpr Field armored_req_fields[] = {
    {0, "armor", &armor, true}, {1, "req-checksum", &checksum}, {2, "enc-fast-req", &enc_fast_req}};
constexpr Type armored_req{Kind::sequence, "KrbFastArmoredReq", armored_req_fields};
constexpr Field fast_request_choices[] = {{0, "armored-data", &armored_req}};
constexpr Type fast_request{Kind::choice, "PA-FX-FAST-REQUEST", fast_request_choices};
constexpr Field finished_fields[] = {{0, "timestamp", &time},
                                     {1, "usec", &uint32},
                                     {2, "crealm", &realm},
                                     {3, "cname", &principal},
                                     {4, "ticket-checksum", &checksum}};
constexpr Type finished{Kind::sequence, "KrbFastFinished", finished_fields};
constexpr Field response_fields[] = {{0, "padata", &padatas},
                                     {1, "strengthen-key", &strengthen_key, true},
                                     {2, "finished", &finished, true},
                                     {3, "nonce", &uint32}};
constexpr Type response{Kind::sequence, "KrbFastResponse", response_fields};
constexpr Type enc_fast_rep = encrypted(response, fast_rep_usages);
constexpr Field armored_rep_fields[] = {{0, "enc-fast-rep", &enc_fast_rep}};
constexpr Type armored_rep{Kind::sequence, "KrbFastArmoredRep", armored_rep_fields};
constexpr Field fast_reply_choices[] = {{0, "armored-data", &armored_rep}};
constexpr Type fast_reply{Kind::choice, "PA-FX-FAST-REPLY", fast_reply_choices};

// SPAKE: RFC 9588 4. Its keys come from the password; nothing here opens what they close.
constexpr Type group{Kind::integer, "Int32", {}, nullptr, 0, {}, spake_group_name};
constexpr Type groups{Kind::sequence_of, "SEQUENCE OF Int32", {}, &group};
constexpr Type spake_enc{Kind::encrypted, "EncryptedData"};
constexpr Field support_fields[] = {{0, "groups", &groups}};
constexpr Type support{Kind::sequence, "SPAKESupport", support_fields};
constexpr Field factor_fields[] = {{0, "type", &int32}, {1, "data", &octets, true}};
constexpr Type factor{Kind::sequence, "SPAKESecondFactor", factor_fields};
constexpr Type factors{Kind::sequence_of, "SEQUENCE OF SPAKESecondFactor", {}, &factor};
constexpr Field spake_challenge_fields[] = {
    {0, "group", &group}, {1, "pubkey", &octets}, {2, "factors", &factors}};
constexpr Type spake_challenge{Kind::sequence, "SPAKEChallenge", spake_challenge_fields};
constexpr Field spake_response_fields[] = {{0, "pubkey", &octets}, {1, "factor", &spake_enc}};
constexpr Type spake_response{Kind::sequence, "SPAKEResponse", spake_response_fields};
constexpr Field spake_choices[] = {{0, "support", &support},
                                   {1, "challenge", &spake_challenge},
                                   {2, "response", &spake_response},
                                   {3, "encdata", &spake_enc}};
constexpr Type spake{Kind::choice, "PA-SPAKE", spake_choices};

const Type* padata_content(std::int32_t type, bool reply) {
  switch (type) {
    case 1:
      return &ap_req;
    case 2:
      return &timestamp;
    case 3:
    case 10:
      return &salt;
    case 11:
      return &etype_info;
    case 19:
      return &etype_info2;
    case 128:
      return &pac_request;
    case 129:
      return &for_user;
    case 130:
      return &x509_user;
    case 133:
      return &cookie;
    case 136:
      return reply ? &fast_reply : &fast_request;
    case 137:
      return &krb_error;
    case 138:
      return &challenge;
    case 149:
      return &checksum;
    case 151:
      return &spake;
    case 161:
      return &etypes;
    case 162:
      return &keys;
    case 165:
      return &supported_etypes;
    case 167:
      return &pac_options;
    case 170:
      return &superseded;
    case 171:
      return &dmsa_package;
    default:
      return nullptr;
  }
}

const Type* error_data_content(std::int32_t type, bool) {
  static constexpr Type extended{Kind::raw_status, "KERB_EXT_ERROR"};
  return type == 3 ? &extended : nullptr;
}

constexpr Type padata_type{Kind::integer, "Int32", {}, nullptr, 0, {}, kerberos::padata_name};
constexpr Field padata_fields[] = {{1, "padata-type", &padata_type}, {2, "padata-value", &octets}};
constexpr Field typed_data_fields[] = {{0, "data-type", &padata_type}, {1, "data-value", &octets, true}};
constexpr Type typed_data_element{Kind::sequence, "", typed_data_fields, nullptr, 0, {}, nullptr,
                                  padata_content};
constexpr Type error_data_type{Kind::integer, "Int32", {}, nullptr, 0, {}, kerb_error_data_name};
constexpr Field error_data_fields[] = {{1, "data-type", &error_data_type}, {2, "data-value", &octets, true}};
constexpr Type new_password{Kind::secret, "OCTET STRING"};
constexpr Field change_fields[] = {
    {0, "newpasswd", &new_password}, {1, "targname", &principal, true}, {2, "targrealm", &realm, true}};
constexpr Type raw_kerb_message{Kind::raw_kerb_message, "OCTET STRING"};
constexpr Type kerb_message{Kind::octets, "OCTET STRING", {}, &raw_kerb_message};
constexpr Type hint{Kind::unsigned_integer,
                    "INTEGER",
                    {},
                    nullptr,
                    0,
                    {},
                    nullptr,
                    nullptr,
                    {},
                    KeyUse::session,
                    [](std::uint32_t flags) { return discovery::hint_names(flags); }};
constexpr Field proxy_fields[] = {{0, "kerb-message", &kerb_message},
                                  {1, "target-domain", &realm, true},
                                  {2, "dclocator-hint", &hint, true}};

}  // namespace

constexpr Type pa_data{Kind::sequence, "", padata_fields, nullptr, 0, {}, nullptr, padata_content};

}  // namespace types

constexpr Type method_data{Kind::sequence_of, "METHOD-DATA", {}, &types::pa_data};
constexpr Type typed_data{Kind::sequence_of, "TYPED-DATA", {}, &types::typed_data_element};
constexpr Type kerb_error_data{
    Kind::sequence, "", types::error_data_fields, nullptr, 0, {}, nullptr, types::error_data_content};
constexpr Type change_passwd_data{Kind::sequence, "ChangePasswdData", types::change_fields};
constexpr Type proxy_message{Kind::sequence, "KDC-PROXY-MESSAGE", types::proxy_fields};

}  // namespace ferryman::decode
