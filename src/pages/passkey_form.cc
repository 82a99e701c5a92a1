#include "pages/passkey_form.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "pages/page.h"

namespace ferryman::pages {
namespace {

constexpr std::size_t max_depth = 1;

}  // namespace

Html passkey_form(const Visit& visit, std::string_view action, PasskeyUse use, const json::Json& options,
                  const Html& fields) {
  const std::string text = options.dump();
  const Html said = element("p", {{"class", "notice problem"}, {"role", "alert"}, {"hidden", ""}}, Html());
  const Html form = element("form",
                            {{"method", "post"},
                             {"data-passkey", use == PasskeyUse::create ? "create" : "get"},
                             {"data-options", text}},
                            form_head(visit, action) + hidden("credential", "") + said + fields);
  return element("div", {{"hidden", ""}}, form);
}

signin::Step<json::Json> credential_of(const signin::Parameters& form) {
  auto credential = json::parse_object(form.optional("credential"), max_depth);
  if (!credential)
    return signin::refuse({400, "invalid_request", signin::entra::bad_request,
                           "The browser did not say what the passkey has answered.", "no credential"});
  return *std::move(credential);
}

}  // namespace ferryman::pages
