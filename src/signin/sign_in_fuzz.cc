#include <cstdlib>
#include <nlohmann/json.hpp>

#include "signin/sign_in.h"

// METHOD SP PATH NUL BODY. Every answer can be sent, JSON is JSON.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman;
  static const signin::SignIn sign_in;
  static const signin::Settings settings{"https://gateway.example.com", "example", std::chrono::minutes(5)};
  const std::string_view text = as_text({data, size});
  const auto blank = text.find(' '), end = text.find('\0');
  if (blank == std::string_view::npos || end == std::string_view::npos || blank > end) return 0;
  local::HttpRequest request;
  request.method = text.substr(0, blank);
  request.path = text.substr(blank + 1, end - blank - 1);
  request.body = as_bytes(text.substr(end + 1));
  local::Octets octets;
  if (!append(octets, request)) return 0;  // such a request does not come here
  const auto response = sign_in.answer(request, settings, signin::Nonces::Time{}).response;
  if (!append(octets, response)) std::abort();
  if (response.body.starts_with('{') && !nlohmann::json::accept(response.body)) std::abort();
  return 0;
}
