#include "login/https_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>
#include <utility>

#include "base/owned.h"

namespace ferryman::login {
namespace {

constexpr std::size_t max_header = std::size_t{64} * 1024;

using HeaderList = Owned<curl_slist, curl_slist_free_all>;

void add(HeaderList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(list.release());
  list.reset(longer);
}

// What comes in, without a copy that growing would leave behind.
struct Incoming {
  Secret body{HttpsClient::max_answer};
  std::size_t size = 0, header_size = 0;
  bool too_large = false;

  static std::size_t on_body(char* octets, std::size_t, std::size_t count, void* self) {
    auto& incoming = *static_cast<Incoming*>(self);
    incoming.too_large = count > incoming.body.size() - incoming.size;
    if (incoming.too_large) return 0;
    std::copy_n(octets, count, incoming.body.writable().begin() + static_cast<std::ptrdiff_t>(incoming.size));
    incoming.size += count;
    return count;
  }
  static std::size_t on_header(char*, std::size_t, std::size_t count, void* self) {
    auto& incoming = *static_cast<Incoming*>(self);
    incoming.header_size += count;
    incoming.too_large = incoming.header_size > max_header;
    return incoming.too_large ? 0 : count;
  }
};

}  // namespace

struct HttpsClient::Impl {
  explicit Impl(std::string the_ca_file);

  template <typename T>
  void set(CURLoption option, T value) {
    if (curl_easy_setopt(easy.get(), option, value) != CURLE_OK)
      throw std::runtime_error("libcurl does not take an option that it must have");
  }
  void set_request(const HttpsRequest& request, HeaderList& headers);
  Failure failure(CURLcode code, const std::string& url, bool too_large) const;

  Owned<CURL, curl_easy_cleanup> easy;
  std::string ca_file;
  std::array<char, CURL_ERROR_SIZE> error{};
};

HttpsClient::Impl::Impl(std::string the_ca_file) : ca_file(std::move(the_ca_file)) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started == CURLE_OK) easy.reset(curl_easy_init());
  if (!easy) throw std::runtime_error("libcurl cannot start");
  set(CURLOPT_ERRORBUFFER, error.data());
  set(CURLOPT_PROTOCOLS_STR, "https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(connect_time.count()));
  set(CURLOPT_TIMEOUT, static_cast<long>(whole_time.count()));
  set(CURLOPT_USERAGENT, "ferryman/" FERRYMAN_VERSION);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_WRITEFUNCTION, Incoming::on_body);
  set(CURLOPT_HEADERFUNCTION, Incoming::on_header);
  if (ca_file.empty()) return;
  set(CURLOPT_CAINFO, ca_file.c_str());
  set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
}

void HttpsClient::Impl::set_request(const HttpsRequest& request, HeaderList& headers) {
  using Method = HttpsRequest::Method;
  add(headers, "Accept: application/json");
  add(headers, "Expect:");  // or libcurl would ask first whether a large body is welcome
  if (!request.media_type.empty()) add(headers, fmt::format("Content-Type: {}", request.media_type));
  if (!request.bearer.empty()) add(headers, fmt::format("Authorization: Bearer {}", request.bearer));
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_CUSTOMREQUEST, static_cast<const char*>(request.method == Method::remove ? "DELETE" : nullptr));
  if (request.method == Method::post) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, reinterpret_cast<const char*>(request.body.data()));
  } else {
    set(CURLOPT_HTTPGET, 1L);
  }
}

Failure HttpsClient::Impl::failure(CURLcode code, const std::string& url, bool too_large) const {
  // A header that libcurl has no room for is want of memory to it.
  too_large = too_large || code == CURLE_OUT_OF_MEMORY;
  std::string why = error[0] == '\0' ? curl_easy_strerror(code) : error.data();
  while (!why.empty() && (why.back() == '\n' || why.back() == ' ')) why.pop_back();
  if (too_large) why = "it answers with more than any answer has";
  if (code == CURLE_SSL_CACERT_BADFILE)
    why = fmt::format("{} has no certificates of CAs that can be read", ca_file);
  if (code == CURLE_PEER_FAILED_VERIFICATION)
    why += ca_file.empty() ? "; where its CA is one of your own, name that one with --ca FILE"
                           : fmt::format("; the CAs in {} are those that count", ca_file);
  return {Fault::not_reachable, fmt::format("{} cannot be used: {}", url, why)};
}

HttpsClient::HttpsClient(std::string ca_file) : impl_(std::make_unique<Impl>(std::move(ca_file))) {}
HttpsClient::~HttpsClient() = default;

Outcome<HttpsAnswer> HttpsClient::ask(const HttpsRequest& request) {
  Incoming incoming;
  HeaderList headers;
  impl_->error[0] = '\0';
  impl_->set_request(request, headers);
  impl_->set(CURLOPT_WRITEDATA, &incoming);
  impl_->set(CURLOPT_HEADERDATA, &incoming);
  const CURLcode code = curl_easy_perform(impl_->easy.get());
  impl_->set(CURLOPT_HTTPHEADER, static_cast<curl_slist*>(nullptr));
  impl_->set(CURLOPT_POSTFIELDS, static_cast<const char*>(nullptr));
  if (code != CURLE_OK)
    return tl::unexpected(
        impl_->failure(code, request.url.substr(0, request.url.find('?')), incoming.too_large));
  long status = 0;
  curl_easy_getinfo(impl_->easy.get(), CURLINFO_RESPONSE_CODE, &status);
  incoming.body.shrink(incoming.size);
  return HttpsAnswer{static_cast<int>(status), std::move(incoming.body)};
}

}  // namespace ferryman::login
