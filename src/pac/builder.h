#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "crypto/key.h"
#include "pac/pac.h"
#include "pac/signature.h"

namespace ferryman::pac {

// Puts a PAC together and signs it.
class Builder {
 public:
  // In the order in which they shall stand; no signatures. Throws std::logic_error for a type that is there.
  void add(BufferType type, Octets octets);

  // What a TGT has: the signatures 6 and 7.
  Octets sign_tgt(const crypto::Key& ticket_key, const KdcKey& krbtgt) const;
  // All others but those to kadmin/changepw: 16 and 19 too. ticket: the EncTicketPart, with one zero octet
  // where the PAC is to stand.
  Octets sign_service_ticket(const crypto::Key& ticket_key, const KdcKey& krbtgt, Bytes ticket) const;

 private:
  struct Part {
    BufferType type;
    Octets octets;
  };
  Octets put_together(const crypto::Key& ticket_key, const KdcKey& krbtgt,
                      const std::optional<Bytes>& ticket) const;

  std::vector<Part> parts_;
};

}  // namespace ferryman::pac
