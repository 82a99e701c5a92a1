#include "login/domain_gateway.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "base/text.h"
#include "client/client.h"
#include "client/directory.h"
#include "client/gateway_url.h"
#include "client/options.h"

namespace ferryman::login {
namespace {

// Whether all gateways that are named are the account's.
bool is_own(const client::Options::Rule& rule, const Account& account) {
  return std::ranges::all_of(rule.urls, [&](std::string_view url) {
    return url.size() > account.url.size() && url[account.url.size()] == '/' &&
           equal_without_case(url.substr(0, account.url.size()), account.url);
  });
}

Outcome<client::Options> options_for(const Account& account, const std::string& realm,
                                     const std::string& url) {
  client::Options options;
  if (const auto mistakes = client::load_default_options(options); !mistakes.empty())
    return fail(Fault::failed, mistakes.front().to_string());
  const client::Options::Rule* const rule = client::Directory::find_rule(options.gateways, realm);
  // The account's CAs are good for the account's gateway, and those of client.toml for all others.
  if (rule == nullptr || is_own(*rule, account)) options.ca_file = account.ca_file;
  if (rule == nullptr) {
    options.gateways.clear();
    const auto added = options.add_gateway(realm, url);
    if (!added) return fail(Fault::failed, added.error());
  }
  // Nobody else is asked where a gateway is: the account's is there.
  options.krb5_conf.clear();
  options.dns = false;
  options.deadline = std::min<std::chrono::milliseconds>(options.deadline, longest_domain_exchange);
  return options;
}

tl::unexpected<Failure> no_answer(const client::Result& result, const std::string& realm) {
  const std::string cause = printable(result.cause);
  if (result.status == client::Status::firewall_failed)
    return fail(Fault::refused,
                fmt::format("the gateway carries nothing to the domain {}: {}", realm, cause));
  if (result.status == client::Status::no_logon_servers)
    return fail(Fault::not_reachable,
                fmt::format("no domain controller of {} answers: {}; the next \"ferryman login --renew\" "
                            "tries again",
                            realm, cause));
  return fail(Fault::failed, fmt::format("the domain {} cannot be asked: {}", realm, cause));
}

}  // namespace

Outcome<DomainAnswer> ask_domain(const Account& account, const std::string& realm, Bytes message) {
  return ask_kdc(account, realm, fmt::format("{}/{}", account.url, client::default_path), message);
}

Outcome<DomainAnswer> ask_kdc(const Account& account, const std::string& realm, const std::string& url,
                              Bytes message) try {
  auto options = options_for(account, realm, url);
  if (!options) return tl::unexpected(options.error());
  // It goes into a krb5.conf, which is read anywhere.
  std::string ca_file = options->ca_file.empty() ? "" : std::filesystem::absolute(options->ca_file).string();
  client::Client client(std::move(*options));
  client::Result result = client.proxy_message(message, realm, 0);
  if (result.status != client::Status::success) return no_answer(result, realm);
  return DomainAnswer{std::move(result.message), std::move(result.gateway), std::move(ca_file)};
} catch (const std::runtime_error& error) {
  return fail(Fault::failed, fmt::format("the domain {} cannot be asked: {}", realm, error.what()));
}

}  // namespace ferryman::login
