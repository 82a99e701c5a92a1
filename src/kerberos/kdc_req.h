#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "der/reader.h"
#include "kerberos/padata.h"
#include "kerberos/principal_name.h"

namespace ferryman::kerberos {

// The etype field: SEQUENCE OF Int32, in the client's order of preference.
class EtypeList {
 public:
  using Element = std::int32_t;

  EtypeList() = default;
  explicit EtypeList(Bytes elements) : elements_(elements) {}
  bool next(std::int32_t& out);
  bool empty() const { return elements_.empty(); }
  Bytes octets() const { return elements_; }  // the content of the SEQUENCE OF

 private:
  Bytes elements_;
};

// Checks what stands before the reader: at most limits::max_etypes.
void read_etypes(der::Reader etypes, EtypeList& out);

// KDC-REQ (RFC 4120 5.4.1): what a proxy needs of AS-REQ and TGS-REQ. A KDC reads them whole
// (kerberos/whole_kdc_req.h).
struct KdcReq {
  PadataList padata;
  std::uint32_t kdc_options = 0;  // bit 0 (reserved) is the most significant one
  std::optional<PrincipalName> cname;
  std::string_view realm;
  std::optional<PrincipalName> sname;
  std::uint32_t nonce = 0;
  EtypeList etypes;
};

// AS-REQ (msg_type 10) or TGS-REQ (12): application tag and msg-type must both say so.
Result<KdcReq> parse_kdc_req(Bytes message, std::int32_t msg_type);

}  // namespace ferryman::kerberos
