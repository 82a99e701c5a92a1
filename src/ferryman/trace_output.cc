#include "ferryman/trace_output.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/ip/udp.hpp>
#include <cerrno>
#include <ctime>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/descriptor.h"
#include "decode/message.h"
#include "decode/report.h"
#include "trace/exchange.h"
#include "trace/line.h"
#include "trace/words.h"

namespace ferryman {
namespace {

namespace ip = boost::asio::ip;
using json::Json;

bool complain_of(const std::string& file) {
  fmt::print(stderr, "ferryman trace: {}: {}\n", file, std::generic_category().message(errno));
  return false;
}

// The route says it: nothing is sent. Unspecified where there is none.
ip::address own_address(const ip::address& towards) {
  const ip::udp::endpoint there(towards, 88);
  const Descriptor socket(::socket(there.protocol().family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ip::udp::endpoint here(there.protocol(), 0);
  auto size = static_cast<socklen_t>(here.capacity());
  if (::connect(socket.get(), there.data(), static_cast<socklen_t>(there.size())) != 0 ||
      ::getsockname(socket.get(), here.data(), &size) != 0)
    return here.address();
  here.resize(size);
  return here.address();
}

decode::Node tree_of(Bytes message) {
  Bytes rest = message;
  return decode::take_message(message, rest, decode::Options(), 1);
}

std::string iso_time(std::chrono::microseconds time) {
  const std::time_t seconds = time.count() / 1'000'000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(seconds), time.count() % 1'000'000);
}

std::string json_of(const trace::Record& record, bool trees) {
  Json object = record.event;
  object["time"] = iso_time(record.time);
  if (const std::string words = trace::words_of(record.request, record.reply); !words.empty())
    object["words"] = words;
  // Names are as clients chose them: a terminal would obey some characters beyond ASCII.
  std::string text = object.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (trees) {
    text.pop_back();
    for (const auto& [name, octets] : {std::pair<std::string_view, Bytes>("request_message", record.request),
                                       {"reply_message", record.reply},
                                       {"kdc_message", record.kdc_reply}}) {
      if (!octets.empty()) text += fmt::format(",\"{}\":{}", name, decode::to_json(tree_of(octets)));
    }
    text += '}';
  }
  return text;
}

std::string text_of(const trace::Record& record, bool trees) {
  std::string text = trace::line_of(record) + "\n";
  if (!trees) return text;
  for (const Bytes octets : {Bytes(record.request), Bytes(record.reply), Bytes(record.kdc_reply)}) {
    if (!octets.empty()) text += decode::to_text(tree_of(octets), 1);
  }
  return text;
}

}  // namespace

bool TraceOutput::open() {
  if (form_.pcapng.empty()) return true;
  if (is_capture_on_output()) {
    if (::isatty(STDOUT_FILENO) == 0) return flush_capture();
    fmt::print(stderr,
               "ferryman trace: standard output is a terminal: a capture goes into a file or a pipe.\n");
    return false;
  }
  Descriptor made(::open(form_.pcapng.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (made.get() < 0) return complain_of(form_.pcapng);
  capture_file_.reset(::fdopen(made.release(), "wb"));
  return flush_capture() || complain_of(form_.pcapng);
}

bool TraceOutput::add_keys(const std::string& file) {
  keys_.reset(std::fopen(file.c_str(), "re"));
  if (keys_ == nullptr) return complain_of(file);
  return take_keys();
}

// Whole lines only. A block at a time is held: the key log of a gateway that has long been running is large.
bool TraceOutput::take_keys() {
  if (keys_ == nullptr) return true;
  std::array<char, 65536> block;
  std::clearerr(keys_.get());
  while (const std::size_t got = std::fread(block.data(), 1, block.size(), keys_.get())) {
    key_line_.append(block.data(), got);
    const std::size_t end = key_line_.rfind('\n') + 1;  // 0 where there is none
    capture_.secrets(std::string_view(key_line_).substr(0, end));
    key_line_.erase(0, end);
    if (!flush_capture()) return false;
  }
  return true;
}

bool TraceOutput::write(const trace::Record& record) {
  if (!form_.pcapng.empty()) {
    if (!take_keys()) return false;
    if (const auto exchange = trace::exchange_of(record, own_address)) packets_.write(*exchange);
    if (!flush_capture()) return false;
  }
  if (form_.json) return print(json_of(record, form_.trees) + "\n");
  return print(text_of(record, form_.trees));
}

bool TraceOutput::write(const trace::Lost& lost) {
  if (form_.json) return print(fmt::format("{{\"lost\":{}}}\n", lost.records));
  fmt::print(stderr, "ferryman trace: {} records were lost, as they were not read in time\n", lost.records);
  return true;
}

bool TraceOutput::print(std::string_view text) const {
  if (is_capture_on_output()) return true;
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
}

bool TraceOutput::flush_capture() {
  std::FILE* const file = is_capture_on_output() ? stdout : capture_file_.get();
  const std::string octets = capture_.take();
  if (octets.empty()) return true;
  return std::fwrite(octets.data(), 1, octets.size(), file) == octets.size() && std::fflush(file) == 0;
}

}  // namespace ferryman
