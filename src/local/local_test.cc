#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "local/callee.h"
#include "local/caller.h"
#include "local/limits.h"
#include "local/wire.h"

namespace ferryman::local {
namespace {

const KerberosRequest kerberos{"0-1",     "192.0.2.1:50000", Transport::tcp,
                               "example", "EXAMPLE.COM",     as_bytes("an AS-REQ")};

HttpRequest http() {
  HttpRequest request;
  request.id = "0-2";
  request.client = "[2001:db8::1]:50001";
  request.method = "POST";
  request.path = "/example/oauth2/token";
  request.query = "a=b";
  request.fields = {{"Host", "x"}, {"User-Agent", ""}, {"X", "tab\tand \xc3\xa4"}};
  request.client_certificate = as_bytes("DER");
  request.body = as_bytes("grant_type=srv_challenge");
  return request;
}

const HttpResponse response{200, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}, "{}"};

template <typename Side>
void feed(Side& side, Bytes octets) {
  while (!octets.empty()) {
    const auto room = side.room();
    const std::size_t size = std::min(room.size(), octets.size());
    std::copy_n(octets.begin(), size, room.begin());
    side.took(size);
    octets = octets.subspan(size);
  }
}

template <typename Side>
Octets take(Side& side) {
  const Bytes pending = side.to_write();
  Octets octets(pending.begin(), pending.end());
  side.wrote(octets.size());
  return octets;
}

Octets frame(std::uint8_t type, std::uint32_t id, std::string_view payload, std::uint32_t lie = 0) {
  Octets octets;
  Appender appender(octets);
  appender.uint32(static_cast<std::uint32_t>(payload.size() + 5) + lie);
  appender.uint8(type);
  appender.uint32(id);
  octets.insert(octets.end(), payload.begin(), payload.end());
  return octets;
}

template <typename Message>
std::string payload_of(const Message& message) {
  Octets octets;
  EXPECT_TRUE(append(octets, message));
  return {octets.begin(), octets.end()};
}

Octets greeting() {
  Output output;
  output.put_hello();
  const Bytes pending = output.pending();
  return {pending.begin(), pending.end()};
}

// What a callee says of octets: the failure, or "" and how many requests it has read.
std::string failure_of_callee(const Octets& octets, std::size_t* requests = nullptr) {
  Callee callee;
  feed(callee, greeting());
  feed(callee, octets);
  std::size_t count = 0;
  while (callee.next()) ++count;
  if (requests != nullptr) *requests = count;
  return callee.failure();
}

TEST(Local, ARequestComesOverAsItWas) {
  const std::string text = payload_of(http());
  const auto read = parse_http_request(as_bytes(text));
  ASSERT_TRUE(read);
  const HttpRequest sent = http();
  EXPECT_EQ(read->id, sent.id);
  EXPECT_EQ(read->client, sent.client);
  EXPECT_EQ(read->method, sent.method);
  EXPECT_EQ(read->path, sent.path);
  EXPECT_EQ(read->query, sent.query);
  EXPECT_EQ(read->fields, sent.fields);
  EXPECT_EQ(as_text(read->client_certificate), "DER");
  EXPECT_EQ(as_text(read->body), "grant_type=srv_challenge");

  const std::string message = payload_of(kerberos);
  const auto request = parse_kerberos_request(as_bytes(message));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->id, kerberos.id);
  EXPECT_EQ(request->transport, Transport::tcp);
  EXPECT_EQ(request->tenant, "example");
  EXPECT_EQ(request->realm, "EXAMPLE.COM");
  EXPECT_EQ(as_text(request->message), "an AS-REQ");
  EXPECT_EQ(parse_http_response(as_bytes(payload_of(response))), response);
}

// Each octet that a payload lacks at its end makes it truncated.
template <typename Parse>
void cut_everywhere(const std::string& text, Parse parse) {
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto read = parse(as_bytes(std::string_view(text).substr(0, size)));
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error().fault, Fault::truncated) << size;
  }
}

TEST(Local, APayloadThatIsCutAnywhereIsTruncated) {
  cut_everywhere(payload_of(http()), parse_http_request);
  cut_everywhere(payload_of(kerberos), parse_kerberos_request);
  cut_everywhere(payload_of(response), parse_http_response);
}

TEST(Local, NothingMayFollowAMessage) {
  EXPECT_EQ(parse_http_request(as_bytes(payload_of(http()) + "x")).error().fault, Fault::trailing_bytes);
  EXPECT_EQ(parse_kerberos_request(as_bytes(payload_of(kerberos) + "x")).error().fault,
            Fault::trailing_bytes);
  EXPECT_EQ(parse_http_response(as_bytes(payload_of(response) + "x")).error().fault, Fault::trailing_bytes);
}

