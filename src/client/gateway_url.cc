#include "client/gateway_url.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.h"

namespace ferryman::client {
namespace {

constexpr std::size_t max_url = 2048;

tl::unexpected<std::string> wrong(std::string text) {
  return tl::unexpected<std::string>(std::move(text));
}

struct Free {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};

std::optional<std::string> part(CURLU* url, CURLUPart what) {
  char* text = nullptr;
  if (curl_url_get(url, what, &text, 0) != CURLUE_OK) return std::nullopt;
  return std::string(std::unique_ptr<char, Free>(text).get());
}

bool is_loopback(std::string host) {
  if (equal_without_case(host, "localhost")) return true;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  return !error && address.is_loopback();
}

bool starts_without_case(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && equal_without_case(text.substr(0, start.size()), start);
}

// libcurl would end a text at some of them.
bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const auto begin = text.find_first_not_of(space);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

tl::expected<std::string, std::string> normal_form(std::string_view text) {
  text = trim(text);
  if (text.empty()) return wrong("is empty");
  if (text.size() > max_url) return wrong(fmt::format("is longer than {} characters", max_url));
  std::string whole;
  if (starts_without_case(text, "kkdcp://")) {
    whole = "https://" + std::string(text.substr(8));
  } else if (text.find("://") == std::string_view::npos) {
    whole = "https://" + std::string(text);
  } else {
    whole = text;
  }
  if (std::any_of(whole.begin(), whole.end(), is_control))
    return wrong("has a character that no host or path has");
  const std::unique_ptr<CURLU, Free> url(curl_url());
  if (!url) return wrong("cannot be read: out of memory");
  if (const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, whole.c_str(), CURLU_NON_SUPPORT_SCHEME);
      code != CURLUE_OK)
    return wrong(fmt::format("is not a URL: {}", curl_url_strerror(code)));
  const auto scheme = part(url.get(), CURLUPART_SCHEME).value_or("");
  const auto host = part(url.get(), CURLUPART_HOST).value_or("");
  if (scheme != "https" && scheme != "http")
    return wrong(fmt::format("has the scheme \"{}\"; https is possible", scheme));
  if (host.empty()) return wrong("has no host");
  if (!host.starts_with('[') && host.find('%') != host.npos) return wrong("has a percent sign in its host");
  if (scheme == "http" && !is_loopback(host))
    return wrong("is http; passwords and tickets need https, http is for loopback only");
  if (part(url.get(), CURLUPART_USER) || part(url.get(), CURLUPART_QUERY) ||
      part(url.get(), CURLUPART_FRAGMENT))
    return wrong("has more than a host, a port and a path");
  if (part(url.get(), CURLUPART_PATH).value_or("/") == "/")
    curl_url_set(url.get(), CURLUPART_PATH, ("/" + std::string(default_path)).c_str(), 0);
  const auto normal = part(url.get(), CURLUPART_URL);
  if (!normal) return wrong("is not a URL");
  return *normal;
}

// "gw.example.com", "gw.example.com:443", "gw.example.com:443:KdcProxy" of Windows' policy.
tl::expected<std::string, std::string> parse_policy_entry(std::string_view entry) {
  const std::size_t host_end = entry.starts_with('[') ? std::min(entry.find(']'), entry.size()) : 0;
  const auto first = entry.find(':', host_end);
  const auto second = first == std::string_view::npos ? first : entry.find(':', first + 1);
  std::string url = "https://" + std::string(entry.substr(0, second)) + "/";
  if (second != std::string_view::npos) {
    std::string_view path = entry.substr(second + 1);
    while (path.starts_with('/')) path.remove_prefix(1);
    url += path;
  }
  return parse_gateway_url(url);
}

}  // namespace

tl::expected<std::string, std::string> parse_gateway_url(std::string_view text) {
  auto url = normal_form(text);
  // Such as a host with a percent sign, which is decoded to a number, which is an address when it is read
  // again.
  if (url && normal_form(*url) != url) return wrong("is read in more than one way");
  return url;
}

tl::expected<std::vector<std::string>, std::string> parse_gateways(std::string_view text) {
  text = trim(text);
  std::vector<std::string> urls;
  if (!text.starts_with('<')) {
    auto url = parse_gateway_url(text);
    if (!url) return wrong(url.error());
    urls.push_back(*std::move(url));
    return urls;
  }
  if (!starts_without_case(text, "<https") || !text.ends_with("/>"))
    return wrong("is not of the form \"<https HOST HOST:PORT:PATH />\"");
  std::string_view rest = text.substr(6, text.size() - 8);
  if (!rest.empty() && trim(rest.substr(0, 1)) == rest.substr(0, 1))
    return wrong("is not of the form \"<https HOST HOST:PORT:PATH />\"");
  rest = trim(rest);
  while (!rest.empty()) {
    const auto end = std::min(rest.find_first_of(" \t\r\n"), rest.size());
    auto url = parse_policy_entry(rest.substr(0, end));
    if (!url) return wrong(fmt::format("names \"{}\", which {}", rest.substr(0, end), url.error()));
    urls.push_back(*std::move(url));
    rest = trim(rest.substr(end));
  }
  if (urls.empty()) return wrong("names no gateway");
  return urls;
}

}  // namespace ferryman::client
