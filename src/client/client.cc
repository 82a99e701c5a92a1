#include "client/client.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "client/call.h"

namespace ferryman::client {
namespace {

constexpr std::size_t max_failed = 1024;

Options checked(Options options) {
  for (const auto* file : {&options.ca_file, &options.client_certificate, &options.client_key}) {
    if (file->empty() || file->starts_with("pkcs11:")) continue;
    if (const auto text = read_config_file(*file); !text) throw std::runtime_error(text.error().to_string());
  }
  return options;
}

}  // namespace

std::string_view name(Status status) {
  switch (status) {
    case Status::success:
      return "SUCCESS";
    case Status::firewall_failed:
      return "STATUS_AUTHENTICATION_FIREWALL_FAILED";
    case Status::bad_message:
      return "ERROR_BAD_FORMAT";
    case Status::no_logon_servers:
      break;
  }
  return "STATUS_NO_LOGON_SERVERS";
}

void Client::Cancel::operator()(Call* call) const {
  delete call;
}

Client::Client(Options options)
    : options_(checked(std::move(options))), http_(loop_, options_), directory_(loop_, options_) {}

Client::~Client() = default;

Client::Handle Client::start(Bytes message, std::string_view realm, std::uint32_t hint, Done done) {
  return Handle(new Call(*this, message, realm, hint, std::move(done)));
}

Result Client::proxy_message(Bytes message, std::string_view realm, std::uint32_t hint) {
  std::optional<Result> result;
  const Handle call = start(message, realm, hint, [&](Result ended) { result = std::move(ended); });
  while (!result) loop_.run_once(Clock::now() + options_.deadline);
  return *std::move(result);
}

Gateways Client::gateways_of(const std::string& realm, Service service) {
  look_around();
  std::optional<Gateways> found;
  const auto search = directory_.find(realm, service, [&](const Gateways& gateways) { found = gateways; });
  const auto deadline = Clock::now() + options_.deadline;
  while (!found && Clock::now() < deadline) loop_.run_once(deadline);
  if (found) return *std::move(found);
  Gateways none;
  none.source = "DNS does not answer";
  return none;
}

void Client::look_around() {
  if (!surroundings_.have_changed()) return;
  http_.forget_connections();
  directory_.forget();
  failed_until_.clear();
}

void Client::note_failure(const std::string& url) {
  if (failed_until_.size() >= max_failed) failed_until_.clear();
  failed_until_[url] = Clock::now() + options_.retry_after;
}

void Client::order(std::vector<std::string>& urls) const {
  const auto now = Clock::now();
  std::stable_partition(urls.begin(), urls.end(), [&](const std::string& url) {
    const auto failed = failed_until_.find(url);
    return failed == failed_until_.end() || failed->second <= now;
  });
}

}  // namespace ferryman::client
