#include "ferryman/trace_command.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <variant>

#include "base/descriptor.h"
#include "ferryman/exit_codes.h"
#include "ferryman/gateway_socket.h"
#include "ferryman/trace_output.h"
#include "json/parse.h"
#include "net/network.h"

namespace ferryman {
namespace {

constexpr const char* footer =
    "Ends with Ctrl-C. Exit codes: 0 ended so, or by --count, 1 the output cannot be written, 2 wrong usage, "
    "3 not\n"
    "allowed, 5 no gateway runs or it has ended. See ferryman(1).";

struct TraceOptions {
  std::string socket = default_gateway_socket;
  std::string realm, client, user, result;
  bool keys = false;
  std::uint64_t count = 0;  // 0: without end
  TraceForm form;
};

// Readable once somebody wants an end.
Descriptor end_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return Descriptor(::signalfd(-1, &set, SFD_CLOEXEC));
}

admin::Request request_of(const TraceOptions& options) {
  // JSON alone needs no messages.
  const bool packets = !options.form.json || options.form.trees || !options.form.pcapng.empty();
  admin::Request request{"trace", {}, {{"packets", packets}}};
  const auto add = [&request](const char* name, const std::string& value) {
    if (!value.empty()) request.arguments[name] = value;
  };
  add("realm", options.realm);
  add("client", options.client);
  add("user", options.user);
  add("result", options.result);
  return request;
}

class Trace {
 public:
  explicit Trace(const TraceOptions& options) : options_(options), output_(options.form) {}
  int run();

 private:
  std::optional<int> begin(GatewaySocket& gateway);
  int follow(GatewaySocket& gateway, int signals);
  std::optional<int> take(const Secret& line);

  const TraceOptions& options_;
  TraceOutput output_;
  std::uint64_t seen_ = 0;
};

int Trace::run() {
  ::signal(SIGPIPE, SIG_IGN);  // who reads the capture may go first
  const Descriptor signals = end_signals();
  auto gateway = GatewaySocket::connect(options_.socket);
  if (!gateway) return tell_failure("trace", gateway.error());
  if (const auto failed = begin(*gateway)) return *failed;
  return follow(*gateway, signals.get());
}

std::optional<int> Trace::begin(GatewaySocket& gateway) {
  const admin::Reply reply = gateway.call(request_of(options_));
  if (!reply) return tell_failure("trace", reply.error());
  if (!output_.open()) return exit_failed;
  if (!options_.keys) return std::nullopt;
  const std::string* const key_log = json::text_member(*reply, "key_log");
  if (key_log == nullptr) {
    fmt::print(
        stderr,
        "ferryman trace: the gateway writes no TLS key log: [tls] key_log of its ferryman.toml names one.\n");
    return exit_refused;
  }
  if (!output_.add_keys(*key_log)) return exit_failed;
  return std::nullopt;
}

int Trace::follow(GatewaySocket& gateway, int signals) {
  while (true) {
    while (const auto line = gateway.waiting_line()) {
      if (const auto ended = take(*line)) return *ended;
    }
    // A pipe whose reader has gone says so at once, not only with the next request.
    std::array<pollfd, 3> waited{{{gateway.get(), POLLIN, 0}, {signals, POLLIN, 0}, {STDOUT_FILENO, 0, 0}}};
    if (::poll(waited.data(), waited.size(), -1) < 0) continue;
    if (waited[1].revents != 0 || waited[2].revents != 0) return exit_ok;
    const auto line = gateway.next_line();
    if (!line) return tell_failure("trace", line.error());
    if (!*line) continue;
    if (const auto ended = take(**line)) return *ended;
  }
}

// The exit code where that was the last.
std::optional<int> Trace::take(const Secret& line) {
  const auto read = trace::read_line(as_text(line.bytes()));
  if (!read) return std::nullopt;
  if (!std::visit([this](const auto& one) { return output_.write(one); }, *read)) {
    const int cause = errno;
    if (cause == EPIPE) return exit_ok;
    fmt::print(stderr, "ferryman trace: cannot write: {}\n", std::generic_category().message(cause));
    return exit_failed;
  }
  if (std::holds_alternative<trace::Record>(*read) && ++seen_ == options_.count) return exit_ok;
  return std::nullopt;
}

void add_filters(CLI::App& command, TraceOptions& trace) {
  command.add_option("--realm", trace.realm, "Only requests for this realm")->type_name("REALM");
  command.add_option("--client", trace.client, "Only those of clients at this address or network")
      ->type_name("NET")
      ->check([](const std::string& text) {
        return net::Network::parse(text) ? std::string() : "no address or network such as 192.0.2.0/24";
      });
  command
      .add_option("--user", trace.user,
                  "Only AS exchanges of this user; TGS-REQs and password changes name nobody in the clear")
      ->type_name("USER");
  command
      .add_option(
          "--result", trace.result,
          "Only those that ended so: PREAUTH_REQUIRED, 25, AS-REP, or an event's kind or reason: refused")
      ->type_name("CODE");
}

}  // namespace

void add_trace_command(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<TraceOptions>();
  auto& trace = *options;
  auto* command = app.add_subcommand(
      "trace", "Show the requests of a running gateway as it serves them: a line each, trees, or a capture");
  add_filters(*command, trace);
  command->add_flag("--json", trace.form.json, "Print a JSON object a line");
  command->add_flag("-v,--verbose", trace.form.trees,
                    "Print all fields of the messages, as ferryman decode does");
  auto* pcapng = command
                     ->add_option("--pcapng", trace.form.pcapng,
                                  "Write the messages as a capture of IP packets; - is standard output")
                     ->type_name("FILE");
  command->add_flag("--keys", trace.keys, "Add the gateway's TLS key log to the capture, if it writes one")
      ->needs(pcapng);
  command->add_option("--count", trace.count, "End behind so many requests")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000'000));
  command->add_option("--socket", trace.socket, "The gateway's administration socket")
      ->type_name("PATH")
      ->capture_default_str();
  command->footer(footer);
  command->callback([options, &run] { run = [options] { return Trace(*options).run(); }; });
}

}  // namespace ferryman
