#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "client/dns.h"
#include "client/loop.h"
#include "client/options.h"
#include "discovery/kdc.h"

namespace ferryman::client {

using discovery::Service;

// The gateways of one realm and where they were found.
struct Gateways {
  std::vector<std::string> urls;  // in the order in which they are to be tried
  std::string source;             // "the options", "krb5.conf", "DNS", or why there are none
};

// Which gateways serve a realm. Rules come first: the exact name, then the longest suffix, then "*"; without
// case. Then krb5.conf, then DNS.
class Directory {
 public:
  using Done = std::function<void(const Gateways&)>;
  struct Search {
    Done done;
  };
  // Destroyed before done was called: it will not be.
  using Handle = std::shared_ptr<Search>;

  Directory(Loop& loop, const Options& options);

  // What DNS has said counts no longer; its servers are read anew.
  void forget();

  // done is called once, from within this call where nothing has to be asked.
  Handle find(const std::string& realm, Service service, Done done);

  // The gateways of the rule that names the realm; nullptr when none does.
  static const Options::Rule* find_rule(const std::vector<Options::Rule>& rules, std::string_view realm);

 private:
  struct Lookup;
  struct Known {
    Gateways gateways;
    Clock::time_point until;
  };
  Gateways from_krb5_conf(const std::string& realm, Service service) const;
  void ask_dns(const std::string& realm, Service service, const std::weak_ptr<Search>& search);
  void remember(const std::string& key, const Gateways& gateways, std::chrono::seconds time);

  Loop& loop_;
  const Options& options_;
  std::unique_ptr<Dns> dns_;                     // made when it is first asked
  std::vector<std::unique_ptr<Dns>> forgotten_;  // until their questions have ended
  std::map<std::string, Known> known_;           // from DNS
};

// The gateways that a DNS message names: _kerberos.REALM URI "krb5srv:m:kkdcp:https://…", as MIT's clients
// read it, or _kerberos._kkdcp.REALM SRV, as Apple's do. Ordered by priority, then weight. Total.
std::vector<std::string> gateways_in(Bytes dns_message, std::chrono::seconds& ttl);

}  // namespace ferryman::client
