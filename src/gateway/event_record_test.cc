#include "gateway/event_record.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kerberos/ap.h"
#include "kerberos/encode.h"
#include "kerberos/numbers.h"
#include "kerberos/parts.h"
#include "kerberos/principal_name.h"

namespace ferryman::gateway {
namespace {

using telemetry::Format;
using telemetry::Line;
using telemetry::Record;

std::string line(Format format, const RequestEvent& event) {
  Line out;
  Record record(format, out);
  record.begin();
  put_event(record, event);
  record.end();
  return fmt::to_string(out);
}

class EventRecordTest : public ::testing::Test {
 protected:
  // The request that is shown stands in message.
  void ask(std::string_view client, std::vector<std::int32_t> etypes, std::vector<kerberos::Padata> padata) {
    message = kerberos::make_as_req(client, "EXAMPLE.COM", etypes, padata);
    request = *kerberos::parse_request(message);
    event.request = &request;
  }

  std::vector<std::uint8_t> message;
  kerberos::Request request;
  kerberos::Reply reply;
  RequestEvent event;
};

TEST_F(EventRecordTest, ShowsAnExchange) {
  ask("alice", {18, 17}, {{2, {}}, {149, {}}});
  reply.kind = kerberos::ReplyKind::as_rep;
  event.id = "0-2a";
  event.client = "192.0.2.1:50000";
  event.tls = "TLSv1.3";
  event.http = "HTTP/1.1";
  event.status = 200;
  event.target_domain = "example.com";
  event.hint = 0x40000000;
  event.reply = &reply;
  event.kdc = "[2001:db8::1]:88";
  event.transport = "udp";
  event.tries = 2;
  event.hedged = event.rediscovered = true;
  event.locate_us = 1;
  event.exchange_us = 4'000'000'000;
  event.total_us = 12345;
  EXPECT_EQ(
      line(Format::json, event),
      R"({"event":"exchange","id":"0-2a","client":"192.0.2.1:50000","tls":"TLSv1.3","http":"HTTP/1.1",)"
      R"("status":200,"type":"AS-REQ","realm":"EXAMPLE.COM","cname":"alice","sname":"krbtgt/EXAMPLE.COM",)"
      R"("padata":"PA-ENC-TIMESTAMP,PA-REQ-ENC-PA-REP",)"
      R"("etypes":"aes256-cts-hmac-sha1-96,aes128-cts-hmac-sha1-96","armored":false,)"
      R"("target_domain":"example.com","hint":"0x40000000","result":"AS-REP","kdc":"[2001:db8::1]:88",)"
      R"("transport":"udp","tries":2,"hedged":true,"rediscovered":true,"locate_us":1,)"
      R"("exchange_us":4000000000,"total_us":12345})"
      "\n");
  EXPECT_EQ(
      line(Format::text, event),
      "event=exchange id=0-2a client=192.0.2.1:50000 tls=TLSv1.3 http=HTTP/1.1 status=200 type=AS-REQ "
      "realm=EXAMPLE.COM cname=alice sname=krbtgt/EXAMPLE.COM padata=PA-ENC-TIMESTAMP,PA-REQ-ENC-PA-REP "
      "etypes=aes256-cts-hmac-sha1-96,aes128-cts-hmac-sha1-96 armored=false target_domain=example.com "
      "hint=0x40000000 result=AS-REP kdc=[2001:db8::1]:88 transport=udp tries=2 hedged=true "
      "rediscovered=true locate_us=1 exchange_us=4000000000 total_us=12345\n");
}

TEST_F(EventRecordTest, SaysItInTheNamesOfEcs) {
  ask("alice", {18}, {});
  reply.kind = kerberos::ReplyKind::as_rep;
  event.id = "0-2a";
  event.event_id = 403;
  event.client = "192.0.2.1:50000";
  event.tls = "TLSv1.3";
  event.http = "HTTP/1.1";
  event.status = 200;
  event.reply = &reply;
  event.kdc = "192.0.2.2:88";
  event.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  event.client_request_id = "6f9619ff-8b86-4011-b42d-00c04fc964ff";
  event.total_us = 12345;
  EXPECT_EQ(line(Format::ecs, event),
            R"({"event.action":"exchange","event.code":"403","event.outcome":"success",)"
            R"("client.address":"192.0.2.1:50000","client.ip":"192.0.2.1","client.port":50000,)"
            R"("tls.version":"1.3","tls.version_protocol":"tls","http.version":"1.1",)"
            R"("http.response.status_code":200,"ferryman.id":"0-2a","kerberos.type":"AS-REQ",)"
            R"("kerberos.realm":"EXAMPLE.COM","user.name":"alice","user.domain":"EXAMPLE.COM",)"
            R"("kerberos.sname":"krbtgt/EXAMPLE.COM","kerberos.etypes":"aes256-cts-hmac-sha1-96",)"
            R"("kerberos.armored":false,"kerberos.result":"AS-REP","server.address":"192.0.2.2:88",)"
            R"("trace.id":"4bf92f3577b34da6a3ce929d0e0e4736",)"
            R"("http.request.id":"6f9619ff-8b86-4011-b42d-00c04fc964ff","event.duration":12345000})"
            "\n");
}

TEST_F(EventRecordTest, TellsInEcsHowItEnded) {
  const auto outcome = [&] {
    const std::string text = line(Format::ecs, event);
    const auto at = text.find("event.outcome\":\"") + 16;
    return text.substr(at, text.find('"', at) - at);
  };
  EXPECT_EQ(outcome(), "failure");
  event.reply = &reply;
  reply.kind = kerberos::ReplyKind::krb_error;
  reply.error_code = 24;
  EXPECT_EQ(outcome(), "failure");
  reply.error_code = 25;
  EXPECT_EQ(outcome(), "unknown");
  event.kind = EventKind::sign_in;
  event.status = 200;
  EXPECT_EQ(outcome(), "success");
  event.status = 401;
  EXPECT_EQ(outcome(), "failure");
}

TEST_F(EventRecordTest, ShowsARefusal) {
  event.kind = EventKind::malformed;
  event.event_id = 404;
  event.reason = "no such thing";
  event.offset = 0;
  event.offset_in = RequestEvent::offset_in_request;
  event.unlogged = 7;
  EXPECT_EQ(line(Format::text, event),
            "event=malformed event_id=404 status=0 reason=\"no such thing\" offset=0 offset_in=request "
            "unlogged=7\n");
}

TEST_F(EventRecordTest, ShowsWhatCameWithoutHttp) {
  event.kind = EventKind::refused;
  event.protocol = protocol_name(local::Transport::udp);
  event.error = 12;
  EXPECT_EQ(line(Format::text, event), "event=refused protocol=kerberos/udp error=KDC_ERR_POLICY\n");
  EXPECT_EQ(protocol_name(local::Transport::tcp), "kerberos/tcp");
  EXPECT_EQ(protocol_name(local::Transport::kkdcp), "");
}

TEST_F(EventRecordTest, EscapesAPrincipal) {
  ask("a/b\\c@d \"e", {18}, {});
  EXPECT_NE(line(Format::json, event).find(R"("cname":"a\\/b\\\\c\\@d \"e","sname")"), std::string::npos);
  EXPECT_NE(line(Format::text, event).find(R"(cname="a\\/b\\\\c\\@d \"e" sname=)"), std::string::npos);
  ask("HOST$", {18}, {});
  EXPECT_NE(line(Format::text, event).find(R"(cname="HOST$" sname=)"), std::string::npos);
}

TEST_F(EventRecordTest, TellsAPartialTgtByItsKvno) {
  const Octets cipher(12, 0);
  const std::vector<std::string_view> parts{"krbtgt", "R"};
  const kerberos::Name krbtgt(kerberos::name_type::srv_inst, parts);
  const auto shown = [&](std::optional<std::uint32_t> kvno) {
    const Octets ap_req = kerberos::encode(
        kerberos::ApReq{0, {"R", krbtgt.view(), {18, kvno, cipher}}, {18, std::nullopt, cipher}});
    ask("alice", {18}, {{kerberos::padata::tgs_req, ap_req}});
    request.kind = kerberos::RequestKind::tgs_req;
    const std::string text = line(Format::text, event);
    const auto at = text.find(" tgt=");
    return at == text.npos ? std::string() : text.substr(at, text.find(" armored=") - at);
  };
  EXPECT_EQ(shown(3), "");
  EXPECT_EQ(shown(std::nullopt), "");
  EXPECT_EQ(shown((24125U << 16) + 3), " tgt=\"partial TGT of krbtgt_24125\"");
}

TEST_F(EventRecordTest, ListsSoManyAndNumbersWhatHasNoName) {
  const std::vector<std::int32_t> etypes(40, -2147483647);
  ask("alice", etypes, std::vector<kerberos::Padata>(40, {2147483647, {}}));
  const std::string text = line(Format::text, event);
  std::string listed = "2147483647";
  for (int i = 1; i < 32; ++i) listed += ",2147483647";
  EXPECT_NE(text.find(" padata=" + listed + " etypes=-2147483647,"), std::string::npos) << text;
  EXPECT_NE(text.find(",-2147483647 armored=false"), std::string::npos) << text;
}

TEST_F(EventRecordTest, NamesAnErrorWhereItHasAName) {
  event.reply = &reply;
  reply.error_code = 25;
  EXPECT_NE(line(Format::text, event).find(" result=KDC_ERR_PREAUTH_REQUIRED"), std::string::npos);
  reply.error_code = 4711;
  EXPECT_NE(line(Format::text, event).find(" result=\"KRB-ERROR 4711\""), std::string::npos);
  reply.error_code = -1;
  EXPECT_NE(line(Format::text, event).find(" result=\"KRB-ERROR -1\""), std::string::npos);
}

}  // namespace
}  // namespace ferryman::gateway
