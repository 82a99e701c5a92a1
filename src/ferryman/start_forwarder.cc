#include "ferryman/start_forwarder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "ferryman/exit_codes.h"
#include "ferryman/forwarder_socket.h"
#include "ferryman/sign_in_command.h"
#include "login/session.h"

namespace ferryman {
namespace {

// Waits until it is ready. What systemctl says goes nowhere: where there is no systemd it is of no use.
void start_unit() {
  posix_spawn_file_actions_t actions{};
  ::posix_spawn_file_actions_init(&actions);
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    ::posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0);
  std::array<std::string, 4> words{"systemctl", "--user", "start", forwarder_unit};
  std::array<char*, 5> arguments{words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  pid_t child = 0;
  if (::posix_spawnp(&child, words[0].c_str(), &actions, nullptr, arguments.data(), environ) == 0)
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
  ::posix_spawn_file_actions_destroy(&actions);
}

}  // namespace

void refresh_forwarder(const login::Accounts& accounts, std::string_view command, bool is_told) {
  if (ask_forwarder(accounts.path(), ForwarderWord::reload) || login::realms_of(accounts).empty()) return;
  start_unit();
  if (!is_told || ask_forwarder(accounts.path(), ForwarderWord::status)) return;
  complain(
      command, exit_ok,
      fmt::format("no forwarder runs, which programs that know no KDC proxies need (Samba's, Heimdal's, "
                  "Java's), and systemd --user does not start {}: \"ferryman forward --signed-in\" is one",
                  forwarder_unit));
}

}  // namespace ferryman
