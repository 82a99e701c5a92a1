#pragma once

#include <string>

#include "admin/line_buffer.h"
#include "admin/message.h"

namespace ferryman::admin {

// A connection to the administration socket of a ferryman-realm. It blocks, and is for one thread. A service
// that hears nothing for a minute hangs up: connect again then.
//
//   auto client = Client::connect("/run/ferryman-realm/admin.sock");
//   if (client) auto reply = client->call({"user.show", "", {{"name", "alice"}}});
class Client {
 public:
  // Failures: not_reachable, not_admitted; the text says what to do.
  static Outcome<Client> connect(const std::string& path);

  Client(Client&& other) noexcept;
  Client& operator=(Client&&) = delete;
  ~Client();

  // The result, the service's error, or a failure of the client's own: not_admitted where the service hung up
  // before a word, not_reachable where it did later, no_answer after two minutes or for what is none of the
  // protocol. After one of its own call() is not to be called again.
  Reply call(const Request& request);

 private:
  Client(std::string path, int socket) : path_(std::move(path)), socket_(socket) {}

  bool send(std::string_view line) const;
  Outcome<Secret> receive();
  Failure hung_up() const;

  std::string path_;
  int socket_ = -1;
  LineBuffer buffer_;
  bool heard_ = false;  // the service has said something
};

}  // namespace ferryman::admin
