#include "probe/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace ferryman::probe {
namespace {

using testing::HasSubstr;

Record record_of(Findings findings) {
  Record record;
  record.url = "https://kdc.example.com:443/KdcProxy";
  record.realm = "EXAMPLE.COM";
  record.findings = std::move(findings);
  record.stages = {{"tls", std::chrono::microseconds(1500)}, {"total", std::chrono::microseconds(20000)}};
  record.clients = judge(record.findings);
  return record;
}

TEST(Record, TheStatusLineIsOneOfNagios) {
  Record record = record_of({{"kdc_answer", Severity::ok, "a KDC answers (KDC_ERR_C_PRINCIPAL_UNKNOWN)"}});
  record.days_left = 30;
  EXPECT_EQ(exit_code(record), 0);
  EXPECT_EQ(to_status_line(record),
            "FERRYMAN OK - EXAMPLE.COM: a KDC answers (KDC_ERR_C_PRINCIPAL_UNKNOWN) | "
            "total=20.0ms;;; tls=1.5ms;;; cert_days=30;14:;3:\n");
}

TEST(Record, TheStatusLineTellsTheWorst) {
  const Record record = record_of({{"a", Severity::warning, "first"},
                                   {"b", Severity::critical, "bad | worse"},
                                   {"c", Severity::critical, "other"}});
  EXPECT_EQ(exit_code(record), 2);
  EXPECT_THAT(to_status_line(record), HasSubstr("FERRYMAN CRITICAL - bad / worse (and 1 more) | "));
}

TEST(Record, ExitCodes) {
  EXPECT_EQ(exit_code(record_of({{"a", Severity::warning, ""}, {"b", Severity::unknown, ""}})), 1);
  EXPECT_EQ(exit_code(record_of({{"a", Severity::ok, ""}, {"b", Severity::unknown, ""}})), 3);
}

TEST(Record, TextAndJsonHoldEachFinding) {
  const Record record = record_of({{"connect", Severity::critical, "no connection: refused", "look"}});
  const std::string text = to_text(record);
  EXPECT_THAT(text, testing::StartsWith("FERRYMAN CRITICAL - no connection: refused |"));
  EXPECT_THAT(text, HasSubstr("-> look\n"));
  EXPECT_THAT(text, HasSubstr("Windows   does not work\n"));
  const auto json = nlohmann::json::parse(to_json(record));
  EXPECT_EQ(json["findings"][0]["id"], "connect");
  EXPECT_EQ(json["exit_code"], 2);
  EXPECT_EQ(json["clients"]["mit"]["verdict"], "does not work");
  EXPECT_EQ(json["times_us"]["tls"], 1500);
}

}  // namespace
}  // namespace ferryman::probe
