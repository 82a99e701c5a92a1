#pragma once

#include <cstdint>
#include <string>

namespace ferryman::decode {

// Names of the bits that are set in a number, with commas between; of what has none the rest as "0x1000".
std::string supported_enctype_names(std::uint32_t flags);     // PA-SUPPORTED-ENCTYPES [MS-KILE 2.2.7]
std::string user_account_control_names(std::uint32_t flags);  // of KERB_VALIDATION_INFO [MS-SAMR 2.2.1.12]
std::string user_flag_names(std::uint32_t flags);             // of KERB_VALIDATION_INFO [MS-PAC 2.5]
std::string upn_dns_flag_names(std::uint32_t flags);          // of UPN_DNS_INFO [MS-PAC 2.10]
std::string pac_attribute_names(std::uint32_t flags);         // of PAC_ATTRIBUTES_INFO [MS-PAC 2.14]
std::string ap_option_data_names(std::uint32_t flags);        // AD-AUTH-DATA-AP-OPTIONS [MS-KILE 3.2.5.8]

}  // namespace ferryman::decode
