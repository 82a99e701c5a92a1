#include "ferrymand/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

namespace ferryman {
namespace {

using Type = MetricPage::Type;

double seconds(const timeval& time) {
  constexpr double microseconds = 1e6;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / microseconds;
}

// proc(5), statm: pages, all and resident.
struct Memory {
  double virtual_size = 0, resident = 0;  // octets
};
std::optional<Memory> memory() {
  std::ifstream file("/proc/self/statm");
  Memory found;
  if (!(file >> found.virtual_size >> found.resident)) return std::nullopt;
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  return Memory{found.virtual_size * page, found.resident * page};
}

// Without the one that looks.
std::optional<double> open_descriptors() {
  std::error_code error;
  const std::filesystem::directory_iterator all("/proc/self/fd", error);
  if (error) return std::nullopt;
  return static_cast<double>(std::distance(begin(all), end(all))) - 1;
}

}  // namespace

void put_process(MetricPage& page, std::chrono::system_clock::time_point started) {
  page.family("ferryman_build_info", "1, with the version of this ferrymand.", Type::Gauge);
  page.value(1, {{"version", FERRYMAN_VERSION}});
  const std::chrono::duration<double> since = started.time_since_epoch();
  page.single("process_start_time_seconds", "Start of the process, in Unix time.", Type::Gauge,
              since.count());
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0)
    page.single("process_cpu_seconds_total", "Processor time of user and system.", Type::Counter,
                seconds(usage.ru_utime) + seconds(usage.ru_stime));
  if (const auto used = memory()) {
    page.single("process_virtual_memory_bytes", "Virtual memory.", Type::Gauge, used->virtual_size);
    page.single("process_resident_memory_bytes", "Resident memory.", Type::Gauge, used->resident);
  }
  if (const auto open = open_descriptors())
    page.single("process_open_fds", "Open file descriptors.", Type::Gauge, *open);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    page.single("process_max_fds", "The most file descriptors that may be open.", Type::Gauge,
                static_cast<double>(limit.rlim_cur));
}

}  // namespace ferryman
