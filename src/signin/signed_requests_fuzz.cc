// Sign-in behind its own signatures: the fuzzer has the keys of a device, of a user, of a PRT and of the
// tenant, and bends what is signed or sealed with them. Input: which request, which part of it is bent, and
// then how.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64.h"
#include "crypto/openssl.h"
#include "directory/database.h"
#include "jose/ecdsa.h"
#include "jose/jwe.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "jose/session_key.h"
#include "kerberos/bending.h"
#include "kerberos/numbers.h"
#include "pki/certificate_request.h"
#include "pki/key_credential.h"
#include "signin/sign_in.h"
#include "signin/tokens.h"

namespace ferryman::signin {
namespace {

using json::Json;

constexpr std::string_view jwt_bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
constexpr std::array<std::string_view, 25> words{
    "request_nonce", "refresh_token", "assertion", "grant_type", "scope",   "iss",          "oid",
    "tid",           "aud",           "deviceid",  "sid",        "amr",     "strong_until", "bond",
    "exp",           "iat",           "nbf",       "ctx",        "kdf_ver", "kid",          "x5c",
    "crit",          "use",           "password",  "example"};

// What is wanted of a request; the parts of it are counted as they come by.
class Bender {
 public:
  Bender(std::uint8_t part, Bytes changes) : part_(part), changes_(changes) {}

  bool bends() const { return bends_; }

  Json json(Json value) {
    while (const auto change = next_change()) bend(value, *change);
    end_part();
    return value;
  }
  std::string text(std::string value) {
    while (const auto change = next_change()) bend(value, *change);
    end_part();
    return value;
  }
  Octets octets(const Octets& value) {
    const std::string bent = text(std::string(as_text(value)));
    return {bent.begin(), bent.end()};
  }
  Octets der(const Octets& value) {
    kerberos::Node node = kerberos::read_nodes(value).front();
    while (const auto change = next_change()) {
      kerberos::Random random(change->how + 256U * change->where + 65536U * change->what + 1);
      kerberos::bend(node, random);
    }
    end_part();
    return bends_here_ ? kerberos::written(node) : value;
  }

 private:
  struct Change {
    std::uint8_t how, where, what;
  };

  std::optional<Change> next_change() {
    if (at_ != part_ || changes_.size() < 3) return std::nullopt;
    const Change change{changes_[0], changes_[1], changes_[2]};
    changes_ = changes_.subspan(3);
    bends_ = bends_here_ = true;
    return change;
  }
  void end_part() {
    bends_here_ = false;
    ++at_;
  }

  static void collect(Json& node, std::vector<Json*>& nodes) {
    nodes.push_back(&node);
    if (node.is_structured())
      for (Json& each : node) collect(each, nodes);
  }
  static void bend(Json& root, const Change& change);
  static void bend(std::string& text, const Change& change);

  std::uint8_t part_, at_ = 0;
  Bytes changes_;
  bool bends_ = false, bends_here_ = false;
};

void Bender::bend(Json& root, const Change& change) {
  std::vector<Json*> nodes;
  collect(root, nodes);
  Json& node = *nodes[change.where % nodes.size()];
  const Json other = *nodes[change.what % nodes.size()];
  const std::string_view word = words[change.what % words.size()];
  switch (change.how % 14) {
    case 0:
      node = nullptr;
      break;
    case 1:
      node = change.what % 2 == 0;
      break;
    case 2:
      node = (std::int64_t{1} << (change.what % 63U)) * (change.what >= 128 ? -1 : 1);
      break;
    case 3:
      node = 1e300;
      break;
    case 4:
      node = Json::array({other, node});
      break;
    case 5:
      node = Json{{word, node}};
      break;
    case 6:
      if (node.is_object() && !node.empty())
        node.erase(std::next(node.begin(), change.what % static_cast<int>(node.size())));
      if (node.is_array() && !node.empty()) node.erase(node.begin());
      break;
    case 7:
      node = other;
      break;
    case 8:
      node = word;
      break;
    case 9:
      if (root.is_object()) root[std::string(word)] = Json(node);
      break;
    case 10:
      if (node.is_number_integer()) node = node.get<std::int64_t>() + (change.what - 128) * 16;
      break;
    case 11:
      if (node.is_number_integer())
        node = static_cast<std::uint64_t>(node.get<std::int64_t>()) << (change.what % 64U);
      break;
    default:
      if (node.is_string()) bend(node.get_ref<std::string&>(), {change.what, change.what, change.how});
  }
}

void Bender::bend(std::string& text, const Change& change) {
  const std::size_t at = text.empty() ? 0 : change.where * text.size() / 256;
  switch (change.how % 6) {
    case 0:
      if (!text.empty()) text[at] = static_cast<char>(change.what);
      break;
    case 1:
      text.insert(at, 1, static_cast<char>(change.what));
      break;
    case 2:
      text.erase(at, change.what);
      break;
    case 3:
      text.insert(at, text.substr(0, change.what));
      break;
    case 4:
      text.insert(at, words[change.what % words.size()]);
      break;
    default:
      text.resize(at);
  }
}

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// What a request is before it is sent.
struct Sent {
  std::string method, path, body, authorization{};
  bool is_forged = false;     // its signature was bent
  bool is_under_prt = false;  // the answer is encrypted by the session key
};

class World {
 public:
  World();
  void run(std::uint8_t request, Bender& bend);

