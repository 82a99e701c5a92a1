#include "pages/page.h"
#include "pages/sign_in_page.h"
#include "signin/device_code.h"

namespace ferryman::pages {
namespace {

using directory::Decision;

signin::Answer ask_for_code(const Visit& visit) {
  Html fields = element("label", {{"for", "code"}}, "Code");
  fields += void_element("input", {{"id", "code"},
                                   {"name", "code"},
                                   {"type", "text"},
                                   {"class", "code"},
                                   {"autocomplete", "off"},
                                   {"autocapitalize", "characters"},
                                   {"spellcheck", "false"},
                                   {"required", ""},
                                   {"maxlength", "20"},
                                   {"autofocus", ""},
                                   {"aria-describedby", "hint"}});
  fields += element("p", {{"class", "hint"}, {"id", "hint"}}, "Eight letters, as the program shows them.");
  fields += element("div", {{"class", "wide"}}, button("Continue", Weight::main));
  const Html content = element("h1", "Sign a program in") +
                       paragraph("Enter the code that the program or the computer shows you.") +
                       form(visit, "find", fields);
  return show(visit, {"Sign a program in", element("div", {{"class", "card narrow"}}, content)});
}

// Who asks, and from where: so that nobody signs a stranger's program in who has sent her the code.
signin::Answer confirm(const Visit& visit, std::string_view code, const signin::WaitingProgram& waiting) {
  const std::string upn = signin::upn_of(visit.person->tenant, visit.person->user.account);
  const Html facts =
      element("dl", element("dt", "Program") + element("dd", waiting.name) + element("dt", "Asks from") +
                        element("dd", waiting.address) + element("dt", "Since") +
                        element("dd", time(waiting.since)) + element("dt", "Signs in") + element("dd", upn));
  const Html code_field = hidden("code", code);
  const Html answers = element("div", {{"class", "row"}},
                               form(visit, "allow", code_field + button("Yes, sign it in", Weight::main)) +
                                   form(visit, "deny", code_field + button("No", Weight::plain)));
  const Html content =
      element("h1", "Is this your program?") + facts +
      paragraph(
          "Say yes only if you have started it yourself and read the code from its own screen. If "
          "somebody sent you the code, say no: they would be signed in as you.") +
      answers;
  return show(visit, {"Is this your program?", element("div", {{"class", "card narrow"}}, content)});
}

signin::Answer decided(const Visit& visit, Decision decision) {
  const bool allowed = decision == Decision::allowed;
  const Html content =
      element("h1", allowed ? "The program is being signed in" : "The program was refused") +
      paragraph(allowed ? "You can close this page; the program goes on by itself."
                        : "It has been told so, and gets nothing. You can close this page.") +
      paragraph(element("a", {{"href", visit.address(*visit.tenant, "/me")}}, "Your keys and sign-ins"));
  return show(visit, {allowed ? "Signed in" : "Refused",
                      element("div", {{"class", "card narrow"}, {"role", "status"}}, content)});
}

signin::Answer fail(Visit& visit, const signin::Answer& refusal) {
  visit.problem = problem_of(refusal);
  return ask_for_code(visit);
}

}  // namespace

signin::Answer device_page(Visit& visit, const signin::Parameters* form) {
  if (!visit.person)
    return sign_in_page(visit, "A program asks to be signed in as you. First say who you are.");
  if (form == nullptr) return ask_for_code(visit);
  const std::string_view action = form->optional("do"), code = form->optional("code");
  if (action == "allow" || action == "deny") {
    const Decision decision = action == "allow" ? Decision::allowed : Decision::denied;
    const auto done = signin::decide_waiting(visit.realm, *visit.person, code, decision);
    return done ? decided(visit, decision) : fail(visit, done.error());
  }
  const auto waiting = signin::find_waiting(visit.realm, *visit.person, code);
  return waiting ? confirm(visit, code, *waiting) : fail(visit, waiting.error());
}

}  // namespace ferryman::pages
