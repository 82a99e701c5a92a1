#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <thread>

#include "realm/private_memory.h"
#include "realm/system_calls.h"
#include "realm/writable_paths.h"

namespace ferryman::realm {
namespace {

constexpr int cannot_start = 99;
constexpr uid_t nobody = 65534;

// Runs it in a child; returns the exit status, or minus the signal that ended it.
int in_child(const std::function<int()>& run) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(run());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int under_filter(const std::function<int()>& run, Connecting connecting = Connecting::never) {
  return in_child([&] { return restrict_system_calls(connecting).empty() ? run() : cannot_start; });
}

// errno of a call that has to fail; 0: it did not.
int error_of(long result) {
  return result < 0 ? errno : 0;
}

TEST(SystemCalls, OnlyUnixSocketsAreMade) {
  EXPECT_EQ(under_filter([] { return error_of(::socket(AF_UNIX, SOCK_STREAM, 0)); }), 0);
  for (const int family : {AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK}) {
    EXPECT_EQ(under_filter([family] { return error_of(::socket(family, SOCK_STREAM, 0)); }), EAFNOSUPPORT)
        << family;
  }
  EXPECT_EQ(under_filter([] { return error_of(::syscall(SYS_io_uring_setup, 1, nullptr)); }), ENOSYS);
}

TEST(SystemCalls, ADatabasesServerIsReachedWhereThereIsOne) {
  const auto connected = [](int family) {
    const sockaddr nowhere{static_cast<sa_family_t>(family), {}};
    return error_of(::connect(::socket(family, SOCK_STREAM, 0), &nowhere, sizeof nowhere));
  };
  EXPECT_EQ(under_filter([&] { return connected(AF_UNIX); }), ENOSYS);
  EXPECT_EQ(under_filter([&] { return connected(AF_UNIX); }, Connecting::by_unix_sockets), ECONNREFUSED);
  EXPECT_EQ(under_filter([&] { return connected(AF_INET); }, Connecting::by_unix_sockets), EBADF)
      << "no socket";
}

TEST(SystemCalls, NoProgramIsExecutedAndNoProcessMadeOrTraced) {
  EXPECT_EQ(under_filter([] { return error_of(::execl("/bin/true", "true", nullptr)); }), -SIGSYS);
  EXPECT_EQ(under_filter([] { return error_of(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }), -SIGSYS);
  EXPECT_EQ(under_filter([] { return error_of(::syscall(SYS_mount, "", "/", "", 0, nullptr)); }), -SIGSYS);
  EXPECT_EQ(under_filter([] { return error_of(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }), ENOSYS);
}

TEST(SystemCalls, NoMemoryBecomesExecutable) {
  const auto map = [](int protection) {
    return ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  };
  EXPECT_EQ(under_filter([&] { return map(PROT_READ | PROT_EXEC) == MAP_FAILED ? errno : 0; }), EPERM);
  EXPECT_EQ(under_filter([&] { return error_of(::mprotect(map(PROT_READ), 4096, PROT_EXEC)); }), EPERM);
  EXPECT_EQ(under_filter([&] { return error_of(::mprotect(map(PROT_READ), 4096, PROT_WRITE)); }), 0);
}

TEST(SystemCalls, WhatIsNotKnownFailsWithEnosys) {
  EXPECT_EQ(under_filter([] { return error_of(::syscall(9999)); }), ENOSYS);
  EXPECT_EQ(under_filter([] { return error_of(::syscall(SYS_kill, ::getpid(), 0)); }), ENOSYS);
}

TEST(SystemCalls, ThreadsStart) {
  EXPECT_EQ(under_filter([] {
              int result = 1;
              std::thread([&result] { result = 0; }).join();
              return result;
            }),
            0);
}

class WritablePathsTest : public testing::Test {
 protected:
  WritablePathsTest() {
    char name[] = "/tmp/writable_paths_XXXXXX";
    directory_ = ::mkdtemp(name);
    std::filesystem::create_directory(directory_ + "/run");
    std::filesystem::create_directory(directory_ + "/state");
    ::close(::open((directory_ + "/run/file").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  }
  ~WritablePathsTest() override { std::filesystem::remove_all(directory_); }

  int under_landlock(const std::function<int()>& run) const {
    return in_child([&] {
      return forbid_writing({{directory_ + "/run"}, {directory_ + "/state"}}).empty() ? run() : cannot_start;
    });
  }
  int open_error(const std::string& path, int flags) const {
    return under_landlock([&] { return error_of(::open(path.c_str(), flags | O_CLOEXEC, 0600)); });
  }

  std::string directory_;
};

TEST_F(WritablePathsTest, NothingIsWrittenOrExecuted) {
  if (under_landlock([] { return 0; }) == cannot_start) GTEST_SKIP() << "this kernel has no Landlock";
  const std::string file = directory_ + "/run/file";
  EXPECT_EQ(open_error(file, O_RDONLY), 0);
  EXPECT_EQ(open_error(file, O_WRONLY), EACCES);
  EXPECT_EQ(open_error(directory_ + "/run/new", O_CREAT | O_WRONLY), EACCES);
  EXPECT_EQ(open_error("/dev/null", O_RDWR), EACCES);
  EXPECT_EQ(open_error(directory_ + "/state/new", O_CREAT | O_RDWR | O_TRUNC), 0);
  EXPECT_EQ(under_landlock([&] { return error_of(::mkdir((directory_ + "/state/deeper").c_str(), 0700)); }),
            EACCES);
  EXPECT_EQ(under_landlock([&] { return error_of(::unlink((directory_ + "/state/new").c_str())); }), 0);
  EXPECT_EQ(under_landlock([] { return error_of(::execl("/bin/true", "true", nullptr)); }), EACCES);
  EXPECT_EQ(under_landlock([&] { return error_of(::unlink(file.c_str())); }), 0);
}

TEST(PrivateMemory, IsNotDumped) {
  EXPECT_EQ(in_child([] {
              keep_memory_private();
              rlimit limit{1, 1};
              ::getrlimit(RLIMIT_CORE, &limit);
              return ::prctl(PR_GET_DUMPABLE) == 0 && limit.rlim_max == 0 ? 0 : 1;
            }),
            0);
}

// Where the limit is finite nothing is locked, and allocating goes on working.
TEST(PrivateMemory, IsLockedWhereThatIsAllowed) {
  EXPECT_EQ(in_child([] {
              const rlimit little{1 << 20, 1 << 20};
              ::setrlimit(RLIMIT_MEMLOCK, &little);
              if (::geteuid() == 0 && ::setuid(nobody) != 0) return cannot_start;
              if (keep_memory_private().empty()) return 1;
              void* const memory =
                  ::mmap(nullptr, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return memory == MAP_FAILED ? 2 : 0;
            }),
            0);
}

}  // namespace
}  // namespace ferryman::realm
