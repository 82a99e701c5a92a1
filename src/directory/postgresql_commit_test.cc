// A change of which nobody can tell whether it is there, since the server was told to keep it and its answer
// has not come.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "base/descriptor.h"
#include "directory/test_engines.h"

namespace ferryman::directory {
namespace {

enum class Loss { none, commit, answer, silence };

// Between the directory and the server: loses one COMMIT, or the answer to it, and their connection; or the
// answer alone.
class Between {
 public:
  explicit Between(const std::string& folder) : listener_(at(folder, &::bind)) {
    if (::listen(listener_.get(), 16) != 0) throw std::runtime_error("no socket");
  }
  ~Between() {
    stop_ = true;
    thread_.join();
  }
  Between(const Between&) = delete;
  Between& operator=(const Between&) = delete;

  void lose(Loss loss) { loss_ = loss; }
  bool has_lost() const { return loss_ == Loss::none; }

 private:
  struct Link {
    Descriptor client, server;
    bool is_silent = false;
  };
  using Use = int (*)(int, const sockaddr*, socklen_t);

  static Descriptor at(const std::string& folder, Use use) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder + "/.s.PGSQL.5432").copy(address.sun_path, sizeof address.sun_path - 1);
    Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (use(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("no socket in " + folder);
    return socket;
  }

  void run() {
    std::vector<Link> links;
    while (!stop_) {
      std::vector<pollfd> waited{{listener_.get(), POLLIN, 0}};
      for (const Link& each : links)
        for (const int socket : {each.client.get(), each.server.get()}) waited.push_back({socket, POLLIN, 0});
      ::poll(waited.data(), waited.size(), 20);
      for (std::size_t i = links.size(); i-- > 0;)
        if ((waited[2 * i + 1].revents != 0 && !carry_request(links[i])) ||
            (waited[2 * i + 2].revents != 0 && !carry_answer(links[i])))
          links.erase(links.begin() + static_cast<std::ptrdiff_t>(i));
      if (waited[0].revents != 0)
        links.push_back({Descriptor(::accept(listener_.get(), nullptr, nullptr)),
                         at(PostgresqlServer::instance().folder(), &::connect)});
    }
  }
  // They return whether the link goes on.
  bool carry_request(Link& link) {
    const std::string request = received(link.client);
    if (request.find("COMMIT") == request.npos) return send(link.server, request);
    const Loss loss = loss_.exchange(Loss::none);
    link.is_silent = loss == Loss::silence;
    if (loss == Loss::commit || !send(link.server, request)) return false;
    return loss != Loss::answer || received(link.server).empty();
  }
  static bool carry_answer(const Link& link) {
    const std::string answer = received(link.server);
    return link.is_silent ? !answer.empty() : send(link.client, answer);
  }
  static std::string received(const Descriptor& socket) {
    std::string octets(65536, '\0');
    const ssize_t got = ::recv(socket.get(), octets.data(), octets.size(), 0);
    octets.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return octets;
  }
  static bool send(const Descriptor& socket, const std::string& octets) {
    return !octets.empty() && ::send(socket.get(), octets.data(), octets.size(), MSG_NOSIGNAL) ==
                                  static_cast<ssize_t>(octets.size());
  }

  const Descriptor listener_;
  std::atomic<Loss> loss_{Loss::none};
  std::atomic<bool> stop_{false};
  std::thread thread_{[this] { run(); }};
};

class PostgresqlCommit : public DirectoryTest {
 protected:
  PostgresqlCommit() : DirectoryTest(PostgresqlServer::instance().new_database()) {
    std::string location = location_;
    const std::string& server = PostgresqlServer::instance().folder();
    location.replace(location.find(server), server.size(), folder_);
    auto opened = open_database({.location = location}, master_key());
    EXPECT_TRUE(opened) << opened.error().text;
    through_ = *std::move(opened);
  }
  // What is told of an account whose COMMIT fares so.
  std::string make_bob(Loss loss) {
    between_.lose(loss);
    const auto made = through_->create_account(tenant_, {{.name = "bob"}}, now);
    EXPECT_TRUE(between_.has_lost());
    EXPECT_TRUE(refused(made, Reason::unavailable));
    return made ? "" : made.error().text;
  }
  bool is_bob_there() { return directory_->find_account(tenant_, "bob").has_value(); }

  Between between_{folder_};
  std::unique_ptr<Database> through_;
};

constexpr const char* unknown = "went while it was told to keep a change, which is there or is not";

TEST_F(PostgresqlCommit, IsNotDoneAgainWhereItsAnswerIsLost) {
  EXPECT_NE(make_bob(Loss::answer).find(unknown), std::string::npos);
  EXPECT_TRUE(is_bob_there());
  EXPECT_TRUE(done(through_->create_account(tenant_, {{.name = "carol"}}, now)));
}

TEST_F(PostgresqlCommit, IsToldInTheSameWayWhereItIsLostItself) {
  EXPECT_NE(make_bob(Loss::commit).find(unknown), std::string::npos);
  EXPECT_FALSE(is_bob_there());
  EXPECT_TRUE(done(through_->create_account(tenant_, {{.name = "bob"}}, now)));
}

TEST_F(PostgresqlCommit, IsToldInTheSameWayWhereNoAnswerComes) {
  EXPECT_NE(make_bob(Loss::silence).find(unknown), std::string::npos);
  EXPECT_TRUE(is_bob_there());
}

}  // namespace
}  // namespace ferryman::directory
