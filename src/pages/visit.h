#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "signin/parameters.h"
#include "signin/sealed_sign_in.h"

namespace ferryman::pages {

// What went wrong with what a person has just sent, for her and for the log.
struct Problem {
  std::string_view text{};  // empty: nothing
  std::string_view error{}, reason{};
  std::uint16_t status = 400;
  std::string user{};
};
Problem problem_of(const signin::Answer& refusal);

// One request of a person's browser.
struct Visit {
  const signin::Realm& realm;
  const local::HttpRequest& request;
  std::string_view path_tenant;               // as it stands in the path
  std::string_view page;                      // the path behind it
  std::optional<directory::Tenant> tenant{};  // whose page it is; nothing: every tenant's
  std::optional<signin::SealedSignIn> person{};
  std::string form_token{};  // that each form of a page carries
  std::string new_cookie{};  // a field that the answer has; empty: none
  Problem problem{};
  std::string typed_name{};  // with which she has just failed to sign in

  // The tenant's page with this name.
  std::string address(const directory::Tenant& of, std::string_view name) const {
    return "/" + of.settings.name + std::string(name);
  }
};

// A page's answer. form: what was posted by who is signed in; null where she only looks.
using PageFunction = signin::Answer (*)(Visit& visit, const signin::Parameters* form);

signin::Answer device_page(Visit& visit, const signin::Parameters* form);
signin::Answer me_page(Visit& visit, const signin::Parameters* form);
signin::Answer authorize_page(Visit& visit, const signin::Parameters* form);

}  // namespace ferryman::pages
