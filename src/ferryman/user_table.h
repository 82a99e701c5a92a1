#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/message.h"
#include "ferryman/csv.h"

namespace ferryman {

// A table of users, whose first line names its columns:
//
//   name,display_name,upn,password,must_change,groups
//   alice,Alice Example,alice@example.com;a.example@example.com,,yes,Engineers;Berlin
//
// `name` is needed; the others are the arguments of user.add, with ";" between several UPNs or groups. Where
// a field is empty nothing is said of it.
class UserTable {
 public:
  struct User {
    std::size_t line;
    admin::Json arguments;  // of user.add; may have a password: wipe its texts
  };

  // text must outlive it.
  explicit UserTable(std::string_view text) : text_(text) {}

  // All mistakes, "line 7: expires: ..."; empty: there are none.
  std::vector<std::string> mistakes();
  bool has_passwords() const;
  // Hands on each user, until one gives false. Only where there are no mistakes.
  void each(const std::function<bool(User)>& take);

 private:
  void read(const std::function<bool(User)>& take, std::vector<std::string>& mistakes);

  std::string_view text_;
  std::vector<std::string> columns_;
};

}  // namespace ferryman
