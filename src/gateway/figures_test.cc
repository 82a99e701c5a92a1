#include "gateway/figures.h"

#include <gtest/gtest.h>
#include <openssl/sslerr.h>

#include <string>

#include "base/error.h"
#include "policy/policy.h"

namespace ferryman::gateway {
namespace {

TEST(Figures, EveryFaultAndRuleHasItsOwnCount) {
  for (int fault = 0; fault <= static_cast<int>(Fault::unsupported); ++fault) {
    const auto word = name(static_cast<Fault>(fault));
    EXPECT_NE(Tally<message_faults>::find(word), Tally<message_faults>::others) << word;
  }
  for (int rule = 1; rule <= static_cast<int>(policy::Rule::client_failures); ++rule) {
    const auto word = policy::name(static_cast<policy::Rule>(rule));
    EXPECT_NE(Tally<refusing_rules>::find(word), Tally<refusing_rules>::others) << word;
  }
}

TEST(Figures, WhateverIsNotKnownCountsTogether) {
  Figures figures;
  for (int i = 0; i < 1000; ++i) {
    const std::string word = "word" + std::to_string(i);
    RequestEvent event;
    event.kind = EventKind::malformed;
    event.reason = word;
    event.status = 1000 + static_cast<unsigned>(i);
    figures.count(event, http::Version::http2);
    figures.count_violation(0, word);
    figures.failed_handshakes.add(handshake_fault(0, word));
  }
  EXPECT_EQ(figures.malformed[Tally<message_faults>::others], 1000U);
  EXPECT_EQ(figures.responses[Tally<statuses>::others], 1000U);
  EXPECT_EQ(figures.http_violations[Tally<http_faults>::others], 1000U);
  EXPECT_EQ(figures.failed_handshakes[Tally<handshake_faults>::others], 1000U);
  EXPECT_EQ(figures.requests[2], 1000U);
}

TEST(Figures, ALatencyCountsInTheFirstBucketThatHoldsIt) {
  Latencies latencies;
  for (const std::uint32_t time : {0U, 1'000U, 1'001U, 10'000'000U, 10'000'001U, ~0U}) latencies.add(time);
  EXPECT_EQ(latencies[0], 2U);
  EXPECT_EQ(latencies[1], 1U);
  EXPECT_EQ(latencies[Latencies::bounds.size() - 1], 1U);
  EXPECT_EQ(latencies[Latencies::bounds.size()], 2U);
  EXPECT_EQ(latencies.sum(), std::uint64_t{20'002'002} + ~0U);
}

TEST(Figures, StagesAreOfTheRequestsThatCameToThem) {
  Figures figures;
  RequestEvent event;
  event.status = 200;
  event.locate_us = 0;  // the KDCs were known
  event.exchange_us = 900;
  event.total_us = 1100;
  figures.count(event, http::Version::http11);
  event.kind = EventKind::refused;
  event.reason = "message_type";
  event.status = 403;
  event.exchange_us = 0;
  figures.count(event, http::Version::http10);
  EXPECT_EQ(figures.locate.sum(), 0U);
  EXPECT_EQ(figures.exchange[0], 1U);
  EXPECT_EQ(figures.total[1], 1U);
  EXPECT_EQ(figures.total.sum(), 1100U);
  EXPECT_EQ(figures.refusals[0], 1U);
  Figures sum;
  sum += figures;
  sum += figures;
  EXPECT_EQ(sum.total[1], 2U);
  EXPECT_EQ(sum.responses[Tally<statuses>::find(403)], 2U);
}

TEST(Figures, WhatHasNoHttpHasNoStatus) {
  Figures figures;
  RequestEvent event;
  event.exchange_us = 5;
  figures.count(event, http::Version::none);
  EXPECT_EQ(figures.unanswered, 0U);
  EXPECT_EQ(figures.exchange[0], 1U);
  figures.count(event, http::Version::http2);
  EXPECT_EQ(figures.unanswered, 1U);
}

TEST(Figures, ALimitOfConnectionsIsOneAndNoFaultOfHttp) {
  Figures figures;
  figures.count_violation(0, "max_connections");
  figures.count_violation(431, "too_many_fields");
  EXPECT_EQ(figures.limited[0], 1U);
  EXPECT_EQ(figures.http_violations[Tally<http_faults>::find("too_many_fields")], 1U);
  EXPECT_EQ(figures.http_violations[Tally<http_faults>::others], 0U);
  EXPECT_EQ(figures.responses[Tally<statuses>::find(431)], 1U);
}

TEST(Figures, FaultsOfHandshakesAreToldByOpensslsCodes) {
  EXPECT_EQ(handshake_fault(0, "timeout"), "timeout");
  EXPECT_EQ(handshake_fault(SSL_R_HTTP_REQUEST, "http request"), "plain_http");
  EXPECT_EQ(handshake_fault(SSL_R_TLSV1_ALERT_UNKNOWN_CA, ""), "server_certificate_refused");
  EXPECT_EQ(handshake_fault(SSL_R_TLSV1_ALERT_INTERNAL_ERROR, ""), "alert");
  EXPECT_EQ(handshake_fault(SSL_R_UNSUPPORTED_PROTOCOL, ""), "version");
}

}  // namespace
}  // namespace ferryman::gateway
