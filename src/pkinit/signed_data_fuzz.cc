#include <openssl/x509.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "pkinit/agreement.h"
#include "pkinit/signed_data.h"
#include "pkinit/test_certificates.h"

namespace {

using namespace ferryman;
using pkinit::TestCertificate, pkinit::TestMessage;

void demand(bool is_so) {
  if (!is_so) std::abort();
}

using Opened = Judged<pkinit::SignedRequest>;

// What is opened is within its bounds, and OpenSSL's own function finds the same content in it, if any: it
// demands more of the digest algorithms that a message names.
Opened open(Bytes cms) {
  auto request = pkinit::open_signed(cms);
  demand(request || request.error().code != kerberos::error_code::none);
  if (!request) return request;
  demand(cms.size() <= pkinit::max_signed_data && request->content.size() < cms.size());
  demand(request->others.size() <= pkinit::max_certificates);
  const auto verified = pkinit::verified_by_library(cms);
  demand(!verified || *verified == request->content);
  return request;
}

// Whatever is signed is what is opened.
void sign_and_open(Bytes content) {
  static const auto certificate = pki::Certificate::of(TestCertificate{}.make().get()).value();
  const Octets message =
      pkinit::sign({pkinit::ec_key(), certificate}, content, pkinit::content_type::auth_data);
  const auto request = pkinit::open_signed(message);
  if (message.size() > pkinit::max_signed_data) return demand(!request);
  demand(request && request->certificate && std::ranges::equal(request->content, content));
}

// A good message, in which octets are replaced: a place, in two octets, and a value each. Nobody but the
// signer is found in it, nor anything but what he signed.
void bend_and_open(Bytes changes) {
  static const pki::OwnedCertificate certificate = TestCertificate{}.make();
  static const Octets message =
      TestMessage{}.of(pkinit::ec_key().openssl(), certificate.get(), as_bytes("content"));
  Octets bent = message;
  for (; changes.size() >= 3; changes = changes.subspan(3))
    bent[(changes[0] << 8 | changes[1]) % bent.size()] = changes[2];
  const Opened request = open(bent);
  if (!request || !request->certificate) return;
  demand(request->certificate->key == pkinit::ec_key().public_key());
  demand(as_text(request->content) == "content");
}

// Every key that is taken for one either gives a secret, or is a point that is not on its curve.
void agree(Bytes client_public_value) {
  const auto peer = pkinit::parse_peer(client_public_value);
  if (!peer) return;
  const auto agreed = pkinit::agree(*peer);
  const auto& group = pkinit::parameters_of(peer->group);
  demand(agreed ? agreed->shared.size() == group.size : group.prime.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes input(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      static_cast<void>(open(input));
      break;
    case 1:
      bend_and_open(input);
      break;
    case 2:
      sign_and_open(input);
      break;
    default:
      agree(input);
  }
  return 0;
}
