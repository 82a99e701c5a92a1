#include "admin/message.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.h"

namespace ferryman::admin {
namespace {

tl::unexpected<Failure> fail(std::string_view reason, std::string text) {
  return tl::unexpected(Failure{std::string(reason), std::move(text)});
}

std::optional<Json> parse_line(std::string_view line) {
  if (line.size() > max_line) return std::nullopt;
  return json::parse_object(line, max_depth);
}

std::string wrong_version_text(const Json& said) {
  return "This message is of version " + said.dump() + " of the protocol, and only " +
         std::to_string(version) + " is known here: use a ferryman of the service's version.";
}

// Nothing: it is ours. not_said: the reason where there is none.
std::optional<Failure> wrong_version(const Json& message, std::string_view not_said) {
  const auto found = message.find("version");
  if (found == message.end() || !found->is_number_integer())
    return Failure{std::string(not_said), "The message says no version of the protocol."};
  if (*found == version) return std::nullopt;
  return Failure{std::string(reason::wrong_version), wrong_version_text(*found)};
}

std::optional<Failure> unknown_member(const Json& message) {
  constexpr std::array<std::string_view, 4> known{"version", "command", "tenant", "arguments"};
  for (const auto& [name, value] : message.items()) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      return Failure{std::string(reason::invalid), "A request has no member " + printable(name) + "."};
  }
  return std::nullopt;
}

// not_understood where a member is missing or of another type.
Outcome<Request> request_of(Json& message) {
  if (auto wrong = wrong_version(message, reason::not_understood)) return tl::unexpected(*std::move(wrong));
  if (auto unknown = unknown_member(message)) return tl::unexpected(*std::move(unknown));
  const std::string* command = json::text_member(message, "command");
  if (command == nullptr) return fail(reason::not_understood, "The request says no command.");
  Request request{*command};
  if (message.contains("tenant")) {
    const std::string* tenant = json::text_member(message, "tenant");
    if (tenant == nullptr) return fail(reason::not_understood, "The tenant is no text.");
    request.tenant = *tenant;
  }
  if (const auto arguments = message.find("arguments"); arguments != message.end()) {
    if (!arguments->is_object()) return fail(reason::not_understood, "The arguments are no object.");
    request.arguments = std::move(*arguments);
  }
  return request;
}

}  // namespace

Outcome<Request> parse_request(std::string_view line) {
  auto message = parse_line(line);
  if (!message) {
    return fail(reason::not_understood,
                "The request is no JSON object of UTF-8 in one line, has a member twice, or nests too deep.");
  }
  auto request = request_of(*message);
  wipe_texts(*message);
  return request;
}

Outcome<Reply> parse_reply(std::string_view line) {
  auto message = parse_line(line);
  if (!message) return fail(reason::no_answer, "The service's answer is none of the protocol.");
  if (auto wrong = wrong_version(*message, reason::no_answer)) return tl::unexpected(*std::move(wrong));
  const Json* ok = json::member(*message, "ok", Json::value_t::boolean);
  if (ok != nullptr && ok->get<bool>()) {
    if (const auto result = message->find("result"); result != message->end() && result->is_object())
      return Reply(std::move(*result));
  } else if (const Json* error = json::member(*message, "error", Json::value_t::object);
             ok != nullptr && error) {
    const std::string *reason = json::text_member(*error, "reason"),
                      *text = json::text_member(*error, "text");
    if (reason != nullptr && text != nullptr) return Reply(tl::unexpected(Failure{*reason, *text}));
  }
  return fail(reason::no_answer, "The service's answer is none of the protocol.");
}

Outcome<std::string> print(const Request& request) {
  Json message{{"version", version}, {"command", request.command}, {"arguments", request.arguments}};
  if (!request.tenant.empty()) message["tenant"] = request.tenant;
  std::string line;
  bool is_text = true;
  try {
    line = message.dump();
  } catch (const Json::type_error&) {
    is_text = false;
  }
  wipe_texts(message);
  if (!is_text) return fail(reason::invalid, "What is asked for has a text that is no UTF-8.");
  if (line.size() > max_line) {
    wipe_text(line);
    return fail(reason::invalid, "What is asked for is longer than a message may be: 1 MiB.");
  }
  line += '\n';
  return line;
}

std::string print(const Reply& reply) {
  Json message{{"version", version}, {"ok", reply.has_value()}};
  if (reply) {
    message["result"] = *reply;
  } else {
    message["error"] = {{"reason", reply.error().reason}, {"text", reply.error().text}};
  }
  std::string line = message.dump(-1, ' ', false, Json::error_handler_t::replace);
  wipe_texts(message);
  if (line.size() > max_line) {
    wipe_text(line);
    return print(Reply(fail(reason::invalid, "The answer is longer than a message may be: ask for less.")));
  }
  line += '\n';
  return line;
}

}  // namespace ferryman::admin
