#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "discovery/kdc.h"
#include "kerberos/reply.h"

namespace ferryman::exchange {

enum class Status : std::uint8_t {
  answered,
  no_kdc,    // each KDC failed
  deadline,  // none failed for good, none answered in time
};

struct Outcome {
  Status status = Status::no_kdc;
  kerberos::Reply reply;                // only when answered
  std::vector<std::uint8_t> buffer;     // may hold the reply's octets
  discovery::KdcList kdcs;              // that could be asked
  const discovery::Kdc* kdc = nullptr;  // of them: that answered, or that was tried last
  discovery::Transport transport = discovery::Transport::any;  // udp or tcp that was used for it
  bool no_socket = false;  // a KDC could not be asked for want of descriptors
  std::chrono::steady_clock::time_point ended{};
  unsigned tries = 0;              // how often the request was written
  bool hedged = false;             // a KDC was asked while another was still silent
  std::optional<Error> bad_reply;  // what was wrong with the last answer that was none
  std::string_view why;            // of what is not answered, where that is known: a fixed word
};

// Told of the end of an exchange that it has asked for.
class OutcomeHandler : public boost::intrusive_ref_counter<OutcomeHandler, boost::thread_unsafe_counter> {
 public:
  virtual ~OutcomeHandler() = default;
  // The reply's octets are valid until this returns.
  virtual void on_outcome(Outcome& outcome) = 0;
};
using OutcomeHandlerPtr = boost::intrusive_ptr<OutcomeHandler>;

}  // namespace ferryman::exchange
