#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "der/reader.h"
#include "der/writer.h"
#include "kerberos/principal_name.h"

namespace ferryman::kerberos {

// KRB-ERROR (RFC 4120 5.9.1), a view. Times are the text of a KerberosTime; parse_time() and format_time()
// (kerberos/time.h) say which seconds they are.
struct KrbError {
  std::optional<std::string_view> ctime;
  std::optional<std::int32_t> cusec;
  std::string_view stime;
  std::int32_t susec = 0;
  std::int32_t error_code = 0;
  std::optional<std::string_view> crealm;
  std::optional<PrincipalName> cname;
  std::string_view realm;
  PrincipalName sname;
  Bytes e_text;  // for people; may hold any octets. Empty: absent
  Bytes e_data;  // kerberos/error_data.h reads it. Empty: absent
};

Result<KrbError> parse_krb_error(Bytes message);

void read(der::Reader& reader, KrbError& out);
void write(der::Writer& writer, const KrbError& error);

}  // namespace ferryman::kerberos
