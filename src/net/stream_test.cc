#include "net/stream.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <string>
#include <string_view>

#include "base/owned.h"

namespace ferryman::net {
namespace {

const bool prepared = (PackedBlock::prepare_openssl(), true);  // before OpenSSL is used

using Context = Owned<SSL_CTX, SSL_CTX_free>;

Context server_context() {
  Context context(SSL_CTX_new(TLS_server_method()));
  const Owned<EVP_PKEY, EVP_PKEY_free> key(EVP_EC_gen("P-256"));
  const Owned<X509, X509_free> certificate(X509_new());
  X509_set_pubkey(certificate.get(), key.get());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  EXPECT_EQ(SSL_CTX_use_certificate(context.get(), certificate.get()), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey(context.get(), key.get()), 1);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context.get(), 1);
  return context;
}

// A stream and its client, connected and through their handshake, by TLS 1.2 and 1.3.
class StreamAtRest : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_.data()), 0);
    SSL_CTX_set_max_proto_version(clients_.get(), GetParam());
    client_.reset(SSL_new(clients_.get()));
    SSL_set_fd(client_.get(), ends_[1]);
    Stream::Socket socket(io_);
    socket.assign(boost::asio::generic::stream_protocol(AF_UNIX, 0), ends_[0]);
    stream_ = std::make_unique<Stream>(std::move(socket), servers_.get(), bio_);
    int connected = 0;
    IoResult accepted{IoStatus::want_read, 0};
    for (int i = 0; i < 10 && (connected != 1 || accepted.status != IoStatus::ok); ++i) {
      if (connected != 1) connected = SSL_connect(client_.get());
      if (accepted.status != IoStatus::ok) accepted = stream_->handshake();
    }
    ASSERT_EQ(connected, 1);
    ASSERT_EQ(accepted.status, IoStatus::ok);
  }
  void TearDown() override {
    client_.reset();
    ::close(ends_[1]);
  }

  void exchange(std::string_view text) {
    ASSERT_EQ(SSL_write(client_.get(), text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
    std::array<std::uint8_t, 100> got;
    const IoResult read = stream_->read(got);
    ASSERT_EQ(read.status, IoStatus::ok);
    EXPECT_EQ(std::string(got.begin(), got.begin() + static_cast<std::ptrdiff_t>(read.octets)), text);
    EXPECT_EQ(stream_->write(Bytes(got).first(read.octets)).status, IoStatus::ok);
    EXPECT_EQ(SSL_read(client_.get(), got.data(), got.size()), static_cast<int>(text.size()));
  }

  boost::asio::io_context io_;
  Context servers_ = server_context(), clients_{SSL_CTX_new(TLS_client_method())};
  std::array<int, 2> ends_{};
  Owned<SSL, SSL_free> client_;
  SocketBio bio_;
  std::unique_ptr<Stream> stream_;
};

TEST_P(StreamAtRest, AwakesToReadAndToWrite) {
  for (int i = 0; i < 3; ++i) {
    exchange("question");
    EXPECT_TRUE(stream_->rest());
    EXPECT_FALSE(stream_->rest()) << "it does";
  }
  exchange("question");
  EXPECT_TRUE(stream_->rest());
  EXPECT_EQ(stream_->tls_version(), GetParam() == TLS1_3_VERSION ? "TLSv1.3" : "TLSv1.2");
}

TEST_P(StreamAtRest, FollowsToNewKeys) {
  if (GetParam() != TLS1_3_VERSION) return;  // TLS 1.2 has no such message
  exchange("question");
  EXPECT_TRUE(stream_->rest());
  EXPECT_EQ(SSL_key_update(client_.get(), SSL_KEY_UPDATE_REQUESTED), 1);
  exchange("question");
  EXPECT_TRUE(stream_->rest());
  exchange("question");
}

TEST_P(StreamAtRest, SaysThatItCloses) {
  exchange("question");
  EXPECT_TRUE(stream_->rest());
  stream_->shutdown_write();
  char octet;
  EXPECT_EQ(SSL_read(client_.get(), &octet, 1), 0);
  EXPECT_EQ(SSL_get_shutdown(client_.get()), SSL_RECEIVED_SHUTDOWN);
}

TEST(StreamInItsHandshake, HearsTheEndThatCameWithHalfAClientHello) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
  const Context context = server_context();
  boost::asio::io_context io;
  Stream::Socket socket(io);
  socket.assign(boost::asio::generic::stream_protocol(AF_UNIX, 0), ends[0]);
  SocketBio bio;
  Stream stream(std::move(socket), context.get(), bio);
  const std::array<std::uint8_t, 10> half_a_hello = {22, 3, 1, 2, 0, 1, 0, 1, 252, 3};
  ASSERT_EQ(::send(ends[1], half_a_hello.data(), half_a_hello.size(), 0), 10);
  ::close(ends[1]);
  EXPECT_EQ(stream.handshake().status, IoStatus::failed);
  EXPECT_TRUE(stream.lost());
}

TEST_P(StreamAtRest, HearsThatTheClientCloses) {
  EXPECT_TRUE(stream_->rest());
  SSL_shutdown(client_.get());
  std::array<std::uint8_t, 100> got;
  EXPECT_EQ(stream_->read(got).status, IoStatus::eof);
}

TEST_P(StreamAtRest, IsFreedAwake) {
  exchange("question");
  EXPECT_TRUE(stream_->rest());
  stream_.reset();
}

// Also where records end just where the buffer does that they are read into.
TEST_P(StreamAtRest, LeavesNothingInTheSocketWithoutSayingSo) {
  std::array<std::uint8_t, 20000> octets{};
  for (int second = 8600; second < 8700; ++second) {
    std::size_t left = 0;
    for (const int size : {8000, second, 10}) {
      ASSERT_EQ(SSL_write(client_.get(), octets.data(), size), size);
      left += static_cast<std::size_t>(size);
    }
    while (left > 0) {
      const IoResult read = stream_->read(octets);
      ASSERT_EQ(read.status, IoStatus::ok);
      left -= read.octets;
      ASSERT_TRUE(left == 0 || stream_->has_more()) << "second record of " << second;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tls, StreamAtRest, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

}  // namespace
}  // namespace ferryman::net
