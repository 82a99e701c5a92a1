#include "net/resolv_conf.h"

#include <algorithm>
#include <fstream>

namespace ferryman::net {
namespace {

constexpr std::string_view blank = " \t\r";
constexpr std::size_t max_file = 64 * 1024;

// Up to the next blank; what it was is taken off the line.
std::string_view word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(blank), line.size()));
  const std::string_view found = line.substr(0, line.find_first_of(blank));
  line.remove_prefix(found.size());
  return found;
}

}  // namespace

std::vector<std::string> name_servers(std::string_view resolv_conf) {
  std::vector<std::string> servers;
  while (!resolv_conf.empty()) {
    std::string_view line = resolv_conf.substr(0, resolv_conf.find('\n'));
    resolv_conf.remove_prefix(std::min(line.size() + 1, resolv_conf.size()));
    if (word(line) != "nameserver") continue;
    if (const std::string_view address = word(line); !address.empty()) servers.emplace_back(address);
  }
  return servers;
}

std::vector<std::string> system_name_servers() {
  std::ifstream file(resolv_conf_file, std::ios::binary);
  std::string text(max_file, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return name_servers(text);
}

}  // namespace ferryman::net
