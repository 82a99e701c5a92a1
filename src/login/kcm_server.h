#pragma once

#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "base/descriptor.h"

namespace ferryman::login {

// SSSD's server of KCM caches, for a test: with directories of its own in place of the system's, which takes
// root. Its socket is kcm.sock.
class KcmServer {
 public:
  explicit KcmServer(const std::string& directory) {
    const std::string script = R"(
      set -e
      for d in /etc/sssd /var/lib/sss /var/log/sssd; do mount -t tmpfs tmpfs $d; done
      mkdir -p /etc/sssd/conf.d /var/lib/sss/db /var/lib/sss/secrets
      printf '[sssd]\nservices =\n[kcm]\nccache_storage = memory\nsocket_path = %s/kcm.sock\n' "$0" > /etc/sssd/sssd.conf
      chmod 600 /etc/sssd/sssd.conf
      /usr/sbin/sssd --genconf-section=kcm
      exec /usr/libexec/sssd/sssd_kcm --uid 0 --gid 0 --logger=stderr > "$0/kcm.log" 2>&1)";
    std::array<const char*, 7> words{"unshare",      "--mount",         "sh",   "-c",
                                     script.c_str(), directory.c_str(), nullptr};
    if (::posix_spawnp(&process_, "unshare", nullptr, nullptr, const_cast<char**>(words.data()), environ) !=
        0)
      throw std::runtime_error("unshare cannot be started");
    for (int i = 0; i < 3000 && !listens(directory + "/kcm.sock"); ++i) {
      if (::waitpid(process_, nullptr, WNOHANG) != 0)
        throw std::runtime_error(
            "sssd_kcm did not start: it needs root, and sssd-kcm (scripts/install test)");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  KcmServer(const KcmServer&) = delete;
  KcmServer& operator=(const KcmServer&) = delete;
  ~KcmServer() {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
  }

 private:
  static bool listens(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const Descriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }

  pid_t process_ = -1;
};

}  // namespace ferryman::login
