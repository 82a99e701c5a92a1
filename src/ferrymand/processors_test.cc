#include "ferrymand/processors.h"

#include <gmock/gmock.h>

namespace ferryman {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ParseCpuMax, RoundsUpToWholeProcessors) {
  EXPECT_EQ(parse_cpu_max("100000 100000\n"), 1U);
  EXPECT_EQ(parse_cpu_max("150000 100000\n"), 2U);
  EXPECT_EQ(parse_cpu_max("200000 100000"), 2U);
  EXPECT_EQ(parse_cpu_max("1000 100000\n"), 1U);
  EXPECT_EQ(parse_cpu_max("0 100000\n"), 1U);
  EXPECT_EQ(parse_cpu_max("18446744073709551615 1\n"), 4294967295U);
}

TEST(ParseCpuMax, IsNoneWithoutAQuota) {
  for (const char* text :
       {"max 100000\n", "", "max", "100000", "100000 0", "x 100000", "100000 x", "-1 100000"})
    EXPECT_EQ(parse_cpu_max(text), std::nullopt) << text;
}

TEST(ParseCfsQuota, KnowsMinusOneAsNone) {
  EXPECT_EQ(parse_cfs_quota("250000\n", "100000\n"), 3U);
  EXPECT_EQ(parse_cfs_quota("50000\n", "100000\n"), 1U);
  EXPECT_EQ(parse_cfs_quota("-1\n", "100000\n"), std::nullopt);
  EXPECT_EQ(parse_cfs_quota("", ""), std::nullopt);
}

TEST(CpuGroupDirectories, GoUpV2sHierarchy) {
  EXPECT_THAT(cpu_group_directories(
                  "24 1 0:22 / /proc rw - proc proc rw\n"
                  "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
                  "0::/system.slice/ferrymand.service\n"),
              ElementsAre("/sys/fs/cgroup/system.slice/ferrymand.service", "/sys/fs/cgroup/system.slice",
                          "/sys/fs/cgroup"));
}

TEST(CpuGroupDirectories, KnowV1BesideV2) {
  EXPECT_THAT(
      cpu_group_directories("31 30 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
                            "33 30 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
                            "34 30 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n",
                            "9:cpuset:/\n4:cpu,cpuacct:/docker/abc\n0::/docker/abc\n"),
      ElementsAre("/sys/fs/cgroup/unified/docker/abc", "/sys/fs/cgroup/unified/docker",
                  "/sys/fs/cgroup/unified", "/sys/fs/cgroup/cpu,cpuacct/docker/abc",
                  "/sys/fs/cgroup/cpu,cpuacct/docker", "/sys/fs/cgroup/cpu,cpuacct"));
}

TEST(CpuGroupDirectories, AreBelowTheMountsRoot) {
  constexpr const char* mountinfo = "30 24 0:26 /docker/abc /my\\040cgroup ro - cgroup2 cgroup2 rw\n";
  EXPECT_THAT(cpu_group_directories(mountinfo, "0::/docker/abc/inner\n"),
              ElementsAre("/my cgroup/inner", "/my cgroup"));
  EXPECT_THAT(cpu_group_directories(mountinfo, "0::/docker/abc\n"), ElementsAre("/my cgroup"));
  EXPECT_THAT(cpu_group_directories(mountinfo, "0::/\n"), ElementsAre("/my cgroup"));
  EXPECT_THAT(cpu_group_directories(mountinfo, "0::/docker/abcd\n"), ElementsAre("/my cgroup"));
}

TEST(CpuGroupDirectories, AreNoneWithoutMounts) {
  EXPECT_THAT(cpu_group_directories("", "0::/\n"), IsEmpty());
  EXPECT_THAT(cpu_group_directories("30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", ""), IsEmpty());
  EXPECT_THAT(cpu_group_directories("30\n-\n30 24 0:26 / /a rw - \n\n", "0::\nx\n"), IsEmpty());
}

TEST(UsableProcessors, AreAtLeastOne) {
  EXPECT_GE(usable_processors(), 1U);
}

}  // namespace
}  // namespace ferryman
