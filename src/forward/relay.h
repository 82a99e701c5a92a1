#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "client/options.h"
#include "exchange/exchanger.h"
#include "forward/answers.h"
#include "forward/client_driver.h"
#include "locate/locator.h"
#include "net/resolver.h"

namespace ferryman::forward {

struct RelayOptions {
  bool direct_first = false;  // ask KDCs that DNS names before a gateway
  std::chrono::milliseconds direct_time{2000};
  std::vector<std::string> dns_servers;  // for direct_first; empty: the system's
  std::vector<std::string>
      dns_allow_networks;  // that DNS may point at although they are loopback or the like
};

// One message and what came of it, for the log.
struct RelayEvent {
  std::string_view type;  // "AS-REQ", ...
  std::string realm;
  std::string to;      // gateway's URL or KDC's address; empty: neither answered
  std::string result;  // "AS-REP", "KDC_ERR_PREAUTH_REQUIRED", or why there is no answer
  std::chrono::milliseconds took{0};
  bool answered = false;
};

// Brings a Kerberos message to a KDC, through a gateway or directly, and gives the answer to send back.
//
// Where no KDC answers there is none: a client must see what it sees of KDCs that cannot be reached, so that
// it asks the next one of its configuration or logs its user on from a cache. An error of our own is final to
// clients, and is given where that is meant: a realm that is not served, a policy that refused, and a
// password change that may have happened, which a client would send again.
class Relay {
 public:
  using Observer = std::function<void(const RelayEvent&)>;
  Relay(boost::asio::io_context& io, RelayOptions options, Observer observer);

  // From now on these realms are served, each by the gateways that its route's options lead to.
  // Throws what client::Client's constructor throws.
  struct Route {
    std::vector<std::string> realms;  // empty: every one
    client::Options options;
  };
  void set_routes(const std::vector<Route>& routes);

  // Empty: there is no answer, or the message is no request. The relay must outlive the coroutine.
  boost::asio::awaitable<Message> answer(Message message);

  // Messages that are under way.
  std::size_t pending() const { return pending_; }

 private:
  // What has come of a message so far.
  struct Ending {
    Message reply;
    std::int32_t error = 0;  // of the KRB-ERROR that tells the client so; 0: none
    bool may_go_on = true;
    bool may_have_arrived = false;
  };
  static void take_direct(const kerberos::Request& request, const exchange::Outcome& outcome,
                          RelayEvent& event, Ending& ending);
  static void take(client::Result result, RelayEvent& event, Ending& ending);
  boost::asio::awaitable<Message> bring(const Message& message, const kerberos::Request& request);
  boost::asio::awaitable<exchange::Outcome> ask_directly(const kerberos::Request& request, std::string realm);
  std::shared_ptr<ClientDriver> client_of(std::string_view realm) const;  // null: the realm is not served
  std::shared_ptr<const locate::RealmSource> source_of(const std::string& realm);

  boost::asio::io_context& io_;
  RelayOptions options_;
  Observer observer_;
  struct Client {
    std::vector<std::string> realms;
    std::shared_ptr<ClientDriver> driver;
  };
  std::vector<Client> clients_;
  Answers answers_;
  net::Resolver resolver_;
  locate::Locator locator_;
  exchange::Exchanger exchanger_;
  std::map<std::string, std::shared_ptr<const locate::RealmSource>> sources_;
  std::map<std::string, std::chrono::steady_clock::time_point> not_direct_until_;
  std::size_t pending_ = 0;
};

}  // namespace ferryman::forward
