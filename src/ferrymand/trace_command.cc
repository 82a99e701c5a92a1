#include "ferrymand/trace_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "json/parse.h"

namespace ferryman {
namespace {

using admin::Json;

admin::Reply refusal(std::string_view reason, std::string text) {
  return admin::Reply(tl::unexpected(admin::Failure{std::string(reason), std::move(text)}));
}

struct Asked {
  gateway::TraceFilter filter;
  bool packets = false;
};

admin::Outcome<Asked> asked_for(const Json& arguments) {
  Asked asked;
  for (const auto& [name, value] : arguments.items()) {
    if (name == "packets" && value.is_boolean()) {
      asked.packets = value.get<bool>();
      continue;
    }
    const std::string* const text = value.is_string() ? value.get_ptr<const std::string*>() : nullptr;
    bool good = text != nullptr;
    if (good && name == "realm") {
      asked.filter.realm = *text;
    } else if (good && name == "user") {
      asked.filter.user = *text;
    } else if (good && name == "result") {
      asked.filter.result = *text;
    } else if (good && name == "client") {
      asked.filter.client = net::Network::parse(*text);
      good = asked.filter.client.has_value();
    } else {
      good = false;
    }
    if (!good) {
      return tl::unexpected(admin::Failure{
          std::string(admin::reason::invalid),
          "A trace is by realm, client (an address or network such as 192.0.2.0/24), user and result, with "
          "packets or without."});
    }
  }
  return asked;
}

void take_lines(gateway::Tracer& tracer, std::string& lines) {
  const std::uint64_t lost = tracer.take(lines);
  if (lost > 0) lines += fmt::format("{{\"lost\":{}}}\n", lost);
}

// Who looked at what others do stands in the log.
void tell(telemetry::Log& log, std::string_view message, const AdminPeer& peer) {
  log.write(telemetry::Level::info, message,
            {{"uid", std::to_string(peer.uid)}, {"pid", std::to_string(peer.pid)}});
}

}  // namespace

AdminCommand trace_command(TraceSurroundings around) {
  return [around = std::move(around)](const admin::Request& request, const AdminConnectionPtr& connection) {
    auto asked = asked_for(request.arguments);
    if (!asked) return connection->answer(admin::Reply(tl::unexpected(asked.error())));
    auto wake = [&io = around.io, watching = std::weak_ptr(connection)] {
      boost::asio::post(io, [watching] {
        if (const auto held = watching.lock()) held->wake();
      });
    };
    const auto tracer =
        std::make_shared<gateway::Tracer>(std::move(asked->filter), asked->packets, std::move(wake));
    if (!around.traces.add(tracer)) {
      return connection->answer(refusal(
          "busy", fmt::format("{} traces are running, and there may be no more.", gateway::Traces::most)));
    }
    const AdminPeer peer = connection->peer();
    tell(around.log, "a trace begins", peer);
    const std::string key_log = around.key_log();
    const Json result{{"pid", ::getpid()}, {"key_log", key_log.empty() ? Json() : Json(key_log)}};
    connection->stream(result, {[tracer](std::string& lines) { take_lines(*tracer, lines); },
                                [&traces = around.traces, &log = around.log, tracer, peer] {
                                  traces.remove(tracer.get());
                                  tell(log, "a trace has ended", peer);
                                }});
  };
}

}  // namespace ferryman
