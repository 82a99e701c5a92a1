// What jose/ and pki/ make and read, for peers.jose, which holds it against others' libraries. One JSON
// object a line in, one out: {"do": NAME, ...} and what came of it, or {"fault": NAME}. Octets are base64.
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <string>

#include "base/base64.h"
#include "base/guid.h"
#include "jose/jwe.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "jose/session_key.h"
#include "json/parse.h"
#include "pki/certificate_request.h"
#include "pki/device_ca.h"
#include "pki/key_credential.h"

namespace {

using namespace ferryman;
using json::Json;

Octets octets(const Json& in, const char* name) {
  return octets_of_base64(in.at(name).get<std::string>()).value();
}

std::string text(const Json& in, const char* name) {
  return in.at(name).get<std::string>();
}

Json fault(std::string_view name) {
  return {{"fault", name}};
}

pki::PrivateKey private_key(const Json& in) {
  return pki::PrivateKey::of_pkcs8(octets(in, "private_key")).value();
}

jose::KdfVersion kdf_version(const Json& in) {
  return in.at("kdf_ver") == 2 ? jose::KdfVersion::v2 : jose::KdfVersion::v1;
}

Guid guid(const Json& in, const char* name) {
  return guid_of_text(text(in, name)).value();
}

Json read_key(const Json& in) {
  const auto key = jose::key_of_text(text(in, "key"));
  if (!key) return fault(name(key.error()));
  return {{"jwk", jose::jwk_of(*key)},
          {"thumbprint", jose::thumbprint(*key)},
          {"kid", pki::key_id_text(*key)},
          {"material", base64_of(pki::key_material(*key))},
          {"set", Json::parse(jose::jwk_set(std::span(&*key, 1)))}};
}

Json verify_jws(const Json& in) {
  const auto jws = jose::parse_jws(text(in, "jws"));
  if (!jws) return fault(name(jws.error()));
  const auto verified = in.contains("secret")
                            ? jose::verify(*jws, octets(in, "secret"))
                            : jose::verify(*jws, jose::key_of_text(text(in, "key")).value());
  if (!verified) return fault(name(verified.error()));
  return {{"claims", jws->claims}, {"certificates", jws->header.certificates.size()}};
}

// A request that is signed by a session key.
Json verify_with_session_key(const Json& in) {
  const auto jws = jose::parse_jws(text(in, "jws"));
  if (!jws) return fault(name(jws.error()));
  const auto key = jose::signing_key(octets(in, "session_key"), jws->header.context, jws->header.kdf_version,
                                     jws->payload);
  const auto verified = jose::verify(*jws, key);
  if (!verified) return fault(name(verified.error()));
  return {{"claims", jws->claims}};
}

Json sign_jws(const Json& in) {
  const Json header = in.value("header", Json::object());
  if (in.contains("private_key")) return {{"jws", jose::sign(private_key(in), header, text(in, "payload"))}};
  return {{"jws", jose::sign(octets(in, "secret"), header, text(in, "payload"))}};
}

Json sign_with_session_key(const Json& in) {
  const Octets context = octets(in, "context");
  const auto key =
      jose::signing_key(octets(in, "session_key"), context, kdf_version(in), text(in, "payload"));
  Json header{{"ctx", base64_of(context)}};
  if (kdf_version(in) == jose::KdfVersion::v2) header["kdf_ver"] = 2;
  return {{"jws", jose::sign(key, header, text(in, "payload"))}};
}

Json wrap(const Json& in) {
  return {
      {"jwe", jose::wrap_session_key(jose::key_of_text(text(in, "key")).value(), octets(in, "session_key"))}};
}

Json secret_or_fault(const jose::Outcome<Secret>& secret) {
  if (!secret) return fault(name(secret.error()));
  return {{"plain", base64_of(secret->bytes())}};
}

Json unwrap(const Json& in) {
  return secret_or_fault(jose::unwrap_session_key(private_key(in), text(in, "jwe")));
}

Json encrypt_answer(const Json& in) {
  return {{"jwe", jose::encrypt_answer(octets(in, "session_key"), octets(in, "plain"))}};
}

Json seal(const Json& in) {
  return {{"jwe", jose::seal(octets(in, "secret"), text(in, "kid"), octets(in, "plain"))}};
}

Json unseal(const Json& in) {
  return secret_or_fault(jose::unseal(octets(in, "secret"), text(in, "jwe")));
}

Json make_authority(const Json& in) {
  const auto made = pki::DeviceCa::make(guid(in, "tenant"), {in.at("from"), in.at("until")});
  return {{"private_key", base64_of(made.key().pkcs8().bytes())},
          {"certificate", base64_of(made.certificate().der())}};
}

pki::DeviceCa authority(const Json& in) {
  auto certificate = pki::Certificate::parse(octets(in, "authority")).value();
  return pki::DeviceCa::load(guid(in, "tenant"), private_key(in), std::move(certificate)).value();
}

Json issue(const Json& in) {
  const auto key = pki::parse_certificate_request(octets(in, "request"));
  if (!key) return fault(name(key.error().fault));
  const auto certificate = authority(in).issue(*key, guid(in, "device"), {in.at("from"), in.at("until")});
  return {{"certificate", base64_of(certificate.der())}, {"thumbprint", certificate.thumbprint()}};
}

Json verify_certificate(const Json& in) {
  const auto certificate = pki::Certificate::parse(octets(in, "certificate"));
  if (!certificate) return fault(name(certificate.error().fault));
  const auto device = authority(in).verify(*certificate, in.at("now"));
  if (!device) return fault(name(device.error().fault));
  return {{"device", device->text()}};
}

Json make_request(const Json& in) {
  return {{"request", base64_of(pki::make_certificate_request(private_key(in), text(in, "name")))}};
}

Json write_credential(const Json& in) {
  pki::KeyCredential credential;
  credential.material = octets(in, "material");
  credential.device = guid(in, "device");
  credential.created = in.at("created").get<std::uint64_t>();
  return {{"blob", base64_of(pki::key_credential_blob(credential))}};
}

Json read_credential(const Json& in) {
  const auto credential = pki::parse_key_credential(octets(in, "blob"));
  if (!credential) return fault(name(credential.error().fault));
  const auto key = pki::key_of_material(credential->material);
  if (!key) return fault(name(key.error().fault));
  return {{"usage", credential->usage}, {"source", credential->source}, {"jwk", jose::jwk_of(*key)}};
}

const std::map<std::string, std::function<Json(const Json&)>> commands{
    {"read_key", read_key},
    {"verify_jws", verify_jws},
    {"verify_with_session_key", verify_with_session_key},
    {"sign_jws", sign_jws},
    {"sign_with_session_key", sign_with_session_key},
    {"wrap", wrap},
    {"unwrap", unwrap},
    {"encrypt_answer", encrypt_answer},
    {"seal", seal},
    {"unseal", unseal},
    {"make_authority", make_authority},
    {"issue", issue},
    {"verify_certificate", verify_certificate},
    {"make_request", make_request},
    {"write_credential", write_credential},
    {"read_credential", read_credential},
};

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const Json in = Json::parse(line);
    std::cout << commands.at(text(in, "do"))(in).dump() << std::endl;
  }
  return EXIT_SUCCESS;
}
