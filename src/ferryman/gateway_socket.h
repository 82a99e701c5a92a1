#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "admin/line_buffer.h"
#include "admin/message.h"
#include "base/descriptor.h"

namespace ferryman {

inline constexpr const char* default_gateway_socket = "/run/ferryman/admin.sock";

// A connection to the administration socket of a running ferrymand (docs/admin-protocol.md). For one thread.
class GatewaySocket {
 public:
  // Failures: not_reachable, not_admitted; the text says what to do.
  static admin::Outcome<GatewaySocket> connect(const std::string& path);

  // The result, the gateway's error, or no_answer, not_reachable.
  admin::Reply call(const admin::Request& request);

  // Behind an answer that begins a stream: the next line, once the socket (get()) can be read. Nothing: none
  // is whole yet. Failures: not_reachable where the gateway has hung up, no_answer where the line is too
  // long.
  admin::Outcome<std::optional<Secret>> next_line();
  // Whether next_line() has one without reading.
  std::optional<Secret> waiting_line() { return buffer_.take(); }
  int get() const { return socket_.get(); }

 private:
  GatewaySocket(std::string path, Descriptor socket) : path_(std::move(path)), socket_(std::move(socket)) {}
  bool send(std::string_view text) const;
  bool is_readable_by(std::chrono::steady_clock::time_point deadline) const;

  std::string path_;
  Descriptor socket_;
  admin::LineBuffer buffer_;
};

// The exit code of such a failure, which has been told for that command.
int tell_failure(std::string_view command, const admin::Failure& failure);

}  // namespace ferryman
