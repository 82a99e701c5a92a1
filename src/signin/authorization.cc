#include "signin/authorization.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "crypto/openssl.h"
#include "signin/parameters.h"
#include "signin/token_answer.h"

namespace ferryman::signin {
namespace {

using directory::Digest;
using json::Json;

constexpr std::array<std::string_view, 13> names{
    "client_id", "redirect_uri", "response_type",  "response_mode", "state",      "nonce",
    "scope",     "resource",     "code_challenge", "prompt",        "login_hint", "code_challenge_method",
    "amr_values"};
// What goes back in a field of the answer.
constexpr std::size_t max_state = 2048, max_nonce = 512;
constexpr std::size_t max_resource = 1024;  // octets, of a scope as well
constexpr std::size_t challenge_size = 43;  // of SHA-256 in base64url
constexpr std::size_t min_verifier = 43, max_verifier = 128;

Digest digest_of(std::string_view text) {
  Digest digest{};
  crypto::openssl::hash(crypto::openssl::Digest::sha256, {as_bytes(text)}, digest);
  return digest;
}

// RFC 3986 2.3 leaves these as they are.
std::string encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF", plain = "-._~";
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<std::uint8_t>(c);
    const char small = ascii_lower(c);
    if ((small >= 'a' && small <= 'z') || (c >= '0' && c <= '9') || plain.find(c) != plain.npos) {
      out += c;
    } else {
      out += {'%', digits[octet >> 4U], digits[octet & 15U]};
    }
  }
  return out;
}

std::string redirect(const AuthorizationRequest& request, std::string_view name, std::string_view value) {
  std::string uri = request.redirect_uri;
  uri += uri.find('?') == uri.npos ? '?' : '&';
  uri.append(name).append("=").append(encoded(value));
  if (!request.state.empty()) uri.append("&state=").append(encoded(request.state));
  return uri;
}

// The first thing that is wrong with a request whose program may be told.
std::string_view error_of(const Parameters& query, const AuthorizationRequest& request) {
  const std::string_view mode = query.optional("response_mode"),
                         method = query.optional("code_challenge_method");
  if (query.optional("response_type") != "code") return "unsupported_response_type";
  if (!mode.empty() && mode != "query") return "invalid_request";
  if (request.nonce.size() > max_nonce) return "invalid_request";
  const bool plain = request.challenge.empty() ? !method.empty() : method != "S256";
  if (plain || (!request.challenge.empty() && request.challenge.size() != challenge_size))
    return "invalid_request";
  // Nobody gets a code whom she has not given it to.
  if (query.optional("prompt") == "none") return "interaction_required";
  return {};
}

bool proves(std::string_view verifier, std::string_view challenge) {
  if (verifier.size() < min_verifier || verifier.size() > max_verifier) return false;
  const std::string made = base64url_of(digest_of(verifier));
  return equal_in_constant_time(as_bytes(made), as_bytes(challenge));
}

std::string text_of(const Json& content, const char* name) {
  const std::string* text = json::text_member(content, name);
  return text == nullptr ? std::string() : *text;
}

auto bad_code(std::string_view reason, unsigned code = entra::bad_code) {
  return refuse({400, "invalid_grant", code,
                 "The authorization code is not good: another client, redirect URI or verifier, or used.",
                 reason});
}

Step<void> check_grant(const Json& content, const CodeGrant& grant) {
  if (!equal_without_case(text_of(content, "client"), grant.client_id))
    return bad_code("code of another client");
  if (text_of(content, "redirect_uri") != grant.redirect_uri) return bad_code("another redirect URI");
  const std::string challenge = text_of(content, "challenge");
  if (challenge.empty() && !grant.verifier.empty()) return bad_code("verifier without a challenge");
  if (!challenge.empty() && !proves(grant.verifier, challenge))
    return bad_code("wrong verifier", entra::bad_verifier);
  return {};
}

// Once, whoever sends the same once more.
Step<void> use_up(const Realm& realm, std::string_view code) {
  directory::NonceUse use{digest_of(code), {}, realm.now() + code_lifetime};
  crypto::openssl::random(use.request);
  const auto used = realm.records.use_nonces({&use, 1});
  if (used) return {};
  if (used.error().reason == directory::Reason::already_exists)
    return bad_code("code replayed", entra::code_redeemed);
  return tl::unexpected(unavailable(used.error()));
}

}  // namespace

