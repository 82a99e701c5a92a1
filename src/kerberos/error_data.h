#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "kerberos/codec.h"
#include "kerberos/elements.h"
#include "kerberos/limits.h"
#include "kerberos/numbers.h"
#include "kerberos/padata.h"

namespace ferryman::kerberos {

// What the e-data of a KRB-ERROR holds depends on its error-code: METHOD-DATA (parse<PadataList>(),
// kerberos/padata.h) with preauth_required, preauth_failed, more_preauth_data_required and within FAST;
// TYPED-DATA with PKINIT's codes; KERB-ERROR-DATA from Windows with others.

// One element of TYPED-DATA (RFC 4120 5.9.1). An empty value is written as absent.
struct TypedDatum {
  std::int32_t type = 0;
  Bytes value;
};
using TypedData = Elements<TypedDatum, limits::max_typed_data>;

// KERB-ERROR-DATA [MS-KILE 2.2.1].
struct KerbErrorData {
  std::int32_t type = kerb_error_data::extended;
  Bytes value;
};

// KERB-EXT-ERROR [MS-KILE 2.2.2]: the value of KERB-ERROR-DATA of type extended, little-endian.
struct KerbExtError {
  std::uint32_t status = 0;  // an NTSTATUS
  std::uint32_t flags = 0;   // 1 in the AS exchange, 3 in the TGS exchange

  static constexpr std::size_t size = 12;
};

void read(der::Reader& reader, TypedDatum& out);
void write(der::Writer& writer, const TypedDatum& datum);
void read(der::Reader& reader, KerbErrorData& out);
void write(der::Writer& writer, const KerbErrorData& data);

std::optional<KerbExtError> parse_kerb_ext_error(Bytes value);
std::array<std::uint8_t, KerbExtError::size> octets_of(const KerbExtError& error);

}  // namespace ferryman::kerberos
