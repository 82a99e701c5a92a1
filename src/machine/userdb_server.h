#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "machine/table_source.h"
#include "machine/userdb.h"

namespace ferryman::machine {

// Answers systemd's calls at a unix socket that every user of the machine may connect to. It waits for
// nobody: whoever says half a call, or does not read, keeps a connection and a bounded buffer until others
// want its place. One thread.
class UserdbServer {
 public:
  static constexpr std::size_t max_connections = 256, max_connections_of_user = 32;
  static constexpr std::size_t max_unwritten = std::size_t{64} * 1024;  // octets of replies that wait

  // listening: does not block.
  UserdbServer(Descriptor listening, TableSource source)
      : listening_(std::move(listening)), source_(std::move(source)) {}

  // Waits for something to do, and does it. False where nothing can be waited for.
  bool turn();

 private:
  struct Connection {
    Descriptor socket;
    uid_t peer;
    std::string in{}, out{};
    std::optional<Replies> replies{};
    bool ended = false;

    bool writes() const { return replies.has_value() || !out.empty(); }
  };

  void accept_some();
  void make_room(uid_t peer);
  void read(Connection& connection);
  void answer(Connection& connection);
  static void write(Connection& connection);

  Descriptor listening_;
  TableSource source_;
  std::vector<std::unique_ptr<Connection>> connections_;  // who came or said something last is last
};

}  // namespace ferryman::machine
