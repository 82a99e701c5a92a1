#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferryman::directory {

// The service classes for which HOST stands: Active Directory's sPNMappings as it is installed ([MS-ADTS]
// 6.1.1.2.4.1.3).
const std::vector<std::string>& default_host_aliases();

// "cifs/web.example.com" by HOST: "host/web.example.com". Empty where the class is none of these, or the SPN
// has not two parts. Classes are compared without ASCII case.
std::string by_host(std::string_view spn, const std::vector<std::string>& aliases);

}  // namespace ferryman::directory
