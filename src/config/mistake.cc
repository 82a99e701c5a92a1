#include "config/mistake.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

namespace ferryman {

std::string ConfigMistake::to_string() const {
  if (line == 0) return fmt::format("{}: {}", file, text);
  if (column == 0) return fmt::format("{}:{}: {}", file, line, text);
  return fmt::format("{}:{}:{}: {}", file, line, column, text);
}

tl::expected<std::string, ConfigMistake> read_config_file(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (stream.is_open() && !stream.bad()) return text;
  return tl::unexpected(
      ConfigMistake{file, 0, 0, "cannot be read: " + std::generic_category().message(errno)});
}

}  // namespace ferryman
