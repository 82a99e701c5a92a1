#include "forward/krb5_snippet.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <system_error>

namespace ferryman::forward {

std::string krb5_snippet(const std::vector<std::string>& realms, const std::string& host,
                         std::uint16_t kdc_port, std::uint16_t kpasswd_port) {
  std::string text = "# Written by ferryman forward: these realms are reached through it.\n[realms]\n";
  const auto line = [&](const char* relation, std::uint16_t port) {
    return port == 0 ? std::string() : fmt::format("        {} = {}:{}\n", relation, host, port);
  };
  for (const auto& realm : realms)
    text += fmt::format("    {} = {{\n{}{}    }}\n", realm, line("kdc", kdc_port),
                        line("kpasswd_server", kpasswd_port));
  return text;
}

tl::expected<void, std::string> write_whole(const std::string& file, const std::string& text) {
  if (file == "-") {
    std::cout << text << std::flush;
    if (std::cout) return {};
    return tl::unexpected(std::string("cannot write to standard output"));
  }
  const std::string fresh = file + ".new";
  const auto failure = [&] {
    return tl::unexpected(
        fmt::format("{}: cannot be written: {}", file, std::generic_category().message(errno)));
  };
  {
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out << text << std::flush;
    if (!out) return failure();
  }
  if (std::rename(fresh.c_str(), file.c_str()) != 0) return failure();
  return {};
}

}  // namespace ferryman::forward
