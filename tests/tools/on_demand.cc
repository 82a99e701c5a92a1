// One client that sends a message for each line of its input, the file that the line names, and prints a line with the
// outcome: on_demand REALM wait|loop. loop: on an event loop of its own, as a program that has one does.
#include <ferryman/client.h>
#include <poll.h>

#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

namespace {

ferryman::Result on_loop(ferryman::Client &client, const std::string &message, const std::string &realm) {
  ferryman::Result result;
  const auto call = client.start(message.data(), message.size(), realm, 0,
                                 [&](ferryman::Result ended) { result = std::move(ended); });
  while (call.pending()) {
    pollfd ready{client.fd(), POLLIN, 0};
    if (::poll(&ready, 1, -1) > 0) client.process();
  }
  return result;
}

}  // namespace

int main(int argc, char **argv) try {
  if (argc != 3) return EXIT_FAILURE;
  const std::string realm = argv[1];
  const bool loop = argv[2] == std::string("loop");
  ferryman::Options options;
  options.load();
  ferryman::Client client(options);
  for (std::string name; std::getline(std::cin, name);) {
    std::ifstream file(name, std::ios::binary);
    const std::string message{std::istreambuf_iterator<char>(file), {}};
    const auto result = loop ? on_loop(client, message, realm)
                             : client.proxy_message(message.data(), message.size(), realm);
    std::cout << ferryman_status_name(result.status) << ' ' << result.cause << std::endl;
  }
  return EXIT_SUCCESS;
} catch (const std::exception &error) {
  std::cerr << error.what() << '\n';
  return EXIT_FAILURE;
}
