#include "ferryman/gateway_source.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <array>
#include <boost/asio/ip/address.hpp>
#include <stdexcept>

#include "base/owned.h"
#include "ferryman/gateway_socket.h"
#include "ferryman/gateway_status.h"
#include "net/listen_socket.h"
#include "settings/config.h"

namespace ferryman {
namespace {

constexpr const char* usual_url = "http://127.0.0.1:9464";
constexpr long seconds = 10;

struct Incoming {
  std::string body;
  static std::size_t take(char* octets, std::size_t, std::size_t count, void* self) {
    std::string& body = static_cast<Incoming*>(self)->body;
    if (count > max_status - body.size()) return 0;
    body.append(octets, count);
    return count;
  }
};

template <typename T>
void set(CURL* curl, CURLoption option, T value) {
  if (curl_easy_setopt(curl, option, value) != CURLE_OK)
    throw std::runtime_error("libcurl does not take an option that it must have");
}

GatewaySource source_of(net::ListenAddress address) {
  if (!address.path_name.empty()) return {"http://localhost", address.path_name, {}};
  const auto ip = boost::asio::ip::make_address(address.host);
  if (ip.is_unspecified()) address.host = ip.is_v4() ? "127.0.0.1" : "::1";
  return {"http://" + net::to_string(address), {}, {}};
}

}  // namespace

tl::expected<GatewaySource, std::string> parse_gateway_source(const std::string& text) {
  if (text.starts_with("unix:/")) return GatewaySource{"http://localhost", text.substr(5), {}};
  if (!text.starts_with("http://") && !text.starts_with("https://"))
    return tl::unexpected(fmt::format("{} is no URL: it is like {}, or unix:/PATH", text, usual_url));
  const auto end = text.find_last_not_of('/');
  return GatewaySource{text.substr(0, end + 1), {}, {}};
}

tl::expected<GatewaySource, std::string> configured_gateway_source(const std::string& config_file) {
  const auto text = read_config_file(config_file);
  if (!text) return GatewaySource{{}, {}, default_gateway_socket};
  const FixedConfig fixed = parse_config(*text, config_file).config.fixed;
  if (!fixed.admin_socket.empty()) return GatewaySource{{}, {}, fixed.admin_socket};
  if (!fixed.admin)
    return tl::unexpected(fmt::format(
        "{} has neither [admin] socket nor http, so ferrymand tells nobody its status", config_file));
  return source_of(*fixed.admin);
}

tl::expected<std::string, std::string> fetch_status(const GatewaySource& source) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  const Owned<CURL, curl_easy_cleanup> curl(started == CURLE_OK ? curl_easy_init() : nullptr);
  if (!curl) throw std::runtime_error("libcurl cannot start");
  const std::string url = source.url + "/status.json";
  Incoming incoming;
  std::array<char, CURL_ERROR_SIZE> error{};
  set(curl.get(), CURLOPT_ERRORBUFFER, error.data());
  set(curl.get(), CURLOPT_URL, url.c_str());
  set(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  set(curl.get(), CURLOPT_PROXY, "");
  set(curl.get(), CURLOPT_NOSIGNAL, 1L);
  set(curl.get(), CURLOPT_TIMEOUT, seconds);
  set(curl.get(), CURLOPT_WRITEFUNCTION, Incoming::take);
  set(curl.get(), CURLOPT_WRITEDATA, &incoming);
  if (!source.unix_socket.empty()) set(curl.get(), CURLOPT_UNIX_SOCKET_PATH, source.unix_socket.c_str());
  const std::string place = source.unix_socket.empty() ? source.url : source.unix_socket;
  const CURLcode code = curl_easy_perform(curl.get());
  if (code == CURLE_WRITE_ERROR)
    return tl::unexpected(fmt::format("{} answers with more than a status has", place));
  if (code != CURLE_OK)
    return tl::unexpected(fmt::format("{} does not answer: {}. Does ferrymand run, with that [admin] http?",
                                      place, error[0] == '\0' ? curl_easy_strerror(code) : error.data()));
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200)
    return tl::unexpected(fmt::format("{} has no status: it answers {} there", place, status));
  return incoming.body;
}

}  // namespace ferryman
