#include "decode/pac_signatures.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "base/text.h"
#include "decode/names.h"
#include "pac/ticket.h"

namespace ferryman::decode {
namespace {

std::string verified(const Key& key) {
  return "verified with the " + key.origin;
}

std::string server_verdict(const pac::Pac& pac, const PacChecker& checker) {
  if (!checker.ticket_key) return "not checked: the key that opens its ticket is not at hand";
  const bool right = pac::verify_server(pac, checker.ticket_key->key).has_value();
  return right ? verified(*checker.ticket_key) : "wrong: not made with the " + checker.ticket_key->origin;
}

// The keys of the krbtgt that may have signed: of the ticket's realm where that is known, of the read-only DC
// that the signature names, and of the type that makes such a checksum.
std::vector<KeyPointer> signers(const pac::Signature& signature, const PacChecker& checker) {
  const std::string realm = checker.ticket_key ? checker.ticket_key->realm : std::string();
  std::vector<KeyPointer> found;
  for (const KeyPointer& key : checker.keytab) {
    const bool fits = key->is_krbtgt && (realm.empty() || key->realm == realm) &&
                      (!signature.rodc || key->rodc == *signature.rodc) &&
                      key->key.type().checksum == signature.type;
    if (fits) found.push_back(key);
  }
  return found;
}

std::string no_signer(const pac::Signature& signature, const PacChecker& checker) {
  const std::string whose =
      signature.rodc ? fmt::format("read-only DC {}'s krbtgt", *signature.rodc) : std::string("the krbtgt");
  const std::string realm = checker.ticket_key && !checker.ticket_key->realm.empty()
                                ? " of " + printable(checker.ticket_key->realm)
                                : std::string();
  return fmt::format("not checked: no key of {}{} that makes {}", whose, realm,
                     checksum_name(signature.type));
}

}  // namespace

std::string pac_signature_verdict(const pac::Pac& pac, pac::BufferType type, const pac::Signature& signature,
                                  const PacChecker& checker) {
  if (type == pac::server_checksum) return server_verdict(pac, checker);
  Octets ticket;
  if (type == pac::ticket_checksum) {
    auto signed_part = pac::ticket_to_sign(checker.enc_ticket_part, pac.octets());
    if (!signed_part) return "not checked: the ticket that it covers is not at hand";
    ticket = std::move(*signed_part);
  }
  const auto keys = signers(signature, checker);
  if (keys.empty()) return no_signer(signature, checker);
  for (const KeyPointer& key : keys) {
    const pac::KdcKey krbtgt{key->key, key->rodc};
    const auto result = type == pac::kdc_checksum    ? pac::verify_kdc(pac, krbtgt)
                        : type == pac::full_checksum ? pac::verify_full(pac, krbtgt)
                                                     : pac::verify_ticket(pac, krbtgt, ticket);
    if (result) return verified(*key);
  }
  std::string wrong = "wrong: not made with the " + keys.front()->origin;
  for (std::size_t i = 1; i < keys.size(); ++i) wrong += ", nor with the " + keys[i]->origin;
  return wrong;
}

}  // namespace ferryman::decode
