#include "pkinit/purposes.h"

#include "pkinit/oids.h"
#include "pkinit/openssl.h"

namespace ferryman::pkinit {

std::optional<Purposes> read_purposes(const X509* certificate) {
  int found = 0;
  const OwnedPurposes list(
      static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(certificate, NID_ext_key_usage, &found, nullptr)));
  constexpr int absent = -1;
  if (!list && found != absent) return std::nullopt;
  Purposes purposes{.is_limited = list != nullptr};
  for (int i = 0; i < sk_ASN1_OBJECT_num(list.get()); ++i) {
    const ASN1_OBJECT* const purpose = sk_ASN1_OBJECT_value(list.get(), i);
    purposes.pkinit |= is_oid(purpose, oids::client_auth);
    purposes.kdc |= is_oid(purpose, oids::kdc);
    purposes.smart_card_logon |= is_oid(purpose, oids::smart_card_logon);
    purposes.any |= is_oid(purpose, oids::any_purpose);
  }
  return purposes;
}

}  // namespace ferryman::pkinit
