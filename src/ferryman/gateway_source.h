#pragma once

#include <string>
#include <tl/expected.hpp>

namespace ferryman {

// Where a ferrymand tells its status: its administration socket, or its [admin] http as a URL or a unix
// socket that speaks HTTP.
struct GatewaySource {
  std::string url;           // without /status.json
  std::string unix_socket;   // that speaks HTTP; empty: none
  std::string admin_socket;  // not empty: there, by docs/admin-protocol.md, and by none of those
};

// "http://127.0.0.1:9464", "unix:/run/ferryman/http.sock"; the error is a sentence.
tl::expected<GatewaySource, std::string> parse_gateway_source(const std::string& text);

// As [admin] of this configuration says; the error is a sentence. A file that cannot be read says nothing:
// then it is the administration socket that ferryman.toml's example has.
tl::expected<GatewaySource, std::string> configured_gateway_source(const std::string& config_file);

// GET /status.json by HTTP, at most max_status octets. Blocks for ten seconds at most. The error is a
// sentence.
tl::expected<std::string, std::string> fetch_status(const GatewaySource& source);

}  // namespace ferryman
