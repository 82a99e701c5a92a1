#include "ferryman/gateway_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/gateway_socket.h"
#include "ferryman/gateway_source.h"
#include "ferryman/gateway_status.h"
#include "ferryman/realm_service.h"

namespace ferryman {
namespace {

constexpr std::chrono::seconds between_looks{2};

struct GatewayOptions {
  std::string url, socket, config_file = "/etc/ferryman/ferryman.toml";
  bool json = false, watch = false;
};

struct Look {
  int code = exit_ok;
  std::string text;  // of a failure: a sentence
};

Look look_at(const json::Json& object, const GatewayOptions& options) {
  const auto status = read_gateway_status(object);
  if (!status) return {exit_not_reachable, "what answers there is no ferrymand of this version"};
  const int code = status->wrong.empty() ? exit_ok : exit_failed;
  return {code, options.json ? object.dump(-1, ' ', true) + "\n" : to_text(*status)};
}

Look look_by_socket(const std::string& path, const GatewayOptions& options) {
  auto socket = GatewaySocket::connect(path);
  const auto reply = socket ? socket->call({"status"}) : admin::Reply(tl::unexpected(socket.error()));
  if (reply) return look_at(*reply, options);
  return {reply.error().reason == admin::reason::not_admitted ? exit_refused : exit_not_reachable,
          reply.error().text};
}

Look look(const GatewayOptions& options, const GatewaySource& source) {
  if (!source.admin_socket.empty()) return look_by_socket(source.admin_socket, options);
  const auto text = fetch_status(source);
  if (!text) return {exit_not_reachable, text.error()};
  const auto object = parse_gateway_json(*text);
  if (!object) return {exit_not_reachable, "what answers there is no ferrymand: it sends no JSON"};
  return look_at(*object, options);
}

tl::expected<GatewaySource, std::string> find_source(const GatewayOptions& options) {
  if (!options.socket.empty()) return GatewaySource{{}, {}, options.socket};
  if (!options.url.empty()) return parse_gateway_source(options.url);
  return configured_gateway_source(options.config_file);
}

int run_gateway(const GatewayOptions& options) {
  const auto source = find_source(options);
  if (!source) {
    fmt::print(stderr, "ferryman gateway: {}\n", printable(source.error()));
    return exit_usage;
  }
  while (true) {
    const Look now = look(options, *source);
    if (options.watch && !options.json && ::isatty(STDOUT_FILENO) == 1) fmt::print("\x1b[H\x1b[2J");
    const bool reached = now.code == exit_ok || now.code == exit_failed;
    if (reached) fmt::print("{}", now.text);
    if (!reached) fmt::print(stderr, "ferryman gateway: {}\n", harmless(now.text));
    if (!options.watch) return check_output(now.code);
    if (const int code = check_output(exit_ok); code != exit_ok) return code;
    std::this_thread::sleep_for(between_looks);
  }
}

}  // namespace

void add_gateway_command(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<GatewayOptions>();
  auto* command = app.add_subcommand("gateway", "Tell how a ferrymand is, and first what is wrong");
  auto* url =
      command
          ->add_option(
              "--url", options->url,
              "Its [admin] http, such as http://127.0.0.1:9464 or unix:/PATH, instead of what --config says")
          ->type_name("URL");
  auto* socket = command->add_option("--socket", options->socket, "Its administration socket instead")
                     ->type_name("PATH");
  url->excludes(socket);
  command
      ->add_option("-c,--config", options->config_file, "ferryman.toml whose [admin] socket or http is asked")
      ->capture_default_str();
  command->add_flag("--json", options->json, "Print JSON");
  command->add_flag("--watch", options->watch, "Look again every two seconds, until Ctrl-C");
  command->footer(
      "Exit codes: 0 all is well, 1 something is wrong, 2 wrong usage, 3 not allowed, 5 it does not answer.");
  command->callback([options, &run] { run = [options] { return run_gateway(*options); }; });
}

}  // namespace ferryman
