#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "telemetry/level.h"

namespace ferryman::telemetry {

// ecs: JSON with the names of Elastic's Common Schema.
enum class Format : std::uint8_t { text, json, ecs };
enum class Destination : std::uint8_t { standard_error, syslog, journal, file };

class Record;

struct LogOptions {
  std::string ident = "ferrymand";  // who speaks, in syslog and where the log itself fails; taken once
  Format format = Format::text;     // of the journal it is text
  Level level = Level::info;
  Destination destination = Destination::standard_error;
  std::string file{};                 // Destination::file; reopened on every reload (logrotate)
  std::string journal_socket{};       // Destination::journal; empty: journald's own
  std::size_t max_pending = 1 << 20;  // octets that wait for the writer; beyond that lines are dropped
};

// "stderr", "syslog", "journal", "journal:/path" or "file:/path"; false: it is none of these.
[[nodiscard]] bool set_destination(LogOptions& options, std::string_view text);
std::string destination_name(const LogOptions& options);

// The process's log: one line a record, logfmt or JSON, every value escaped. Thread-safe. A slow or full
// destination never holds a worker up: lines beyond max_pending are dropped and the count is said once
// there is room again.
class Log {
 public:
  explicit Log(const LogOptions& options);  // throws std::system_error when the file cannot be opened
  ~Log();                                   // writes out what waits

  // Takes effect for the next record; throws as the constructor does and then keeps the old options.
  void reconfigure(const LogOptions& options);

  // Whether records of that level are written at all.
  bool writes(Level level) const;

  // A record of the caller's fields: fill(Record&) puts them, in the caller's thread and before this returns.
  template <std::invocable<Record&> Fill>
  void write(Level level, const Fill& fill) {
    put(
        level, [](const void* at, Record& record) { (*static_cast<const Fill*>(at))(record); }, &fill);
  }

  // The same of text alone: message is a fixed sentence, fields are key and value.
  void write(Level level, std::string_view message,
             std::initializer_list<std::pair<std::string_view, std::string_view>> fields = {});

 private:
  void put(Level level, void (*fill)(const void* at, Record& record), const void* at);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferryman::telemetry
