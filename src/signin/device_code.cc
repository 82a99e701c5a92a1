#include "signin/device_code.h"

#include <arpa/inet.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "crypto/openssl.h"
#include "signin/authorization.h"
#include "signin/parameters.h"
#include "signin/proof.h"

namespace ferryman::signin {
namespace {

using directory::Decision;
using directory::Digest;
using State = directory::PolledDeviceCode::State;

constexpr std::array<std::string_view, 3> names{"client_id", "resource", "scope"};
// RFC 8628 6.1: no vowels, so that no words come out, and nothing that looks like something else.
constexpr std::string_view letters = "BCDFGHJKLMNPQRSTVWXZ";
constexpr std::size_t user_code_size = 8, device_code_size = 33;
constexpr int most_tries = 4;  // to find a user code that nobody has

// prefix: so that a hash of one thing is none of another's.
Digest digest_of(std::string_view prefix, std::string_view text) {
  Digest digest{};
  crypto::openssl::hash(crypto::openssl::Digest::sha256, {as_bytes(prefix), as_bytes(text)}, digest);
  return digest;
}

std::string new_user_code() {
  std::string code;
  while (code.size() < user_code_size) {
    std::array<std::uint8_t, 1> octet{};
    crypto::openssl::random(octet);
    // Above the last multiple of their number some letters were likelier.
    if (octet[0] < 256 / letters.size() * letters.size()) code += letters[octet[0] % letters.size()];
  }
  return code;
}

std::string shown(const std::string& user_code) {
  return user_code.substr(0, user_code_size / 2) + "-" + user_code.substr(user_code_size / 2);
}

// As it is typed: in any case, with whatever stands between the letters.
std::optional<Digest> digest_of_typed(std::string_view typed) {
  std::string code;
  for (const char c : typed) {
    if (c == '-' || c == ' ') continue;
    const char letter = ascii_upper(c);
    if (letters.find(letter) == letters.npos || code.size() == user_code_size) return std::nullopt;
    code += letter;
  }
  if (code.size() != user_code_size) return std::nullopt;
  return digest_of("user code:", code);
}

// Without the port.
std::string address_of(std::string_view client) {
  const auto colon = client.rfind(':');
  std::string_view address = client.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  return std::string(address);
}

// What one household or host has: of IPv6 the first half.
std::string network_of(const std::string& address) {
  std::array<std::uint8_t, 16> octets{};
  if (::inet_pton(AF_INET6, address.c_str(), octets.data()) != 1) return address;
  return base64url_of(Bytes(octets).first(octets.size() / 2));
}

directory::DeviceCode new_row(const Realm& realm, const local::HttpRequest& request, const Program& program,
                              std::string_view scope, std::string resource) {
  directory::DeviceCode row;
  row.address = address_of(request.client);
  row.network = network_of(row.address);
  row.client = program.id;
  row.resource = std::move(resource);
  row.scope = scope;
  row.created = realm.now();
  row.expires = realm.now() + device_code_lifetime;
  return row;
}

Answer no_room(const directory::Failure& failure) {
  if (failure.reason != directory::Reason::invalid) return unavailable(failure);
  Answer answer =
      refusal({429, "temporarily_unavailable", entra::bad_request,
               "Too many programs wait for a person already; try again later.", "too many device codes"});
  answer.response.fields.push_back({"Retry-After", "60"});
  return answer;
}

Answer answer_with_codes(const Realm& realm, std::string_view path_tenant, const std::string& device_code,
                         const std::string& user_code, int version) {
  const std::string uri = realm.settings.url + "/" + std::string(path_tenant) + "/device";
  nlohmann::json body{{"device_code", device_code},
                      {"user_code", user_code},
                      {"verification_uri", uri},
                      {"verification_url", uri},
                      {"expires_in", device_code_lifetime},
                      {"interval", device_code_pause},
                      {"message", "To sign in, open the page " + uri + " in a browser and enter the code " +
                                      user_code + "."}};
  if (version == 1) {
    body["expires_in"] = std::to_string(device_code_lifetime);
    body["interval"] = std::to_string(device_code_pause);
  }
  return json_answer(body.dump());
}

auto bad_user_code() {
  return refuse({400, "invalid_grant", entra::bad_request,
                 "No program waits with this code. Codes are good for a quarter of an hour.",
                 "unknown user code"});
}

// Of one that a program has polled: why there is no token yet, or never.
Answer not_allowed(State state) {
  switch (state) {
    case State::pending:
      return refusal(
          {400, "authorization_pending", entra::pending, "The person has not answered yet.", "pending"});
    case State::too_soon:
      return refusal({400, "slow_down", entra::pending, "Wait for the interval between two requests.",
                      "polled too soon"});
    case State::denied:
      return refusal(
          {400, "access_denied", entra::declined, "The person has said no.", "denied by the user"});
    default:
      return refusal({400, "expired_token", entra::device_code_expired,
                      "The device code has expired, was used, or is not the client's.",
                      "device code expired or unknown"});
  }
}

}  // namespace

Answer give_device_code(const Realm& realm, const local::HttpRequest& request, std::string_view path_tenant,
                        int version) {
  const auto form = Parameters::parse(as_text(request.body), names);
  if (!form) return form.error();
  const auto client = form->required("client_id");
  if (!client) return client.error();
  const auto program = find_program(realm.settings.programs, *client);
  if (!program) return refuse_unknown_program().value();
  auto resource = resource_for(*program, form->optional("resource"), form->optional("scope"));
  if (!resource) return resource.error();
  auto row = new_row(realm, request, *program, form->optional("scope"), *std::move(resource));
  std::string shown_tenant(Nonces::every_tenant);
  if (!names_every_tenant(path_tenant)) {
    const auto tenant = find_tenant(realm, path_tenant);
    if (!tenant) return tenant.error();
    row.tenant = tenant->id;
    shown_tenant = tenant->settings.name;
  }
  std::array<std::uint8_t, device_code_size> octets{};
  crypto::openssl::random(octets);
  const std::string device_code = base64url_of(octets);
  row.code = digest_of("device code:", device_code);
  for (int tries = 1;; ++tries) {
    const std::string user_code = new_user_code();
    row.user_code = digest_of("user code:", user_code);
    const auto added = realm.records.add_device_code(row);
    if (added) return answer_with_codes(realm, shown_tenant, device_code, shown(user_code), version);
    if (added.error().reason != directory::Reason::already_exists || tries == most_tries)
      return no_room(added.error());
  }
}

Answer poll_device_code(const Realm& realm, std::string_view path_tenant, std::string_view client_id,
                        std::string_view device_code) {
  const auto program = find_program(realm.settings.programs, client_id);
  if (!program) return refuse_unknown_program().value();
  // Clients wait a pause from answer to request, and clocks of several machines differ.
  const auto polled = realm.records.poll_device_code(digest_of("device code:", device_code), program->id,
                                                     device_code_pause - 1, realm.now());
  if (!polled) return unavailable(polled.error());
  if (polled->state != State::allowed) return not_allowed(polled->state);
  const auto person =
      open_sign_in(realm, path_tenant, polled->grant, sealed_as::approval, device_code_lifetime);
  if (!person) return person.error();
  return answer_program(realm, *person, *program, {polled->resource, polled->scope, {}});
}

Step<WaitingProgram> find_waiting(const Realm& realm, const SealedSignIn& person,
                                  std::string_view user_code) {
  std::optional<directory::DeviceCode> found;
  const auto look = [&]() -> directory::Outcome<bool> {
    const auto digest = digest_of_typed(user_code);
    if (!digest) return false;
    auto row = realm.records.device_code(person.tenant.id, *digest, realm.now());
    if (!row && row.error().reason != directory::Reason::not_found) return tl::unexpected(row.error());
    if (row) found = *std::move(row);
    return found.has_value();
  };
  const auto right = count_guess(realm, person.user, look);
  if (!right) return tl::unexpected(right.error());
  if (!*right || !found) return bad_user_code();
  const auto program = find_program(realm.settings.programs, found->client);
  return WaitingProgram{program ? program->name : found->client, found->address, found->created};
}

Step<void> decide_waiting(const Realm& realm, const SealedSignIn& person, std::string_view user_code,
                          Decision decision) {
  std::string grant;
  if (decision == Decision::allowed) {
    const auto keys = keys_of(realm, person.tenant);
    if (!keys) return tl::unexpected(keys.error());
    auto sealed = seal_sign_in(realm, **keys, person.subject(), sealed_as::approval);
    if (!sealed) return tl::unexpected(sealed.error());
    grant = *std::move(sealed);
  }
  const auto decide = [&]() -> directory::Outcome<bool> {
    const auto digest = digest_of_typed(user_code);
    if (!digest) return false;
    const auto done =
        realm.records.decide_device_code(person.tenant.id, *digest, decision, grant, realm.now());
    if (!done && done.error().reason != directory::Reason::not_found) return tl::unexpected(done.error());
    return done.has_value();
  };
  const auto right = count_guess(realm, person.user, decide);
  if (!right) return tl::unexpected(right.error());
  if (!*right) return bad_user_code();
  return {};
}

}  // namespace ferryman::signin
