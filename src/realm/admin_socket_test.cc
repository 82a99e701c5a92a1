#include "realm/admin_socket.h"

#include <grp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <functional>

#include "admin/client.h"
#include "realm/admin_test_tools.h"

namespace ferryman::realm {
namespace {

constexpr uid_t some_uid = 60001;
constexpr gid_t admin_gid = 60002, other_gid = 60003;
constexpr int cannot_become = 99;
const std::string status_line = "{\"version\":1,\"command\":\"status\"}\n";

class AdminSocketTest : public AdministrationTest {
 protected:
  AdminSocketTest() {
    auto socket = ListenSocket::open(path());
    EXPECT_TRUE(socket);
    // For those who are somebody else.
    std::filesystem::permissions(folder_, std::filesystem::perms::others_exec,
                                 std::filesystem::perm_options::add);
    socket_ = std::make_unique<AdminSocket>(*std::move(socket), *administration_, *log_,
                                            AdminSocket::Options{.group = admin_gid});
  }
  ~AdminSocketTest() override { socket_.reset(); }

  std::string path() const { return file("admin.sock"); }

  int connected() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path().data(), path().size());
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{20, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return socket;
  }
  static void send(int socket, std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // A line, or what there was until the end.
  static std::string receive(int socket) {
    std::string line;
    char octet = 0;
    while (!line.ends_with('\n') && ::recv(socket, &octet, 1, 0) == 1) line += octet;
    return line;
  }
  static bool is_result(const std::string& line) {
    return line.ends_with('\n') && Json::parse(line).value("ok", false);
  }
  static std::string reason(const std::string& line) {
    return line.empty() ? "closed" : Json::parse(line)["error"]["reason"].get<std::string>();
  }
  // The reason why a child of that kind is not answered, as an exit status: 0: it is.
  int as(uid_t uid, gid_t gid, const std::vector<gid_t>& groups,
         const std::string& socket = "admin.sock") const {
    const pid_t child = ::fork();
    if (child == 0) {
      if (::setgroups(groups.size(), groups.data()) != 0 || ::setgid(gid) != 0 || ::setuid(uid) != 0)
        ::_exit(cannot_become);
      auto client = admin::Client::connect(file(socket));
      if (!client) ::_exit(2);
      const auto reply = client->call({"status"});
      ::_exit(reply ? 0 : reply.error().reason == admin::reason::not_admitted ? 1 : 3);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  }

  std::unique_ptr<AdminSocket> socket_;
};

TEST_F(AdminSocketTest, AnswersAClient) {
  auto client = admin::Client::connect(path());
  ASSERT_TRUE(client);
  EXPECT_EQ(client->call({"status"}).value().at("realm"), "EXAMPLE.COM");
  EXPECT_EQ(client->call({"user.add", "", {{"name", "alice"}}}).value().at("name"), "alice");
  EXPECT_EQ(client->call({"user.show", "", {{"name", "bob"}}}).error().reason, "not_found");
  EXPECT_EQ(last_event()["uid"], ::geteuid());
  EXPECT_EQ(last_event()["pid"], ::getpid());
}

TEST_F(AdminSocketTest, OfTheSynchronisationDoesNothingElse) {
  auto socket = ListenSocket::open(file("sync.sock"));
  ASSERT_TRUE(socket);
  const AdminSocket::Options options{"synchronisation", std::nullopt, some_uid, Commands::of_sync};
  const AdminSocket sync(*std::move(socket), *administration_, *log_, options);
  auto client = admin::Client::connect(file("sync.sock"));
  ASSERT_TRUE(client);
  for (const char* command : {"status", "events", "backup.begin", "backup.read", "rotate.master_key",
                              "user.list", "user.add", "ad.link", "ad.unlink", "tenant.add", "ad.", ""}) {
    const auto reply = client->call({command, "", {{"name", "alice"}}});
    ASSERT_FALSE(reply) << command;
    EXPECT_EQ(reply.error().reason, "not_allowed") << command;
  }
  const std::string domain = "ad.example.com";
  ASSERT_TRUE(directory_->set_ad_link(tenant_,
                                      {.domain = domain,
                                       .realm = "AD.EXAMPLE.COM",
                                       .netbios_name = "AD",
                                       .domain_sid = "S-1-5-21-1-2-3",
                                       .number = 24125,
                                       .key_version = 1,
                                       .etype = 18},
                                      Octets(32, 9), now_));
  const Json user{{"sid", "S-1-5-21-1-2-3-1104"}, {"name", "alice"}};
  EXPECT_EQ(client->call({"ad.upsert", "", {{"domain", domain}, {"users", {user}}}})
                .value()["outcomes"][0]["outcome"],
            "added");
  EXPECT_EQ(client->call({"ad.users", "", {{"domain", domain}}}).value()["users"].size(), 1U);
  EXPECT_EQ(client->call({"ad.keys", "", {{"domain", domain}}}).value()["users"].size(), 1U);
  EXPECT_EQ(client->call({"ad.disable", "", {{"domain", domain}, {"sids", {"S-1-5-21-1-2-3-1104"}}}})
                .value()["outcomes"][0]["outcome"],
            "disabled");
  EXPECT_TRUE(client->call({"ad.show"}));
}

TEST_F(AdminSocketTest, OfTheSynchronisationListensToItsUser) {
  auto socket = ListenSocket::open(file("sync.sock"));
  ASSERT_TRUE(socket);
  const AdminSocket::Options options{"synchronisation", std::nullopt, some_uid, Commands::of_sync};
  const AdminSocket sync(*std::move(socket), *administration_, *log_, options);
  constexpr int not_admitted = 1, not_allowed = 3;
  EXPECT_EQ(as(some_uid, other_gid, {}, "sync.sock"), not_allowed) << "it is heard, and asks for too much";
  EXPECT_EQ(as(some_uid + 1, admin_gid, {admin_gid}, "sync.sock"), not_admitted);
  EXPECT_EQ(as(some_uid, other_gid, {}), not_admitted) << "to the administration";
}

TEST_F(AdminSocketTest, TakesLinesCutAnywhere) {
  const int socket = connected();
  for (std::size_t cut = 1; cut < status_line.size(); ++cut) {
    send(socket, status_line.substr(0, cut));
    if (cut % 8 == 0) ::usleep(2000);
    send(socket, status_line.substr(cut));
    EXPECT_TRUE(is_result(receive(socket))) << cut;
  }
  ::close(socket);
}

TEST_F(AdminSocketTest, AnswersManyLinesInTheirOrder) {
  const int socket = connected();
  std::string lines;
  for (int i = 0; i < 50; ++i)
    lines +=
        "{\"version\":1,\"command\":\"user.add\",\"arguments\":{\"name\":\"u" + std::to_string(i) + "\"}}\n";
  send(socket, lines + "{\"version\":1,\"comm");
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(Json::parse(receive(socket))["result"]["name"], "u" + std::to_string(i));
  send(socket, "and\":\"status\"}\n");
  EXPECT_TRUE(is_result(receive(socket)));
  ::shutdown(socket, SHUT_WR);
  EXPECT_EQ(receive(socket), "");
  ::close(socket);
}

TEST_F(AdminSocketTest, AnswersWhoSaysNoMore) {
  const int socket = connected();
  send(socket, status_line + status_line);
  ::shutdown(socket, SHUT_WR);
  EXPECT_TRUE(is_result(receive(socket)));
  EXPECT_TRUE(is_result(receive(socket)));
  EXPECT_EQ(receive(socket), "");
  ::close(socket);
}

TEST_F(AdminSocketTest, GoesOnAfterWhatItDoesNotUnderstand) {
  const int socket = connected();
  for (const char* line : {"\n", "x\n", "{}\n", "{\"version\":1,\"command\":\"x\"}\n"}) {
    send(socket, line);
    EXPECT_EQ(reason(receive(socket)), "not_understood") << line;
  }
  send(socket, "{\"version\":2,\"command\":\"status\"}\n");
  EXPECT_EQ(reason(receive(socket)), "wrong_version");
  send(socket, status_line);
  EXPECT_TRUE(is_result(receive(socket)));
  ::close(socket);
}

TEST_F(AdminSocketTest, RefusesALineThatIsTooLong) {
  const int socket = connected();
  send(socket, std::string(admin::max_line + 100, 'x'));
  EXPECT_EQ(reason(receive(socket)), "not_understood");
  EXPECT_EQ(receive(socket), "") << "and hangs up";
  ::close(socket);
  const int other = connected();
  send(other, status_line);
  EXPECT_TRUE(is_result(receive(other)));
  ::close(other);
}

TEST_F(AdminSocketTest, ServesOthersBesideOneThatDoesNotEndItsLine) {
  const int slow = connected();
  send(slow, "{\"version\":1");
  const int other = connected();
  send(other, status_line);
  EXPECT_TRUE(is_result(receive(other)));
  ::close(other);
  EXPECT_EQ(receive(slow), "") << "after ten seconds it is closed";
  ::close(slow);
}

TEST_F(AdminSocketTest, LetsOthersWaitBeyondItsMost) {
  std::vector<int> sockets;
  for (std::size_t i = 0; i < AdminSocket::max_connections; ++i) {
    sockets.push_back(connected());
    send(sockets.back(), status_line);
    EXPECT_TRUE(is_result(receive(sockets.back())));
  }
  const int waiting = connected();
  send(waiting, status_line);
  char octet = 0;
  ::usleep(100'000);
  EXPECT_EQ(::recv(waiting, &octet, 1, MSG_DONTWAIT), -1);
  ::close(sockets.back());
  sockets.pop_back();
  EXPECT_TRUE(is_result(receive(waiting)));
  for (const int socket : sockets) ::close(socket);
  ::close(waiting);
}

TEST_F(AdminSocketTest, LetsTheOneThatSaidNothingForTheLongestTimeMakeRoom) {
  std::vector<int> sockets;
  for (std::size_t i = 0; i < AdminSocket::max_connections; ++i) {
    sockets.push_back(connected());
    send(sockets.back(), status_line);
    EXPECT_TRUE(is_result(receive(sockets.back())));
  }
  const int waiting = connected();
  send(waiting, status_line);
  EXPECT_TRUE(is_result(receive(waiting)));
  EXPECT_EQ(reason(receive(sockets.front())), "busy");
  EXPECT_EQ(receive(sockets.front()), "") << "and hangs up";
  send(sockets.back(), status_line);
  EXPECT_TRUE(is_result(receive(sockets.back()))) << "nobody else had to";
  for (const int socket : sockets) ::close(socket);
  ::close(waiting);
  socket_.reset();
  EXPECT_NE(log_text().find("an idle connection made room for others"), std::string::npos);
}

TEST_F(AdminSocketTest, ListensToRootToItselfAndToTheGroupOnly) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs to become others";
  EXPECT_EQ(as(0, 0, {}), 0);
  EXPECT_EQ(as(some_uid, admin_gid, {}), 0) << "by its group";
  EXPECT_EQ(as(some_uid, other_gid, {other_gid, admin_gid}), 0) << "by a supplementary group";
  EXPECT_EQ(as(some_uid, other_gid, {}), 1);
  EXPECT_EQ(as(some_uid, other_gid, {other_gid, admin_gid + 10}), 1);
  socket_.reset();
  EXPECT_NE(log_text().find("\"message\":\"connection refused\",\"socket\":\"administration\""),
            std::string::npos);
}

TEST_F(AdminSocketTest, DrainsWhatIsUnderWay) {
  const int idle = connected(), asking = connected(), half = connected();
  for (const int socket : {idle, asking, half}) {  // all are accepted
    send(socket, status_line);
    EXPECT_TRUE(is_result(receive(socket)));
  }
  send(asking, "{\"version\":1,\"command\":\"user.add\",\"arguments\":{\"name\":\"alice\",\"password\":\"" +
                   good_password + "\"}}\n" + status_line);
  send(half, "{\"version\":1");
  socket_->drain();
  EXPECT_TRUE(is_result(receive(asking)));
  EXPECT_TRUE(is_result(receive(asking)));
  for (const int socket : {idle, asking, half}) {
    EXPECT_EQ(receive(socket), "");
    ::close(socket);
  }
  pollfd done{socket_->done(), POLLIN, 0};
  EXPECT_EQ(::poll(&done, 1, 10'000), 1);
  EXPECT_EQ(admin::Client::connect(path()).error().reason, admin::reason::not_reachable);
}

}  // namespace
}  // namespace ferryman::realm