 private:
  using Request = Sent (World::*)(Bender&);

  std::int64_t now() const {
    return std::chrono::floor<std::chrono::seconds>(time_.time_since_epoch()).count();
  }
  void enrol();
  void forget_what_came_of_it();
  std::string nonce();

  static std::string compact(Bender& bend, const Json& header, const Json& claims);
  static std::string signed_by(Bender& bend, const pki::PrivateKey& key, const std::string& text, Sent& sent);
  std::string signed_by_session(Bender& bend, const Json& claims, int kdf_version, Sent& sent) const;
  Json claims(std::string_view grant, Json further);
  std::string sealed(Bender& bend, const Json& content) const;
  std::string prt_token(Bender& bend) const;
  std::string bond() const { return "0." + std::to_string(alice_.kvno); }
  void authorize(Bender& bend, Sent& sent, bool by_prt) const;
  Sent token_request(Bender& bend, Sent sent, const std::string& jwt) const;
  Sent by_device(Bender& bend, const Json& claims);
  Sent by_prt(Bender& bend, int kdf_version, std::string_view scope);

  Sent by_key(Bender& bend);
  Sent by_refresh_token(Bender& bend);
  Sent tokens_by_refresh_token(Bender& bend);
  Sent token_by_kdf_1(Bender& bend) { return by_prt(bend, 1, "openid"); }
  Sent token_by_kdf_2(Bender& bend) { return by_prt(bend, 2, "openid"); }
  Sent renewal_by_kdf_1(Bender& bend) { return by_prt(bend, 1, "openid aza"); }
  Sent renewal_by_kdf_2(Bender& bend) { return by_prt(bend, 2, "openid aza"); }
  Sent join(Bender& bend);
  Sent register_key(Bender& bend, const std::string& kngc);
  Sent register_jwk(Bender& bend);
  Sent register_der(Bender& bend);
  Sent register_blob(Bender& bend);
  Sent leave(Bender& bend);

