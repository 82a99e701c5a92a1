#include "pages/sign_in_page.h"

#include <utility>

#include "pages/page.h"
#include "pages/session.h"
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

}  // namespace

signin::Answer sign_in_page(const Visit& visit, const Html& what_for, std::string_view name) {
  const Html content = element("h1", "Sign in") + paragraph(what_for) +
                       by_secret(visit, visit.typed_name.empty() ? name : std::string_view(visit.typed_name));
  return show(visit, {"Sign in", element("div", {{"class", "card narrow"}}, content)});
}

std::optional<signin::Answer> sign_in(Visit& visit, const signin::Parameters& form) {
  const std::string_view name = form.optional("username");
  const auto fail = [&](const signin::Answer& refusal) {
    visit.problem = problem_of(refusal);
    visit.typed_name = name;
    return std::nullopt;
  };
  const auto tenant = signin::tenant_of_user(visit.realm, visit.path_tenant, name);
  if (!tenant) return fail(tenant.error());
  const auto proven = signin::prove(visit.realm, *tenant, name, form.optional("secret"));
  if (!proven) return fail(proven.error());
  auto cookie = session_cookie(visit.realm, {*tenant, proven->user.account, {proven->gesture, true}});
  if (!cookie) return fail(cookie.error());
  visit.new_cookie = *std::move(cookie);
  visit.tenant = *tenant;
  std::string address = visit.address(*tenant, visit.page);
  if (!visit.request.query.empty()) address.append("?").append(visit.request.query);
  signin::Answer answer = see_other(visit, address);
  answer.user = proven->user.account.name;
  return answer;
}

}  // namespace ferryman::pages
