#include "login/domain_gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "base/descriptor.h"
#include "kkdcp/message.h"
#include "login/full_ticket.h"
#include "login/test_domain.h"
#include "signin/prt_answer.h"

namespace ferryman::login {
namespace {

using testing::HasSubstr;

// A gateway at loopback that answers once, over HTTP, which client.toml may name there.
class Gateway {
 public:
  explicit Gateway(std::string answer)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), answer_(std::move(answer)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/KdcProxy";
    thread_ = std::thread([this] { serve(); });
  }
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;
  ~Gateway() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }

  const std::string& url() const { return url_; }

 private:
  // A client that is answered before its last octet is may not read the answer.
  void serve() {
    const Descriptor peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::string request;
    std::array<char, 4096> part{};
    for (ssize_t got = 1; got > 0 && !is_whole(request);) {
      got = ::recv(peer.get(), part.data(), part.size(), 0);
      if (got > 0) request.append(part.data(), static_cast<std::size_t>(got));
    }
    static_cast<void>(::send(peer.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL));
    ::shutdown(peer.get(), SHUT_WR);
    while (::recv(peer.get(), part.data(), part.size(), 0) > 0) {
    }
  }
  static bool is_whole(const std::string& request) {
    constexpr std::string_view name = "Content-Length: ";
    const auto length = request.find(name), end = request.find("\r\n\r\n");
    if (length == std::string::npos || end == std::string::npos) return false;
    return request.size() - end - 4 >= std::strtoul(request.c_str() + length + name.size(), nullptr, 10);
  }

  Descriptor listener_;
  std::string answer_, url_;
  std::thread thread_;
};

std::string http(const std::string& status, Bytes body) {
  return "HTTP/1.1 " + status +
         "\r\nContent-Type: application/kerberos\r\nConnection: close\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(as_text(body));
}

std::string carried(const Octets& message) {
  kkdcp::Message wrapped;
  wrapped.kerb_message = message;
  Octets body;
  EXPECT_TRUE(kkdcp::append(wrapped, body));
  return http("200 OK", body);
}

// With a client.toml of the test's own, and a TGS-REQ to be carried.
class DomainGatewayTest : public testing::Test {
 protected:
  DomainGatewayTest() {
    std::string name = std::filesystem::temp_directory_path() / "gateway.XXXXXX";
    directory_ = ::mkdtemp(name.data());
    ::setenv("XDG_CONFIG_HOME", directory_.c_str(), 1);
    for (const char* proxy : {"http_proxy", "https_proxy", "HTTPS_PROXY"}) ::unsetenv(proxy);
    const Octets session_key(32, 3);
    const TestDomain::Partial made = TestDomain().partial();
    const std::string text = signin::ticket_text({made.as_rep, made.key.octets(), "AD.TEST"}, session_key);
    partial_ = CloudTicket::open(as_bytes(text), session_key).value();
    const auto request = FullTicketRequest::make(*partial_, 1'800'000'100, false).value();
    message_.assign(request.message().begin(), request.message().end());
  }
  ~DomainGatewayTest() override {
    ::unsetenv("XDG_CONFIG_HOME");
    std::filesystem::remove_all(directory_);
  }

  void write_options(const std::string& text) const {
    std::filesystem::create_directory(directory_ + "/ferryman");
    std::ofstream(directory_ + "/ferryman/client.toml") << "deadline = \"5s\"\nproxy = \"none\"\n" << text;
  }
  Outcome<DomainAnswer> ask(const std::string& url = "https://127.0.0.1:1") const {
    Account account;
    account.url = url;
    return ask_domain(account, "AD.TEST", message_);
  }
  Outcome<DomainAnswer> ask_trusting(const std::string& ca_file) const {
    Account account;
    account.url = "https://127.0.0.1:1";
    account.ca_file = ca_file;
    return ask_domain(account, "AD.TEST", message_);
  }
  Outcome<DomainAnswer> ask_at(const Gateway& gateway) const {
    write_options("[gateways]\n\"AD.TEST\" = \"" + gateway.url() + "\"\n");
    return ask();
  }

  std::string directory_;
  std::optional<CloudTicket> partial_;
  Octets message_;
};

TEST_F(DomainGatewayTest, TheOneThatClientTomlNamesForTheRealmIsAsked) {
  const Octets refusal = TestDomain::refusal(20);
  const Gateway gateway(carried(refusal));
  const auto answer = ask_at(gateway);
  ASSERT_TRUE(answer.has_value()) << answer.error().text;
  EXPECT_EQ(answer->message, refusal);
  EXPECT_EQ(answer->url, gateway.url());
}

TEST_F(DomainGatewayTest, ElseTheAccountsOwn) {
  write_options("[gateways]\n\"OTHER.TEST\" = \"gw.other.test\"\n");
  const auto answer = ask();
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().fault, Fault::not_reachable);
  EXPECT_THAT(answer.error().text, HasSubstr("no domain controller of AD.TEST answers"));
  EXPECT_THAT(answer.error().text, HasSubstr("https://127.0.0.1:1/KdcProxy"));
  EXPECT_THAT(answer.error().text, HasSubstr("login --renew"));
}

