#include "ferrymand/processors.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <limits>
#include <thread>

namespace ferryman {
namespace {

// The next part of a text up to a separator, which is taken off with it.
std::string_view next(std::string_view& text, char separator) {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

std::optional<std::uint64_t> number(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<unsigned> round_up(std::optional<std::uint64_t> quota, std::optional<std::uint64_t> period) {
  if (!quota || !period || *period == 0) return std::nullopt;
  const std::uint64_t processors = *quota / *period + (*quota % *period != 0 ? 1 : 0);
  return static_cast<unsigned>(
      std::clamp<std::uint64_t>(processors, 1, std::numeric_limits<unsigned>::max()));
}

bool names(std::string_view list, std::string_view wanted) {
  while (!list.empty()) {
    if (next(list, ',') == wanted) return true;
  }
  return false;
}

// "\040" for a space (proc(5)).
std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned octet = 0;
    if (text[i] == '\\' && i + 3 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 4, octet, 8).ptr == text.data() + i + 4) {
      plain += static_cast<char>(octet);
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// A mounted hierarchy that has to do with processor time.
struct Mount {
  std::string root, point;
  bool unified = false;  // v2
};

// ID PARENT DEVICE ROOT POINT OPTIONS [FIELDS] - TYPE SOURCE SUPER_OPTIONS
std::optional<Mount> parse_mount(std::string_view line) {
  Mount mount;
  for (int i = 0; i < 3; ++i) next(line, ' ');
  mount.root = unescape(next(line, ' '));
  mount.point = unescape(next(line, ' '));
  while (!line.empty() && next(line, ' ') != "-") {
  }
  const std::string_view type = next(line, ' ');
  next(line, ' ');
  mount.unified = type == "cgroup2";
  if (mount.unified || (type == "cgroup" && names(line, "cpu"))) return mount;
  return std::nullopt;
}

// HIERARCHY:CONTROLLERS:PATH; v2 is hierarchy 0 without controllers.
std::optional<std::string> group_of(std::string_view cgroup, bool unified) {
  while (!cgroup.empty()) {
    std::string_view line = next(cgroup, '\n');
    const std::string_view hierarchy = next(line, ':'), controllers = next(line, ':');
    const bool wanted = unified ? hierarchy == "0" && controllers.empty() : names(controllers, "cpu");
    if (wanted) return std::string(line);
  }
  return std::nullopt;
}

void add_directories(const Mount& mount, std::string group, std::vector<std::string>& directories) {
  const std::string root = mount.root == "/" ? "" : mount.root;
  const bool inside = group.starts_with(root) && (group.size() == root.size() || group[root.size()] == '/');
  std::string below = inside ? group.substr(root.size()) : "";
  while (below.ends_with('/')) below.pop_back();
  while (!below.empty()) {
    directories.push_back(mount.point + below);
    below.resize(below.rfind('/'));
  }
  directories.push_back(mount.point);
}

std::string read(const std::string& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

unsigned affine_processors() {
  constexpr std::size_t most = 8192;
  std::vector<cpu_set_t> set(most / (8 * sizeof(cpu_set_t)));
  const std::size_t size = set.size() * sizeof(cpu_set_t);
  if (::sched_getaffinity(0, size, set.data()) == 0) {
    return static_cast<unsigned>(std::max(1, CPU_COUNT_S(size, set.data())));
  }
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

std::optional<unsigned> parse_cpu_max(std::string_view text) {
  const std::string_view quota = next(text, ' ');
  return round_up(number(quota), number(text));
}

std::optional<unsigned> parse_cfs_quota(std::string_view quota, std::string_view period) {
  return round_up(number(quota), number(period));
}

std::vector<std::string> cpu_group_directories(std::string_view mountinfo, std::string_view cgroup) {
  std::vector<std::string> directories;
  while (!mountinfo.empty()) {
    const auto mount = parse_mount(next(mountinfo, '\n'));
    if (!mount) continue;
    if (auto group = group_of(cgroup, mount->unified))
      add_directories(*mount, std::move(*group), directories);
  }
  return directories;
}

unsigned usable_processors() {
  unsigned processors = affine_processors();
  for (const auto& directory :
       cpu_group_directories(read("/proc/self/mountinfo"), read("/proc/self/cgroup"))) {
    const auto v2 = parse_cpu_max(read(directory + "/cpu.max"));
    const auto v1 =
        parse_cfs_quota(read(directory + "/cpu.cfs_quota_us"), read(directory + "/cpu.cfs_period_us"));
    processors = std::min({processors, v2.value_or(processors), v1.value_or(processors)});
  }
  return processors;
}

}  // namespace ferryman
