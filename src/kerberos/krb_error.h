#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "kerberos/kdc_req.h"

namespace ferryman::kerberos {

// KRB-ERROR (RFC 4120 5.9.1), a view.
struct KrbError {
  std::string_view stime;
  std::int32_t error_code = 0;
  std::optional<std::string_view> crealm;
  std::optional<PrincipalName> cname;
  std::string_view realm;
  PrincipalName sname;
  Bytes e_data;
};

Result<KrbError> parse_krb_error(Bytes message);

}  // namespace ferryman::kerberos
