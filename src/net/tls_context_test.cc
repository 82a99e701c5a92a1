#include "net/tls_context.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/owned.h"
#include "net/stream.h"

namespace ferryman::net {
namespace {

const bool prepared = (PackedBlock::prepare_openssl(), true);  // before OpenSSL is used

using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using Certificate = Owned<X509, X509_free>;
using Context = Owned<SSL_CTX, SSL_CTX_free>;
using Session = Owned<SSL_SESSION, SSL_SESSION_free>;
using Der = std::vector<std::uint8_t>;

// A key with a certificate that it has signed itself. padding: octets of an extension that nobody knows.
struct Identity {
  explicit Identity(std::size_t padding = 0) : key(EVP_EC_gen("P-256")), certificate(X509_new()) {
    X509_set_version(certificate.get(), X509_VERSION_3);
    X509_set_pubkey(certificate.get(), key.get());
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    if (padding > 0) pad(padding);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
  }
  Der der() const {
    Der octets(static_cast<std::size_t>(i2d_X509(certificate.get(), nullptr)));
    unsigned char* out = octets.data();
    i2d_X509(certificate.get(), &out);
    return octets;
  }

  Key key;
  Certificate certificate;

 private:
  void pad(std::size_t size) const {
    const Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> value(ASN1_OCTET_STRING_new());
    const std::string octets(size, 'x');
    ASN1_OCTET_STRING_set(value.get(), reinterpret_cast<const unsigned char*>(octets.data()),
                          static_cast<int>(size));
    const Owned<ASN1_OBJECT, ASN1_OBJECT_free> id(OBJ_txt2obj("1.2.3.4", 1));
    const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
        X509_EXTENSION_create_by_OBJ(nullptr, id.get(), 0, value.get()));
    X509_add_ext(certificate.get(), extension.get(), -1);
  }
};

// What came of one connection.
struct Connected {
  bool served = false, resumed = false;
  Der certificate;  // that the server has seen
  Session session;  // that the client may come back with
};

// Files of a server, and clients that come to it by one version of TLS.
class ClientCertificatesTest : public testing::TestWithParam<int> {
 protected:
  ClientCertificatesTest() {
    std::string name = testing::TempDir() + "tls_context_XXXXXX";
    folder_ = ::mkdtemp(name.data());
    write(server_.certificate.get(), file("server.pem"));
    write(known_.certificate.get(), file("ca.pem"));
    std::FILE* out = std::fopen(file("server.key").c_str(), "w");
    PEM_write_PrivateKey(out, server_.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
  }
  ~ClientCertificatesTest() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name) const { return folder_ + "/" + name; }
  static void write(X509* certificate, const std::string& name) {
    std::FILE* out = std::fopen(name.c_str(), "w");
    PEM_write_X509(out, certificate);
    std::fclose(out);
  }

  std::shared_ptr<TlsContext> listener(ClientCertificates asked) {
    TlsOptions options;
    options.certificate = {file("server.pem")};
    options.private_key = {file("server.key")};
    options.client_certificates = asked;
    if (asked != ClientCertificates::pass) options.client_ca = file("ca.pem");
    auto loaded = TlsContext::load(options, keys_);
    EXPECT_TRUE(loaded) << loaded.error();
    return *loaded;
  }

  // shown: null, nobody. resumed: a session of before, or null.
  Connected connect(const TlsContext& listener, const Identity* shown, SSL_SESSION* resumed = nullptr) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    const Context context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_max_proto_version(context.get(), GetParam());
    Connected connected;
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_app_data(context.get(), &connected);
    SSL_CTX_sess_set_new_cb(context.get(), [](SSL* ssl, SSL_SESSION* session) {
      static_cast<Connected*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->session.reset(session);
      return 1;
    });
    if (shown != nullptr) {
      SSL_CTX_use_certificate(context.get(), shown->certificate.get());
      SSL_CTX_use_PrivateKey(context.get(), shown->key.get());
    }
    const Owned<SSL, SSL_free> client(SSL_new(context.get()));
    SSL_set_fd(client.get(), ends[1]);
    SSL_set_connect_state(client.get());
    static constexpr std::array<unsigned char, 9> http1{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    SSL_set_alpn_protos(client.get(), http1.data(), http1.size());  // who has ALPN is given tickets
    if (resumed != nullptr) SSL_set_session(client.get(), resumed);
    Stream::Socket socket(io_);
    socket.assign(boost::asio::generic::stream_protocol(AF_UNIX, 0), ends[0]);
    Stream stream(std::move(socket), listener.get(), bio_);
    IoResult accepted{IoStatus::want_read, 0};
    std::array<char, 100> text{};
    for (int i = 0; i < 10; ++i) {
      if (SSL_read(client.get(), text.data(), text.size()) > 0) break;
      if (accepted.status == IoStatus::want_read) accepted = stream.handshake();
      if (accepted.status != IoStatus::ok) continue;
      EXPECT_TRUE(i == 9 || stream.write(as_bytes("answer")).status == IoStatus::ok);
    }
    connected.served = accepted.status == IoStatus::ok && std::string(text.data()).starts_with("answer");
    connected.resumed = SSL_session_reused(client.get()) == 1;
    if (connected.served) {
      stream.rest();  // which it awakes from
      connected.certificate = stream.peer_certificate();
    }
    SSL_shutdown(client.get());  // or its session is none that may be resumed
    ::close(ends[1]);
    return connected;
  }

