#include "forward/client_driver.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

namespace ferryman::forward {
namespace asio = boost::asio;

ClientDriver::ClientDriver(asio::io_context& io, const client::Options& options)
    : io_(io), client_(options), descriptor_(io, client_.loop().descriptor()) {}

ClientDriver::~ClientDriver() {
  descriptor_.release();  // it is the client's
}

void ClientDriver::start() {
  wait();
}

void ClientDriver::wait() {
  descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                         [weak = weak_from_this()](boost::system::error_code error) {
                           const auto self = weak.lock();
                           if (error || !self) return;
                           self->client_.loop().process();
                           self->wait();
                         });
}

asio::awaitable<client::Result> ClientDriver::proxy_message(Bytes message, std::string realm) {
  const auto self = shared_from_this();
  asio::steady_timer ended(io_, asio::steady_timer::time_point::max());
  std::optional<client::Result> result;
  const auto call = client_.start(message, realm, 0, [&](client::Result outcome) {
    result = std::move(outcome);
    ended.cancel();
  });
  boost::system::error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  while (!result) co_await ended.async_wait(token);
  co_return *std::move(result);
}

}  // namespace ferryman::forward
