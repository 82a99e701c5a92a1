#include "ferryman/decode_command.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <system_error>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "decode/capture.h"
#include "decode/input.h"
#include "decode/keys.h"
#include "decode/keytab_file.h"
#include "decode/message.h"
#include "decode/report.h"
#include "decode/tls_key_log.h"
#include "ferryman/exit_codes.h"

namespace ferryman {
namespace {

using Octets = std::vector<std::uint8_t>;
constexpr int exit_undecodable = 1;
constexpr std::size_t max_input = 64 << 20, max_messages = 200'000;

constexpr const char* footer =
    "Without FILE, or with \"-\", standard input is read. What form the input has is seen by itself.\n"
    "Exit codes: 0 decoded, 1 not all of it could be decoded, 2 wrong usage or input that cannot be read.\n"
    "See ferryman(1).";

struct DecodeOptions {
  std::string file = "-";
  std::string hex, base64;
  std::string keytab, tls_keys;
  std::string format = "auto";
  bool secrets = false, full = false, json = false;
  decode::CaptureOptions capture;
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

std::string reason(int error) {
  return std::generic_category().message(error);
}

// The error is a sentence's end.
tl::expected<Octets, std::string> read_file(const std::string& name) {
  const bool standard = name == "-";
  std::unique_ptr<std::FILE, CloseFile> opened(standard ? nullptr : std::fopen(name.c_str(), "rb"));
  std::FILE* file = standard ? stdin : opened.get();
  if (file == nullptr) return tl::unexpected(reason(errno));
  Octets octets;
  std::array<std::uint8_t, 65536> block{};
  for (;;) {
    const std::size_t size = std::fread(block.data(), 1, block.size(), file);
    if (std::ferror(file) != 0) return tl::unexpected(reason(errno));
    if (size == 0) return octets;
    octets.insert(octets.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(size));
    if (octets.size() > max_input) return tl::unexpected(fmt::format("more than {} MiB", max_input >> 20));
  }
}

struct Input {
  std::string name;  // for messages to the user
  Octets octets;
  bool capture = false;
};

tl::expected<Octets, std::string> octets_of(decode::Format format, Octets raw) {
  if (format == decode::Format::hex) return decode::parse_hex(as_text(raw));
  if (format == decode::Format::base64) return decode::parse_base64(as_text(raw));
  return raw;
}

tl::expected<Input, std::string> read_input(const DecodeOptions& options) {
  Input input;
  tl::expected<Octets, std::string> octets;
  if (!options.hex.empty()) {
    input.name = "--hex";
    octets = decode::parse_hex(options.hex);
  } else if (!options.base64.empty()) {
    input.name = "--base64";
    octets = decode::parse_base64(options.base64);
  } else {
    input.name = options.file == "-" ? "standard input" : options.file;
    octets = read_file(options.file);
    if (octets) {
      constexpr std::array<std::string_view, 4> formats{"raw", "hex", "base64", "pcap"};
      const auto given = std::find(formats.begin(), formats.end(), options.format);
      const auto format = given == formats.end() ? decode::guess_format(*octets)
                                                 : static_cast<decode::Format>(given - formats.begin());
      input.capture = format == decode::Format::pcap;
      octets = octets_of(format, std::move(*octets));
    }
  }
  if (octets && octets->empty()) octets = tl::unexpected(std::string("it is empty"));
  if (!octets) return tl::unexpected(fmt::format("{}: {}", input.name, octets.error()));
  input.octets = std::move(*octets);
  return input;
}

// Prints the messages one after the other; of all of them only one is in memory.
class Printer {
 public:
  Printer(bool json, bool capture) : json_(json), capture_(capture) {
    if (json_) fmt::print("{{\"messages\":[");
  }

  void print(const decode::Node& node, const decode::CapturedMessage* from);
  void finish() {
    if (json_) fmt::print("{}]}}\n", number_ == 0 ? "" : "\n");
  }
  std::size_t next_number() const { return number_ + 1; }
  bool faulty() const { return faulty_; }

 private:
  void print_json(const decode::Node& node, const decode::CapturedMessage* from) const;

