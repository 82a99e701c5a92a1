#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/descriptor.h"
#include "base/secret.h"

// Files that an administrator names, or standard input, which "-" stands for. Errors are exit codes of what
// has been told.
namespace ferryman {

// All of it, at most `most` octets. next: what to do where it cannot be read.
tl::expected<Secret, int> read_input(const std::string& name, std::size_t most, std::string_view next = {});

// Where others than the file's owner may read it, which has what it has, such as "passwords".
void warn_of_readers(const std::string& name, std::string_view what);

// The lines of one, which can be read again from the beginning; what cannot, such as a pipe, is kept in
// memory.
class InputLines {
 public:
  static constexpr std::size_t max_line = 1 << 20;

  static tl::expected<InputLines, int> open(const std::string& name);

  // Without its line feed, until the next call; nothing at the end.
  tl::expected<std::optional<std::string_view>, int> next();
  // Of the line that next() has returned, from 1.
  std::size_t number() const { return number_; }
  void rewind();

 private:
  InputLines(std::string name, Descriptor file) : name_(std::move(name)), file_(std::move(file)) {}

  std::string name_;
  Descriptor file_;
  std::string octets_;  // read and not returned yet, from at_ on
  std::size_t at_ = 0, number_ = 0;
  std::int64_t offset_ = 0;  // in the file
};

}  // namespace ferryman
