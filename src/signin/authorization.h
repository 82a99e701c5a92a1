#pragma once

#include <string>
#include <string_view>

#include "signin/programs.h"
#include "signin/sealed_sign_in.h"

// The authorization code grant (RFC 6749 4.1) with PKCE (RFC 7636). A code is sealed, so that nothing is kept
// of one before it is redeemed, and then that it was.
namespace ferryman::signin {

inline constexpr std::int64_t code_lifetime = 120;  // seconds

struct AuthorizationRequest {
  Program program;
  std::string redirect_uri, state, nonce, challenge, resource, scope, login_hint;
  // What the program is told instead of a code (RFC 6749 4.1.2.1); empty: nothing is wrong.
  std::string_view error{};
};
// Of a query. Refused where nobody may be sent back: an unknown program, or a redirect URI that is not its
// own. challenge is empty where there is none, which is for the caller to judge.
Step<AuthorizationRequest> parse_authorization(const Realm& realm, std::string_view query);

// Where to whoever signs in is sent.
std::string redirect_with_code(const AuthorizationRequest& request, std::string_view code);
std::string redirect_with_error(const AuthorizationRequest& request, std::string_view error);

Step<std::string> authorization_code(const Realm& realm, const TenantKeys& keys, const Subject& subject,
                                     const AuthorizationRequest& request);

struct CodeGrant {
  std::string_view code, client_id, redirect_uri, verifier;
};
Answer redeem_code(const Realm& realm, std::string_view path_tenant, const CodeGrant& grant);

// What a program may ask a token for: refused with invalid_target where it is for something else.
Step<std::string> resource_for(const Program& program, std::string_view resource, std::string_view scope);
// The tokens that a program gets in a user's name, no more than it may have.
struct ProgramTokens {
  std::string resource{}, scope{}, nonce{};
};
Answer answer_program(const Realm& realm, const SealedSignIn& sign_in, const Program& program,
                      const ProgramTokens& tokens);
auto refuse_unknown_program() -> tl::unexpected<Answer>;

}  // namespace ferryman::signin
