#include "pages/session.h"

#include <array>
#include <optional>
#include <utility>

#include "base/base64.h"
#include "base/secret.h"
#include "base/text.h"
#include "crypto/openssl.h"

namespace ferryman::pages {
namespace {

using signin::Step;

constexpr std::string_view session_name = "__Host-session", visitor_name = "__Host-visitor";
constexpr std::string_view attributes = "; Path=/; Secure; HttpOnly; SameSite=Strict";
constexpr std::size_t visitor_octets = 18, visitor_size = 24, max_session = 4096;

directory::Digest digest_of(std::string_view prefix, std::string_view text) {
  directory::Digest digest{};
  crypto::openssl::hash(crypto::openssl::Digest::sha256, {as_bytes(prefix), as_bytes(text)}, digest);
  return digest;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::string_view field(const local::HttpRequest& request, std::string_view name) {
  for (const local::Field& each : request.fields) {
    if (equal_without_case(each.name, name)) return each.value;
  }
  return {};
}

// RFC 6265 5.4; HTTP/2 may bring them in several fields (RFC 9113 8.2.3).
std::string_view cookie(const local::HttpRequest& request, std::string_view name) {
  for (const local::Field& each : request.fields) {
    if (!equal_without_case(each.name, "cookie")) continue;
    for (std::string_view rest = each.value; !rest.empty();) {
      const std::string_view pair = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
      const auto equals = pair.find('=');
      if (equals != pair.npos && trimmed(pair.substr(0, equals)) == name)
        return trimmed(pair.substr(equals + 1));
    }
  }
  return {};
}

std::string set_cookie(std::string_view name, std::string_view value) {
  return std::string(name).append("=").append(value).append(attributes);
}

// Only who has the cookie can make it, and nobody can read a cookie but this service.
std::string form_token(std::string_view cookie) {
  return base64url_of(digest_of("form:", cookie));
}

bool is_token_of(std::string_view token, std::string_view cookie) {
  return equal_in_constant_time(as_bytes(token), as_bytes(form_token(cookie)));
}

// The session's person, while it is good at this tenant; nothing where it is not.
Step<std::optional<signin::SealedSignIn>> person_of(const Visit& visit, std::string_view text) {
  if (text.empty() || text.size() > max_session) return std::optional<signin::SealedSignIn>();
  auto opened = signin::open_sign_in(visit.realm, visit.path_tenant, text, signin::sealed_as::session,
                                     session_lifetime);
  if (!opened && opened.error().response.status == 503) return tl::unexpected(std::move(opened.error()));
  if (!opened) return std::optional<signin::SealedSignIn>();
  const auto ended = visit.realm.records.is_used(digest_of("session:", text));
  if (!ended) return tl::unexpected(signin::unavailable(ended.error()));
  if (*ended) return std::optional<signin::SealedSignIn>();
  return std::optional(*std::move(opened));
}

}  // namespace

Step<void> recognise(Visit& visit) {
  const std::string_view session = cookie(visit.request, session_name);
  auto person = person_of(visit, session);
  if (!person) return tl::unexpected(std::move(person.error()));
  visit.person = *std::move(person);
  if (visit.person) {
    visit.form_token = form_token(session);
    return {};
  }
  const std::string_view visitor = cookie(visit.request, visitor_name);
  if (visitor.size() == visitor_size) {
    visit.form_token = form_token(visitor);
    return {};
  }
  std::array<std::uint8_t, visitor_octets> octets{};
  crypto::openssl::random(octets);
  const std::string fresh = base64url_of(octets);
  visit.form_token = form_token(fresh);
  visit.new_cookie = set_cookie(visitor_name, fresh);
  return {};
}

Step<void> check_form(const Visit& visit, const signin::Parameters& form) {
  const auto refused = [](std::string_view reason) {
    return signin::refuse({403, "access_denied", signin::entra::none,
                           "This form was not sent by this page, or it is too old. Please try again.",
                           reason});
  };
  if (field(visit.request, "origin") != visit.realm.settings.url) return refused("form of another origin");
  const std::string_view session = cookie(visit.request, session_name),
                         visitor = cookie(visit.request, visitor_name), token = form.optional("token");
  const bool has_visitor = visitor.size() == visitor_size;
  if (!visit.person && !has_visitor) return refused("form without a cookie");
  // Of either: the form may be of before she signed in, or have come by another site's link, with which a
  // browser sends none of them.
  if (visit.person && is_token_of(token, session)) return {};
  if (has_visitor && is_token_of(token, visitor)) return {};
  return refused("form without its token");
}

Step<std::string> session_cookie(const signin::Realm& realm, const signin::Subject& subject) {
  const auto keys = signin::keys_of(realm, subject.tenant);
  if (!keys) return tl::unexpected(keys.error());
  const auto sealed = signin::seal_sign_in(realm, **keys, subject, signin::sealed_as::session);
  if (!sealed) return tl::unexpected(sealed.error());
  return set_cookie(session_name, *sealed);
}

Step<std::string> end_session(const Visit& visit) {
  const std::string_view session = cookie(visit.request, session_name);
  const directory::Digest digest = digest_of("session:", session);
  const directory::NonceUse ended{digest, digest, visit.realm.now() + session_lifetime};
  if (const auto noted = visit.realm.records.use_nonces({&ended, 1}); !noted)
    return tl::unexpected(signin::unavailable(noted.error()));
  return set_cookie(session_name, "") + "; Max-Age=0";
}

}  // namespace ferryman::pages
