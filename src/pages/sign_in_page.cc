#include "pages/sign_in_page.h"

#include <utility>

#include "pages/page.h"
#include "pages/passkey_form.h"
#include "pages/session.h"
#include "signin/passkeys.h"
#include "signin/proof.h"

namespace ferryman::pages {
namespace {

// What is shown at sign-in is typed into one field, whichever it is.
std::string_view secret_label(const signin::Settings& settings) {
  if (settings.enrol_by_code && settings.enrol_by_password) return "One-time code or password";
  return settings.enrol_by_code ? "One-time code" : "Password";
}

Html secret_field(const Visit& visit) {
  const signin::Settings& settings = visit.realm.settings;
  const std::string_view type = settings.enrol_by_password ? "password" : "text";
  const std::string_view complete = settings.enrol_by_password ? "current-password" : "one-time-code";
  Html field = element("label", {{"for", "secret"}}, secret_label(settings));
  field += void_element("input", {{"id", "secret"},
                                  {"name", "secret"},
                                  {"type", type},
                                  {"autocomplete", complete},
                                  {"autocapitalize", "characters"},
                                  {"spellcheck", "false"},
                                  {"required", ""},
                                  {"maxlength", "256"},
                                  {"aria-describedby", "problem hint"}});
  if (settings.enrol_by_code)
    field += element("p", {{"class", "hint"}, {"id", "hint"}}, "An administrator gives you a one-time code.");
  return field;
}

// By a one-time code or a password: a way in among those that the page offers.
Html by_secret(const Visit& visit, std::string_view name) {
  Html fields = element("label", {{"for", "username"}}, "User name");
  fields += void_element("input", {{"id", "username"},
                                   {"name", "username"},
                                   {"type", "text"},
                                   {"value", name},
                                   {"autocomplete", "username"},
                                   {"autocapitalize", "none"},
                                   {"spellcheck", "false"},
                                   {"required", ""},
                                   {"maxlength", "512"},
                                   {"autofocus", ""}});
  fields += secret_field(visit) + element("div", {{"class", "wide"}}, button("Sign in", Weight::main));
  return form(visit, "sign-in", fields);
}

// By a passkey, which knows who she is; nothing where none can be asked for.
Html by_passkey(const Visit& visit) {
  if (!visit.tenant) return {};
  const auto options = signin::passkey_request_options(visit.realm, *visit.tenant, std::nullopt);
  if (!options) return {};
  const Html fields = element("div", {{"class", "wide or"}}, button("Sign in with a passkey", Weight::plain));
  return passkey_form(visit, "sign-in-passkey", PasskeyUse::get, *options, fields);
}

std::optional<signin::Answer> fail(Visit& visit, const signin::Answer& refusal) {
  visit.problem = problem_of(refusal);
  return std::nullopt;
}

// To the same page again, signed in.
std::optional<signin::Answer> signed_in(Visit& visit, const signin::Subject& subject) {
  auto cookie = session_cookie(visit.realm, subject);
  if (!cookie) return fail(visit, cookie.error());
  visit.new_cookie = *std::move(cookie);
  visit.tenant = subject.tenant;
  std::string address = visit.address(subject.tenant, visit.page);
  if (!visit.request.query.empty()) address.append("?").append(visit.request.query);
  signin::Answer answer = see_other(visit, address);
  answer.user = subject.user.name;
  return answer;
}

}  // namespace

signin::Answer sign_in_page(const Visit& visit, const Html& what_for, std::string_view name) {
  const Html content =
      element("h1", "Sign in") + paragraph(what_for) +
      by_secret(visit, visit.typed_name.empty() ? name : std::string_view(visit.typed_name)) +
      by_passkey(visit);
  Page page{"Sign in", element("div", {{"class", "card narrow"}}, content)};
  page.asks_passkey = true;
  return show(visit, page);
}

std::optional<signin::Answer> sign_in(Visit& visit, const signin::Parameters& form) {
  visit.typed_name = form.optional("username");
  const auto tenant = signin::tenant_of_user(visit.realm, visit.path_tenant, visit.typed_name);
  if (!tenant) return fail(visit, tenant.error());
  const auto proven = signin::prove(visit.realm, *tenant, visit.typed_name, form.optional("secret"));
  if (!proven) return fail(visit, proven.error());
  return signed_in(
      visit, {*tenant, proven->user.account, {proven->gesture, visit.realm.now() + signin::strong_lifetime}});
}

std::optional<signin::Answer> sign_in_by_passkey(Visit& visit, const signin::Parameters& form) {
  const auto tenant = visit.tenant ? signin::Step<directory::Tenant>(*visit.tenant)
                                   : signin::find_tenant(visit.realm, visit.path_tenant);
  if (!tenant) return fail(visit, tenant.error());
  const auto credential = credential_of(form);
  if (!credential) return fail(visit, credential.error());
  const auto shown = signin::verify_passkey(visit.realm, *tenant, *credential, as_text(visit.request.body));
  if (!shown) return fail(visit, shown.error());
  return signed_in(visit,
                   {*tenant,
                    shown->user.account,
                    {directory::Gesture::key, visit.realm.now() + signin::key_strong_lifetime, shown->key}});
}

}  // namespace ferryman::pages