  std::unique_ptr<directory::Database> directory_;
  account::Attempts attempts_;
  account::Policy policy_;
  Settings settings_{"https://gateway.example.com", "example"};
  SignIn sign_in_;
  Keys keys_of_tenants_;
  Nonces::Time time_{std::chrono::seconds(1'800'000'000)};
  std::uint64_t requests_ = 0;

  directory::Tenant tenant_;
  directory::Account alice_;
  std::shared_ptr<const TenantKeys> keys_;
  const pki::PrivateKey device_key_ = pki::PrivateKey::generate_p256(),
                        user_key_ = pki::PrivateKey::generate_p256(),
                        transport_key_ = pki::PrivateKey::generate_rsa();
  const Octets session_key_ = Octets(jose::session_key_size, 5);
  directory::Device device_;
  directory::KeyCredential key_;
  directory::Prt prt_;
};

// In memory where that is possible; a file that is open is there as long as this.
std::unique_ptr<directory::Database> new_directory() {
  const bool in_memory = ::access("/dev/shm", W_OK) == 0;
  std::string folder = std::string(in_memory ? "/dev/shm" : "/tmp") + "/signed_requests_fuzz_XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) std::abort();
  auto opened = directory::open_database({.location = folder + "/realm.db", .create = true},
                                         *directory::MasterKey::make(Octets(directory::MasterKey::size, 7)));
  if (!opened) std::abort();
  const std::array etypes{kerberos::etype::aes256_sha1};
  if (!(*opened)->create_tenant({.name = "example", .domains = {"example.test"}}, "EXAMPLE.COM", etypes, 0))
    std::abort();
  std::filesystem::remove_all(folder);
  return *std::move(opened);
}

World::World()
    : directory_(new_directory()),
      sign_in_(*directory_, *directory_, attempts_),
      keys_of_tenants_(*directory_) {
  policy_.lockout.threshold = 0;
  settings_.enrol_by_password = false;  // string-to-key is slow
  tenant_ = directory_->find_tenant("example").value();
  alice_ = directory_->create_account(tenant_.id, {.account = {.name = "alice"}}, now()).value();
  keys_ = keys_of_tenants_.of(tenant_.id, now()).value();
  device_.id = directory::DeviceId{directory::random_guid()};
  device_.owner = alice_.id;
  constexpr std::int64_t years = 300'000'000;
  const auto certificate =
      keys_->device_ca.issue(device_key_.public_key(), device_.id, {now() - 3600, now() + years});
  device_.certificate = certificate.der();
  device_.transport_key = transport_key_.public_key().subject_public_key_info();
  pki::KeyCredential credential;
  credential.material = pki::key_material(user_key_.public_key());
  credential.device = device_.id;
  key_.id = credential.id();
  key_.user = alice_.id;
  key_.device = device_.id;
  key_.blob = pki::key_credential_blob(credential);
  prt_.id = directory::PrtId{directory::random_guid()};
  prt_.user = alice_.id;
  prt_.device = device_.id;
  prt_.key = key_.id;
  prt_.gesture = directory::Gesture::key;
  prt_.expires = prt_.strong_until = now() + years;
  enrol();
}

void World::enrol() {
  if (!directory_->add_device(tenant_.id, device_) || !directory_->add_key(tenant_.id, key_) ||
      !directory_->add_prt(tenant_.id, prt_, {}))
    std::abort();
}

// With a device go its keys and PRTs.
void World::forget_what_came_of_it() {
  const auto devices = directory_->devices_of(tenant_.id, alice_.id);
  if (!devices) std::abort();
  for (const auto& device : *devices)
    if (!directory_->remove_device(tenant_.id, device.id)) std::abort();
  if (!directory_->forget_expired(now())) std::abort();
  enrol();
}

std::string World::nonce() {
  return (*keys_of_tenants_.nonces(now()))->make(tenant_.id.text(), time_, settings_.nonce_lifetime);
}

std::string World::compact(Bender& bend, const Json& header, const Json& claims) {
  const std::string head = bend.text(text_of(bend.json(header)));
  const std::string payload = bend.text(text_of(bend.json(claims)));
  return base64url_of(as_bytes(head)) + "." + base64url_of(as_bytes(payload));
}

std::string World::signed_by(Bender& bend, const pki::PrivateKey& key, const std::string& text, Sent& sent) {
  Octets signature = pki::sign(key, as_bytes(text));
  if (key.public_key().type() == pki::KeyType::p256) signature = jose::ecdsa_raw_of_der(signature);
  const Octets bent = bend.octets(signature);
  sent.is_forged = sent.is_forged || bent != signature;
  return jose::with_signature(text, bent);
}

// With the key that the header, as it has become, says.
std::string World::signed_by_session(Bender& bend, const Json& claims, int kdf_version, Sent& sent) const {
  const Octets context(jose::context_size, 9);
  const std::string text =
      compact(bend, {{"alg", "HS256"}, {"typ", "JWT"}, {"ctx", base64_of(context)}, {"kdf_ver", kdf_version}},
              claims);
  jose::Jws read;
  if (auto parsed = jose::parse_jws(text + ".AA")) read = std::move(*parsed);
  const auto key =
      jose::signing_key(session_key_, read.header.context, read.header.kdf_version, read.payload);
  Octets mac(32);
  crypto::openssl::hmac(crypto::openssl::Digest::sha256, key, {as_bytes(text)}, mac);
  const Octets bent = bend.octets(mac);
  sent.is_forged = sent.is_forged || bent != mac;
  return jose::with_signature(text, bent);
}

Json World::claims(std::string_view grant, Json further) {
  Json claims{{"client_id", "38aa3b87-a06d-4817-b275-7a316988d93b"},
              {"request_nonce", nonce()},
              {"scope", "openid aza ugs"},
              {"grant_type", grant},
              {"iss", "aad:brokerplugin"},
              {"aud", "login.microsoftonline.com"},
              {"iat", now() - 300},
              {"exp", now() + 300}};
  claims.update(further);
  return claims;
}

std::string World::sealed(Bender& bend, const Json& content) const {
  const std::string plain = text_of(bend.json(content));
  return bend.text(jose::seal(keys_->prt_key.bytes(), tenant_.id.text(), as_bytes(plain)));
}

std::string World::prt_token(Bender& bend) const {
  return sealed(bend, {{"type", "prt"}, {"id", prt_.id.text()}, {"key", base64_of(session_key_)}});
}

void World::authorize(Bender& bend, Sent& sent, bool by_prt) const {
  Json claims{{"aud", registration_audience},
              {"iat", now()},
              {"nbf", now()},
              {"exp", now() + token_lifetime},
              {"oid", alice_.id.text()},
              {"tid", tenant_.id.text()},
              {"deviceid", device_.id.text()},
              {"bond", bond()},
              {"amr", Json::array({"rsa", "mfa", "ngcmfa"})},
              {"strong_until", now() + token_lifetime}};
  if (by_prt) claims["sid"] = prt_.id.text();
  const std::string text = compact(bend, {{"alg", "ES256"}, {"typ", "JWT"}}, claims);
  sent.authorization = bend.text("Bearer " + signed_by(bend, keys_->token_key, text, sent));
}

Sent World::token_request(Bender& bend, Sent sent, const std::string& jwt) const {
  sent.method = "POST";
  sent.path = "/" + bend.text("example") + "/oauth2/token";
  sent.body =
      bend.text("tgt=true&client_id=x&windows_api_version=2.0&grant_type=" + std::string(jwt_bearer)) +
      "&request=" + jwt;
  return sent;
}

Sent World::by_device(Bender& bend, const Json& claims) {
  Sent sent;
  const Json header{{"alg", "ES256"}, {"typ", "JWT"}, {"x5c", Json::array({base64_of(device_.certificate)})}};
  const std::string jwt = signed_by(bend, device_key_, compact(bend, header, claims), sent);
  return token_request(bend, std::move(sent), jwt);
}

Sent World::by_key(Bender& bend) {
  Sent inner;
  const Json header{
      {"alg", "ES256"}, {"typ", "JWT"}, {"use", "ngc"}, {"kid", pki::key_id_text(user_key_.public_key())}};
  const Json who = claims(jwt_bearer, {{"iss", "alice@example.test"}});
  const std::string assertion = signed_by(bend, user_key_, compact(bend, header, who), inner);
  Sent sent = by_device(bend, claims(jwt_bearer, {{"assertion", assertion}}));
  sent.is_forged = sent.is_forged || inner.is_forged;
  return sent;
}

Sent World::by_refresh_token(Bender& bend) {
  const std::string token = sealed(bend, {{"type", "refresh"},
                                          {"oid", alice_.id.text()},
                                          {"iat", now()},
                                          {"bond", bond()},
                                          {"gesture", 2},
                                          {"strong_until", now() + token_lifetime}});
  return by_device(bend, claims("refresh_token", {{"refresh_token", token}}));
}

Sent World::tokens_by_refresh_token(Bender& bend) {
  const std::string token = sealed(bend, {{"type", "refresh"},
                                          {"oid", alice_.id.text()},
                                          {"iat", now()},
                                          {"bond", bond()},
                                          {"gesture", 2},
                                          {"strong_until", now() + token_lifetime}});
  return {
      "POST", "/" + bend.text("common") + "/oauth2/v2.0/token",
      bend.text("client_id=x&resource=y&scope=openid&grant_type=refresh_token") + "&refresh_token=" + token};
}

Sent World::by_prt(Bender& bend, int kdf_version, std::string_view scope) {
  const std::string token = prt_token(bend);
  Sent sent;
  sent.is_under_prt = true;
  const Json said = claims("refresh_token", {{"refresh_token", token}, {"scope", scope}});
  const std::string jwt = signed_by_session(bend, said, kdf_version, sent);
  return token_request(bend, std::move(sent), jwt);
}

// The request for a certificate is signed as it was bent.
Sent World::join(Bender& bend) {
  const Octets good = pki::make_certificate_request(device_key_, "a computer");
  kerberos::Node request = kerberos::read_nodes(good).front();
  const Octets tbs = bend.der(kerberos::written(request.children[0]));
  request.children[0] = kerberos::read_nodes(tbs).front();
  Octets signature = pki::sign(device_key_, kerberos::written(request.children[0]));
  signature.insert(signature.begin(), 0);
  request.children[2].value = signature;
  const Octets der = bend.der(kerberos::written(request));
  const Octets transport = bend.der(transport_key_.public_key().subject_public_key_info());
  const Json body{{"CertificateRequest", {{"Type", "pkcs10"}, {"Data", base64_of(der)}}},
                  {"TransportKey", base64_of(transport)},
                  {"DeviceDisplayName", "computer"},
                  {"DeviceType", "Linux"},
                  {"OSVersion", "12"},
                  {"TargetDomain", "example.test"},
                  {"JoinType", 0}};
  Sent sent{"POST", "/EnrollmentServer/device/", bend.text(text_of(bend.json(body)))};
  authorize(bend, sent, false);
  return sent;
}

Sent World::register_key(Bender& bend, const std::string& kngc) {
  Sent sent{"POST", "/EnrollmentServer/key/", bend.text(text_of(bend.json({{"kngc", kngc}})))};
  authorize(bend, sent, true);
  return sent;
}

Sent World::register_jwk(Bender& bend) {
  return register_key(
      bend, base64_of(as_bytes(bend.text(text_of(bend.json(jose::jwk_of(device_key_.public_key())))))));
}

Sent World::register_der(Bender& bend) {
  return register_key(bend, base64_of(bend.der(device_key_.public_key().subject_public_key_info())));
}

Sent World::register_blob(Bender& bend) {
  return register_key(bend, base64_of(bend.octets(pki::key_material(transport_key_.public_key()))));
}

Sent World::leave(Bender& bend) {
  Sent sent{"DELETE", "/EnrollmentServer/device/" + bend.text(device_.id.text()), ""};
  authorize(bend, sent, true);
  return sent;
}

// Every answer can be sent, JSON is JSON, the service does not fail. What is not bent is served, and what is
// signed by nobody is not.
void World::run(std::uint8_t request, Bender& bend) {
  static constexpr std::array<Request, 12> requests{&World::by_key,
                                                    &World::by_refresh_token,
                                                    &World::tokens_by_refresh_token,
                                                    &World::token_by_kdf_1,
                                                    &World::token_by_kdf_2,
                                                    &World::renewal_by_kdf_1,
                                                    &World::renewal_by_kdf_2,
                                                    &World::join,
                                                    &World::register_jwk,
                                                    &World::register_der,
                                                    &World::register_blob,
                                                    &World::leave};
  time_ += std::chrono::seconds(1);
  const Sent sent = (this->*requests[request % requests.size()])(bend);
  local::HttpRequest http;
  http.method = sent.method;
  http.path = sent.path;
  http.body = as_bytes(sent.body);
  if (!sent.authorization.empty()) http.fields.push_back({"Authorization", sent.authorization});
  local::Octets octets;
  if (!append(octets, http)) return;  // such a request does not come here
  const Answer answer = sign_in_.answer(http, settings_, policy_, time_);
  const auto& response = answer.response;
  if (!append(octets, response) || response.status >= 500) std::abort();
  const bool is_served = response.status == 200;
  if (is_served ? sent.is_forged : !bend.bends()) {
    std::fprintf(stderr, "%s %s: %d %s\n", sent.method.c_str(), sent.path.c_str(), response.status,
                 std::string(answer.reason).c_str());
    std::abort();
  }
  if (response.body.starts_with('{') && !Json::accept(response.body)) std::abort();
  if (is_served && sent.is_under_prt && !response.body.starts_with('{')) {
    const auto opened = jose::decrypt_answer(session_key_, response.body);
    if (!opened || !Json::accept(as_text(opened->bytes()))) std::abort();
  }
  if (is_served) forget_what_came_of_it();
  constexpr std::uint64_t often = 1000;
  if (++requests_ % often == 0 && !directory_->forget_expired(now())) std::abort();
}

}  // namespace
}  // namespace ferryman::signin

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman;
  static signin::World& world = *new signin::World;
  constexpr std::size_t max_changes = 16 * 3;
  if (size < 2 || size > 2 + max_changes) return 0;
  signin::Bender bend(data[1], Bytes(data, size).subspan(2));
  world.run(data[0], bend);
  return 0;
}
