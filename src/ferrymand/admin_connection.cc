#include "ferrymand/admin_connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <new>
#include <utility>

namespace ferryman {
namespace {

// For a request to come, or an answer to be read. Streams have none.
constexpr std::chrono::seconds patience{60};

// Shorter than anybody sees.
constexpr std::chrono::milliseconds rest_time{25};

admin::Reply refusal(std::string_view reason, std::string text) {
  return admin::Reply(tl::unexpected(admin::Failure{std::string(reason), std::move(text)}));
}

}  // namespace

AdminConnection::AdminConnection(Socket socket, AdminPeer peer, const AdminCommands& commands,
                                 std::function<void()> ended)
    : socket_(std::move(socket)),
      peer_(peer),
      deadline_(socket_.get_executor()),
      rest_(socket_.get_executor()),
      commands_(commands),
      ended_(std::move(ended)) {}

AdminConnection::~AdminConnection() {
  if (stream_.ended) stream_.ended();
  ended_();
}

void AdminConnection::set_deadline() {
  if (streams()) {
    deadline_.cancel();
    return;
  }
  deadline_.expires_after(patience);
  deadline_.async_wait([held = weak_from_this()](boost::system::error_code error) {
    const auto self = held.lock();
    if (!error && self) self->close();
  });
}

// Out of memory, this connection ends and takes nothing else with it.
template <typename Step>
void AdminConnection::guard(Step step) {
  try {
    step();
  } catch (const std::bad_alloc&) {
    close();
  }
}

void AdminConnection::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void AdminConnection::read() {
  set_deadline();
  socket_.async_read_some(boost::asio::buffer(chunk_),
                          [self = shared_from_this()](boost::system::error_code error, std::size_t got) {
                            if (error) return self->close();
                            self->guard([&] { self->take(got); });
                          });
}

// Of a stream what comes says nothing but that the client is still there.
void AdminConnection::take(std::size_t got) {
  if (streams()) return read();
  if (lines_.append({chunk_.data(), got})) return next();
  last_ = true;
  answer(refusal(admin::reason::not_understood, "The request is longer than a message may be: 1 MiB."));
}

void AdminConnection::next() {
  if (last_) {
    close();
  } else if (const auto line = lines_.take()) {
    dispatch(as_text(line->bytes()));
  } else {
    read();
  }
}

void AdminConnection::dispatch(std::string_view line) {
  const auto request = admin::parse_request(line);
  if (!request) return answer(admin::Reply(tl::unexpected(request.error())));
  const auto command = commands_.find(request->command);
  if (command == commands_.end()) {
    return answer(refusal(admin::reason::not_understood,
                          "ferrymand has no such command; it may be another version's."));
  }
  command->second(*request, shared_from_this());
}

void AdminConnection::answer(const admin::Reply& reply) {
  set_deadline();
  writing_ = admin::print(reply);
  write();
}

void AdminConnection::stream(const admin::Json& result, AdminStream stream) {
  stream_ = std::move(stream);
  set_deadline();
  writing_ = admin::print(admin::Reply(result));
  write();
  read();
}

void AdminConnection::wake() {
  if (!streams() || !writing_.empty() || resting_ || !socket_.is_open()) return;
  guard([this] {
    stream_.take(writing_);
    if (!writing_.empty()) write();
  });
}

void AdminConnection::rest() {
  resting_ = true;
  rest_.expires_after(rest_time);
  rest_.async_wait([held = weak_from_this()](boost::system::error_code) {
    const auto self = held.lock();
    if (!self) return;
    self->resting_ = false;
    self->wake();
  });
}

void AdminConnection::write() {
  boost::asio::async_write(socket_, boost::asio::buffer(writing_),
                           [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                             self->writing_.clear();
                             if (error) return self->close();
                             if (self->streams()) return self->rest();
                             self->guard([&] { self->next(); });
                           });
}

}  // namespace ferryman
