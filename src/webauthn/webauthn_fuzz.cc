#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "base/base64.h"
#include "webauthn/cbor_reader.h"
#include "webauthn/ceremony.h"

namespace {

using namespace ferryman;

// What Chromium said once: "es256 none" of testdata/chromium.json.
constexpr std::string_view object =
    "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVikSZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAAQ"
    "AAAAAAAAAAAAAAAAAAAAAAIF1ub1uyOqca9SoifS-1bR1X_Fs8TkmjPXhhuuTV66sspQECAyYgASFYIIh4B8odzpHr"
    "TAcfgXfHQ2amLjm60eD4jmb5ZbIQufgWIlggiCv4ITmdsq3KTUakL9XI6nSnfqVX88ElwZTBF-_Ly70";
constexpr std::string_view creation =
    "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiYm05dVkyVSIsIm9yaWdpbiI6Imh0dHA6Ly9sb2"
    "NhbGhvc3Q6MTg1NTUiLCJjcm9zc09yaWdpbiI6ZmFsc2UsIm90aGVyX2tleXNfY2FuX2JlX2FkZGVkX2hlcmUiOiJk"
    "byBub3QgY29tcGFyZSBjbGllbnREYXRhSlNPTiBhZ2FpbnN0IGEgdGVtcGxhdGUuIFNlZSBodHRwczovL2dvby5nbC"
    "95YWJQZXgifQ";
constexpr std::string_view authenticator_data = "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAg";
constexpr std::string_view signature =
    "MEUCIQDhzp7Qm9lB3fQa4BAcJxYb-VHL5keYDpfaPya-yFDKTAIgLl7G3vR2D1ffneLew7JUPBCNNiczB220nKwOoa"
    "dfrno";
constexpr std::string_view request =
    "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiYm05dVkyVSIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbG"
    "hvc3Q6MTg1NTUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9";

const webauthn::RelyingParty rp{"localhost", {"http://localhost:18555"}};

Octets octets(std::string_view text) {
  return octets_of_base64url(text).value();
}

void must(bool holds) {
  if (!holds) std::abort();
}

bool is_challenge(std::string_view) {
  return true;
}

// An item and what is behind it are the whole.
void try_cbor(Bytes input) {
  webauthn::CborReader reader(input);
  const auto item = reader.item();
  must(!item || (item->data() == input.data() && item->size() + reader.rest().size() == input.size()));
  must(item || reader.rest().size() == input.size());
}

// What is registered is a credential, and the same one.
void try_registration(Bytes input) {
  static const Octets data = octets(creation);
  const auto made = webauthn::verify_registration(rp, {data, input}, is_challenge, nullptr, 0);
  const auto credential = webauthn::Credential::parse(input);
  if (!made) return;
  must(credential && credential->id == made->credential_id);
  must(!made->credential_id.empty() && made->credential_id.size() <= webauthn::max_credential_id);
}

// Nobody but the authenticator makes an assertion.
void try_assertion(Bytes data, Bytes its_signature, Bytes client_data) {
  static const auto credential = webauthn::Credential::parse(octets(object)).value();
  static const Octets known_data = octets(authenticator_data), known_client_data = octets(request);
  const auto shown = webauthn::verify_assertion(
      rp, credential, {credential.id, client_data, data, its_signature}, is_challenge);
  must(!shown ||
       (std::ranges::equal(data, known_data) && std::ranges::equal(client_data, known_client_data)));
}

}  // namespace

// The first octet chooses what the others are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes input(data + 1, size - 1);
  static const Octets known_data = octets(authenticator_data), known_signature = octets(signature),
                      known_request = octets(request);
  switch (data[0] % 5) {
    case 0:
      try_cbor(input);
      break;
    case 1:
      try_registration(input);
      break;
    case 2:
      try_assertion(input, known_signature, known_request);
      break;
    case 3:
      try_assertion(known_data, input, known_request);
      break;
    default:
      try_assertion(known_data, known_signature, input);
  }
  return 0;
}
