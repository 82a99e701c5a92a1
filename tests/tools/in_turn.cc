// Sends the same message COUNT times, one after the other, by one client: in_turn REALM REQUEST COUNT.
#include <ferryman/client.h>

#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

int main(int argc, char **argv) try {
  if (argc != 4) return EXIT_FAILURE;
  std::ifstream file(argv[2], std::ios::binary);
  const std::string message{std::istreambuf_iterator<char>(file), {}};
  ferryman::Options options;
  options.load();
  ferryman::Client client(options);
  int failed = 0;
  for (int i = std::atoi(argv[3]); i > 0; --i) {
    const auto result = client.proxy_message(message.data(), message.size(), argv[1]);
    if (result) continue;
    std::cerr << ferryman_status_name(result.status) << ": " << result.cause << '\n';
    ++failed;
  }
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
} catch (const std::exception &error) {
  std::cerr << error.what() << '\n';
  return EXIT_FAILURE;
}
