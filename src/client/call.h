#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/client.h"
#include "kerberos/request.h"

namespace ferryman::client {

// One message on its way: directory, then gateway after gateway.
class Client::Call {
 public:
  Call(Client& client, Bytes message, std::string_view realm, std::uint32_t hint, Done done);

 private:
  void begin();
  void on_gateways(const Gateways& gateways);
  void ask_next();
  void on_answer(HttpAnswer answer);
  void fail(const std::string& why, bool may_go_on);
  void finish(Status status, std::string cause);
  std::chrono::milliseconds time_for_next() const;

  Client& client_;
  Done done_;
  std::string realm_;
  std::uint32_t hint_;
  Clock::time_point deadline_;
  std::vector<std::uint8_t> message_;  // without length prefix
  std::optional<kerberos::Request> request_;
  std::vector<std::uint8_t> body_;
  std::vector<std::string> urls_;
  std::size_t next_ = 0;
  Result result_;
  std::string causes_;

  Loop::Source timer_;
  Directory::Handle search_;
  HttpClient::Handle transfer_;
};

}  // namespace ferryman::client
