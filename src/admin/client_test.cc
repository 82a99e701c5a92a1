#include "admin/client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <thread>

namespace ferryman::admin {
namespace {

// A service of one connection.
class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    char name[] = "/tmp/admin_client_XXXXXX";
    folder_ = ::mkdtemp(name);
    path_ = folder_ + "/admin.sock";
  }
  ~ClientTest() override {
    if (thread_.joinable()) thread_.join();
    std::filesystem::remove_all(folder_);
  }

  void listen() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener_, 1), 0);
  }
  void serve(std::function<void(int)> answer) {
    listen();
    thread_ = std::thread([this, answer = std::move(answer)] {
      const int socket = ::accept(listener_, nullptr, nullptr);
      answer(socket);
      ::close(socket);
      ::close(listener_);
    });
  }
  // Reads a line and writes something.
  static void exchange(int socket, std::string_view answer) {
    char octet = 0;
    while (::read(socket, &octet, 1) == 1 && octet != '\n') continue;
    EXPECT_EQ(::write(socket, answer.data(), answer.size()), static_cast<ssize_t>(answer.size()));
  }
  Reply call() {
    auto client = Client::connect(path_);
    if (!client) return tl::unexpected(client.error());
    return client->call({"status"});
  }

  std::string folder_, path_;
  int listener_ = -1;
  std::thread thread_;
};

constexpr std::string_view good = "{\"version\":1,\"ok\":true,\"result\":{\"realm\":\"R\"}}\n";

TEST_F(ClientTest, CallsAsOftenAsItLikes) {
  serve([](int socket) {
    for (int i = 0; i < 3; ++i) exchange(socket, good);
  });
  auto client = Client::connect(path_);
  ASSERT_TRUE(client);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client->call({"status"}).value().at("realm"), "R");
}

TEST_F(ClientTest, PassesTheServicesErrorOn) {
  serve([](int socket) {
    exchange(socket, "{\"version\":1,\"ok\":false,\"error\":{\"reason\":\"busy\",\"text\":\"Later.\"}}\n");
  });
  EXPECT_EQ(call().error(), (Failure{"busy", "Later."}));
}

TEST_F(ClientTest, SaysThatNobodyListens) {
  EXPECT_EQ(call().error().reason, reason::not_reachable);
  listen();
  ::close(listener_);
  const Failure failure = call().error();
  EXPECT_EQ(failure.reason, reason::not_reachable);
  EXPECT_NE(failure.text.find(path_), std::string::npos);
  EXPECT_EQ(Client::connect(std::string(200, 'x')).error().reason, reason::not_reachable);
}

TEST_F(ClientTest, SaysThatItIsNotAdmitted) {
  serve([](int) {});
  const Failure failure = call().error();
  EXPECT_EQ(failure.reason, reason::not_admitted);
  EXPECT_NE(failure.text.find("not root"), std::string::npos);
  EXPECT_NE(failure.text.find("admin_group"), std::string::npos);
}

TEST_F(ClientTest, TellsAServiceThatBreaksOffFromOneThatDoesNotAdmit) {
  serve([](int socket) { exchange(socket, "{\"version\":1"); });
  EXPECT_EQ(call().error().reason, reason::not_reachable);
}

TEST_F(ClientTest, DoesNotUnderstandEverything) {
  serve([](int socket) { exchange(socket, "HTTP/1.1 400 Bad Request\r\n\r\n"); });
  EXPECT_EQ(call().error().reason, reason::no_answer);
}

}  // namespace
}  // namespace ferryman::admin
