#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferryman::net {

inline constexpr const char* resolv_conf_file = "/etc/resolv.conf";
inline constexpr const char* hosts_file = "/etc/hosts";

// The addresses that its nameserver lines name (resolv.conf(5)), as they are written.
std::vector<std::string> name_servers(std::string_view resolv_conf);

// Those of the system's file as it is now; none where there is no such file.
std::vector<std::string> system_name_servers();

}  // namespace ferryman::net