TEST(Local, EveryLimitHolds) {
  const std::string large(max_frame, 'a');
  const auto refused = [](auto change) {
    HttpRequest request = http();
    change(request);
    Octets out;
    return !append(out, request) && out.empty();
  };
  const auto first = [&large](std::size_t size) { return std::string_view(large).substr(0, size); };
  EXPECT_TRUE(refused([&](auto& r) { r.id = first(max_request_id + 1); }));
  EXPECT_TRUE(refused([&](auto& r) { r.client = first(max_client + 1); }));
  EXPECT_TRUE(refused([&](auto& r) { r.method = first(max_method + 1); }));
  const std::string path = "/" + large;
  EXPECT_TRUE(refused([&](auto& r) { r.path = std::string_view(path).substr(0, max_path + 1); }));
  EXPECT_TRUE(refused([&](auto& r) { r.query = first(max_query + 1); }));
  EXPECT_TRUE(refused([&](auto& r) { r.fields = {{"a", first(max_field_octets)}}; }));
  EXPECT_TRUE(refused([&](auto& r) { r.fields.assign(max_fields + 1, {"a", "b"}); }));
  EXPECT_TRUE(refused([&](auto& r) { r.client_certificate = as_bytes(first(max_certificate + 1)); }));
  EXPECT_TRUE(refused([&](auto& r) { r.body = as_bytes(first(max_body + 1)); }));
  Octets out;
  EXPECT_FALSE(append(out, KerberosReply{as_bytes(first(max_message + 1))}));
  KerberosRequest request = kerberos;
  request.message = as_bytes(first(max_message + 1));
  EXPECT_FALSE(append(out, request));
  EXPECT_TRUE(out.empty());
}

TEST(Local, NoValueEndsItsLine) {
  for (const char* bad : {"a\r\nX: y", "a\n", "\x7f"}) {
    HttpResponse answer = response;
    answer.fields[0].value = bad;
    Octets out;
    EXPECT_FALSE(append(out, answer)) << bad;
    answer = response;
    answer.fields[0].name = bad;
    EXPECT_FALSE(append(out, answer)) << bad;
  }
  HttpResponse answer = response;
  answer.status = 101;
  Octets out;
  EXPECT_FALSE(append(out, answer));
}

TEST(Local, ARequestForNobodyIsRefused) {
  KerberosRequest request = kerberos;
  request.tenant = request.realm = {};
  Octets out;
  EXPECT_FALSE(append(out, request));
}

TEST(Local, AnswersComeInAnyOrder) {
  Caller caller;
  Callee callee;
  const auto first = caller.ask(kerberos), second = caller.ask(http());
  ASSERT_TRUE(first && second);
  feed(callee, take(caller));
  const auto one = callee.next();
  ASSERT_TRUE(one);
  EXPECT_EQ(one->id, *first);
  EXPECT_EQ(one->type, FrameType::kerberos_request);
  const auto two = callee.next();
  ASSERT_TRUE(two);
  EXPECT_EQ(two->id, *second);
  EXPECT_FALSE(callee.next());

  callee.answer(*second, response);
  callee.answer(*first, KerberosReply{as_bytes("a KRB-ERROR")});
  feed(caller, take(callee));
  auto answer = caller.next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->id, *second);
  EXPECT_EQ(std::get<HttpResponse>(answer->content), response);
  answer = caller.next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->id, *first);
  EXPECT_EQ(as_text(std::get<KerberosReply>(answer->content).message), "a KRB-ERROR");
  EXPECT_FALSE(caller.next());
  EXPECT_EQ(caller.in_flight() + callee.in_flight(), 0U);
  EXPECT_TRUE(caller.failure().empty() && callee.failure().empty());
}

// Octets come as the socket cuts them.
TEST(Local, FramesAreFoundHoweverTheyAreCut) {
  Caller source;
  ASSERT_TRUE(source.ask(kerberos));
  ASSERT_TRUE(source.ask(http()));
  const Octets octets = take(source);
  for (std::size_t cut = 0; cut <= octets.size(); ++cut) {
    Callee callee;
    std::vector<std::string> seen;
    for (const Bytes part : {Bytes(octets).first(cut), Bytes(octets).subspan(cut)}) {
      feed(callee, part);
      while (const auto request = callee.next()) seen.emplace_back(as_text(request->payload));
    }
    EXPECT_EQ(seen, (std::vector{payload_of(kerberos), payload_of(http())})) << cut;
    EXPECT_EQ(callee.failure(), "");
  }
}

