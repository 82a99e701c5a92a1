#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "http/session.h"

namespace ferryman::http {
namespace {

// A client made of nghttp2's own client session, wired to the server session under test.
class Http2SessionTest : public ::testing::Test, public Handler {
 protected:
  struct Answer {
    std::string status, header, body;
    bool ended = false;
    std::uint32_t error = 0;
  };

  Http2SessionTest() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks,
        [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
           const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* self) {
          Answer& answer = static_cast<Http2SessionTest*>(self)->answers[frame->hd.stream_id];
          if (as_text({name, name_size}) == ":status") {
            answer.status = as_text({value, value_size});
          } else {
            answer.header += std::string(as_text({name, name_size})) + "=" +
                             std::string(as_text({value, value_size})) + " ";
          }
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                      std::size_t size, void* self) {
          static_cast<Http2SessionTest*>(self)->answers[id].body += as_text({data, size});
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t error, void* self) {
          Answer& answer = static_cast<Http2SessionTest*>(self)->answers[id];
          answer.ended = true;
          answer.error = error;
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
          if (frame->hd.type == NGHTTP2_GOAWAY) {
            static_cast<Http2SessionTest*>(self)->goaways.push_back(frame->goaway.error_code);
          }
          return 0;
        });
    nghttp2_session_client_new(&client, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(client, NGHTTP2_FLAG_NONE, nullptr, 0);
  }
  ~Http2SessionTest() override { nghttp2_session_del(client); }

  void on_request(const Request& request) override {
    seen.push_back(request.id);
    paths.emplace_back(request.path);
    bodies.emplace_back(as_text(request.body));
    std::string text(request.query);
    for (const auto& one : request.fields)
      text += "\n" + std::string(one.name) + ": " + std::string(one.value);
    fields.push_back(std::move(text));
  }
  bool wants_fields(std::string_view path) const override { return path == "/sign-in"; }
  void on_cancel(std::uint64_t id) override { cancelled.push_back(id); }
  void on_violation(unsigned status, std::string_view reason) override {
    violations.push_back(std::to_string(status) + " " + std::string(reason));
  }

  std::int32_t request(const std::string& body, const std::string& path = "/KdcProxy",
                       const std::vector<std::pair<std::string, std::string>>& further = {}) {
    const auto field = [](std::string_view name, std::string_view value) {
      const auto octets = [](std::string_view text) {
        return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
      };
      return nghttp2_nv{octets(name), octets(value), name.size(), value.size(), 0};
    };
    std::vector<nghttp2_nv> header{field(":method", "POST"), field(":scheme", "https"),
                                   field(":authority", "x"), field(":path", path)};
    for (const auto& [name, value] : further) header.push_back(field(name, value));
    sent.push_back(body);
    nghttp2_data_provider provider;
    provider.source.ptr = &sent.back();
    provider.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* out, std::size_t size,
                                std::uint32_t* flags, nghttp2_data_source* source, void*) {
      auto& rest = *static_cast<std::string*>(source->ptr);
      const std::size_t octets = std::min(size, rest.size());
      std::copy_n(rest.begin(), octets, out);
      rest.erase(0, octets);
      if (rest.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
      return static_cast<ssize_t>(octets);
    };
    return nghttp2_submit_request(client, nullptr, header.data(), header.size(), &provider, nullptr);
  }

  // Carries octets both ways until neither side has more.
  void exchange() {
    bool moved = true;
    while (moved) {
      moved = false;
      const std::uint8_t* data = nullptr;
      for (ssize_t size; (size = nghttp2_session_mem_send(client, &data)) > 0; moved = true) {
        session->receive({data, static_cast<std::size_t>(size)});
      }
      const Bytes output = session->output();
      if (output.empty()) continue;
      nghttp2_session_mem_recv(client, output.data(), output.size());
      session->consume(output.size());
      moved = true;
    }
  }

  void answer(std::uint64_t id, std::string_view body = "answer") {
    Response response;
    response.body_head = as_bytes("the ");
    response.body = as_bytes(body);
    session->respond(id, response);
  }