TEST_F(DomainGatewayTest, APolicysNoIsToldFromSilence) {
  const Gateway refuses(http("403 Forbidden", {}));
  const auto refused = ask_at(refuses);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().fault, Fault::refused);
  EXPECT_THAT(refused.error().text, HasSubstr("policy"));
  const Gateway knows_none(http("503 Service Unavailable", {}));
  const auto silent = ask_at(knows_none);
  ASSERT_FALSE(silent.has_value());
  EXPECT_EQ(silent.error().fault, Fault::not_reachable);
}

TEST_F(DomainGatewayTest, MistakesInClientTomlAreTold) {
  write_options("nonsense = 1\n");
  const auto answer = ask();
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().fault, Fault::failed);
  EXPECT_THAT(answer.error().text, HasSubstr("client.toml"));
  EXPECT_THAT(answer.error().text, HasSubstr("nonsense"));
}

TEST_F(DomainGatewayTest, ACaFileThatIsNotThereIsTold) {
  EXPECT_THAT(ask_trusting(directory_ + "/none.pem").error().text, HasSubstr("none.pem"));
}

TEST_F(DomainGatewayTest, TheAccountsCasAreForItsOwnGateway) {
  const std::string of_account = directory_ + "/account.pem";
  const std::string of_file = "ca_file = \"" + directory_ + "/file.pem\"\n";
  const auto gateway = [](const std::string& url) { return "[gateways]\n\"AD.TEST\" = \"" + url + "\"\n"; };
  write_options(of_file);
  EXPECT_THAT(ask_trusting(of_account).error().text, HasSubstr("account.pem"));
  write_options(of_file + gateway("https://127.0.0.1:1/KdcProxy"));
  EXPECT_THAT(ask_trusting(of_account).error().text, HasSubstr("account.pem"));
  for (const char* other : {"https://127.0.0.1:12/KdcProxy", "https://127.0.0.2:1/KdcProxy"}) {
    write_options(of_file + gateway(other));
    EXPECT_THAT(ask_trusting(of_account).error().text, HasSubstr("file.pem"));
  }
}

TEST_F(DomainGatewayTest, WhomItTrustedIsTold) {
  const Gateway gateway(carried(TestDomain::refusal(20)));
  write_options("[gateways]\n\"AD.TEST\" = \"" + gateway.url() + "\"\n");
  const auto answer = ask_trusting(directory_ + "/account.pem");
  ASSERT_TRUE(answer.has_value()) << answer.error().text;
  EXPECT_EQ(answer->ca_file, "");
}

}  // namespace
}  // namespace ferryman::login
