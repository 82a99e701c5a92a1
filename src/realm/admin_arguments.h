#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/message.h"
#include "directory/directory.h"

namespace ferryman::realm {

// The arguments of an administrator's command. Each is asked for by its name; what is missing, is of another
// type or was never asked for is the mistake, which is looked at before anything is done. What is returned
// views the object.
class Arguments {
 public:
  // command: whose they are, for the mistake's text.
  Arguments(std::string_view command, const admin::Json& object) : command_(command), object_(object) {}

  // One that has to be there.
  std::string_view text(const char* name);
  bool flag(const char* name);

  // Nothing where it is absent.
  std::optional<std::string_view> maybe_text(const char* name);
  std::optional<bool> maybe_flag(const char* name);
  std::optional<std::int64_t> maybe_number(const char* name, std::int64_t least, std::int64_t most);
  std::optional<std::vector<std::string>> maybe_texts(const char* name);
  // A list of objects, each of which is arguments by itself; null where it is missing or is none.
  const admin::Json* objects(const char* name);
  // One that null takes back: nothing inside.
  std::optional<std::optional<std::int64_t>> nullable_number(const char* name, std::int64_t least,
                                                             std::int64_t most);
  // `after` and `limit` of a list.
  directory::PageRequest page();

  // The first mistake, `invalid`.
  std::optional<admin::Failure> mistake();

 private:
  const admin::Json* find(const char* name);
  void note(std::string text);
  std::optional<std::int64_t> number(const char* name, const admin::Json& value, std::int64_t least,
                                     std::int64_t most);

  std::string_view command_;
  const admin::Json& object_;
  std::vector<std::string_view> asked_;
  std::optional<admin::Failure> mistake_;
};

}  // namespace ferryman::realm
