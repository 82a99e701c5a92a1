#include "base/service_manager.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace ferryman {
namespace {

// A datagram socket at a name of its own, as the service manager has one; '@' stands for an abstract name.
class Manager {
 public:
  explicit Manager(std::string name) : name_(std::move(name)), socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name_.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name_[0] == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), length), 0);
    ::setenv("NOTIFY_SOCKET", name_.c_str(), 1);
  }
  ~Manager() {
    ::unsetenv("NOTIFY_SOCKET");
    ::close(socket_);
    if (name_[0] != '@') ::unlink(name_.c_str());
  }

  std::string heard() const {
    char text[64];
    const auto got = ::recv(socket_, text, sizeof text, MSG_DONTWAIT);
    return {text, got > 0 ? static_cast<std::size_t>(got) : 0};
  }

 private:
  const std::string name_;
  const int socket_;
};

void pass(const std::string& receiver, const char* count) {
  ::setenv("LISTEN_PID", receiver.c_str(), 1);
  ::setenv("LISTEN_FDS", count, 1);
  ::setenv("LISTEN_FDNAMES", "https", 1);
}

TEST(ServiceManager, HearsAtAPath) {
  const Manager manager(testing::TempDir() + "notify-" + std::to_string(::getpid()));
  notify_service_manager("READY=1");
  EXPECT_EQ(manager.heard(), "READY=1");
}

TEST(ServiceManager, HearsAtAnAbstractName) {
  const Manager manager("@ferryman-notify-" + std::to_string(::getpid()));
  notify_service_manager("STOPPING=1");
  EXPECT_EQ(manager.heard(), "STOPPING=1");
}

TEST(ServiceManager, NeedNotBeThere) {
  ::unsetenv("NOTIFY_SOCKET");
  notify_service_manager("READY=1");
  for (const std::string& nowhere : {std::string("relative"), "/" + std::string(300, 'x'), std::string()}) {
    ::setenv("NOTIFY_SOCKET", nowhere.c_str(), 1);
    notify_service_manager("READY=1");
  }
  ::unsetenv("NOTIFY_SOCKET");
}

TEST(PassedDescriptors, AreForThisProcessAndOnceOnly) {
  const int fd = ::dup2(0, first_passed_descriptor);
  ASSERT_EQ(fd, first_passed_descriptor);
  pass(std::to_string(::getpid()), "1");
  EXPECT_EQ(passed_descriptors(), 1);
  EXPECT_EQ(::fcntl(fd, F_GETFD), FD_CLOEXEC);
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
    EXPECT_EQ(std::getenv(name), nullptr);
  EXPECT_EQ(passed_descriptors(), 0);
  pass(std::to_string(::getppid()), "1");
  EXPECT_EQ(passed_descriptors(), 0);
  EXPECT_EQ(std::getenv("LISTEN_FDS"), nullptr);
}

TEST(PassedDescriptors, AreNoneWhenTheirNumberMakesNoSense) {
  for (const char* count : {"", "0", "-1", "1x", "99999999999", "2000"}) {
    pass(std::to_string(::getpid()), count);
    EXPECT_EQ(passed_descriptors(), 0) << count;
  }
}

}  // namespace
}  // namespace ferryman