  bool json_, capture_;
  bool faulty_ = false;
  std::size_t number_ = 0;
};

std::string time_text(std::chrono::microseconds time) {
  constexpr std::int64_t per_second = 1'000'000, last = 253'402'300'799;
  const std::int64_t seconds = time.count() / per_second, rest = time.count() % per_second;
  if (seconds < 0 || seconds > last || rest < 0) return fmt::format("{}s", seconds);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(static_cast<std::time_t>(seconds)), rest);
}

bool has_endpoints(const decode::CapturedMessage& from) {
  return from.source.size != 0;
}

void Printer::print(const decode::Node& node, const decode::CapturedMessage* from) {
  ++number_;
  faulty_ = faulty_ || decode::has_fault(node);
  if (json_) return print_json(node, from);
  if (number_ > 1) fmt::print("\n");
  if (from != nullptr && has_endpoints(*from)) {
    fmt::print("#{} {} {} -> {} {}\n", number_, time_text(from->time), from->source.to_string(),
               from->destination.to_string(), from->transport);
  } else if (number_ > 1 || capture_) {
    fmt::print("#{}\n", number_);
  }
  fmt::print("{}", decode::to_text(node));
}

void Printer::print_json(const decode::Node& node, const decode::CapturedMessage* from) const {
  fmt::print("{}\n{{\"number\":{}", number_ > 1 ? "," : "", number_);
  if (from != nullptr && has_endpoints(*from)) {
    fmt::print(R"(,"time":"{}","source":"{}","destination":"{}","transport":"{}")", time_text(from->time),
               from->source.to_string(), from->destination.to_string(), from->transport);
  }
  fmt::print(",\"message\":{}}}", decode::to_json(node));
}

decode::Node fault_node(std::string fault) {
  decode::Node node;
  node.type = "unreadable";
  node.fault = std::move(fault);
  return node;
}

void decode_octets(Bytes octets, const decode::Options& options, Printer& printer) {
  Bytes rest = octets;
  while (!rest.empty()) {
    if (printer.next_number() > max_messages)
      return printer.print(fault_node(fmt::format("more than {} messages", max_messages)), nullptr);
    printer.print(decode::take_message(octets, rest, options, printer.next_number()), nullptr);
  }
}

void decode_captured(const decode::CapturedMessage& message, const decode::Options& options,
                     Printer& printer) {
  if (printer.next_number() > max_messages) return;
  if (message.bytes.empty()) return printer.print(fault_node(message.note), &message);
  Bytes rest = message.bytes;
  decode::Node node = decode::take_message(message.bytes, rest, options, printer.next_number());
  if (!rest.empty() && node.fault.empty())
    node.fault = fmt::format("{} octets behind the message", rest.size());
  if (!message.note.empty()) node.fault += (node.fault.empty() ? "" : "; ") + message.note;
  printer.print(node, &message);
}

int fail(std::string_view reason_text) {
  fmt::print(stderr, "ferryman decode: {}\n", reason_text);
  return exit_usage;
}

// The error is a sentence's end.
tl::expected<decode::TlsKeyLog, std::string> read_tls_keys(const std::string& name) {
  decode::TlsKeyLog keys;
  if (name.empty()) return keys;
  const auto text = read_file(name);
  if (!text) return tl::unexpected(text.error());
  if (keys.add(*text) == 0) return tl::unexpected(std::string("no TLS secret is in it"));
  return keys;
}

// What is said when a capture was read to its end. none: no message was in it.
void tell_summary(const std::string& name, const decode::CaptureSummary& summary, bool none) {
  if (none)
    fail(fmt::format("{}: no Kerberos message is in it; --port and --http-port say where to look", name));
  if (summary.closed_tls != 0)
    fail(fmt::format("{}: {} TLS {} not read, for want of {} keys; --tls-keys has them", name,
                     summary.closed_tls, summary.closed_tls == 1 ? "connection was" : "connections were",
                     summary.closed_tls == 1 ? "its" : "their"));
}

int run_decode(const DecodeOptions& options) {
  decode::Options decoding{options.secrets, options.full, nullptr};
  std::optional<decode::KeyRing> keys;
  if (!options.keytab.empty()) {
    auto keytab = decode::read_keytab_file(options.keytab);
    if (!keytab) return fail(fmt::format("{}: {}", options.keytab, keytab.error()));
    keys.emplace(std::move(*keytab));
    decoding.keys = &*keys;
  }
  auto tls_keys = read_tls_keys(options.tls_keys);
  if (!tls_keys) return fail(fmt::format("{}: {}", options.tls_keys, tls_keys.error()));
  const auto input = read_input(options);
  if (!input) return fail(input.error());
  Printer printer(options.json, input->capture);
  tl::expected<decode::CaptureSummary, std::string> read;
  if (input->capture) {
    read = decode::read_capture(
        input->octets, options.capture, std::move(*tls_keys),
        [&](const decode::CapturedMessage& message) { decode_captured(message, decoding, printer); });
  } else {
    decode_octets(input->octets, decoding, printer);
  }
  const bool none = printer.next_number() == 1;
  printer.finish();
  if (!read) {
    fail(fmt::format("{}: {}", input->name, read.error()));
    return none ? exit_usage : exit_undecodable;
  }
  tell_summary(input->name, *read, none);
  return none || printer.faulty() ? exit_undecodable : exit_ok;
}

}  // namespace

void add_decode_command(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<DecodeOptions>();
  auto& decode = *options;
  auto* command =
      app.add_subcommand("decode",
                         "Print what is in a Kerberos, kpasswd or KDC-PROXY message, or in all those "
                         "of a capture; with a keytab also in tickets and PACs");
  auto* file = command->add_option("FILE", decode.file, "The message or capture; default standard input");
  auto* hex =
      command->add_option("--hex", decode.hex, "The message, in hexadecimal digits")->type_name("TEXT");
  auto* base64 = command->add_option("--base64", decode.base64, "The message, in base64")->type_name("TEXT");
  hex->excludes(file);
  base64->excludes(file)->excludes(hex);
  command->add_option("--format", decode.format, "How the input is written")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "raw", "hex", "base64", "pcap"}));
  command->add_option("--keytab", decode.keytab, "Keys that open tickets and other encrypted parts")
      ->type_name("FILE");
  command
      ->add_option("--tls-keys", decode.tls_keys,
                   "Key log of TLS connections in a capture, beside one that it holds itself")
      ->type_name("FILE");
  command->add_option("--port", decode.capture.ports, "Port of KDCs in a capture; default 88 and 464")
      ->type_name("PORT")
      ->delimiter(',')
      ->allow_extra_args(false);
  command
      ->add_option("--http-port", decode.capture.http_ports,
                   "Port of KDC proxies in a capture; default 80, 443 and 8080")
      ->type_name("PORT")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_flag("--secrets", decode.secrets, "Show keys and passwords");
  command->add_flag("--full", decode.full, "Show octet strings to their end");
  command->add_flag("--json", decode.json, "Print JSON");
  command->footer(footer);
  command->callback([options, &run] { run = [options] { return run_decode(*options); }; });
}

}  // namespace ferryman
