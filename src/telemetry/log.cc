#include "telemetry/log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>

#include "telemetry/journal.h"
#include "telemetry/record.h"

namespace ferryman::telemetry {
namespace {

// After a write the writer lets lines gather: waking it for each would cost as much as the rest of a request,
// and whoever waits alone would meet it once in a hundred. But no more than the processor's caches hold.
constexpr std::chrono::milliseconds rest{50};
constexpr std::size_t enough = 64 * 1024;

int syslog_priority(Level level) {
  switch (level) {
    case Level::debug:
      return LOG_DEBUG;
    case Level::info:
      return LOG_INFO;
    case Level::warning:
      return LOG_WARNING;
    case Level::error:
      return LOG_ERR;
  }
  return LOG_INFO;
}

// Whether standard error leads to the journal, which then takes "<6>" at a line's begin as its priority
// (sd-daemon(3)).
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

// A file to write to; -1 is standard error's, which is not ours to close. Or the journal.
class Sink {
 public:
  Sink() = default;
  explicit Sink(Journal journal) : journal_(std::move(journal)) {}
  explicit Sink(const std::string& file)
      : fd_(::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "log file " + file);
  }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  ~Sink() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_ >= 0 ? fd_ : STDERR_FILENO; }
  const std::optional<Journal>& journal() const { return journal_; }

 private:
  int fd_ = -1;
  const std::optional<Journal> journal_;
};

// What could not be written: the disk is full or the reader gone. errno has the cause.
std::string_view write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t octets = ::write(fd, text.data(), text.size());
    if (octets < 0 && errno == EINTR) continue;
    if (octets <= 0) break;
    text.remove_prefix(static_cast<std::size_t>(octets));
  }
  return text;
}

std::uint64_t count_lines(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

void write_syslog(std::string_view lines) {
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    const std::string_view line = lines.substr(0, end);
    // Every line starts with its priority, as for the journal.
    const int priority = line.size() > 3 ? line[1] - '0' : LOG_INFO;
    ::syslog(priority, "%.*s", static_cast<int>(line.size() - 3), line.data() + 3);
    if (end == std::string_view::npos) return;
    lines.remove_prefix(end + 1);
  }
}

std::shared_ptr<const Sink> open_sink(const LogOptions& options) {
  if (options.destination == Destination::journal)
    return std::make_shared<const Sink>(Journal(options.journal_socket, options.ident));
  if (options.destination != Destination::file) return std::make_shared<const Sink>();
  return std::make_shared<const Sink>(options.file);
}

}  // namespace

struct Log::Impl {
  explicit Impl(const LogOptions& o) : ident(o.ident), sink(open_sink(o)), journal(stderr_is_journal()) {
    adopt(o);
    ::openlog(ident.c_str(), LOG_PID, LOG_DAEMON);
    writer = std::thread([this] { run(); });
  }
  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    ready.notify_one();
    writer.join();
  }

  void adopt(const LogOptions& o) {
    options = o;
    level.store(o.level, std::memory_order_relaxed);
    const bool fields = o.destination == Destination::journal;
    format.store(fields ? Format::text : o.format, std::memory_order_relaxed);
    prefixed.store(fields || o.destination == Destination::syslog ||
                       (o.destination == Destination::standard_error && journal),
                   std::memory_order_relaxed);
  }

  template <typename Fill>
  void put(Level at, Fill fill);
  template <typename Fill>
  void format_line(Level at, Fill fill);
  void push(std::string_view line);
  bool has_enough() const { return pending.size() > std::min(enough, options.max_pending / 2); }
  void run();
  std::uint64_t write_out(const Sink& to, std::string_view lines);
  std::uint64_t write_journal(const Journal& to, std::string_view lines);
  void tell_loss(int cause);

  std::mutex mutex;
  std::condition_variable ready;
  std::string pending;
  std::uint64_t dropped = 0;
  LogOptions options;
  const std::string ident;  // openlog(3) keeps the pointer
  std::shared_ptr<const Sink> sink;
  bool stopping = false;
  bool resting = false;  // the writer is, and is not to be woken for a line
  const bool journal;
  std::atomic<Level> level{Level::info};
  std::atomic<Format> format{Format::text};
  std::atomic<bool> prefixed{false};
  bool failing = false, cut = false;  // the writer's: lines are being lost; the last one stands there in part
  std::thread writer;
};

template <typename Fill>
void Log::Impl::put(Level at, Fill fill) {
  if (at < level.load(std::memory_order_relaxed)) return;
  try {
    format_line(at, fill);
  } catch (const std::bad_alloc&) {
    const std::lock_guard lock(mutex);
    ++dropped;
  }
}

template <typename Fill>
void Log::Impl::format_line(Level at, Fill fill) {
  Line line;
  if (prefixed.load(std::memory_order_relaxed)) {
    const char prefix[] = {'<', static_cast<char>('0' + syslog_priority(at)), '>'};
    line.append(prefix, prefix + sizeof prefix);
  }
  Record record(format.load(std::memory_order_relaxed), line);
  record.begin();
  record.word("time", timestamp(std::chrono::system_clock::now()));
  record.word("level", name(at));
  if (record.is_ecs()) {
    record.word({"version", "ecs.version"}, ecs_version);
    record.text({"ident", "service.name"}, ident);
  }
  fill(record);
  record.end();
  push({line.data(), line.size()});
}

