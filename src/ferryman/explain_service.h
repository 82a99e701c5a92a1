#pragma once

#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "explain/service.h"
#include "ferryman/explain_kdcs.h"
#include "login/decrypted_reply.h"

namespace ferryman {

// Asks for a service's ticket as clients do: in the realm that it is of, to which the KDCs before it refer.
class ServiceAsker {
 public:
  ServiceAsker(KdcCaller& kdcs, const explain::Principal& user, const explain::Etypes& etypes)
      : kdcs_(kdcs), user_(user), etypes_(etypes) {}

  // The ticket, DER; empty: seen says why. seen.service.realm becomes the one that was asked, tgt the one
  // that was asked with. is_mapped: the realm is known; else also that of the host's domain is tried.
  Octets ask(explain::Tgt& tgt, explain::ServiceSeen& seen, bool is_mapped);

 private:
  std::optional<login::DecryptedReply> ask_once(const explain::Tgt& tgt, const explain::Principal& service,
                                                explain::ServiceSeen& seen);
  // Tickets for the krbtgt of realm after realm.
  bool go_to(const std::string& realm, explain::Tgt& tgt, explain::ServiceSeen& seen);
  bool follow(const login::DecryptedReply& reply, explain::Tgt& tgt);
  Octets ask_here(explain::Tgt& tgt, explain::ServiceSeen& seen);

  KdcCaller& kdcs_;
  const explain::Principal& user_;
  const explain::Etypes& etypes_;
};

}  // namespace ferryman