TEST(Local, AStreamThatEndsInsideAFrameIsTruncated) {
  Caller source;
  ASSERT_TRUE(source.ask(kerberos));
  const Octets octets = take(source);
  const std::size_t hello = greeting().size();
  for (std::size_t size = 0; size < octets.size(); ++size) {
    Callee callee;
    feed(callee, Bytes(octets).first(size));
    EXPECT_FALSE(callee.next());
    callee.end_of_input();
    const bool whole = size == 0 || size == hello;
    EXPECT_EQ(callee.failure(), whole ? "" : "truncated") << size;
  }
}

TEST(Local, LyingLengthsAreFound) {
  const auto type = static_cast<std::uint8_t>(FrameType::kerberos_request);
  EXPECT_EQ(failure_of_callee(frame(type, 1, "", 0xffffffffU - 5)), "length_too_large");
  EXPECT_EQ(failure_of_callee(frame(type, 1, "", max_frame - 4)), "length_too_large");
  for (std::uint32_t short_by = 1; short_by <= 5; ++short_by) {
    EXPECT_EQ(failure_of_callee(frame(type, 1, "", 0U - short_by)), "truncated") << short_by;
  }
  std::size_t requests = 0;
  EXPECT_EQ(failure_of_callee(frame(type, 1, "", 1), &requests), "");  // one octet is still to come
  EXPECT_EQ(requests, 0U);
}

TEST(Local, TheOrderOfFramesIsHeld) {
  const auto request = static_cast<std::uint8_t>(FrameType::http_request);
  EXPECT_EQ(failure_of_callee(frame(99, 1, "")), "unknown_message");
  EXPECT_EQ(failure_of_callee(frame(static_cast<std::uint8_t>(FrameType::http_response), 1, "")),
            "unknown_message");
  EXPECT_EQ(failure_of_callee(greeting()), "unknown_message");
  EXPECT_EQ(failure_of_callee(frame(request, 0, "")), "wrong_value");
  Octets twice = frame(request, 7, "");
  twice.insert(twice.end(), twice.begin(), twice.end());
  EXPECT_EQ(failure_of_callee(twice), "wrong_value");
  Callee callee;
  feed(callee, frame(request, 1, ""));
  EXPECT_FALSE(callee.next());
  EXPECT_EQ(callee.failure(), "unknown_message");
}

TEST(Local, AnotherVersionIsRefused) {
  Octets hello = greeting();
  ++hello.back();
  Callee callee;
  feed(callee, hello);
  EXPECT_FALSE(callee.next());
  EXPECT_EQ(callee.failure(), "wrong_value");
  Caller caller;
  feed(caller, take(callee));
  EXPECT_FALSE(caller.next());
  EXPECT_EQ(caller.failure(), "told: wrong_value");
}

TEST(Local, NoMoreAreInFlightThanMayBe) {
  Caller caller;
  Callee callee;
  for (std::size_t i = 0; i < max_in_flight; ++i) ASSERT_TRUE(caller.ask(kerberos));
  EXPECT_FALSE(caller.can_ask());
  EXPECT_FALSE(caller.ask(kerberos));
  feed(callee, take(caller));
  while (callee.next()) {
  }
  EXPECT_EQ(callee.failure(), "");
  feed(callee, frame(static_cast<std::uint8_t>(FrameType::kerberos_request), 9999, ""));
  EXPECT_FALSE(callee.next());
  EXPECT_EQ(callee.failure(), "too_many");
}

TEST(Local, ACallerWhoseOctetsNobodyReadsAsksNoMore) {
  Caller caller;
  const std::string large(max_message, 'a');
  KerberosRequest request = kerberos;
  request.message = as_bytes(large);
  std::size_t asked = 0;
  while (caller.ask(request)) ++asked;
  EXPECT_EQ(asked, max_output / max_message);
}

TEST(Local, AnAnswerThatNobodyAskedForIsAFailure) {
  Caller caller;
  const auto id = caller.ask(http());
  ASSERT_TRUE(id);
  feed(caller, greeting());
  feed(caller, frame(static_cast<std::uint8_t>(FrameType::kerberos_reply), *id, payload_of(KerberosReply{})));
  EXPECT_FALSE(caller.next());
  EXPECT_EQ(caller.failure(), "unknown_message");
  EXPECT_EQ(caller.lost().size(), 1U);
}

