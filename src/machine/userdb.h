#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <variant>

#include "machine/user_table.h"
#include "machine/varlink.h"

namespace ferryman::machine {

// The service's name, which is that of its socket in systemd's directory.
inline constexpr char userdb_service[] = "io.ferryman.Users",
                      userdb_socket[] = "/run/systemd/userdb/io.ferryman.Users";

// The replies to one call, made as there is room for them: a list of all users may be long.
class Replies {
 public:
  // table: kept as long as replies are made of it.
  static Replies to(const Call& call, std::shared_ptr<const UserTable> table);

  bool done() const { return done_; }
  // Appends whole replies until out has as many octets, or all are there.
  void write(std::string& out, std::size_t enough);

 private:
  using Users = std::span<const UserTable::Entry>;
  using Groups = std::span<const Group>;
  using Memberships = std::span<const UserTable::Membership>;

  std::string next();
  void choose_users(const Call& call);
  void choose_groups(const Call& call);
  void choose_memberships(const Call& call);
  template <typename Range>
  void choose(const Call& call, Range range, bool many);

  std::shared_ptr<const UserTable> table_;
  std::variant<Users, Groups, Memberships> left_;
  std::string error_;  // the only reply
  bool done_ = false;
};

}  // namespace ferryman::machine
