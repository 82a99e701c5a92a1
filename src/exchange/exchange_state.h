#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "exchange/outcome.h"
#include "exchange/upstream.h"

namespace ferryman::exchange {

// A KDC that one exchange may ask. The list that names it outlives the exchange.
struct Target {
  const discovery::Kdc* kdc;
  KdcRecordPtr record;
};

// One exchange while it is under way: the request, and what its attempts have come to. Outlives its attempts.
struct ExchangeState {
  ExchangeState(std::shared_ptr<Upstream> shared, const kerberos::Request& wanted, std::string_view issuer)
      : held(std::move(shared)),
        upstream(*held),
        options(upstream.options),
        request(wanted),
        realm(issuer),
        repeatable(wanted.repeatable()) {}

  const std::shared_ptr<Upstream> held;
  Upstream& upstream;
  const Options options;
  const kerberos::Request& request;
  const std::string_view realm;  // whose KDCs are asked, where the request may call it by another name
  const bool repeatable;

  Outcome outcome;
  bool answered = false;
  bool written = false;  // octets of the request have gone out

  // Whether message is the answer: a reply that fits the request, other than KRB-ERRORs that ask for another
  // KDC or transport. An accepted one becomes outcome.reply, views of message.
  enum class Verdict : std::uint8_t { accepted, too_big, unavailable, nonsense };
  Verdict judge(Bytes message);
  void accept(const discovery::Kdc& kdc, discovery::Transport transport);
};

// How an attempt ended without an answer, for what to try next.
// no_socket: for want of descriptors or ports here, so no word about the KDC.
enum class AttemptEnd : std::uint8_t { answered, no_socket, connect_failed, failed, too_big };

}  // namespace ferryman::exchange
