#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/mistake.h"

// What a machine knows of those who may log on to it, and how it tells the system of them. No network.
namespace ferryman::machine {

// /etc/ferryman/machine.toml. It is root's, as client.toml in a user's home is not: it says who gets in.
struct Config {
  std::string url, tenant;  // of the gateway, whose word counts for who somebody is
  std::string ca_file{};    // empty: the system's CAs
  bool software_keys = false;
  std::string tcti = "device:/dev/tpmrm0";

  // Who may log on: names of the tenant.
  std::vector<std::string> users{}, groups{};
  std::string home = "/home/%u", shell = "/bin/bash";
  // Members of the tenant's group, by name, are members of this machine's group besides.
  std::map<std::string, std::string> local_groups{};

  std::chrono::milliseconds offline{0};                          // since a user's last sign-in; 0: never
  std::chrono::milliseconds stale{std::chrono::hours{24 * 30}};  // older records let nobody in
  bool code_for_lost_key = true;
  std::uint32_t wrong_pins = 5;  // one after the other, then
  std::chrono::milliseconds pause{std::chrono::minutes{10}};
};

inline constexpr char config_file[] = "/etc/ferryman/machine.toml";

// Reads a file into the defaults. Returns every mistake; config is unchanged where there is one.
std::vector<ConfigMistake> load_config(const std::string& file, Config& config);
std::vector<ConfigMistake> parse_config(std::string_view text, const std::string& file, Config& config);

}  // namespace ferryman::machine
