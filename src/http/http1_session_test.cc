#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "http/session.h"

namespace ferryman::http {
namespace {

struct Seen {
  std::uint64_t id;
  std::string method, path, body;
  Version version;
};

class Http1SessionTest : public ::testing::Test, public Handler {
 protected:
  void on_request(const Request& request) override {
    seen.push_back({request.id, std::string(request.method), std::string(request.path),
                    std::string(as_text(request.body)), request.version});
    fields = request.query;
    for (const auto& field : request.fields)
      fields += "\n" + std::string(field.name) + ": " + std::string(field.value);
    if (answer_at_once) answer();
  }
  bool wants_fields(std::string_view path) const override { return path == "/sign-in"; }
  void on_cancel(std::uint64_t) override {}
  void on_violation(unsigned status, std::string_view reason) override {
    violations.emplace_back(std::to_string(status) + " " + std::string(reason));
  }

  void answer(unsigned status = 200) {
    Response response;
    response.status = status;
    response.body_head = as_bytes("an");
    response.body = as_bytes("swer");
    session->respond(seen.back().id, response);
  }
  void receive(std::string_view text) { session->receive(as_bytes(text)); }
  std::string output() {
    const std::string text(as_text(session->output()));
    session->consume(text.size());
    return text;
  }
  // What a fresh session answers to the text alone.
  std::string refused(std::string_view text) {
    session = make_http1_session(limits, *this);
    receive(text);
    EXPECT_EQ(session->phase(), Phase::closing) << text;
    const std::string answer = output();
    EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
    return answer.substr(9, 3);
  }

  Limits limits;
  bool answer_at_once = false;
  std::vector<Seen> seen;
  std::string fields;  // the last request's query and fields
  std::vector<std::string> violations;
  std::unique_ptr<Session> session = make_http1_session(limits, *this);
};

constexpr std::string_view post = "POST /KdcProxy HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";

TEST_F(Http1SessionTest, HandsOverARequestAndWritesTheAnswerInOnePiece) {
  receive(post);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].method + " " + seen[0].path + " " + seen[0].body, "POST /KdcProxy abc");
  EXPECT_EQ(session->phase(), Phase::waiting);
  answer();
  EXPECT_EQ(
      output(),
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nCache-Control: no-store\r\n\r\n"
      "answer");
  EXPECT_EQ(session->phase(), Phase::idle);
}

TEST(Version, HasItsNameOnTheWire) {
  EXPECT_EQ(name(Version::http10), "HTTP/1.0");
  EXPECT_EQ(name(Version::http11), "HTTP/1.1");
  EXPECT_EQ(name(Version::http2), "HTTP/2");
}

TEST_F(Http1SessionTest, NamesEachStatusAndSaysWhenToComeBack) {
  const std::pair<unsigned, std::string> statuses[] = {{403, "Forbidden"},
                                                       {404, "Not Found"},
                                                       {405, "Method Not Allowed"},
                                                       {429, "Too Many Requests"},
                                                       {503, "Service Unavailable"},
                                                       {504, "Gateway Timeout"},
                                                       {599, "Error"}};
  for (const auto& [status, phrase] : statuses) {
    receive(post);
    Response response;
    response.status = status;
    response.allow = "POST";
    response.retry_after_seconds = 7;
    session->respond(seen.size(), response);
    const std::string text = output();
    EXPECT_EQ(text.substr(0, text.find('\r')), "HTTP/1.1 " + std::to_string(status) + " " + phrase);
    EXPECT_NE(text.find("\r\nAllow: POST\r\nRetry-After: 7\r\n"), std::string::npos);
  }
}

TEST_F(Http1SessionTest, TakesInputOctetByOctet) {
  answer_at_once = true;
  const std::string chunked =
      "POST /a?q HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;e=f\r\nc\r\n0\r\nT: "
      "x\r\n\r\n";
  const std::string empty = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  for (const char c : std::string(post) + chunked + empty + "\r\n" + std::string(post)) receive({&c, 1});
  ASSERT_EQ(seen.size(), 4U);
  EXPECT_EQ(seen[1].path + seen[1].body, "/aabc");
  EXPECT_EQ(seen[2].body, "");
  EXPECT_TRUE(violations.empty());
}