tl::unexpected<Answer> refuse_unknown_program() {
  return refuse({400, "unauthorized_client", entra::unknown_client,
                 "The program is not known here: its client_id is not configured.", "unknown client"});
}

Step<AuthorizationRequest> parse_authorization(const Realm& realm, std::string_view query) {
  const auto parameters = Parameters::parse(query, names);
  if (!parameters) return tl::unexpected(parameters.error());
  const auto text = [&](std::string_view name) { return std::string(parameters->optional(name)); };
  const auto client = parameters->required("client_id");
  if (!client) return tl::unexpected(client.error());
  auto program = find_program(realm.settings.programs, *client);
  if (!program) return refuse_unknown_program();
  AuthorizationRequest request{*std::move(program), text("redirect_uri"),   text("state"),
                               text("nonce"),       text("code_challenge"), {},
                               text("scope"),       text("login_hint")};
  if (request.state.size() > max_state || !may_redirect(request.program, request.redirect_uri))
    return refuse({400, "invalid_request", entra::bad_redirect,
                   "The redirect_uri is not one of the program's, or the state is too long.",
                   "redirect URI of nobody's"});
  request.error = error_of(*parameters, request);
  auto resource = resource_for(request.program, text("resource"), request.scope);
  if (resource) {
    request.resource = *std::move(resource);
  } else if (request.error.empty()) {
    request.error = resource.error().error;
  }
  return request;
}

std::string redirect_with_code(const AuthorizationRequest& request, std::string_view code) {
  return redirect(request, "code", code);
}

std::string redirect_with_error(const AuthorizationRequest& request, std::string_view error) {
  return redirect(request, "error", error);
}

Step<std::string> authorization_code(const Realm& realm, const TenantKeys& keys, const Subject& subject,
                                     const AuthorizationRequest& request) {
  // Two that are given in one second differ by how they are sealed.
  return seal_sign_in(realm, keys, subject, sealed_as::code,
                      {{"client", request.program.id},
                       {"redirect_uri", request.redirect_uri},
                       {"challenge", request.challenge},
                       {"resource", request.resource},
                       {"scope", request.scope},
                       {"nonce", request.nonce}});
}

Answer redeem_code(const Realm& realm, std::string_view path_tenant, const CodeGrant& grant) {
  const auto opened = open_sign_in(realm, path_tenant, grant.code, sealed_as::code, code_lifetime);
  if (!opened) return opened.error();
  if (const auto good = check_grant(opened->more, grant); !good) return good.error();
  const auto program = find_program(realm.settings.programs, grant.client_id);
  if (!program) return refuse_unknown_program().value();
  if (const auto first = use_up(realm, grant.code); !first) return first.error();
  return answer_program(
      realm, *opened, *program,
      {text_of(opened->more, "resource"), text_of(opened->more, "scope"), text_of(opened->more, "nonce")});
}

Step<std::string> resource_for(const Program& program, std::string_view resource, std::string_view scope) {
  if (resource.size() > max_resource || scope.size() > max_resource)
    return refuse({400, "invalid_request", entra::bad_request, "The scope or the resource is too long.",
                   "scope or resource too long"});
  if (program.signs_in_computers) return resource_of(resource, scope);
  if (!resource.empty() && !equal_without_case(resource, program.id))
    return refuse({400, "invalid_target", entra::bad_request, "The program gets tokens for itself only.",
                   "token for another service"});
  return program.id;
}

Answer answer_program(const Realm& realm, const SealedSignIn& sign_in, const Program& program,
                      const ProgramTokens& tokens) {
  TokenRequest request{program.id, tokens.resource, tokens.scope, {}, tokens.nonce};
  if (program.signs_in_computers) return answer_with_tokens(realm, sign_in.subject(), std::move(request));
  Subject subject = sign_in.subject();
  subject.shown.strong_until = 0;
  return answer_without_refresh_token(realm, subject, request);
}

}  // namespace ferryman::signin
