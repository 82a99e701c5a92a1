#include "forward/krb5_snippet.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string_view>
#include <system_error>

#include "base/bytes.h"
#include "base/new_file.h"

namespace ferryman::forward {

namespace {

constexpr std::string_view first_words = "# Written by ferryman forward";

bool may_be_replaced(const std::string& file) {
  std::error_code error;
  const auto status = std::filesystem::symlink_status(file, error);
  if (!std::filesystem::exists(status)) return true;
  if (!std::filesystem::is_regular_file(status)) return false;
  std::ifstream in(file, std::ios::binary);
  std::string begin(first_words.size(), '\0');
  in.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  return in.gcount() == 0 || begin == first_words;
}

}  // namespace

std::string krb5_snippet(const std::vector<std::string>& realms, const std::string& host,
                         std::uint16_t kdc_port, std::uint16_t kpasswd_port) {
  std::string text = fmt::format("{}: these realms are reached through it.\n[realms]\n", first_words);
  const auto line = [&](const char* relation, std::uint16_t port) {
    return port == 0 ? std::string() : fmt::format("        {} = {}:{}\n", relation, host, port);
  };
  for (const auto& realm : realms)
    text += fmt::format("    {} = {{\n{}{}    }}\n", realm, line("kdc", kdc_port),
                        line("kpasswd_server", kpasswd_port));
  return text;
}

tl::expected<void, std::string> write_snippet(const std::string& file, const std::string& text) {
  if (file == "-") {
    std::cout << text << std::flush;
    if (std::cout) return {};
    return tl::unexpected(std::string("cannot write to standard output"));
  }
  if (!may_be_replaced(file))
    return tl::unexpected(fmt::format(
        "{}: is there, and ferryman forward has not written it: name a file of its own, and have krb5.conf "
        "include that",
        file));
  // Programs that cannot read what krb5.conf includes can do nothing at all.
  const auto made = create_file({.path = file, .mode = 0644, .replaces = true}, as_bytes(text));
  if (made) return {};
  return tl::unexpected(fmt::format("{}: cannot be written: {}", file, made.error().message()));
}

}  // namespace ferryman::forward
