#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace ferryman::client {

// Where clients find a KDC proxy unless its URL says otherwise [MS-KKDCP 2.1]; without the slash.
inline constexpr std::string_view default_path = "KdcProxy";
// What Apple's clients take for a gateway that DNS names without a path.
inline constexpr std::string_view default_srv_path = "kkdcp";

// One gateway's URL in its normal form: "https://gw.example.com/KdcProxy". Without a scheme it is https;
// "kkdcp://" is Apple's word for https. "http://" is taken for loopback only. No user, query or fragment.
// The error is a sentence's end: "has no host".
tl::expected<std::string, std::string> parse_gateway_url(std::string_view text);

// The same, or Windows' KdcProxyServer policy value, which may name several:
// "<https gw1.example.com gw2.example.com:443:KdcProxy />".
tl::expected<std::vector<std::string>, std::string> parse_gateways(std::string_view text);

}  // namespace ferryman::client
