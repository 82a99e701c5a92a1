#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>

namespace ferryman {

// One mistake: "FILE:LINE:COLUMN: what is wrong; what would be right".
struct ConfigMistake {
  std::string file;
  std::uint32_t line = 0, column = 0;  // 0: of the file as a whole
  std::string text;
  std::string to_string() const;
};

tl::expected<std::string, ConfigMistake> read_config_file(const std::string& file);

}  // namespace ferryman