void Log::Impl::push(std::string_view line) {
  {
    const std::lock_guard lock(mutex);
    if (pending.size() + line.size() > options.max_pending) {
      ++dropped;
      return;
    }
    const bool first = pending.empty(), was_low = !has_enough();
    pending += line;
    const bool filling = was_low && has_enough();
    if (resting ? !filling : !first) return;  // the writer already knows, or will soon
  }
  ready.notify_one();
}

// Returns how many lines were lost. Of a file that takes no more the first loss is said on standard error.
std::uint64_t Log::Impl::write_out(const Sink& to, std::string_view lines) {
  if (cut && !write_all(to.get(), "\n").empty()) return count_lines(lines);
  cut = false;
  const std::string_view rest = write_all(to.get(), lines);
  if (rest.empty()) {
    failing = false;
    return 0;
  }
  const int cause = errno;
  cut = rest.data() != lines.data() && *(rest.data() - 1) != '\n';
  if (to.get() == STDERR_FILENO) {
    failing = true;
  } else {
    tell_loss(cause);
  }
  return count_lines(rest);
}

std::uint64_t Log::Impl::write_journal(const Journal& to, std::string_view lines) {
  const Journal::Loss loss = to.write(lines);
  if (loss.lines == 0) {
    failing = false;
  } else {
    tell_loss(loss.cause);
  }
  return loss.lines;
}

void Log::Impl::tell_loss(int cause) {
  if (std::exchange(failing, true)) return;
  const std::string text = std::generic_category().message(cause);
  write_all(STDERR_FILENO, fmt::format("{}: log lines are being lost: {}\n", ident, text));
}

void Log::Impl::run() {
  std::string lines;
  std::unique_lock lock(mutex);
  while (true) {
    ready.wait(lock, [this] { return stopping || !pending.empty(); });
    if (pending.empty()) return;
    lines.clear();
    std::swap(lines, pending);
    const std::uint64_t lost = std::exchange(dropped, 0);
    const bool to_syslog = options.destination == Destination::syslog;
    const auto current = sink;  // a reconfiguration meanwhile sets the next one
    lock.unlock();
    std::uint64_t unwritten = 0;
    if (current->journal()) {
      unwritten = write_journal(*current->journal(), lines);
    } else if (to_syslog) {
      write_syslog(lines);
    } else {
      unwritten = write_out(*current, lines);
    }
    lock.lock();
    resting = true;
    ready.wait_for(lock, rest, [this] { return stopping || has_enough(); });
    resting = false;
    dropped += unwritten;
    if (unwritten > 0) {
      dropped += lost;  // the message below would be lost as well
      continue;
    }
    if (lost == 0) continue;
    lock.unlock();
    put(Level::warning, [lost](Record& record) {
      record.text("message", "log lines dropped");
      record.number("lines", static_cast<std::int64_t>(lost));
    });
    lock.lock();
  }
}

bool set_destination(LogOptions& options, std::string_view text) {
  constexpr std::string_view file = "file:", journal = "journal:";
  constexpr std::size_t max_journal_socket = journal.size() + sizeof(sockaddr_un::sun_path);
  if (text == "stderr") {
    options.destination = Destination::standard_error;
  } else if (text == "syslog") {
    options.destination = Destination::syslog;
  } else if (text == "journal" || (text.starts_with("journal:/") && text.size() < max_journal_socket)) {
    options.destination = Destination::journal;
    options.journal_socket = text.substr(std::min(text.size(), journal.size()));
  } else if (text.starts_with("file:/")) {
    options.destination = Destination::file;
    options.file = text.substr(file.size());
  } else {
    return false;
  }
  return true;
}

std::string destination_name(const LogOptions& options) {
  switch (options.destination) {
    case Destination::standard_error:
      return "stderr";
    case Destination::syslog:
      return "syslog";
    case Destination::journal:
      return options.journal_socket.empty() ? "journal" : "journal:" + options.journal_socket;
    case Destination::file:
      return "file:" + options.file;
  }
  return {};
}

Log::Log(const LogOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Log::~Log() = default;

void Log::reconfigure(const LogOptions& options) {
  auto fresh = open_sink(options);
  const std::lock_guard lock(impl_->mutex);
  impl_->adopt(options);
  impl_->sink = std::move(fresh);
}

bool Log::writes(Level level) const {
  return level >= impl_->level.load(std::memory_order_relaxed);
}

void Log::put(Level level, void (*fill)(const void* at, Record& record), const void* at) {
  impl_->put(level, [fill, at](Record& record) { fill(at, record); });
}

void Log::write(Level level, std::string_view message,
                std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  impl_->put(level, [&](Record& record) {
    record.text("message", message);
    for (const auto& [key, value] : fields) record.text(Key(key), value);
  });
}

}  // namespace ferryman::telemetry