  const Identity server_, known_, stranger_;
  std::string folder_;
  TicketKeys keys_;
  boost::asio::io_context io_;
  SocketBio bio_;
};

TEST_P(ClientCertificatesTest, PassTakesWhateverTheClientHasTheKeyOf) {
  const auto passing = listener(ClientCertificates::pass);
  EXPECT_TRUE(passing->passes_certificates());
  for (const Identity* shown : {&known_, &stranger_}) {
    const Connected connected = connect(*passing, shown);
    EXPECT_TRUE(connected.served);
    EXPECT_EQ(connected.certificate, shown->der());
  }
}

TEST_P(ClientCertificatesTest, PassServesWhoHasNone) {
  const Connected connected = connect(*listener(ClientCertificates::pass), nullptr);
  EXPECT_TRUE(connected.served);
  EXPECT_TRUE(connected.certificate.empty());
}

TEST_P(ClientCertificatesTest, PassTakesNoMoreThanCanBePassedOn) {
  const auto passing = listener(ClientCertificates::pass);
  const Identity large(15'000), too_large(16'384);
  EXPECT_EQ(connect(*passing, &large).certificate, large.der());
  EXPECT_FALSE(connect(*passing, &too_large).served);
}

TEST_P(ClientCertificatesTest, AResumedSessionHasTheCertificateThatItBeganWith) {
  const auto passing = listener(ClientCertificates::pass);
  for (const Identity* shown : {&stranger_, static_cast<const Identity*>(nullptr)}) {
    const Connected first = connect(*passing, &stranger_);
    ASSERT_NE(first.session, nullptr);
    const Connected again = connect(*passing, shown, first.session.get());
    EXPECT_TRUE(again.served);
    EXPECT_TRUE(again.resumed);
    EXPECT_EQ(again.certificate, stranger_.der());
  }
}

// Nor does a session without a certificate pass where one is required.
TEST_P(ClientCertificatesTest, NoSessionIsResumedWhereClientsAreAskedInAnotherWay) {
  constexpr std::array all{ClientCertificates::off, ClientCertificates::optional,
                           ClientCertificates::required, ClientCertificates::pass};
  for (const ClientCertificates before : all) {
    for (const ClientCertificates then : all) {
      const Connected first = connect(*listener(before), &known_);  // one is of use once
      ASSERT_NE(first.session, nullptr);
      const Connected again = connect(*listener(then), &known_, first.session.get());
      EXPECT_TRUE(again.served);
      EXPECT_EQ(again.resumed, before == then);
      EXPECT_EQ(again.certificate.empty(), then == ClientCertificates::off);
    }
  }
}

TEST_P(ClientCertificatesTest, AStrangersSessionIsNotTakenForAVerifiedOne) {
  const Connected first = connect(*listener(ClientCertificates::pass), &stranger_);
  ASSERT_NE(first.session, nullptr);
  for (const ClientCertificates verified : {ClientCertificates::optional, ClientCertificates::required})
    EXPECT_FALSE(connect(*listener(verified), &stranger_, first.session.get()).served);
}

TEST_P(ClientCertificatesTest, NoSessionOutlivesTheTicketKeys) {
  const auto passing = listener(ClientCertificates::pass);
  const Connected first = connect(*passing, &stranger_);
  keys_.reset();
  const Connected again = connect(*passing, &known_, first.session.get());
  EXPECT_TRUE(again.served);
  EXPECT_FALSE(again.resumed);
  EXPECT_EQ(again.certificate, known_.der());
}

TEST_P(ClientCertificatesTest, VerifyingNeedsCas) {
  TlsOptions options;
  options.client_certificates = ClientCertificates::required;
  const auto loaded = TlsContext::load(options, keys_);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error(), "client_certificates needs client_ca, and there is none");
}

TEST_P(ClientCertificatesTest, EachListenerAsksInItsOwnWay) {
  TlsOptions options;
  options.certificate = {file("server.pem")};
  options.private_key = {file("server.key")};
  const std::array<std::optional<ClientCertificates>, 3> listeners{std::nullopt, ClientCertificates::pass,
                                                                   ClientCertificates::pass};
  const auto loaded = TlsContexts::load(options, listeners, keys_);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->find(std::nullopt), loaded->find(ClientCertificates::off));
  EXPECT_FALSE(loaded->find(std::nullopt)->passes_certificates());
  EXPECT_TRUE(loaded->find(ClientCertificates::pass)->passes_certificates());
  EXPECT_EQ(loaded->find(ClientCertificates::required), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Tls, ClientCertificatesTest, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

}  // namespace
}  // namespace ferryman::net
