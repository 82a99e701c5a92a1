#include "pages/page.h"
#include "pages/sign_in_page.h"
#include "signin/authorization.h"
#include "signin/credential_fields.h"

namespace ferryman::pages {
namespace {

using signin::AuthorizationRequest;

// Back to the program. Some read the document's link and not the field.
signin::Answer send(const Visit& visit, const std::string& uri, std::uint16_t status) {
  const Html content =
      element("h1", "Back to the program") + paragraph(element("a", {{"href", uri}}, "Continue"));
  signin::Answer answer =
      show(visit, {"Back to the program", element("div", {{"class", "card narrow"}}, content), status, uri});
  answer.response.fields.push_back({"Location", uri});
  return answer;
}

signin::Answer send_code(const Visit& visit, const signin::Subject& subject,
                         const AuthorizationRequest& request, std::uint16_t status) {
  const auto keys = signin::keys_of(visit.realm, subject.tenant);
  if (!keys) return show_problem(visit, problem_of(keys.error()));
  const auto code = signin::authorization_code(visit.realm, **keys, subject, request);
  if (!code) return show_problem(visit, problem_of(code.error()));
  return send(visit, signin::redirect_with_code(request, *code), status);
}

// Of a client that shows a PRT: nobody looks at a page, and the code goes to who has the session key, so that
// a challenge would prove nothing more.
signin::Answer by_credentials(const Visit& visit, const AuthorizationRequest& request) {
  const auto holder = signin::verify_credential_fields(visit.realm, visit.request, visit.path_tenant);
  if (!holder) return holder.error();
  signin::Answer answer = send_code(visit, holder->subject(), request, 302);
  answer.user = holder->user.account.name;
  answer.tenant = holder->tenant.settings.name;
  return answer;
}

signin::Answer ask(const Visit& visit, const AuthorizationRequest& request) {
  const std::string upn = signin::upn_of(visit.person->tenant, visit.person->user.account);
  const Html content =
      element("h1", "Sign in to " + request.program.name + "?") +
      element("dl", element("dt", "Program") + element("dd", request.program.name) +
                        element("dt", "Signs in") + element("dd", upn)) +
      paragraph(
          "It learns who you are, and can act as you where it is let in. Say yes only if you have just "
          "started it yourself.") +
      element("div", {{"class", "row"}},
              form(visit, "allow", button("Yes, sign in", Weight::main)) +
                  form(visit, "deny", button("No", Weight::plain)));
  return show(visit, {"Sign in to a program", element("div", {{"class", "card narrow"}}, content), 200,
                      request.redirect_uri});
}

}  // namespace

signin::Answer authorize_page(Visit& visit, const signin::Parameters* form) {
  auto request = signin::parse_authorization(visit.realm, visit.request.query);
  if (!request) return show_problem(visit, problem_of(request.error()));
  const bool by_prt = visit.request.method == "GET" && signin::has_credential_fields(visit.request);
  if (request->error.empty() && !by_prt && request->challenge.empty()) request->error = "invalid_request";
  if (!request->error.empty()) {
    signin::Answer answer = send(visit, signin::redirect_with_error(*request, request->error), 303);
    answer.error = request->error;
    answer.reason = "authorization request";
    return answer;
  }
  if (by_prt) return by_credentials(visit, *request);
  if (!visit.person)
    return sign_in_page(visit, request->program.name + " asks to sign you in.", request->login_hint);
  if (form == nullptr) return ask(visit, *request);
  const std::string_view action = form->optional("do");
  if (action == "allow") return send_code(visit, visit.person->subject(), *request, 303);
  if (action != "deny") return ask(visit, *request);
  return send(visit, signin::redirect_with_error(*request, "access_denied"), 303);
}

}  // namespace ferryman::pages
