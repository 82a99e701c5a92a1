#include "ferryman/realm_users_sink.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_output.h"

namespace ferryman {
namespace {

using admin::Json;
using Taken = ad::UserSink::Taken;

// The service lets a connection go that says nothing for a while, and while others wait for it soon: a
// domain's next page may take longer.
constexpr std::chrono::seconds longest_pause{3};
constexpr int users_a_page = 1000;

constexpr std::pair<std::string_view, Taken::Outcome> outcomes[] = {
    {"added", Taken::Outcome::added},       {"matched", Taken::Outcome::matched},
    {"changed", Taken::Outcome::changed},   {"same", Taken::Outcome::same},
    {"disabled", Taken::Outcome::disabled}, {"absent", Taken::Outcome::absent}};

Taken taken_of(const Json& answer) {
  const auto& said = answer.at("outcome").get_ref<const std::string&>();
  for (const auto& [name, outcome] : outcomes)
    if (said == name) return {outcome};
  return {Taken::Outcome::refused, text_of(answer, "text")};
}

Json json_of(const ad::User& user) {
  Json json{{"sid", user.sid.text()}, {"name", user.name}, {"disabled", user.disabled}};
  if (!user.upn.empty()) json["upn"] = user.upn;
  if (!user.display_name.empty()) json["display_name"] = user.display_name;
  return json;
}

}  // namespace

std::optional<Json> RealmUsersSink::call(const std::string& command, Json arguments) {
  if (std::chrono::steady_clock::now() - called_ > longest_pause) service_.hang_up();
  arguments["domain"] = domain_;
  auto result = service_.call(command, std::move(arguments));
  called_ = std::chrono::steady_clock::now();
  if (result) return *std::move(result);
  code_ = result.error();
  return std::nullopt;
}

std::optional<std::vector<Taken>> RealmUsersSink::outcomes_of(const std::optional<Json>& result,
                                                              std::size_t count) {
  if (!result) return std::nullopt;
  std::vector<Taken> taken;
  for (const Json& answer : result->at("outcomes")) taken.push_back(taken_of(answer));
  if (taken.size() == count) return taken;
  code_ = tell(exit_failed, "the service has not answered for every user");
  return std::nullopt;
}

std::optional<std::vector<Taken>> RealmUsersSink::upsert(const std::vector<ad::User>& users) {
  upserts_ += users.size();
  Json list = Json::array();
  for (const ad::User& user : users) {
    if (dry_run_ && !service_.json())
      fmt::print("{:<8}  {:<36}{}{}\n", "upsert", printable(user.name), user.sid.text(),
                 user.disabled ? ", disabled" : "");
    list.push_back(json_of(user));
  }
  if (!dry_run_) return outcomes_of(call("ad.upsert", {{"users", std::move(list)}}), users.size());
  if (service_.json()) would_upsert_.insert(would_upsert_.end(), list.begin(), list.end());
  return std::vector<Taken>(users.size(), Taken{Taken::Outcome::same});
}

std::optional<std::vector<Taken>> RealmUsersSink::disable(const std::vector<std::string>& sids) {
  disables_ += sids.size();
  if (sids.empty()) return std::vector<Taken>();
  if (!dry_run_) return outcomes_of(call("ad.disable", {{"sids", sids}}), sids.size());
  for (const std::string& sid : sids) {
    if (service_.json())
      would_disable_.push_back(sid);
    else
      fmt::print("{:<8}  {}\n", "disable", sid);
  }
  return std::vector<Taken>(sids.size(), Taken{Taken::Outcome::same});
}

bool RealmUsersSink::each_user(const EachUser& each) {
  for (std::string after;;) {
    Json arguments{{"limit", users_a_page}};
    if (!after.empty()) arguments["after"] = after;
    const auto page = call("ad.users", std::move(arguments));
    if (!page) return false;
    for (const Json& user : page->at("users"))
      each(user.at("sid").get_ref<const std::string&>(), user.at("disabled").get<bool>());
    const std::string next = page->value("next", "");
    if (next.empty()) return true;
    if (next == after) {
      code_ = tell(exit_failed, "the service's list of users does not end");
      return false;
    }
    after = next;
  }
}

void RealmUsersSink::refused(const std::string& sid, const std::string& name, const std::string& text) {
  fmt::print(stderr, "refused   {:<36}{}\n", printable(name), harmless(text));
  if (service_.json()) refusals_.push_back({{"sid", sid}, {"name", name}, {"text", text}});
}

}  // namespace ferryman
