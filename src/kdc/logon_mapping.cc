#include "kdc/logon_mapping.h"

#include <algorithm>
#include <optional>
#include <string>

#include "account/identity.h"
#include "account/issuer.h"
#include "base/fold.h"
#include "base/text.h"
#include "kdc/public_keys.h"
#include "pki/key_credential.h"
#include "pki/public_key.h"

namespace ferryman::kdc {
namespace {

namespace error_code = kerberos::error_code;
using directory::Account;
using pkinit::LogonCertificate;

// By which a registered key is found; nothing for a kind of key that nobody can register.
std::optional<directory::KeyId> registered_id(const LogonCertificate& certificate) {
  if (!certificate.key) return std::nullopt;
  pki::KeyCredential credential;
  credential.material = pki::key_material(*certificate.key);
  return credential.id();
}

bool same(std::string_view a, std::string_view b) {
  return folded(a) == folded(b);
}

// "alice" of this realm, or one of her UPNs.
bool is_name_of(const Kdc& kdc, const Account& account, const std::string& upn) {
  if (std::any_of(account.upns.begin(), account.upns.end(),
                  [&](const auto& each) { return same(each, upn); }))
    return true;
  return same(upn, account.name + "@" + kdc.tenant.realm);
}

bool is_name_of(const Kdc& kdc, const Account& account, const pkinit::KerberosName& name) {
  if (name.realm != kdc.tenant.realm) return false;
  std::string text;
  for (std::size_t i = 0; i < name.name.view().size(); ++i)
    text.append(i == 0 ? "" : "/").append(name.name.view().component(i));
  return same(text, account.name);
}

// What a certificate says of names is not enough, and must not be another's either.
Judged<void> check_names(const Kdc& kdc, const Account* account, const LogonCertificate& certificate) {
  if (!certificate.sid)
    return refuse(error_code::certificate_mismatch,
                  "a certificate that tells no SID, and whose key is not registered");
  const auto sid = account == nullptr ? std::nullopt : account::sid_of(kdc.tenant, *account);
  if (!sid || sid->text() != *certificate.sid)
    return refuse(error_code::certificate_mismatch, "a certificate of another account's SID");
  const auto is_hers = [&](const auto& name) { return is_name_of(kdc, *account, name); };
  const bool names_nobody = certificate.upns.empty() && certificate.kerberos_names.empty();
  if (names_nobody || std::any_of(certificate.upns.begin(), certificate.upns.end(), is_hers) ||
      std::any_of(certificate.kerberos_names.begin(), certificate.kerberos_names.end(), is_hers))
    return {};
  return refuse(error_code::client_name_mismatch, "a certificate with another name");
}

}  // namespace

Judged<bool> is_registered(const Kdc& kdc, const directory::ObjectId& user, const directory::KeyId& id) {
  directory::SignInRecords& records = kdc.public_keys->records;
  const auto key = records.key(kdc.tenant.id, id);
  if (!key && key.error().reason == directory::Reason::not_found) return false;
  if (!key) return tl::unexpected(account::unavailable(key.error()));
  if (key->user != user || key->kind != directory::KeyKind::hello || !key->device) return false;
  const auto device = records.device(kdc.tenant.id, *key->device);
  if (!device && device.error().reason == directory::Reason::not_found) return false;
  if (!device) return tl::unexpected(account::unavailable(device.error()));
  return !device->disabled;
}

Judged<std::optional<directory::KeyId>> check_certificate(const Kdc& kdc, const Account* account,
                                                          const pkinit::SignedRequest& request, Now now) {
  const LogonCertificate& certificate = *request.certificate;
  // Of nobody as well, so that the answer takes as long.
  const auto id = registered_id(certificate);
  if (id) {
    const auto registered = is_registered(kdc, account ? account->id : directory::ObjectId(), *id);
    if (!registered) return tl::unexpected(registered.error());
    if (*registered) return id;
  }
  const pkinit::LogonAnchors* anchors = kdc.public_keys->anchors;
  if (certificate.is_self_issued || anchors == nullptr)
    return refuse(error_code::client_not_trusted, "a public key that is not registered");
  if (auto trusted = anchors->verify(certificate, request.others, now.seconds); !trusted)
    return tl::unexpected(std::move(trusted.error()));
  if (auto fit = check_purpose(certificate); !fit) return tl::unexpected(std::move(fit.error()));
  if (auto named = check_names(kdc, account, certificate); !named)
    return tl::unexpected(std::move(named.error()));
  return std::nullopt;
}

}  // namespace ferryman::kdc
