#pragma once

#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "base/descriptor.h"

namespace ferryman::keys {

struct Ran {
  int status;          // 0: it went well
  std::string output;  // standard output and error
};

// A software TPM of a test's own, in a directory that goes with it. It has no resource manager and serves one
// program after the other: a store must be gone before tpm2-tools get at it.
class Swtpm {
 public:
  Swtpm() {
    std::string name = std::filesystem::temp_directory_path() / "swtpm.XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    directory_ = name;
    start();
  }
  Swtpm(const Swtpm&) = delete;
  Swtpm& operator=(const Swtpm&) = delete;
  ~Swtpm() {
    stop();
    std::filesystem::remove_all(directory_);
  }

  std::string tcti() const { return "swtpm:path=" + path("sock"); }
  std::string path(const std::string& file) const { return directory_ + "/" + file; }

  void restart() {
    stop();
    start();
  }

  void write(const std::string& file, std::string_view contents) const {
    std::ofstream(path(file), std::ios::binary)
        .write(contents.data(), static_cast<std::streamsize>(contents.size()));
  }
  std::string read(const std::string& file) const {
    std::ifstream in(path(file), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  // A line for the shell in the TPM's directory; tpm2-tools and openssl's provider reach this TPM.
  Ran run(const std::string& line) const {
    const std::string whole = "cd " + directory_ + "; export TPM2TOOLS_TCTI=" + tcti() +
                              " TPM2OPENSSL_TCTI=" + tcti() + " TSS2_LOG=all+none; { " + line + "\n} 2>&1";
    std::FILE* pipe = ::popen(whole.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("popen");
    Ran ran{};
    std::array<char, 4096> part{};
    while (const std::size_t size = std::fread(part.data(), 1, part.size(), pipe))
      ran.output.append(part.data(), size);
    ran.status = ::pclose(pipe);
    return ran;
  }

 private:
  void start() {
    const std::string state = "dir=" + directory_, server = "type=unixio,path=" + path("sock"),
                      control = "type=unixio,path=" + path("sock.ctrl"), log = "file=" + path("log");
    std::array<const char*, 13> words{"swtpm",        "socket",      "--tpm2",
                                      "--tpmstate",   state.c_str(), "--server",
                                      server.c_str(), "--ctrl",      control.c_str(),
                                      "--log",        log.c_str(),   "--flags=not-need-init,startup-clear",
                                      nullptr};
    if (::posix_spawnp(&process_, "swtpm", nullptr, nullptr, const_cast<char**>(words.data()), environ) != 0)
      throw std::runtime_error(
          "swtpm cannot be started: install swtpm and tpm2-tools (scripts/install test)");
    for (int i = 0; i < 3000 && !(listens("sock") && listens("sock.ctrl")); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }

  bool listens(const std::string& file) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path(file).copy(address.sun_path, sizeof address.sun_path - 1);
    const Descriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }

  void stop() {
    if (process_ <= 0) return;
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
    std::filesystem::remove(path("sock"));
    std::filesystem::remove(path("sock.ctrl"));
  }

  std::string directory_;
  pid_t process_ = -1;
};

}  // namespace ferryman::keys
