#include "settings/local.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/un.h>

#include "settings/sections.h"

namespace ferryman::settings {

void read_local(const toml::table& root, Config& config, Mistakes& mistakes) {
  const toml::node* const node = root.get("local");
  if (node == nullptr) return;
  exchange::RealmAddress& local = config.local.emplace();
  read_section(root, "local", local_keys(local), mistakes);
  const toml::node* const socket = root.at_path("local.socket").node();
  if (!local.socket.starts_with('/') || local.socket.size() >= sizeof(sockaddr_un::sun_path)) {
    mistakes.add(socket != nullptr ? *socket : *node,
                 fmt::format("socket = {} is no absolute path of at most {} octets",
                             show_string(local.socket), sizeof(sockaddr_un::sun_path) - 1));
  }
  if (const passwd* const entry = ::getpwnam(local.user.c_str())) {
    local.uid = entry->pw_uid;
    return;
  }
  const toml::node* const user = root.at_path("local.user").node();
  mistakes.add(user != nullptr ? *user : *node,
               fmt::format("user {} does not exist on this system", show_string(local.user)));
}

std::vector<Key> local_keys(exchange::RealmAddress& local) {
  return {string_key("socket", local.socket), string_key("user", local.user)};
}

}  // namespace ferryman::settings
