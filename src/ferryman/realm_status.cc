#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_event.h"
#include "ferryman/realm_objects.h"
#include "ferryman/realm_output.h"

namespace ferryman {
namespace {

using admin::Json;
constexpr std::chrono::seconds between_questions{1};
constexpr const char* event_names[] = {"cname", "user", "object", "member", "new_name", "sname", "for_user"};

void print_status(const Json& status) {
  print_line("realm", text_of(status, "realm"));
  print_line("url", text_of(status, "url"));
  print_line("version", text_of(status, "version"));
  print_line("running",
             fmt::format("process {} since {}", text_of(status, "pid"), time_of(status, "started")));
  print_line("database", text_of(status, "database"));
  print_line("default tenant", text_of(status, "default_tenant"));
  print_line("tenants", texts_of(status, "tenants"));
  const auto count = [&status](const char* member) { return text_of(status, member); };
  print_line("answered",
             fmt::format("{} AS, {} TGS, {} password changes, {} sign-ins; {} with an error, {} malformed",
                         count("as"), count("tgs"), count("kpasswd"), count("sign_in"), count("errors"),
                         count("malformed")));
  print_line("administration", fmt::format("{} commands", count("admin")));
}

// Which events are wanted.
struct EventChoice {
  bool follow = false;
  std::optional<std::size_t> tail;  // so many of those that there have been
  std::string user;                 // of whom; empty: all
};

// Whether the event is of an account of that name, which a ticket may have with its realm behind it.
bool is_of(const Json& event, const std::string& user) {
  return std::any_of(std::begin(event_names), std::end(event_names), [&](const char* member) {
    const auto found = event.find(member);
    if (found == event.end() || !found->is_string()) return false;
    const std::string_view name = found->get_ref<const std::string&>();
    return equal_without_case(name, user) || equal_without_case(name.substr(0, name.rfind('@')), user);
  });
}

// Prints one after the other; but with a tail keeps the last, until shown() is called.
class EventList {
 public:
  EventList(const RealmService& service, const EventChoice& choice) : service_(service), choice_(choice) {}

  void add(const Json& event) {
    if (!choice_.user.empty() && !is_of(event, choice_.user)) return;
    if (!choice_.tail || !keeps_) return print(event);
    kept_.push_back(event);
    if (kept_.size() > *choice_.tail) kept_.pop_front();
  }
  void show() {
    for (const Json& event : kept_) print(event);
    kept_.clear();
    keeps_ = false;
  }

 private:
  void print(const Json& event) const {
    fmt::print("{}\n", service_.json() ? event.dump(-1, ' ', true) : event_line(event));
  }

  const RealmService& service_;
  const EventChoice& choice_;
  bool keeps_ = true;
  std::deque<Json> kept_;
};

// Takes what is behind after, and moves it on. True: there may be more at once. Nothing: the service has
// ended.
tl::expected<std::optional<bool>, int> take_events(RealmService& service, Json& after, EventList& list) {
  const auto result =
      service.call_until_it_ends("events", after.is_null() ? Json::object() : Json{{"after", after}});
  if (!result) return tl::unexpected(result.error());
  if (!*result) return std::nullopt;
  const Json& events = (*result)->at("events");
  for (const Json& event : events) list.add(event);
  const Json& next = (*result)->at("next");
  const bool more = !events.empty() && next != after;
  after = next;
  return more;
}

int run_events(RealmService& service, const EventChoice& choice) {
  Json after;
  EventList list(service, choice);
  while (true) {
    const auto more = take_events(service, after, list);
    if (!more) return more.error();
    if (!*more) return tell(exit_ok, "the service has ended");
    if (**more) continue;
    list.show();
    if (!choice.follow) return exit_ok;
    if (const int code = check_output(exit_ok); code != exit_ok) return code;
    std::this_thread::sleep_for(between_questions);
  }
}

}  // namespace

void add_status_and_events(RealmTree& tree) {
  tree.command(tree.root(), "status", "What runs, and what it has done since its start",
               [](RealmService& service, Json& arguments) {
                 return service.show("status", std::move(arguments), print_status);
               });
  auto choice = std::make_shared<EventChoice>();
  const auto events =
      tree.command(tree.root(), "events", "The last events: logons, changes, refusals",
                   [choice](RealmService& service, Json&) { return run_events(service, *choice); });
  events.app->add_flag("-f,--follow", choice->follow, "Go on with those that come");
  events.app->add_option("--tail", choice->tail, "Of those that there have been, the last so many alone")
      ->type_name("NUMBER")
      ->check(CLI::Range(1, 1'000'000));
  events.app->add_option("--user", choice->user, "Those of the user, service or group of this name alone")
      ->type_name("NAME");
}

}  // namespace ferryman