TEST_F(Http1SessionTest, TakesARequestInTwoPiecesWhereverItIsCut) {
  answer_at_once = true;
  for (std::size_t cut = 1; cut < post.size(); ++cut) {
    std::string piece(post.substr(0, cut));
    receive(piece);
    piece.assign(piece.size(), '?');  // what has been read may be overwritten
    receive(post.substr(cut));
    ASSERT_EQ(seen.size(), cut);
    EXPECT_EQ(seen.back().method + " " + seen.back().path + " " + seen.back().body, "POST /KdcProxy abc");
  }
}

TEST_F(Http1SessionTest, AnswersPipelinedRequestsInOrderAndOneAtATime) {
  receive(std::string(post) + std::string(post) + std::string(post));
  for (std::size_t i = 1; i <= 3; ++i) {
    ASSERT_EQ(seen.size(), i);
    answer();
  }
  EXPECT_EQ(session->phase(), Phase::idle);
}

TEST_F(Http1SessionTest, StopsReadingWhenAClientPipelinesTooMuch) {
  receive(post);
  EXPECT_TRUE(session->wants_input());
  receive(std::string(limits.max_header + limits.max_body, 'x'));
  EXPECT_FALSE(session->wants_input());
}

TEST_F(Http1SessionTest, ClosesAfterMitsHttp10RequestWithItsUnbracketedHost) {
  receive(
      "POST /KdcProxy HTTP/1.0\r\nHost: ::1:26423\r\nCache-Control: no-cache\r\nContent-type: "
      "application/kerberos\r\n"
      "Content-Length: 1\r\n\r\nx");
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].version, Version::http10);
  answer();
  EXPECT_NE(output().find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(session->phase(), Phase::closing);
}

TEST_F(Http1SessionTest, KeepsAnHttp10ConnectionThatAsksForIt) {
  receive("POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n");
  answer();
  EXPECT_NE(output().find("Connection: keep-alive\r\n"), std::string::npos);
  EXPECT_EQ(session->phase(), Phase::idle);
}

