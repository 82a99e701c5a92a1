#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <string_view>

#include "client/client.h"
#include "client/options.h"
#include "ferryman/ferryman.h"

namespace client = ferryman::client;

struct ferryman_options {
  client::Options options;
  std::string error;
};

struct ferryman_result {
  client::Result result;
};

struct ferryman_client {
  explicit ferryman_client(const client::Options& options) : client(options) {}
  client::Client client;
  std::set<ferryman_call*> calls;
};

struct ferryman_call {
  ferryman_client* client = nullptr;
  ferryman_callback callback = nullptr;
  void* data = nullptr;
  client::Client::Handle handle;
};

namespace {

std::string_view text(const char* text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

ferryman::Bytes bytes(const void* message, std::size_t size) {
  return {static_cast<const std::uint8_t*>(message), message == nullptr ? 0 : size};
}

// Runs work, which returns whether it went well; no exception leaves.
template <typename Work>
int attempt(ferryman_options* options, Work work) noexcept {
  try {
    options->error.clear();
    return work() ? 0 : -1;
  } catch (const std::bad_alloc&) {
    options->error = "out of memory";  // short enough to need none
  } catch (const std::exception& error) {
    options->error = error.what();
  }
  return -1;
}

bool took(ferryman_options* options, const tl::expected<void, std::string>& result) {
  if (!result) options->error = result.error();
  return result.has_value();
}

void end(ferryman_call* call) {
  call->client->calls.erase(call);
  delete call;
}

}  // namespace

const char* ferryman_version(void) {
  return FERRYMAN_VERSION;
}

const char* ferryman_status_name(ferryman_status status) {
  return client::name(static_cast<client::Status>(status)).data();
}

ferryman_options* ferryman_options_new(void) {
  return new (std::nothrow) ferryman_options;
}

void ferryman_options_free(ferryman_options* options) {
  delete options;
}

int ferryman_options_load(ferryman_options* options, const char* file) {
  return attempt(options, [&] {
    client::Options changed = options->options;
    const auto mistakes =
        file == nullptr ? client::load_default_options(changed) : client::load_options(file, changed);
    for (const auto& mistake : mistakes)
      options->error += (options->error.empty() ? "" : "\n") + mistake.to_string();
    if (mistakes.empty()) options->options = std::move(changed);
    return mistakes.empty();
  });
}

int ferryman_options_set(ferryman_options* options, const char* key, const char* value) {
  return attempt(options, [&] { return took(options, options->options.set(text(key), text(value))); });
}

int ferryman_options_add_gateway(ferryman_options* options, const char* pattern, const char* gateway) {
  return attempt(options,
                 [&] { return took(options, options->options.add_gateway(text(pattern), text(gateway))); });
}

const char* ferryman_options_error(const ferryman_options* options) {
  return options->error.c_str();
}

ferryman_client* ferryman_client_new(ferryman_options* options) {
  std::unique_ptr<ferryman_client> made;
  attempt(options, [&] {
    made = std::make_unique<ferryman_client>(options->options);
    return true;
  });
  return made.release();
}

void ferryman_client_free(ferryman_client* client) {
  if (client == nullptr) return;
  while (!client->calls.empty()) end(*client->calls.begin());
  delete client;
}

ferryman_result* ferryman_proxy_message(ferryman_client* client, const void* message, size_t size,
                                        const char* realm, uint32_t hint) try {
  auto result = std::make_unique<ferryman_result>();
  result->result = client->client.proxy_message(bytes(message, size), text(realm), hint);
  return result.release();
} catch (const std::exception&) {
  return nullptr;
}

ferryman_status ferryman_result_status(const ferryman_result* result) {
  return static_cast<ferryman_status>(result->result.status);
}

const void* ferryman_result_message(const ferryman_result* result, size_t* size) {
  const auto& message = result->result.message;
  if (size != nullptr) *size = message.size();
  return message.empty() ? nullptr : message.data();
}

const char* ferryman_result_gateway(const ferryman_result* result) {
  return result->result.gateway.c_str();
}

const char* ferryman_result_cause(const ferryman_result* result) {
  return result->result.cause.c_str();
}

void ferryman_result_free(ferryman_result* result) {
  delete result;
}

int ferryman_client_fd(const ferryman_client* client) {
  return const_cast<ferryman_client*>(client)->client.loop().descriptor();
}

void ferryman_client_process(ferryman_client* client) {
  client->client.loop().process();
}

ferryman_call* ferryman_start(ferryman_client* client, const void* message, size_t size, const char* realm,
                              uint32_t hint, ferryman_callback callback, void* data) try {
  auto call = std::make_unique<ferryman_call>();
  call->client = client;
  call->callback = callback;
  call->data = data;
  call->handle = client->client.start(bytes(message, size), text(realm), hint,
                                      [call = call.get()](client::Result ended) {
                                        const ferryman_result result{std::move(ended)};
                                        const auto tell = call->callback;
                                        void* const user_data = call->data;
                                        end(call);
                                        tell(&result, user_data);
                                      });
  client->calls.insert(call.get());
  return call.release();
} catch (const std::exception&) {
  return nullptr;
}

void ferryman_cancel(ferryman_call* call) {
  if (call != nullptr) end(call);
}
