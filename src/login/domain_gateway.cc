#include "login/domain_gateway.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/text.h"
#include "client/client.h"
#include "client/directory.h"
#include "client/gateway_url.h"
#include "client/options.h"

namespace ferryman::login {
namespace {

Outcome<client::Options> options_for(const Account& account, const std::string& realm) {
  client::Options options;
  if (const auto mistakes = client::load_default_options(options); !mistakes.empty())
    return fail(Fault::failed, mistakes.front().to_string());
  if (client::Directory::find_rule(options.gateways, realm) == nullptr) {
    options.gateways.clear();
    const auto added = options.add_gateway(realm, fmt::format("{}/{}", account.url, client::default_path));
    if (!added) return fail(Fault::failed, added.error());
  }
  // Nobody else is asked where a gateway is: the account's is there.
  options.krb5_conf.clear();
  options.dns = false;
  options.ca_file = account.ca_file;
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

Outcome<DomainAnswer> ask_domain(const Account& account, const std::string& realm, Bytes message) try {
  auto options = options_for(account, realm);
  if (!options) return tl::unexpected(options.error());
  client::Client client(std::move(*options));
  client::Result result = client.proxy_message(message, realm, 0);
  if (result.status != client::Status::success) return no_answer(result, realm);
  return DomainAnswer{std::move(result.message), std::move(result.gateway)};
} catch (const std::runtime_error& error) {
  return fail(Fault::failed, fmt::format("the domain {} cannot be asked: {}", realm, error.what()));
}

}  // namespace ferryman::login
