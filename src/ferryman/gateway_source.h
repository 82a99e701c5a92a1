#pragma once

#include <string>
#include <tl/expected.hpp>

namespace ferryman {

// Where a ferrymand tells its status: its [admin] http as a URL, or a unix socket that speaks HTTP there.
struct GatewaySource {
  std::string url;          // without /status.json
  std::string unix_socket;  // empty: none
};

// "http://127.0.0.1:9464", "unix:/run/ferryman/http.sock"; the error is a sentence.
tl::expected<GatewaySource, std::string> parse_gateway_source(const std::string& text);

// As [admin] http of this configuration says; the error is a sentence. A file that cannot be read says
// nothing: then it is the port that ferryman.toml's example has.
tl::expected<GatewaySource, std::string> configured_gateway_source(const std::string& config_file);

// GET /status.json, at most max_status octets. Blocks for ten seconds at most. The error is a sentence.
tl::expected<std::string, std::string> fetch_status(const GatewaySource& source);

}  // namespace ferryman
