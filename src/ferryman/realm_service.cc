#include "ferryman/realm_service.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "realm/config.h"

namespace ferryman {
namespace {

using admin::Json;

int exit_code_of(const admin::Failure& failure) {
  if (failure.reason == admin::reason::not_reachable) return exit_not_reachable;
  return failure.reason == admin::reason::no_answer ? exit_failed : exit_refused;
}

// Where a command stands in the tree: "ad rodc.add" of "rodc.add".
std::string placed(const std::string& command) {
  return command.starts_with("rodc.") ? "ad " + command : command;
}

// How a command is called here: "rotate master-key" of "rotate.master_key".
std::string words_of(const std::string& named) {
  std::string command = placed(named);
  std::replace(command.begin(), command.end(), '.', ' ');
  std::replace(command.begin(), command.end(), '_', '-');
  return command;
}

// "user" of "user.show".
std::string object_of(const std::string& named) {
  const std::string command = placed(named);
  const auto dot = command.find('.');
  return dot == std::string::npos ? "" : command.substr(0, dot);
}

}  // namespace

int tell(int exit_code, std::string_view what, std::string_view next) {
  std::fflush(stdout);  // so that it stands behind what was printed before, wherever both go
  fmt::print(stderr, "ferryman realm: {}\n", what);
  if (!next.empty()) fmt::print(stderr, "{}\n", next);
  return exit_code;
}

std::string harmless(std::string_view text) {
  std::string shown;
  for (std::size_t at = text.find('\\'); at != text.npos; at = text.find('\\')) {
    shown += printable(text.substr(0, at)) + '\\';
    text.remove_prefix(at + 1);
  }
  return shown + printable(text);
}

int check_output(int code) {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  const int error = errno;
  return tell(exit_failed,
              error == 0 ? "standard output cannot be written"
                         : "standard output cannot be written: " + std::generic_category().message(error));
}

// A caller who may not read realm.toml may be one of the administrators all the same: the socket is then
// where it is by default.
tl::expected<std::string, int> RealmService::socket() const {
  if (!options_.socket.empty()) return options_.socket;
  const bool is_default = options_.config == default_realm_config;
  if (::access(options_.config.c_str(), R_OK) != 0 && (errno == EACCES || (errno == ENOENT && is_default)))
    return realm::Config().fixed.service.admin;
  const auto loaded = realm::load_config(options_.config, realm::Users::not_looked_up);
  if (loaded.mistakes.empty()) return loaded.config.fixed.service.admin;
  for (const auto& mistake : loaded.mistakes) fmt::print(stderr, "{}\n", mistake.to_string());
  if (const std::string usual = realm::Config().fixed.service.admin; is_default) {
    tell(exit_ok, fmt::format("the socket is taken to be {}, where it is by default", usual));
    return usual;
  }
  return tl::unexpected(tell(exit_usage, "realm.toml does not say where the socket is",
                             "Put it right, name another with -c, or the socket itself with --socket."));
}

int RealmService::connect() {
  const auto path = socket();
  if (!path) return path.error();
  auto client = admin::Client::connect(*path);
  if (!client) return told("", client.error());
  client_.emplace(std::move(*client));
  return exit_ok;
}

std::string RealmService::next_step(const std::string& command, const admin::Failure& failure) const {
  const std::string& reason = failure.reason;
  const std::string object = object_of(command);
  const bool is_set_up = options_.config != default_realm_config || !options_.socket.empty() ||
                         ::access(default_realm_config, F_OK) == 0 || errno != ENOENT;
  if (reason == "not_reachable" && !is_set_up)
    return "There is no realm.toml: \"ferryman realm init\" makes a realm.";
  if (reason == "not_reachable")
    return "Start it with \"systemctl start ferryman-realm\"; \"journalctl -u ferryman-realm\" says why it "
           "does "
           "not run.";
  if (reason == "not_admitted")
    return "Call this as root, or become an administrator: \"usermod -a -G ferryman-admin USER\", and log in "
           "again.";
  if (reason == "not_found" && (object == "tenant" || object == "import" || command.ends_with(".list")))
    return "\"ferryman realm tenant list\" shows what there is.";
  if (command == "group.join" || command == "group.leave")
    if (reason == "not_found")
      return "\"ferryman realm group list\", \"user list\" and \"service list\" show what there is.";
  if (reason == "not_found" && !object.empty() && object != "rotate" && object != "ad")
    return fmt::format("\"ferryman realm {} list\" shows what there is{}.", object,
                       options_.tenant.empty() ? "; --tenant names another tenant"
                                               : ", \"ferryman realm status\" the tenants");
  if (reason == "not_found") return "\"ferryman realm status\" shows the tenants.";
  if (reason == "already_exists")
    return fmt::format("\"ferryman realm {} show NAME\" shows what has it.", object);
  if (reason == "weak_password")
    return "Choose another one; [password] of realm.toml says what is asked of them.";
  if (reason == "busy") return "Try again in a moment.";
  if (reason == "full") return "Make room on the database's file system, and try again.";
  if (reason == "wrong_version" || reason == "not_understood")
    return "ferryman and ferryman-realm are of different versions: \"systemctl restart ferryman-realm\" "
           "after an "
           "upgrade.";
  if (reason == "invalid")
    return object.empty() || object == "import"
               ? ""
               : fmt::format("\"ferryman realm {} --help\" tells more.",
                             object == "backup" ? object : words_of(command));
  return "\"journalctl -u ferryman-realm\" tells more.";
}

int RealmService::told(const std::string& command, const admin::Failure& failure) const {
  const std::string text = failure.text.empty() ? failure.reason : failure.text;
  return tell(exit_code_of(failure), harmless(text), next_step(command, failure));
}

admin::Reply RealmService::ask(const std::string& command, Json arguments) {
  admin::Request request{command, options_.tenant, std::move(arguments)};
  auto reply = client_->call(request);
  admin::wipe_texts(request.arguments);
  return reply;
}

tl::expected<Json, int> RealmService::call(const std::string& command, Json arguments) {
  auto reply = try_call(command, std::move(arguments));
  if (!reply) return tl::unexpected(reply.error());
  if (!*reply) return tl::unexpected(told(command, reply->error()));
  return std::move(**reply);
}

tl::expected<admin::Reply, int> RealmService::try_call(const std::string& command, Json arguments) {
  const int code = client_ ? exit_ok : connect();
  if (code != exit_ok) admin::wipe_texts(arguments);
  if (code != exit_ok) return tl::unexpected(code);
  auto reply = ask(command, std::move(arguments));
  if (!reply && exit_code_of(reply.error()) != exit_refused)
    return tl::unexpected(told(command, reply.error()));
  return reply;
}

tl::expected<std::optional<Json>, int> RealmService::call_until_it_ends(const std::string& command,
                                                                        Json arguments) {
  const bool is_first = !client_;
  if (const int code = is_first ? connect() : exit_ok; code != exit_ok) return tl::unexpected(code);
  auto reply = ask(command, std::move(arguments));
  if (reply) return std::move(*reply);
  if (!is_first && reply.error().reason == admin::reason::not_reachable) return std::nullopt;
  return tl::unexpected(told(command, reply.error()));
}

int RealmService::call_paged(const std::string& command, const Json& arguments, const std::string& key,
                             const std::function<void(const Json& page)>& each) {
  Json asked = arguments;
  for (std::string after;;) {
    if (!after.empty()) asked["after"] = after;
    const auto page = call(command, asked);
    if (!page) return page.error();
    each(*page);
    const std::string next = page->value("next", "");
    if (next.empty()) return exit_ok;
    if (next == after || !page->at(key).is_array() || page->at(key).empty())
      return tell(exit_failed, "The service's list does not end.",
                  "\"journalctl -u ferryman-realm\" may tell more.");
    after = next;
  }
}

int RealmService::show(const std::string& command, Json arguments,
                       const std::function<void(const Json&)>& print) {
  const auto result = call(command, std::move(arguments));
  return result ? this->print(*result, print) : result.error();
}

int RealmService::print(const Json& result, const std::function<void(const Json&)>& print) const {
  if (json()) {
    fmt::print("{}\n", result.dump(2, ' ', true));
  } else {
    print(result);
  }
  return exit_ok;
}

}  // namespace ferryman
