#include "net/message_session.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/length_prefix.h"

namespace ferryman::net {
namespace {

using http::Phase;

std::string framed(std::string_view message) {
  return std::string(as_text(length_prefix(message.size()))) + std::string(message);
}

class MessageSessionTest : public testing::Test, public http::Handler {
 protected:
  void on_request(const http::Request& request) override {
    EXPECT_TRUE(request.method.empty() && request.path.empty());
    seen.emplace_back(as_text(request.body));
    id = request.id;
    if (answer_at_once) answer(seen.back());
  }
  void on_cancel(std::uint64_t) override {}
  void on_violation(unsigned status, std::string_view reason) override {
    EXPECT_EQ(status, 0U);
    violations.emplace_back(reason);
  }
  void answer(const std::string& text) {
    http::Response response;
    response.body_head = as_bytes("re:");
    response.body = as_bytes(text);
    session->respond(id, response);
  }
  void receive(std::string_view text) { session->receive(as_bytes(text)); }
  std::string output() {
    std::string text(as_text(session->output()));
    session->consume(text.size());
    return text;
  }

  http::Limits limits;
  bool answer_at_once = false;
  std::vector<std::string> seen, violations;
  std::uint64_t id = 0;
  std::unique_ptr<http::Session> session = make_message_session(limits, *this);
};

using Seen = std::vector<std::string>;

TEST_F(MessageSessionTest, HandsOverAMessageHoweverItIsCut) {
  const std::string text = framed("request");
  EXPECT_EQ(session->phase(), Phase::idle);
  for (std::size_t i = 0; i < text.size(); ++i) {
    receive(text.substr(i, 1));
    if (i + 1 < text.size()) {
      EXPECT_EQ(session->phase(), i < 3 ? Phase::head : Phase::body) << i;
    }
  }
  EXPECT_EQ(seen, Seen{"request"});
  EXPECT_EQ(session->phase(), Phase::waiting);
  answer("request");
  EXPECT_EQ(output(), framed("re:request"));
  EXPECT_EQ(session->phase(), Phase::idle);
}

TEST_F(MessageSessionTest, KeepsWhatComesMeanwhileUntilTheFirstIsAnswered) {
  receive(framed("one") + framed("two") + framed("three").substr(0, 6));
  EXPECT_EQ(seen, Seen{"one"});
  answer("one");
  EXPECT_EQ(seen, (Seen{"one", "two"}));
  answer("two");
  EXPECT_EQ(output(), framed("re:one") + framed("re:two"));
  EXPECT_EQ(session->phase(), Phase::body);
  receive("ree");
  EXPECT_EQ(seen.back(), "three");
}

TEST_F(MessageSessionTest, TakesAnswersThatComeAtOnce) {
  answer_at_once = true;
  receive(framed("one") + framed("two"));
  EXPECT_EQ(output(), framed("re:one") + framed("re:two"));
  EXPECT_EQ(session->phase(), Phase::idle);
}

TEST_F(MessageSessionTest, AnswersALengthThatIsTooLongOrHasTheReservedBitAndEnds) {
  for (const std::string_view prefix : {"\x80\0\0\4", "\0\2\0\1"}) {
    session = make_message_session(limits, *this);
    receive(std::string_view(prefix.data(), 4));
    EXPECT_EQ(seen.back(), "");
    receive("more");
    answer("too long");
    EXPECT_EQ(output(), framed("re:too long"));
    EXPECT_EQ(session->phase(), Phase::closing);
  }
}

TEST_F(MessageSessionTest, EndsAtAnEmptyMessage) {
  receive(framed("") + framed("one"));
  EXPECT_TRUE(seen.empty());
  EXPECT_EQ(violations, Seen{"empty_message"});
  EXPECT_EQ(session->phase(), Phase::closing);
}

TEST_F(MessageSessionTest, EndsWithADroppedRequestAndWritesWhatWasAnswered) {
  receive(framed("one") + framed("two") + framed("three"));
  answer("one");
  session->drop(id);
  EXPECT_EQ(seen.size(), 2U);
  EXPECT_EQ(session->phase(), Phase::closing);
  EXPECT_EQ(output(), framed("re:one"));
}

TEST_F(MessageSessionTest, AnswersWhatIsWholeAfterItsInputHasEnded) {
  receive(framed("one") + framed("two") + "\0\0");
  session->end_of_input();
  answer("one");
  answer("two");
  EXPECT_EQ(output(), framed("re:one") + framed("re:two"));
  EXPECT_EQ(session->phase(), Phase::closing);
}

TEST_F(MessageSessionTest, DrainsAfterTheMessagesThatHaveBegun) {
  receive(framed("one") + framed("two").substr(0, 5));
  session->drain();
  answer("one");
  EXPECT_EQ(session->phase(), Phase::body);
  receive("wo");
  answer("two");
  EXPECT_EQ(session->phase(), Phase::closing);
  session = make_message_session(limits, *this);
  session->drain();
  EXPECT_EQ(session->phase(), Phase::closing);
}

TEST_F(MessageSessionTest, TellsWhatATimeOutCutOff) {
  receive("\x01");
  session->time_out();
  EXPECT_EQ(violations, Seen{"header_timeout"});
  session = make_message_session(limits, *this);
  receive(framed("one").substr(0, 5));
  session->time_out();
  EXPECT_EQ(violations.back(), "body_timeout");
  session = make_message_session(limits, *this);
  session->time_out();
  EXPECT_EQ(violations.size(), 2U);
  EXPECT_EQ(session->phase(), Phase::closing);
}

TEST_F(MessageSessionTest, WantsNoMoreThanOneMessageBeyondTheOneInWork) {
  limits.max_body = 1000;
  receive(framed("one"));
  EXPECT_TRUE(session->wants_input());
  receive(std::string(1004, 'x'));
  EXPECT_FALSE(session->wants_input());
}

}  // namespace
}  // namespace ferryman::net
