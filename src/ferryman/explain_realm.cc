#include "ferryman/explain_realm.h"

#include <utility>

#include "base/text.h"
#include "ferryman/realm_output.h"

namespace ferryman {
namespace {

using admin::Json;
constexpr std::string_view not_found = "not_found";

std::optional<std::int64_t> time_in(const Json& object, const char* member) {
  const auto found = object.find(member);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

explain::RealmAccount account_of(const Json& object) {
  explain::RealmAccount account;
  account.name = text_of(object, "name");
  account.disabled = is_set(object, "disabled");
  account.must_change = is_set(object, "must_change");
  account.key_required = is_set(object, "key_required");
  account.locked_until = time_in(object, "locked_until");
  account.expires = time_in(object, "expires");
  account.password_expires = time_in(object, "password_expires");
  return account;
}

}  // namespace

std::optional<RealmView> RealmView::open(const std::string& socket, const std::string& tenant,
                                         const std::string& realm) {
  auto client = admin::Client::connect(socket);
  if (!client) return std::nullopt;
  RealmView view(std::move(*client), tenant);
  const auto shown = tenant.empty() ? view.client_.call({"status"})
                                    : view.client_.call({"tenant.show", "", {{"name", tenant}}});
  if (!shown || !equal_without_case(text_of(*shown, "realm"), realm)) return std::nullopt;
  return view;
}

RealmView::Answers RealmView::ask(const std::string& user, const std::string& spn) {
  Answers answers;
  const auto shown = client_.call({"user.show", tenant_, {{"name", user}}});
  answers.asked_user = shown || shown.error().reason == not_found;
  if (shown) {
    answers.user.emplace(User{account_of(*shown), {}, {}});
    const auto domain = shown->find("on_premises");
    if (domain != shown->end() && domain->is_object()) {
      answers.user->domain = domain->value("domain", "");
      answers.user->domain_name = domain->value("name", "");
    }
  } else if (!answers.asked_user) {
    return answers;
  }
  const auto found = client_.call({"service.find", tenant_, {{"spn", spn}}});
  answers.asked_service = found || found.error().reason == not_found;
  if (found) answers.service.emplace(Service{account_of(*found), texts_of(*found, "etypes")});
  return answers;
}

}  // namespace ferryman
