#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <cstdio>
#include <exception>
#include <string_view>

#include "base/service_manager.h"
#include "machine/accounts.h"
#include "machine/config.h"
#include "machine/userdb_server.h"

namespace {

constexpr int exit_failed = 1, exit_usage = 2;

int serve() {
  using namespace ferryman;
  using namespace ferryman::machine;
  if (passed_descriptors() != 1) {
    fmt::print(stderr, "ferryman-users: ferryman-users.socket starts it, and has its socket\n");
    return exit_usage;
  }
  Descriptor listening(first_passed_descriptor);
  const int flags = ::fcntl(listening.get(), F_GETFL);
  if (flags < 0 || ::fcntl(listening.get(), F_SETFL, flags | O_NONBLOCK) != 0) return exit_failed;
  UserdbServer server(std::move(listening), TableSource(accounts_file, config_file));
  notify_service_manager("READY=1");
  while (server.turn()) {
  }
  return exit_failed;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 2 && std::string_view(argv[1]) == "--version") {
    fmt::print("ferryman-users {}\n", FERRYMAN_VERSION);
    return 0;
  }
  if (argc > 1) {
    fmt::print("Usage: ferryman-users [--version]\nSee ferryman-machine(8).\n");
    return std::string_view(argv[1]) == "--help" ? 0 : exit_usage;
  }
  return serve();
} catch (const std::exception& error) {
  fmt::print(stderr, "ferryman-users: {}\n", error.what());
  return exit_failed;
}
