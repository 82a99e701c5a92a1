#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ferryman {

// Exit codes of ferryman.
inline constexpr int exit_found = 0, exit_not_found = 1, exit_usage = 2, exit_no_answer = 3;

struct LocateOptions {
  std::string realm;
  std::string config_file;  // empty: the default one if it is there
  std::string hint;
  std::string site;
  std::string discovery;  // empty: as configured, else "ad"
  std::vector<std::string> dns_servers, allow_networks;
  bool kpasswd = false, fast = false, probe = true, json = false;
  std::chrono::milliseconds deadline{10000};
};

// `ferryman locate`: finds the KDCs of a realm as ferrymand does and prints each step to standard output,
// mistakes to standard error. Returns the exit code.
int run_locate(const LocateOptions& options);

}  // namespace ferryman
