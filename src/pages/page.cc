#include "pages/page.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "pages/csp.h"
#include "pages/script.h"
#include "pages/style.h"

namespace ferryman::pages {
namespace {

// A small mark, so that a browser asks for none at a path that is not there.
constexpr std::string_view icon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Crect width='16' height='16' rx='4' fill='%2314595a'/%3E%3C/svg%3E";

std::string policy(std::string_view leads_to) {
  std::string policy = "default-src 'none'; style-src " + style_source() + "; script-src " + script_source() +
                       "; img-src data:; form-action 'self'";
  if (const std::string source = csp_source(leads_to); !source.empty()) policy += " " + source;
  return policy + "; base-uri 'none'; frame-ancestors 'none'";
}

void add_fields(const Visit& visit, local::HttpResponse& response) {
  if (!visit.new_cookie.empty()) response.fields.push_back({"Set-Cookie", visit.new_cookie});
  // same-origin and not no-referrer: with that one a form's Origin is null (Fetch, "append a request
  // Origin").
  for (const auto& [name, value] :
       {std::pair{"Cache-Control", "no-store"}, std::pair{"X-Frame-Options", "DENY"},
        std::pair{"X-Content-Type-Options", "nosniff"}, std::pair{"Referrer-Policy", "same-origin"},
        std::pair{"Cross-Origin-Opener-Policy", "same-origin"},
        std::pair{"Cross-Origin-Resource-Policy", "same-origin"}})
    response.fields.push_back({name, value});
}

// Whose page it is, and who is there.
Html header(const Visit& visit) {
  Html content =
      element("p", {{"class", "mark"}}, visit.tenant ? Html(visit.tenant->settings.name) : "Sign-in");
  if (visit.person) {
    const std::string upn = signin::upn_of(visit.person->tenant, visit.person->user.account);
    content += element(
        "div", {{"class", "who small"}},
        element("span", "Signed in as " + upn) + form(visit, "sign-out", button("Sign out", Weight::plain)));
  }
  return element("header", content);
}

Html problem_box(const Problem& problem) {
  if (problem.text.empty()) return {};
  return element("p", {{"class", "notice problem"}, {"role", "alert"}, {"id", "problem"}}, problem.text);
}

Html document(const Visit& visit, const Page& page) {
  Html head = void_element("meta", {{"charset", "utf-8"}});
  head += void_element("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  head += void_element("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
  head += void_element("link", {{"rel", "icon"}, {"href", icon}});
  head += element("title", page.title) + element("style", style_sheet());
  Html body = header(visit) + element("main", problem_box(visit.problem) + page.content);
  if (page.asks_passkey) body += element("script", passkey_script());
  return Html::verbatim("<!doctype html>\n") +
         element("html", {{"lang", "en"}}, element("head", head) + element("body", body));
}

void note(const Visit& visit, signin::Answer& answer) {
  if (visit.tenant) answer.tenant = visit.tenant->settings.name;
  if (visit.person) answer.user = visit.person->user.account.name;
  if (!visit.problem.user.empty()) answer.user = visit.problem.user;
  answer.error = visit.problem.error;
  answer.reason = visit.problem.reason;
}

std::string two_digits(unsigned number) {
  return {static_cast<char>('0' + number / 10 % 10), static_cast<char>('0' + number % 10)};
}

}  // namespace

Problem problem_of(const signin::Answer& refusal) {
  Problem problem;
  problem.error = refusal.error;
  problem.reason = refusal.reason;
  problem.status = refusal.response.status;
  problem.user = refusal.user;
  problem.text = refusal.text.empty() ? "Something went wrong. Please try again." : refusal.text;
  return problem;
}

signin::Answer show(const Visit& visit, const Page& page) {
  signin::Answer answer;
  answer.response.status = visit.problem.text.empty() ? page.status : visit.problem.status;
  answer.response.fields.push_back({"Content-Type", "text/html; charset=utf-8"});
  answer.response.fields.push_back({"Content-Security-Policy", policy(page.leads_to)});
  add_fields(visit, answer.response);
  answer.response.body = document(visit, page).octets();
  note(visit, answer);
  return answer;
}

signin::Answer show_problem(const Visit& visit, const Problem& problem) {
  Visit shown{visit.realm, visit.request, visit.path_tenant, visit.page, visit.tenant};
  shown.problem = problem;
  return show(shown, {"Not possible", element("h1", "This is not possible")});
}

signin::Answer see_other(const Visit& visit, std::string_view address) {
  signin::Answer answer;
  answer.response.status = 303;
  answer.response.fields.push_back({"Location", std::string(address)});
  add_fields(visit, answer.response);
  note(visit, answer);
  return answer;
}

Html paragraph(const Html& content) {
  return element("p", content);
}

Html form_head(const Visit& visit, std::string_view action) {
  return hidden("token", visit.form_token) + hidden("do", action);
}

Html form(const Visit& visit, std::string_view action, const Html& fields) {
  return element("form", {{"method", "post"}}, form_head(visit, action) + fields);
}

Html hidden(std::string_view name, std::string_view value) {
  return void_element("input", {{"type", "hidden"}, {"name", name}, {"value", value}});
}

Html button(std::string_view label, Weight weight) {
  constexpr std::array<std::string_view, 3> classes{"plain", "main", "danger"};
  return element("button", {{"type", "submit"}, {"class", classes.at(static_cast<std::size_t>(weight))}},
                 label);
}

Html time(std::int64_t seconds) {
  using namespace std::chrono;
  const sys_seconds at{std::chrono::seconds(seconds)};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss clock(at - day);
  const std::string text = std::to_string(static_cast<int>(date.year())) + "-" +
                           two_digits(static_cast<unsigned>(date.month())) + "-" +
                           two_digits(static_cast<unsigned>(date.day())) + " " +
                           two_digits(static_cast<unsigned>(clock.hours().count())) + ":" +
                           two_digits(static_cast<unsigned>(clock.minutes().count()));
  std::string machine = text + ":00Z";
  std::replace(machine.begin(), machine.end(), ' ', 'T');
  return element("time", {{"datetime", machine}}, text + " UTC");
}

}  // namespace ferryman::pages
