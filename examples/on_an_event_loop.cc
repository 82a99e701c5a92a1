// Sends the same Kerberos message several times at once on an event loop of the program's own, here poll().
//
//   c++ -std=c++17 on_an_event_loop.cc $(pkg-config --cflags --libs libferryman) -o on_an_event_loop
//   ./on_an_event_loop REALM REQUEST COUNT [GATEWAY [CA-FILE]]
#include <ferryman/client.h>
#include <poll.h>

#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <list>
#include <string>

int main(int argc, char **argv) try {
  if (argc < 4) {
    std::cerr << "usage: on_an_event_loop REALM REQUEST COUNT [GATEWAY [CA-FILE]]\n";
    return EXIT_FAILURE;
  }
  const std::string realm = argv[1];
  std::ifstream file(argv[2], std::ios::binary);
  const std::string message{std::istreambuf_iterator<char>(file), {}};

  ferryman::Options options;
  options.load();
  if (argc > 4) options.add_gateway(realm, argv[4]);
  if (argc > 5) options.set("ca_file", argv[5]);
  ferryman::Client client(options);

  int answered = 0, pending = std::atoi(argv[3]);
  std::list<ferryman::Call> calls;
  for (int i = pending; i > 0; --i) {
    calls.push_back(client.start(message.data(), message.size(), realm, 0, [&](const ferryman::Result &result) {
      --pending;
      if (result) {
        ++answered;
      } else {
        std::cerr << ferryman_status_name(result.status) << ": " << result.cause << '\n';
      }
    }));
  }
  while (pending > 0) {
    pollfd ready{client.fd(), POLLIN, 0};
    ::poll(&ready, 1, -1);
    client.process();
  }
  std::cout << answered << " answered\n";
  return answered == std::atoi(argv[3]) ? EXIT_SUCCESS : EXIT_FAILURE;
} catch (const std::exception &error) {
  std::cerr << error.what() << '\n';
  return EXIT_FAILURE;
}
