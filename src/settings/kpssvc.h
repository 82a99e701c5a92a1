#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace ferryman {

// Makes a ferryman.toml of what `reg export HKLM\SYSTEM\CurrentControlSet\Services\KPSSVC\Settings` wrote:
// HttpsClientAuth, DisallowUnprotectedPasswordAuth, HttpsUrlGroup. The text is UTF-16 with a byte order mark,
// as regedit writes it, or UTF-8. The error says what it is instead, with its line where there is one.
//
// KPSSVC serves the forest of the machine that it runs on, which the file does not name: the realm is left to
// the reader.
tl::expected<std::string, std::string> convert_kpssvc(std::string_view text);

}  // namespace ferryman
