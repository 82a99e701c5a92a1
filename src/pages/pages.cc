#include "pages/pages.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "pages/page.h"
#include "pages/session.h"
#include "pages/sign_in_page.h"

namespace ferryman::pages {
namespace {

using signin::Answer;
using signin::Parameters;

struct Route {
  std::string_view page;     // the path behind its tenant
  std::string_view service;  // as the log calls it
  PageFunction show;
};
constexpr std::array<Route, 4> routes{{{"/device", "device-page", device_page},
                                       {"/me", "me-page", me_page},
                                       {"/oauth2/authorize", "authorize", authorize_page},
                                       {"/oauth2/v2.0/authorize", "authorize", authorize_page}}};

// Of all pages' forms.
constexpr std::array<std::string_view, 8> form_fields{"do",   "token", "username",   "secret",
                                                      "code", "id",    "credential", "name"};

// What stands where a tenant does, and is none: /EnrollmentServer/device is where one joins.
constexpr std::string_view registration = "EnrollmentServer";

struct Target {
  const Route* route = nullptr;
  std::string_view tenant{};
};

Target find_target(std::string_view path) {
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const auto slash = path.find('/', 1);
  if (!path.starts_with('/') || slash == path.npos) return {};
  const std::string_view tenant = path.substr(1, slash - 1);
  if (equal_without_case(tenant, registration)) return {};
  const auto found = std::find_if(routes.begin(), routes.end(), [&](const Route& route) {
    return equal_without_case(path.substr(slash), route.page);
  });
  return {found == routes.end() ? nullptr : &*found, tenant};
}

// It goes back in a field (Location).
bool is_plain(std::string_view query) {
  return std::all_of(query.begin(), query.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

Problem bad_request(std::string_view text, std::uint16_t status = 400) {
  return {text, "invalid_request", text, status, {}};
}

Answer sign_out(Visit& visit) {
  auto ended = end_session(visit);
  if (!ended) return show_problem(visit, problem_of(ended.error()));
  visit.new_cookie = *std::move(ended);
  return see_other(visit, visit.address(*visit.tenant, "/me"));
}

Answer post(Visit& visit, const Route& route) {
  const auto form = Parameters::parse(as_text(visit.request.body), form_fields);
  if (!form) return show_problem(visit, problem_of(form.error()));
  if (const auto good = check_form(visit, *form); !good) {
    visit.problem = problem_of(good.error());
    return route.show(visit, nullptr);
  }
  const std::string_view action = form->optional("do");
  if (action == "sign-in" || action == "sign-in-passkey") {
    auto answer = action == "sign-in" ? sign_in(visit, *form) : sign_in_by_passkey(visit, *form);
    return answer ? *std::move(answer) : route.show(visit, nullptr);
  }
  if (!visit.person) return route.show(visit, nullptr);
  if (action == "sign-out") return sign_out(visit);
  return route.show(visit, &*form);
}

// Who is signed in at a tenant sees that one's page.
Answer to_tenant(const Visit& visit) {
  std::string address = visit.address(visit.person->tenant, visit.page);
  if (!visit.request.query.empty()) address.append("?").append(visit.request.query);
  return see_other(visit, address);
}

Answer serve(Visit& visit, const Route& route) {
  const bool is_post = visit.request.method == "POST";
  if (!is_post && visit.request.method != "GET") {
    Answer answer = show_problem(visit, bad_request("The method is not allowed here.", 405));
    answer.response.fields.push_back({"Allow", "GET, POST"});
    return answer;
  }
  if (!is_plain(visit.request.query)) return show_problem(visit, bad_request("The address is malformed."));
  if (!signin::names_every_tenant(visit.path_tenant)) {
    auto tenant = signin::find_tenant(visit.realm, visit.path_tenant);
    if (!tenant) return show_problem(visit, problem_of(tenant.error()));
    visit.tenant = *std::move(tenant);
  }
  if (const auto known = recognise(visit); !known) return show_problem(visit, problem_of(known.error()));
  if (visit.person && !visit.tenant) {
    if (!is_post) return to_tenant(visit);
    visit.tenant = visit.person->tenant;
  }
  return is_post ? post(visit, route) : route.show(visit, nullptr);
}

}  // namespace

std::optional<Answer> answer(const local::HttpRequest& request, const signin::Realm& realm) {
  const Target target = find_target(request.path);
  if (target.route == nullptr) return std::nullopt;
  Visit visit{realm, request, target.tenant, target.route->page};
  Answer answer = serve(visit, *target.route);
  answer.service = target.route->service;
  return answer;
}

}  // namespace ferryman::pages