  Limits limits;
  std::list<std::string> sent;
  std::map<std::int32_t, Answer> answers;
  std::vector<std::uint32_t> goaways;
  std::vector<std::uint64_t> seen, cancelled;
  std::vector<std::string> fields;  // of each request: its query and its fields
  std::vector<std::string> paths, bodies, violations;
  nghttp2_session* client = nullptr;
  std::unique_ptr<Session> session = make_http2_session(limits, *this);
};

TEST_F(Http2SessionTest, AnswersStreamsInAnyOrder) {
  const auto first = request("one"), second = request("two", "/kkdcp?x");
  exchange();
  ASSERT_EQ(bodies, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(paths[1], "/kkdcp");
  EXPECT_EQ(session->phase(), Phase::waiting);
  answer(seen[1]);
  exchange();
  EXPECT_TRUE(answers[second].ended);
  EXPECT_FALSE(answers[first].ended);
  answer(seen[0], std::string(100'000, 'x'));
  exchange();
  EXPECT_EQ(answers[first].status + answers[second].body, "200the answer");
  EXPECT_EQ(answers[first].body.size(), 100'004U);
  EXPECT_EQ(session->phase(), Phase::idle);
}

TEST_F(Http2SessionTest, TellsWhenAClientResetsItsStream) {
  const auto id = request("one");
  exchange();
  nghttp2_submit_rst_stream(client, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
  exchange();
  EXPECT_EQ(cancelled, seen);
  answer(seen[0]);  // too late, and harmless
  exchange();
  EXPECT_EQ(session->phase(), Phase::idle);
}

TEST_F(Http2SessionTest, TakesTheLargestBodyAndRefusesALargerOne) {
  const auto good = request(std::string(limits.max_body, 'x')),
             bad = request(std::string(limits.max_body + 1, 'x'));
  exchange();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0], static_cast<std::uint64_t>(good));
  EXPECT_EQ(answers[bad].status, "413");
  EXPECT_TRUE(answers[bad].ended);
  EXPECT_EQ(violations, std::vector<std::string>{"413 body_too_large"});
}

TEST_F(Http2SessionTest, DropResetsTheStream) {
  const auto id = request("one");
  exchange();
  session->drop(seen[0]);
  exchange();
  EXPECT_EQ(answers[id].status, "");
  EXPECT_EQ(answers[id].error, static_cast<std::uint32_t>(NGHTTP2_CANCEL));
}

TEST_F(Http2SessionTest, DrainsAfterWhatHasBegun) {
  const auto id = request("one");
  exchange();
  session->drain();
  exchange();
  EXPECT_EQ(goaways.size(), 2U) << "the notice, and after the PING the last stream";
  EXPECT_EQ(session->phase(), Phase::waiting);
  answer(seen[0]);
  exchange();
  EXPECT_EQ(answers[id].status, "200");
  EXPECT_EQ(session->phase(), Phase::closing);
}

TEST_F(Http2SessionTest, TimesOutWithGoaway) {
  exchange();
  session->time_out();
  exchange();
  EXPECT_EQ(goaways, std::vector<std::uint32_t>{NGHTTP2_NO_ERROR});
  EXPECT_EQ(session->phase(), Phase::closing);
}

TEST_F(Http2SessionTest, WaitingForThePeersWindowIsWaitingForThePeer) {
  const nghttp2_settings_entry no_window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0};
  nghttp2_submit_settings(client, NGHTTP2_FLAG_NONE, &no_window, 1);
  request("one");
  exchange();
  answer(seen[0]);
  exchange();
  EXPECT_EQ(session->phase(), Phase::body);
}

TEST_F(Http2SessionTest, EndsAFloodOfPings) {
  exchange();
  for (unsigned i = 0; i < limits.control_budget + 10 && session->phase() != Phase::closing; ++i) {
    nghttp2_submit_ping(client, NGHTTP2_FLAG_NONE, nullptr);
    exchange();
  }
  EXPECT_EQ(session->phase(), Phase::closing);
  EXPECT_EQ(goaways.back(), static_cast<std::uint32_t>(NGHTTP2_ENHANCE_YOUR_CALM));
  EXPECT_EQ(violations, std::vector<std::string>{"0 flood"});
}

TEST_F(Http2SessionTest, EndsRapidReset) {
  exchange();
  for (unsigned i = 0; i < 2000 && session->phase() != Phase::closing; ++i) {
    const auto id = request("x");
    exchange();
    nghttp2_submit_rst_stream(client, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
    exchange();
  }
  EXPECT_EQ(session->phase(), Phase::closing);
  EXPECT_LE(seen.size(), limits.control_budget);
}

TEST_F(Http2SessionTest, HonestClientsNeverOverdrawTheBudget) {
  for (unsigned i = 0; i < 900; ++i) {
    request("x");
    exchange();
    answer(seen.back());
    exchange();
    nghttp2_submit_ping(client, NGHTTP2_FLAG_NONE, nullptr);
    exchange();
  }
  EXPECT_EQ(session->phase(), Phase::idle);
  EXPECT_TRUE(violations.empty());
}

TEST_F(Http2SessionTest, EndsWhatIsNoHttp2) {
  session->receive(as_bytes("POST / HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(session->phase(), Phase::closing);
}

TEST_F(Http2SessionTest, HandsOverQueryAndFieldsWhereTheyAreWanted) {
  const std::string long_value(9000, 'v');
  request("b", "/sign-in?a=b?c", {{"cookie", "a=1"}, {"x-long", long_value}, {"cookie", "b=2"}});
  request("b", "/KdcProxy?a=b", {{"cookie", "a=1"}});
  exchange();
  ASSERT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields[0], "a=b?c\ncookie: a=1; b=2\nx-long: " + long_value + "\nhost: x");
  EXPECT_EQ(fields[1], "");
}

TEST_F(Http2SessionTest, RefusesALongHeaderWhereNoneIsWantedAndATooLongOneAnywhere) {
  const std::string half(17000, 'v');
  const auto plain = request("b", "/KdcProxy", {{"x", half}});
  const auto both = request("b", "/sign-in", {{"x", half}, {"y", half}});
  const auto query = request("b", "/sign-in?" + half, {{"y", half}});
  exchange();
  EXPECT_TRUE(seen.empty());
  for (const auto id : {plain, both, query}) EXPECT_EQ(answers[id].status, "431");
}

TEST_F(Http2SessionTest, WritesFurtherFieldsInLowerCase) {
  const auto id = request("b", "/sign-in");
  exchange();
  const std::vector<local::HttpResponse::OwnedField> further{{"Content-Type", "application/json"},
                                                             {"Cache-Control", "max-age=60"}};
  Response response;
  response.content_type = {};
  response.fields = further;
  session->respond(seen.at(0), response);
  exchange();
  EXPECT_EQ(answers[id].header, "content-length=0 content-type=application/json cache-control=max-age=60 ");
}

TEST_F(Http2SessionTest, AnswersWith500WhereTheHeaderDoesNotFit) {
  const auto id = request("b", "/sign-in");
  exchange();
  const std::vector<local::HttpResponse::OwnedField> further(2, {"X", std::string(max_response_header, 'v')});
  Response response;
  response.fields = further;
  session->respond(seen.at(0), response);
  exchange();
  EXPECT_EQ(answers[id].status, "500");
  EXPECT_EQ(violations, std::vector<std::string>{"500 response_header_too_large"});
}

}  // namespace
}  // namespace ferryman::http
