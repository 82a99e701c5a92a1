#include "decode/bit_names.h"

#include <fmt/format.h>

#include <span>
#include <string_view>

#include "kerberos/numbers.h"
#include "pac/info.h"

namespace ferryman::decode {
namespace {

struct Bit {
  std::uint32_t bit;
  std::string_view name;
};

std::string names(std::span<const Bit> table, std::uint32_t flags) {
  std::string text;
  const auto append = [&](std::string_view name) {
    if (!text.empty()) text += ", ";
    text += name;
  };
  for (const auto& [bit, name] : table) {
    if ((flags & bit) == 0) continue;
    append(name);
    flags &= ~bit;
  }
  if (flags != 0) append(fmt::format("{:#x}", flags));
  return text;
}

}  // namespace

std::string supported_enctype_names(std::uint32_t flags) {
  namespace bit = kerberos::supported_enctype;
  static constexpr Bit table[] = {{bit::des_cbc_crc, "des-cbc-crc"},
                                  {bit::des_cbc_md5, "des-cbc-md5"},
                                  {bit::rc4_hmac, "rc4-hmac"},
                                  {bit::aes128_sha1, "aes128-cts-hmac-sha1-96"},
                                  {bit::aes256_sha1, "aes256-cts-hmac-sha1-96"},
                                  {bit::aes256_sha1_session_key, "aes256-cts-hmac-sha1-96 session keys"},
                                  {bit::aes128_sha256, "aes128-cts-hmac-sha256-128"},
                                  {bit::aes256_sha384, "aes256-cts-hmac-sha384-192"},
                                  {bit::fast, "FAST"},
                                  {bit::compound_identity, "compound identity"},
                                  {bit::claims, "claims"},
                                  {bit::no_resource_sid_compression, "no resource SID compression"}};
  return names(table, flags);
}

std::string user_account_control_names(std::uint32_t flags) {
  static constexpr Bit table[] = {{0x1, "ACCOUNT_DISABLED"},
                                  {0x2, "HOME_DIRECTORY_REQUIRED"},
                                  {0x4, "PASSWORD_NOT_REQUIRED"},
                                  {0x8, "TEMP_DUPLICATE_ACCOUNT"},
                                  {0x10, "NORMAL_ACCOUNT"},
                                  {0x20, "MNS_LOGON_ACCOUNT"},
                                  {0x40, "INTERDOMAIN_TRUST_ACCOUNT"},
                                  {0x80, "WORKSTATION_TRUST_ACCOUNT"},
                                  {0x100, "SERVER_TRUST_ACCOUNT"},
                                  {0x200, "DONT_EXPIRE_PASSWORD"},
                                  {0x400, "ACCOUNT_AUTO_LOCKED"},
                                  {0x800, "ENCRYPTED_TEXT_PASSWORD_ALLOWED"},
                                  {0x1000, "SMARTCARD_REQUIRED"},
                                  {0x2000, "TRUSTED_FOR_DELEGATION"},
                                  {0x4000, "NOT_DELEGATED"},
                                  {0x8000, "USE_DES_KEY_ONLY"},
                                  {0x10000, "DONT_REQUIRE_PREAUTH"},
                                  {0x20000, "PASSWORD_EXPIRED"},
                                  {0x40000, "TRUSTED_TO_AUTHENTICATE_FOR_DELEGATION"},
                                  {0x80000, "NO_AUTH_DATA_REQUIRED"},
                                  {0x100000, "PARTIAL_SECRETS_ACCOUNT"},
                                  {0x200000, "USE_AES_KEYS"}};
  return names(table, flags);
}

std::string user_flag_names(std::uint32_t flags) {
  static constexpr Bit table[] = {{0x1, "guest"},
                                  {0x2, "no encryption"},
                                  {0x8, "LAN Manager key"},
                                  {0x20, "extra SIDs"},
                                  {0x40, "subauthentication session key"},
                                  {0x80, "server trust account"},
                                  {0x100, "NTLMv2"},
                                  {0x200, "resource groups"},
                                  {0x400, "profile path"},
                                  {0x800, "NTLMv2 and LMv2"}};
  return names(table, flags);
}

std::string upn_dns_flag_names(std::uint32_t flags) {
  static constexpr Bit table[] = {{pac::UpnDnsInfo::no_upn, "the UPN is made of the account name"},
                                  {pac::UpnDnsInfo::extended, "with SAM name and SID"}};
  return names(table, flags);
}

std::string pac_attribute_names(std::uint32_t flags) {
  static constexpr Bit table[] = {{pac::AttributesInfo::requested, "PAC_WAS_REQUESTED"},
                                  {pac::AttributesInfo::given_implicitly, "PAC_WAS_GIVEN_IMPLICITLY"}};
  return names(table, flags);
}

std::string ap_option_data_names(std::uint32_t flags) {
  static constexpr Bit table[] = {{0x4000, "KERB_AP_OPTIONS_CBT"},
                                  {0x8000, "KERB_AP_OPTIONS_UNVERIFIED_TARGET_NAME"}};
  return names(table, flags);
}

}  // namespace ferryman::decode
