#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferryman {

// How many processors this process may use: those that it may run on (sched_setaffinity(2), cpuset), but no
// more than its control groups' quota of time, rounded up (cgroup v2 cpu.max, v1 cpu.cfs_quota_us). At
// least 1.
unsigned usable_processors();

// The directories in which the quotas of this process's control groups stand, its own group first and the
// outermost last. mountinfo and cgroup: the texts of /proc/self/mountinfo and /proc/self/cgroup (cgroups(7)).
// Where a group lies outside of what is mounted, as in a container without a namespace of its own, that is
// the mount point.
std::vector<std::string> cpu_group_directories(std::string_view mountinfo, std::string_view cgroup);

// The processors that a quota amounts to, rounded up; nothing without one.
std::optional<unsigned> parse_cpu_max(std::string_view text);  // v2: "150000 100000", "max 100000"
std::optional<unsigned> parse_cfs_quota(std::string_view quota, std::string_view period);  // v1: "-1" is none

}  // namespace ferryman