TEST(Local, AnAbandonedRequestHasNoAnswer) {
  Caller caller;
  Callee callee;
  const auto first = caller.ask(kerberos), second = caller.ask(kerberos);
  caller.abandon(*first);
  feed(callee, take(caller));
  while (callee.next()) {
  }
  callee.answer(*first, KerberosReply{});
  callee.answer(*second, Refusal::busy);
  feed(caller, take(callee));
  const auto answer = caller.next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->id, *second);
  EXPECT_EQ(std::get<Refusal>(answer->content), Refusal::busy);
  EXPECT_TRUE(caller.lost().empty());
}

TEST(Local, WhatWasNotWrittenIsKnown) {
  Caller caller;
  const auto first = caller.ask(kerberos);
  take(caller);
  const auto second = caller.ask(kerberos), third = caller.ask(kerberos);
  caller.wrote(1);
  const auto lost = caller.lost();
  ASSERT_EQ(lost.size(), 3U);
  EXPECT_EQ(lost[0].id, *first);
  EXPECT_TRUE(lost[0].sent);
  EXPECT_EQ(lost[1].id, *second);
  EXPECT_TRUE(lost[1].sent);
  EXPECT_EQ(lost[2].id, *third);
  EXPECT_FALSE(lost[2].sent);
}

TEST(Local, ClosingLosesNothing) {
  Caller caller;
  Callee callee;
  const auto before = caller.ask(kerberos);
  callee.close();
  const auto crossing = caller.ask(kerberos);
  feed(caller, take(callee));
  EXPECT_FALSE(caller.next());
  EXPECT_TRUE(caller.closing());
  EXPECT_FALSE(caller.ask(kerberos));
  feed(callee, take(caller));
  std::size_t requests = 0;
  while (callee.next()) ++requests;
  EXPECT_EQ(requests, 2U);
  EXPECT_FALSE(callee.finished());
  callee.answer(*before, KerberosReply{});
  callee.answer(*crossing, KerberosReply{});
  feed(caller, take(callee));
  EXPECT_TRUE(callee.finished());
  EXPECT_TRUE(caller.next());
  EXPECT_FALSE(caller.finished());
  EXPECT_TRUE(caller.next());
  EXPECT_TRUE(caller.finished());
}

Status some_status() {
  Status status;
  status.results = {{Status::Kind::as_req, 0, 5},
                    {Status::Kind::tgs_req, 7, std::uint64_t{1} << 40},
                    {Status::Kind::kpasswd, -1, 2},
                    {Status::Kind::sign_in, 401, 3}};
  status.lock_outs = 3;
  status.dear = 4;
  status.connections = 5;
  return status;
}

TEST(Local, AStatusIsAskedForAndReadAsItWasWritten) {
  Caller caller;
  Callee callee;
  const auto id = caller.ask(StatusRequest());
  feed(callee, take(caller));
  const auto frame = callee.next();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->type, FrameType::status_request);
  EXPECT_TRUE(parse_status_request(frame->payload));
  callee.answer(*id, some_status());
  feed(caller, take(callee));
  const auto answer = caller.next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(std::get<Status>(answer->content), some_status());
}

TEST(Local, AStatusIsBoundedAndOfKnownKinds) {
  Octets octets;
  Status status = some_status();
  status.results.assign(max_results + 1, {});
  EXPECT_FALSE(append(octets, status));
  status.results.assign(1, {static_cast<Status::Kind>(5), 0, 1});
  EXPECT_FALSE(append(octets, status));
  ASSERT_TRUE(append(octets, some_status()));
  octets[0] = 0xff;
  EXPECT_EQ(parse_status(octets).error().fault, Fault::too_many);
  octets[0] = 0;
  octets[2] = 5;
  EXPECT_EQ(parse_status(octets).error().fault, Fault::wrong_value);
  octets[2] = 1;
  EXPECT_TRUE(parse_status(octets));
  octets.push_back(0);
  EXPECT_EQ(parse_status(octets).error().fault, Fault::trailing_bytes);
  EXPECT_EQ(parse_status_request(octets).error().fault, Fault::trailing_bytes);
}

TEST(Local, AnAnswerThatCannotBeSentIsAFailedRequest) {
  Caller caller;
  Callee callee;
  const auto id = caller.ask(http());
  feed(callee, take(caller));
  ASSERT_TRUE(callee.next());
  callee.answer(*id, HttpResponse{200, {}, std::string(max_body + 1, 'a')});
  feed(caller, take(callee));
  const auto answer = caller.next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(std::get<Refusal>(answer->content), Refusal::failed);
}

}  // namespace
}  // namespace ferryman::local
