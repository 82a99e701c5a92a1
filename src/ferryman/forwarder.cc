#include "ferryman/forwarder.h"

#include <fmt/format.h>
#include <sys/syslog.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <utility>

#include "base/text.h"

namespace ferryman {

void say(int level, const std::string& text) {
  static const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  fmt::print(stderr, "{}{}\n", journal ? fmt::format("<{}>", level) : "", text);
}

Forwarder::Forwarder(forward::RelayOptions options, bool quiet)
    : quiet_(quiet),
      relay_(io_, std::move(options), [this](const forward::RelayEvent& event) { observe(event); }),
      listener_(std::make_shared<forward::Listener>(io_, relay_)),
      signals_(io_, SIGTERM, SIGINT, SIGHUP),
      drain_(io_) {}

void Forwarder::observe(const forward::RelayEvent& event) {
  const std::string text =
      fmt::format("{} for {}: {}{}", event.type, printable(event.realm), printable(event.result),
                  event.to.empty() ? "" : " from " + printable(event.to));
  if (!quiet_ || !event.answered)
    say(event.answered ? LOG_INFO : LOG_WARNING, fmt::format("{}, {} ms", text, event.took.count()));
  last_error_ = event.answered ? std::nullopt : std::optional(login::LastError{std::time(nullptr), text});
}

tl::expected<void, std::string> Forwarder::use(const std::vector<forward::Relay::Route>& routes) try {
  relay_.set_routes(routes);
  for (const auto& route : routes) drain_time_ = std::max(drain_time_, route.options.deadline);
  return {};
} catch (const std::exception& error) {
  return tl::unexpected(std::string(error.what()));
}

void Forwarder::run(const Reload& reload) {
  wait_for_signal(reload);
  ::sd_notify(0, "READY=1");
  io_.run();
}

void Forwarder::wait_for_signal(const Reload& reload) {
  signals_.async_wait([this, &reload](boost::system::error_code error, int signal) {
    if (error) return;
    if (signal != SIGHUP) return stop();
    ::sd_notify(0, "RELOADING=1");
    const auto reloaded = reload();
    say(reloaded ? LOG_NOTICE : LOG_ERR, reloaded ? "reloaded" : "not reloaded: " + reloaded.error());
    ::sd_notify(0, "READY=1");
    wait_for_signal(reload);
  });
}

void Forwarder::stop() {
  ::sd_notify(0, "STOPPING=1");
  listener_->close();
  drain_end_ = std::chrono::steady_clock::now() + drain_time_;
  drain();
}

void Forwarder::drain() {
  if (relay_.pending() == 0 || std::chrono::steady_clock::now() > drain_end_) {
    // One more round for answers that are being written.
    drain_.expires_after(std::chrono::milliseconds(20));
    drain_.async_wait([this](boost::system::error_code) { io_.stop(); });
    return;
  }
  drain_.expires_after(std::chrono::milliseconds(10));
  drain_.async_wait([this](boost::system::error_code) { drain(); });
}

}  // namespace ferryman
