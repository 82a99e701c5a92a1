#pragma once

#include <cstdint>
#include <string_view>

namespace ferryman::decode {

// Names that kerberos/names.h does not have, as only people need them. Empty where the number is unknown.
std::string_view message_name(std::int32_t msg_type);
std::string_view name_type_name(std::int32_t type);
std::string_view checksum_name(std::int32_t type);
std::string_view address_type_name(std::int32_t type);
std::string_view authorization_data_name(std::int32_t type);
std::string_view last_req_name(std::int32_t type);
std::string_view spake_group_name(std::int32_t group);
std::string_view kerb_error_data_name(std::int32_t type);
std::string_view kpasswd_result_name(std::int32_t code);
std::string_view pac_buffer_name(std::int32_t type);

}  // namespace ferryman::decode
