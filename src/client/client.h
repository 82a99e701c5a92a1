#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "client/directory.h"
#include "client/http_client.h"
#include "client/loop.h"
#include "client/options.h"
#include "client/surroundings.h"

namespace ferryman::client {

// The outcomes of ProxyMessage() [MS-KKDCP 3.1.5.1].
enum class Status : std::uint8_t {
  success,
  firewall_failed,   // STATUS_AUTHENTICATION_FIREWALL_FAILED: a gateway's policy refused (HTTP 403)
  no_logon_servers,  // STATUS_NO_LOGON_SERVERS: no gateway, or none that brought an answer
  bad_message,       // the message is none that a KDC proxy carries; nothing was sent
};

std::string_view name(Status status);  // "SUCCESS", "STATUS_NO_LOGON_SERVERS", ...

struct Result {
  Status status = Status::no_logon_servers;
  std::vector<std::uint8_t> message;  // the KDC's answer without length prefix; with success only
  std::string gateway;                // URL of the one that answered, or that was asked last
  std::string cause;                  // why there is no answer, for people
  bool may_have_arrived = false;      // without success: a KDC may have been given the message all the same
};

// A Kerberos client's side of MS-KKDCP. One thread at a time; several messages may be under way at once.
//
// Gateways are asked one after the other within Options::deadline; those that failed a short while ago come
// last. After sleep, or where the host's addresses, routes or name servers have changed, nothing counts that
// was learned before: no kept connection, no answer from DNS, no failure. A gateway whose KDC says
// KDC_ERR_SVC_UNAVAILABLE has failed: where all say so the outcome is no_logon_servers. What must not reach a
// second KDC (kpasswd, an AS-REQ that may carry a one-time password) is given to another gateway only when
// the one before cannot have passed it on.
class Client {
 public:
  using Done = std::function<void(Result)>;
  class Call;
  struct Cancel {
    void operator()(Call* call) const;
  };
  // Destroyed before done was called: the call is given up and done is not called.
  using Handle = std::unique_ptr<Call, Cancel>;

  // Throws std::runtime_error when something of the system is missing (descriptors, the CA file).
  explicit Client(Options options);
  ~Client();

  // ProxyMessage(). message: AS-REQ, TGS-REQ or kpasswd, with or without its 4-octet length; it is copied.
  // hint: the dclocator-hint, 0 for none. done is called once from within process() or run_once(), never from
  // within this call.
  Handle start(Bytes message, std::string_view realm, std::uint32_t hint, Done done);

  // The same, waiting for its end.
  Result proxy_message(Bytes message, std::string_view realm, std::uint32_t hint);

  // The gateways that messages for the realm would be given to, as the directory finds them.
  Gateways gateways_of(const std::string& realm, Service service);

  Loop& loop() { return loop_; }
  const Options& options() const { return options_; }

 private:
  friend class Call;
  // Forgets what was learned in surroundings that are others now.
  void look_around();
  // Where gateways failed, until when they come last.
  void note_failure(const std::string& url);
  void note_success(const std::string& url) { failed_until_.erase(url); }
  void order(std::vector<std::string>& urls) const;

  Options options_;
  Loop loop_;
  Surroundings surroundings_;
  HttpClient http_;
  Directory directory_;
  std::map<std::string, Clock::time_point> failed_until_;
};

}  // namespace ferryman::client
