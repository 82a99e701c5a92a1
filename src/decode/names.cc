#include "decode/names.h"

#include <algorithm>
#include <span>
#include <utility>

namespace ferryman::decode {
namespace {

using Entry = std::pair<std::int32_t, std::string_view>;

std::string_view look_up(std::span<const Entry> table, std::int32_t number) {
  const auto found =
      std::find_if(table.begin(), table.end(), [=](const Entry& entry) { return entry.first == number; });
  return found == table.end() ? std::string_view() : found->second;
}

}  // namespace

std::string_view message_name(std::int32_t msg_type) {
  static constexpr Entry table[] = {{10, "AS-REQ"},   {11, "AS-REP"},   {12, "TGS-REQ"},  {13, "TGS-REP"},
                                    {14, "AP-REQ"},   {15, "AP-REP"},   {20, "KRB-SAFE"}, {21, "KRB-PRIV"},
                                    {22, "KRB-CRED"}, {30, "KRB-ERROR"}};
  return look_up(table, msg_type);
}

// RFC 4120 6.2, RFC 6111, MS-KILE's neighbours.
std::string_view name_type_name(std::int32_t type) {
  static constexpr Entry table[] = {{0, "NT-UNKNOWN"},
                                    {1, "NT-PRINCIPAL"},
                                    {2, "NT-SRV-INST"},
                                    {3, "NT-SRV-HST"},
                                    {4, "NT-SRV-XHST"},
                                    {5, "NT-UID"},
                                    {6, "NT-X500-PRINCIPAL"},
                                    {7, "NT-SMTP-NAME"},
                                    {10, "NT-ENTERPRISE"},
                                    {11, "NT-WELLKNOWN"},
                                    {12, "NT-SRV-HST-DOMAIN"},
                                    {-128, "NT-MS-PRINCIPAL"},
                                    {-129, "NT-MS-PRINCIPAL-AND-ID"},
                                    {-130, "NT-ENT-PRINCIPAL-AND-ID"}};
  return look_up(table, type);
}

// IANA "Kerberos Checksum Type Numbers", RFC 4121 4.1.1, RFC 4757 4.
std::string_view checksum_name(std::int32_t type) {
  static constexpr Entry table[] = {{1, "crc32"},
                                    {7, "rsa-md5"},
                                    {8, "rsa-md5-des"},
                                    {12, "hmac-sha1-des3-kd"},
                                    {14, "sha1"},
                                    {15, "hmac-sha1-96-aes128"},
                                    {16, "hmac-sha1-96-aes256"},
                                    {17, "cmac-camellia128"},
                                    {18, "cmac-camellia256"},
                                    {19, "hmac-sha256-128-aes128"},
                                    {20, "hmac-sha384-192-aes256"},
                                    {0x8003, "gss-api"},
                                    {-138, "hmac-md5"}};
  return look_up(table, type);
}

// RFC 4120 7.5.3.
std::string_view address_type_name(std::int32_t type) {
  static constexpr Entry table[] = {{2, "IPv4"}, {3, "directional"}, {20, "NetBIOS"}, {24, "IPv6"}};
  return look_up(table, type);
}

// RFC 4120 7.5.4, RFC 6113, RFC 7751, RFC 8129, MS-KILE 3.1.5.
std::string_view authorization_data_name(std::int32_t type) {
  static constexpr Entry table[] = {{1, "AD-IF-RELEVANT"},
                                    {4, "AD-KDC-ISSUED"},
                                    {5, "AD-AND-OR"},
                                    {8, "AD-MANDATORY-FOR-KDC"},
                                    {9, "AD-INITIAL-VERIFIED-CAS"},
                                    {71, "AD-FX-FAST-ARMOR"},
                                    {72, "AD-FX-FAST-USED"},
                                    {96, "AD-CAMMAC"},
                                    {97, "AD-AUTHENTICATION-INDICATOR"},
                                    {128, "AD-WIN2K-PAC"},
                                    {129, "AD-ETYPE-NEGOTIATION"},
                                    {141, "KERB-AD-RESTRICTION-ENTRY"},
                                    {142, "KERB-LOCAL"},
                                    {143, "AD-AUTH-DATA-AP-OPTIONS"},
                                    {144, "AD-TARGET-PRINCIPAL"}};
  return look_up(table, type);
}

// RFC 4120 5.4.2.
std::string_view last_req_name(std::int32_t type) {
  static constexpr Entry table[] = {{0, "none"},
                                    {1, "last initial TGT request"},
                                    {2, "last initial request"},
                                    {3, "newest TGT"},
                                    {4, "last renewal"},
                                    {5, "last request"},
                                    {6, "password expires"},
                                    {7, "account expires"}};
  return look_up(table, type < 0 ? -type : type);
}

// RFC 9588 "Kerberos SPAKE Groups".
std::string_view spake_group_name(std::int32_t group) {
  static constexpr Entry table[] = {{1, "edwards25519"}, {2, "P-256"}, {3, "P-384"}, {4, "P-521"}};
  return look_up(table, group);
}

// MS-KILE 2.2.1.
std::string_view kerb_error_data_name(std::int32_t type) {
  static constexpr Entry table[] = {{2, "KERB_AP_ERR_TYPE_SKEW_RECOVERY"}, {3, "KERB_ERR_TYPE_EXTENDED"}};
  return look_up(table, type);
}

// RFC 3244 2.
std::string_view kpasswd_result_name(std::int32_t code) {
  static constexpr Entry table[] = {{0, "KRB5_KPASSWD_SUCCESS"},     {1, "KRB5_KPASSWD_MALFORMED"},
                                    {2, "KRB5_KPASSWD_HARDERROR"},   {3, "KRB5_KPASSWD_AUTHERROR"},
                                    {4, "KRB5_KPASSWD_SOFTERROR"},   {5, "KRB5_KPASSWD_ACCESSDENIED"},
                                    {6, "KRB5_KPASSWD_BAD_VERSION"}, {7, "KRB5_KPASSWD_INITIAL_FLAG_NEEDED"}};
  return look_up(table, code);
}

// MS-PAC 2.4.
std::string_view pac_buffer_name(std::int32_t type) {
  static constexpr Entry table[] = {
      {1, "LOGON_INFO"},   {2, "CREDENTIALS_INFO"},     {6, "SERVER_CHECKSUM"},  {7, "KDC_CHECKSUM"},
      {10, "CLIENT_INFO"}, {11, "S4U_DELEGATION_INFO"}, {12, "UPN_DNS_INFO"},    {13, "CLIENT_CLAIMS_INFO"},
      {14, "DEVICE_INFO"}, {15, "DEVICE_CLAIMS_INFO"},  {16, "TICKET_CHECKSUM"}, {17, "ATTRIBUTES_INFO"},
      {18, "REQUESTOR"},   {19, "FULL_CHECKSUM"},       {20, "REQUESTOR_GUID"}};
  return look_up(table, type);
}

}  // namespace ferryman::decode
