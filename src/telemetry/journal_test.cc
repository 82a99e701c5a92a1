#include "telemetry/journal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

namespace ferryman::telemetry {
namespace {

TEST(JournalEntry, HasEachFieldOfALine) {
  EXPECT_EQ(
      journal_entry("<4>time=t level=warning event=refused realm=EXAMPLE.COM event_id=403", "ferrymand"),
      "PRIORITY=4\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=ferrymand\n"
      "FERRYMAN_TIME=t\nFERRYMAN_LEVEL=warning\n"
      "MESSAGE=event=refused realm=EXAMPLE.COM event_id=403\n"
      "FERRYMAN_EVENT=refused\nFERRYMAN_REALM=EXAMPLE.COM\nFERRYMAN_EVENT_ID=403\n");
}

TEST(JournalEntry, TakesQuotesAwayButLetsNoValueEndItsField) {
  const std::string entry = journal_entry(
      R"(<6>time=t level=info message="no KDC located" cname="a\\b \"c\" x=\x0aPRIORITY=0" path="" last="q\\")",
      "i");
  EXPECT_NE(entry.find("\nFERRYMAN_MESSAGE=no KDC located\nFERRYMAN_CNAME=a\\b \"c\" x=\\x0aPRIORITY=0\n"
                       "FERRYMAN_PATH=\nFERRYMAN_LAST=q\\\n"),
            std::string::npos)
      << entry;
}

TEST(JournalEntry, IsBounded) {
  const std::string entry = journal_entry("<6>time=t level=info key=" + std::string(1 << 20, 'x'), "i");
  EXPECT_LT(entry.size(), 2 * max_journal_value + 200);
  std::string many = "<6>time=t level=info";
  for (int i = 0; i < 1000; ++i) many += " a=b";
  EXPECT_LT(journal_entry(many, "i").size(), 5000U);
}

TEST(JournalEntry, HasALineOfAnotherDestinationAsItsMessage) {
  EXPECT_EQ(journal_entry(R"({"time":"t"})", "i"),
            "PRIORITY=6\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=i\nMESSAGE={\"time\":\"t\"}\n");
}

TEST(JournalEntry, ReadsWhatIsNoLine) {
  for (const char* line : {"", "<", "<6>", "<6>a", "<6>a=", "<6>a=\"", "<6>a=\"\\", "<6>=", "<6> a b=c"})
    EXPECT_TRUE(journal_entry(line, "i").starts_with("PRIORITY=")) << line;
}

class JournalTest : public ::testing::Test {
 protected:
  ~JournalTest() override { std::filesystem::remove(path); }
  Descriptor listen() {
    Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    sockaddr_un address{AF_UNIX, {}};
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return socket;
  }
  const std::string path =
      std::filesystem::temp_directory_path() / ("journal_test_" + std::to_string(::getpid()));
};

TEST_F(JournalTest, GetsADatagramALine) {
  const Descriptor socket = listen();
  EXPECT_EQ(Journal(path, "i").write("<6>time=t level=info a=b\n<3>time=t level=error c=d\n").lines, 0U);
  for (const char* last : {"FERRYMAN_A=b\n", "FERRYMAN_C=d\n"}) {
    std::array<char, 1024> datagram{};
    const auto size = ::recv(socket.get(), datagram.data(), datagram.size(), 0);
    ASSERT_GT(size, 0);
    EXPECT_TRUE(std::string_view(datagram.data(), static_cast<std::size_t>(size)).ends_with(last));
  }
}

TEST_F(JournalTest, CountsWhatIsLostWhileItIsAwayOrFull) {
  const Journal journal(path, "i");
  const auto away = journal.write("<6>time=t level=info a=b\n<6>time=t level=info a=b\n");
  EXPECT_EQ(away.lines, 2U);
  EXPECT_EQ(away.cause, ENOENT);
  const Descriptor socket = listen();
  EXPECT_EQ(journal.write("<6>time=t level=info a=b\n").lines, 0U);
  std::string many;
  for (int i = 0; i < 10000; ++i) many += "<6>time=t level=info a=b\n";
  const auto full = journal.write(many);
  EXPECT_GT(full.lines, 0U);
  EXPECT_EQ(full.cause, EAGAIN);
}

}  // namespace
}  // namespace ferryman::telemetry