TEST_F(Http1SessionTest, RefusesWhatCouldBeReadInTwoWays) {
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(refused(head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"), "400");
  EXPECT_EQ(refused(head + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"), "400");
  EXPECT_EQ(refused(head + "Content-Length: 3\r\nContent-Length: 3\r\n\r\n"), "400");
  EXPECT_EQ(refused(head + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n"), "400");
  EXPECT_EQ(refused(head + "Content-Length: +3\r\n\r\n"), "400");
  EXPECT_EQ(refused(head + "Transfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\n"), "501");
  EXPECT_EQ(refused(head + "Transfer-Encoding: gzip, chunked\r\n\r\n"), "501");
  EXPECT_EQ(refused(head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), "400");
  EXPECT_EQ(refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), "400");
  EXPECT_EQ(refused(head + "Content-Length : 3\r\n\r\n"), "400");
  EXPECT_EQ(refused(head + "A: b\r\n c\r\nContent-Length: 3\r\n\r\n"), "400");
  EXPECT_EQ(refused("POST / HTTP/1.1\r\nHost: x\nContent-Length: 3\r\n\r\n"), "400");
  EXPECT_EQ(refused(head + "Host: y\r\nContent-Length: 3\r\n\r\n"), "400");
  EXPECT_EQ(refused("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n"), "400");
  EXPECT_EQ(refused(head + "\r\n"), "411");
  EXPECT_EQ(refused("POST / HTTP/2.0\r\nHost: x\r\n\r\n"), "505");
  EXPECT_EQ(refused(head + "Expect: something\r\nContent-Length: 3\r\n\r\n"), "417");
  EXPECT_TRUE(seen.empty());
}

TEST_F(Http1SessionTest, HoldsTheLimitsAtTheirBoundary) {
  limits.max_body = 10;
  limits.max_header = 200;
  limits.max_fields = 3;
  answer_at_once = true;
  const auto with_length = [](std::size_t size) {
    return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size, 'x');
  };
  session = make_http1_session(limits, *this);
  receive(with_length(10));
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(refused(with_length(11)), "413");
  const std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  session = make_http1_session(limits, *this);
  receive(chunked + "a\r\n0123456789\r\n0\r\n\r\n");
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(refused(chunked + "a\r\n0123456789\r\n1\r\nx\r\n0\r\n\r\n"), "413");
  EXPECT_EQ(refused(chunked + "1;" + std::string(300, 'e')), "431");
  EXPECT_EQ(refused("POST / HTTP/1.1\r\nHost: x\r\nA: " + std::string(200, 'a') + "\r\n\r\n"), "431");
  EXPECT_EQ(refused("POST / HTTP/1.1\r\nHost: x\r\nA: a\r\nB: b\r\nC: c\r\n\r\n"), "431");
}

TEST_F(Http1SessionTest, SaysContinueOnlyWhenAskedAndTheBodyHasNotCome) {
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n";
  receive(head);
  EXPECT_EQ(output(), "HTTP/1.1 100 Continue\r\n\r\n");
  receive("x");
  ASSERT_EQ(seen.size(), 1U);
  session = make_http1_session(limits, *this);
  receive(head + "x");
  EXPECT_EQ(output(), "");
  session = make_http1_session(limits, *this);
  receive("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  EXPECT_EQ(output(), "");
}

TEST_F(Http1SessionTest, AnswersHeadWithoutABody) {
  receive("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  answer(405);
  const std::string text = output();
  EXPECT_TRUE(text.ends_with("\r\n\r\n")) << text;
}

TEST_F(Http1SessionTest, TimesOutByPhase) {
  session->time_out();
  EXPECT_EQ(session->phase(), Phase::closing);
  EXPECT_EQ(output(), "");
  for (const std::string_view begun :
       {"POST /", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na"}) {
    session = make_http1_session(limits, *this);
    receive(begun);
    session->time_out();
    EXPECT_EQ(output().substr(9, 3), "408");
    EXPECT_EQ(session->phase(), Phase::closing);
  }
  EXPECT_EQ(violations, (std::vector<std::string>{"408 header_timeout", "408 body_timeout"}));
  session = make_http1_session(limits, *this);
  receive(post);
  session->time_out();
  EXPECT_EQ(session->phase(), Phase::waiting);
}

TEST_F(Http1SessionTest, DrainsAfterWhatHasBegun) {
  session->drain();
  EXPECT_EQ(session->phase(), Phase::closing);
  session = make_http1_session(limits, *this);
  receive(post.substr(0, 40));
  session->drain();
  EXPECT_EQ(session->phase(), Phase::head);
  receive(post.substr(40));
  answer();
  EXPECT_NE(output().find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(session->phase(), Phase::closing);
}

TEST_F(Http1SessionTest, AnswersAClientThatHasClosedItsSide) {
  receive(std::string(post) + std::string(post));
  session->end_of_input();
  answer();
  answer();
  EXPECT_EQ(session->phase(), Phase::closing);
  EXPECT_EQ(seen.size(), 2U);
  session = make_http1_session(limits, *this);
  receive("POST /");
  session->end_of_input();
  EXPECT_EQ(session->phase(), Phase::closing);
  EXPECT_EQ(session->output().size(), 0U);
}

TEST_F(Http1SessionTest, ClosesWithoutAnAnswerWhenToldToDrop) {
  receive(post);
  session->drop(seen[0].id);
  EXPECT_EQ(session->phase(), Phase::closing);
  EXPECT_EQ(output(), "");
}

TEST_F(Http1SessionTest, ClosesAfterTheLastRequestThatTheLimitAllows) {
  limits.max_requests = 2;
  session = make_http1_session(limits, *this);
  answer_at_once = true;
  receive(std::string(post) + std::string(post) + std::string(post));
  EXPECT_EQ(seen.size(), 2U);
  EXPECT_EQ(session->phase(), Phase::closing);
}

constexpr std::string_view sign_in =
    "POST /sign-in?a=b?c HTTP/1.1\r\nHost: x\r\nCoOkie: a=1\r\nContent-Length: 3\r\n\r\nabc";

TEST_F(Http1SessionTest, HandsOverQueryAndFieldsWhereTheyAreWanted) {
  receive(sign_in);
  EXPECT_EQ(fields, "a=b?c\nhost: x\ncookie: a=1\ncontent-length: 3");
  EXPECT_EQ(seen.at(0).path, "/sign-in");
}

TEST_F(Http1SessionTest, KeepsThemWhateverTheRequestIsCutInto) {
  for (const char octet : sign_in) receive(std::string_view(&octet, 1));
  EXPECT_EQ(fields, "a=b?c\nhost: x\ncookie: a=1\ncontent-length: 3");
  EXPECT_EQ(seen.at(0).method + " " + seen[0].path + " " + seen[0].body, "POST /sign-in abc");
}

TEST_F(Http1SessionTest, PassesFieldsOverElsewhere) {
  receive("POST /KdcProxy?a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(fields, "");
}

TEST_F(Http1SessionTest, TakesALongHeaderOnlyWhereFieldsAreWanted) {
  const auto with = [](std::string_view target, std::size_t octets) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\nX: " + std::string(octets, 'v') +
           "\r\n\r\n";
  };
  constexpr std::size_t piece = 1000;
  for (const std::string_view target : {"/sign-in", "http://x/sign-in", "/sign-in?q"}) {
    seen.clear();
    session = make_http1_session(limits, *this);
    const std::string text = with(target, 30000);
    for (std::size_t at = 0; at < text.size(); at += piece) receive(std::string_view(text).substr(at, piece));
    EXPECT_EQ(seen.size(), 1U) << target;
    session = make_http1_session(limits, *this);
    receive(text);
    EXPECT_EQ(seen.size(), 2U) << target;
    session = make_http1_session(limits, *this);
    const std::string query = with(std::string(target) + "?" + std::string(20000, 'q'), 1);
    for (std::size_t at = 0; at < query.size(); at += piece)
      receive(std::string_view(query).substr(at, piece));
    EXPECT_EQ(seen.size(), 3U) << target;
    EXPECT_EQ(refused(with(target, 33000)), "431") << target;
  }
  EXPECT_EQ(refused(with("/KdcProxy", 9000)), "431");
}

TEST_F(Http1SessionTest, WritesFurtherFields) {
  receive(sign_in);
  const std::vector<local::HttpResponse::OwnedField> further{{"Content-Type", "application/json"},
                                                             {"Cache-Control", "max-age=60"},
                                                             {"X-Long", std::string(2000, 'v')}};
  Response response;
  response.content_type = {};
  response.fields = further;
  response.body = as_bytes("{}");
  session->respond(1, response);
  EXPECT_EQ(output(),
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\nCache-Control: "
            "max-age=60\r\nX-Long: " +
                std::string(2000, 'v') + "\r\n\r\n{}");
}

TEST_F(Http1SessionTest, WritesNoBodyWhereTheStatusHasNone) {
  receive(sign_in);
  Response response;
  response.status = 204;
  response.content_type = {};
  session->respond(1, response);
  EXPECT_EQ(output(), "HTTP/1.1 204 No Content\r\nCache-Control: no-store\r\n\r\n");
}

TEST_F(Http1SessionTest, AnswersWith500WhereTheHeaderDoesNotFit) {
  const std::string value(max_response_header, 'v');
  const std::vector<local::HttpResponse::OwnedField> further{{"X", value}};
  Response too_many, too_long;
  too_many.fields = further;
  too_long.content_type = value;
  for (const Response& response : {too_many, too_long}) {
    session = make_http1_session(limits, *this);
    receive(sign_in);
    session->respond(1, response);
    EXPECT_TRUE(output().starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
    EXPECT_EQ(session->phase(), Phase::closing);
  }
  EXPECT_EQ(violations, std::vector<std::string>(2, "500 response_header_too_large"));
}

TEST(SniffPreface, KnowsHttp2ByItsPreface) {
  EXPECT_EQ(sniff_preface(as_bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n....")), Preface::yes);
  EXPECT_EQ(sniff_preface(as_bytes("PRI * HT")), Preface::undecided);
  EXPECT_EQ(sniff_preface(as_bytes("")), Preface::undecided);
  EXPECT_EQ(sniff_preface(as_bytes("POST / HTTP/1.1")), Preface::no);
}

}  // namespace
}  // namespace ferryman::http
