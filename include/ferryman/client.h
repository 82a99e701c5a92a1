// libferryman: the client's side of the Kerberos KDC proxy protocol [MS-KKDCP], for C++17 and later. Inline over
// the C functions of ferryman/ferryman.h, whose comments hold here as well; its ABI is theirs.
//
//   ferryman::Options options;
//   options.load();
//   ferryman::Client client(options);
//   const ferryman::Result result = client.proxy_message(as_req.data(), as_req.size(), "EXAMPLE.COM");
//   if (result) use(result.message);
#ifndef FERRYMAN_CLIENT_H
#define FERRYMAN_CLIENT_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "ferryman/ferryman.h"

namespace ferryman {

// Every function throws std::invalid_argument with the mistake.
class Options {
 public:
  Options() : options_(ferryman_options_new()) {
    if (!options_) throw std::bad_alloc();
  }
  void load() { check(ferryman_options_load(get(), nullptr)); }
  void load(const std::string &file) { check(ferryman_options_load(get(), file.c_str())); }
  void set(const std::string &key, const std::string &value) {
    check(ferryman_options_set(get(), key.c_str(), value.c_str()));
  }
  void add_gateway(const std::string &pattern, const std::string &gateway) {
    check(ferryman_options_add_gateway(get(), pattern.c_str(), gateway.c_str()));
  }
  ferryman_options *get() const { return options_.get(); }

 private:
  struct Free {
    void operator()(ferryman_options *options) const { ferryman_options_free(options); }
  };
  void check(int result) const {
    if (result != 0) throw std::invalid_argument(ferryman_options_error(get()));
  }
  std::unique_ptr<ferryman_options, Free> options_;
};

struct Result {
  ferryman_status status = FERRYMAN_NO_LOGON_SERVERS;
  std::vector<std::uint8_t> message;  // the KDC's answer, without length
  std::string gateway, cause;
  explicit operator bool() const { return status == FERRYMAN_SUCCESS; }
};

// A call that is under way; destroying it gives the call up. Must not outlive its Client.
class Call {
 public:
  Call() = default;
  bool pending() const { return state_ && state_->call != nullptr; }

 private:
  friend class Client;
  struct State {
    ~State() {
      if (call != nullptr) ferryman_cancel(call);
    }
    ferryman_call *call = nullptr;
    std::function<void(Result)> done;
  };
  std::unique_ptr<State> state_;
};

class Client {
 public:
  // Throws std::runtime_error when the client cannot be made.
  explicit Client(const Options &options) : client_(ferryman_client_new(options.get())) {
    if (!client_) throw std::runtime_error(ferryman_options_error(options.get()));
  }

  // ProxyMessage(), waiting. realm "": the one in the message.
  Result proxy_message(const void *message, std::size_t size, const std::string &realm = "",
                       std::uint32_t hint = 0) {
    const std::unique_ptr<ferryman_result, Free> result(
        ferryman_proxy_message(client_.get(), message, size, text(realm), hint));
    if (!result) throw std::bad_alloc();
    return read(result.get());
  }

  // The same on the caller's event loop: done is called from within process().
  [[nodiscard]] Call start(const void *message, std::size_t size, const std::string &realm,
                           std::uint32_t hint, std::function<void(Result)> done) {
    Call call;
    call.state_ = std::make_unique<Call::State>();
    call.state_->done = std::move(done);
    call.state_->call =
        ferryman_start(client_.get(), message, size, text(realm), hint, on_end, call.state_.get());
    if (call.state_->call == nullptr) throw std::bad_alloc();
    return call;
  }

  int fd() const { return ferryman_client_fd(client_.get()); }
  void process() { ferryman_client_process(client_.get()); }

 private:
  struct Free {
    void operator()(ferryman_client *client) const { ferryman_client_free(client); }
    void operator()(ferryman_result *result) const { ferryman_result_free(result); }
  };
  static const char *text(const std::string &realm) { return realm.empty() ? nullptr : realm.c_str(); }

  static Result read(const ferryman_result *result) {
    Result out;
    std::size_t size = 0;
    const auto *message = static_cast<const std::uint8_t *>(ferryman_result_message(result, &size));
    out.status = ferryman_result_status(result);
    if (message != nullptr) out.message.assign(message, message + size);
    out.gateway = ferryman_result_gateway(result);
    out.cause = ferryman_result_cause(result);
    return out;
  }

  static void on_end(const ferryman_result *result, void *data) {
    auto *state = static_cast<Call::State *>(data);
    state->call = nullptr;
    const auto done = std::move(state->done);  // which may destroy the state
    done(read(result));
  }

  std::unique_ptr<ferryman_client, Free> client_;
};

}  // namespace ferryman

#endif
