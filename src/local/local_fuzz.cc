#include <algorithm>
#include <cstdlib>
#include <string>

#include "local/callee.h"
#include "local/caller.h"

using namespace ferryman;
using namespace ferryman::local;

namespace {

// What can be read of a payload is written again as the same octets.
template <typename Message>
void round_trip(Bytes payload, const Result<Message>& message) {
  if (!message) {
    if (message.error().offset > payload.size()) std::abort();
    return;
  }
  Octets written;
  if (!append(written, *message) ||
      !std::equal(written.begin(), written.end(), payload.begin(), payload.end()))
    std::abort();
}

void feed(FrameReader& reader, Bytes octets) {
  while (!octets.empty()) {
    const auto room = reader.room();
    const std::size_t size = std::min(room.size(), octets.size());
    std::copy_n(octets.begin(), size, room.begin());
    reader.took(size);
    octets = octets.subspan(size);
  }
}

// All frames, and the fault, as text.
std::string read_all(Bytes octets, std::size_t piece) {
  FrameReader reader;
  std::string seen;
  while (!octets.empty()) {
    const Bytes part = octets.first(std::min(piece, octets.size()));
    octets = octets.subspan(part.size());
    feed(reader, part);
    while (true) {
      const auto frame = reader.next();
      if (!frame) return seen + std::string(name(frame.error().fault));
      if (!*frame) break;
      seen += std::to_string(static_cast<int>((*frame)->type)) + " " + std::to_string((*frame)->id) + " ";
      seen += as_text((*frame)->payload);
    }
  }
  return seen;
}

template <typename Side>
void drive(Side& side, Bytes octets) {
  while (!octets.empty()) {
    const auto room = side.room();
    const std::size_t size = std::min(room.size(), octets.size());
    std::copy_n(octets.begin(), size, room.begin());
    side.took(size);
    octets = octets.subspan(size);
    while (side.next()) {
    }
  }
}

}  // namespace

// A payload is read and written again; a stream gives the same frames however it is cut; both sides live
// through any stream.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes octets(data, size);
  round_trip(octets, parse_http_request(octets));
  round_trip(octets, parse_http_response(octets));
  round_trip(octets, parse_kerberos_request(octets));
  round_trip(octets, parse_kerberos_reply(octets));
  round_trip(octets, parse_refusal(octets));
  round_trip(octets, parse_status_request(octets));
  round_trip(octets, parse_status(octets));
  if (read_all(octets, size) != read_all(octets, 1)) std::abort();
  Callee callee;
  drive(callee, octets);
  callee.end_of_input();
  Caller caller;
  const KerberosRequest request{"1", "::1", Transport::udp, {}, "R", as_bytes("m")};
  if (caller.ask(request) != 1U) std::abort();
  drive(caller, octets);
  if (caller.lost().size() > 1) std::abort();
  return 0;
}
