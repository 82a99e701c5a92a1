#include "settings/networks_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace ferryman::settings {

Key networks_key(std::string_view name, std::vector<net::Network>& networks) {
  auto read = [name, &networks](const toml::node& node, Mistakes& mistakes) {
    std::vector<std::string> texts;
    strings_key(name, texts).read(node, mistakes);
    networks.clear();
    for (const auto& text : texts) {
      if (const auto network = net::Network::parse(text)) {
        networks.push_back(*network);
      } else {
        mistakes.add(
            node, fmt::format("{} holds {}; \"192.0.2.1\", \"10.0.0.0/8\" or \"2001:db8::/32\" is possible",
                              name, show_string(text)));
      }
    }
  };
  auto show = [&networks] {
    std::vector<std::string> texts(networks.size());
    std::transform(networks.begin(), networks.end(), texts.begin(),
                   [](const auto& n) { return n.to_string(); });
    return show_strings(texts);
  };
  return {name, read, show};
}

}  // namespace ferryman::settings
