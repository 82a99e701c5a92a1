#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "client/client.h"

namespace ferryman::forward {

// A client on Asio's event loop. Kept by shared_ptr: one that a reload has replaced lives until its last
// message is answered.
class ClientDriver : public std::enable_shared_from_this<ClientDriver> {
 public:
  // Throws what client::Client's constructor throws.
  ClientDriver(boost::asio::io_context& io, const client::Options& options);
  ~ClientDriver();

  // Before the first message.
  void start();

  // message is copied before the first suspension.
  boost::asio::awaitable<client::Result> proxy_message(Bytes message, std::string realm);

 private:
  void wait();

  boost::asio::io_context& io_;
  client::Client client_;
  boost::asio::posix::stream_descriptor descriptor_;
};

}  // namespace ferryman::forward
