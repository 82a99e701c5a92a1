#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "directory/database.h"
#include "kerberos/numbers.h"
#include "local/limits.h"
#include "signin/sign_in.h"

namespace {

using namespace ferryman;

// One tenant, in a file that is of no use once it is open.
std::unique_ptr<directory::Database> new_directory() {
  std::string folder = "/tmp/sign_in_fuzz_XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) std::abort();
  auto opened = directory::open_database({.location = folder + "/realm.db", .create = true},
                                         *directory::MasterKey::make(Octets(directory::MasterKey::size, 7)));
  if (!opened) std::abort();
  const std::array etypes{kerberos::etype::aes256_sha1};
  if (!(*opened)->create_tenant({.name = "example"}, "EXAMPLE.COM", etypes, 0)) std::abort();
  std::filesystem::remove_all(
      folder);  // open ones stay, and no other is opened: one thread has one connection
  return *std::move(opened);
}

}  // namespace

// METHOD SP PATH NUL BODY, which is the client's certificate as well. Every answer can be sent, JSON is JSON.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto directory = new_directory();
  static account::Attempts attempts;
  static const account::Policy policy;
  static signin::SignIn sign_in(*directory, *directory, attempts);
  static const signin::Settings settings{"https://gateway.example.com", "example"};
  const std::string_view text = as_text({data, size});
  const auto blank = text.find(' '), end = text.find('\0');
  if (blank == std::string_view::npos || end == std::string_view::npos || blank > end) return 0;
  local::HttpRequest request;
  request.method = text.substr(0, blank);
  request.path = text.substr(blank + 1, end - blank - 1);
  request.body = as_bytes(text.substr(end + 1));
  request.client_certificate = request.body.first(std::min(request.body.size(), local::max_certificate));
  local::Octets octets;
  if (!append(octets, request)) return 0;  // such a request does not come here
  const auto response = sign_in.answer(request, settings, policy, signin::Nonces::Time{}).response;
  if (!append(octets, response)) std::abort();
  if (response.body.starts_with('{') && !nlohmann::json::accept(response.body)) std::abort();
  return 0;
}
