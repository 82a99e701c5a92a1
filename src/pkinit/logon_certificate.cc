#include "pkinit/logon_certificate.h"

#include <openssl/core_names.h>
#include <openssl/err.h>

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "kerberos/pkinit.h"
#include "pki/public_key.h"
#include "pkinit/oids.h"
#include "pkinit/openssl.h"
#include "pkinit/purposes.h"

namespace ferryman::pkinit {
namespace {

// Beside RSA and P-256, which keys are everywhere here; cards have them.
bool is_on_another_curve(EVP_PKEY* key) {
  std::array<char, 64> name{};
  int is_explicit = 0;
  if (EVP_PKEY_is_a(key, "EC") != 1 || EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr) != 1 ||
      EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit) != 1)
    return false;
  const std::string_view curve = name.data();
  return is_explicit == 0 && (curve == SN_secp384r1 || curve == SN_secp521r1);
}

std::optional<KerberosName> read_kerberos_name(Bytes der) {
  const auto read = kerberos::parse<kerberos::Krb5PrincipalName>(der);
  if (!read || read->name.size() == 0) return std::nullopt;
  std::vector<std::string_view> components(read->name.size());
  for (std::size_t i = 0; i < components.size(); ++i) components[i] = read->name.component(i);
  return KerberosName{std::string(read->realm), kerberos::Name(read->name.name_type, components)};
}

std::optional<std::string> read_upn(Bytes der) {
  der::Status status;
  der::Reader reader(der, status);
  const std::string_view upn = reader.read_string(der::utf8_string);
  reader.finish();
  if (!status.ok() || upn.empty() || upn.size() > LogonCertificate::max_upn || !is_utf8(upn))
    return std::nullopt;
  return std::string(upn);
}

// "S-1-", and numbers between hyphens ([MS-DTYP] 2.4.2.1).
bool is_sid(std::string_view text) {
  constexpr std::string_view prefix = "S-1-", digits = "0123456789";
  if (text.size() > LogonCertificate::max_sid || !text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return text.find_first_not_of("0123456789-") == text.npos && !text.empty() &&
         digits.find(text.front()) != digits.npos && digits.find(text.back()) != digits.npos &&
         text.find("--") == text.npos;
}

// A GeneralNames of one otherName, which holds an OCTET STRING ([MS-WCCE] 2.2.2.7.7.4).
std::optional<std::string> read_sid(Bytes extension) {
  der::Status status;
  der::Reader reader(extension, status);
  der::Reader names = reader.enter(der::sequence);
  reader.finish();
  der::Reader name = names.enter(der::context(0));
  names.finish();
  const Bytes type = name.read(der::object_identifier);
  const std::string_view text = as_text(name.read_field(der::context(0), der::octet_string));
  name.finish();
  if (!status.ok() || !std::ranges::equal(type, oids::sid) || !is_sid(text)) return std::nullopt;
  return std::string(text);
}

bool take_other_name(const OTHERNAME& other, LogonCertificate& out) {
  const bool is_kerberos = is_oid(other.type_id, oids::pkinit_san);
  if (!is_kerberos && !is_oid(other.type_id, oids::upn)) return true;
  const Octets value = der_of<i2d_ASN1_TYPE>(other.value);
  if (is_kerberos) {
    auto name = read_kerberos_name(value);
    if (!name) return false;
    out.kerberos_names.push_back(*std::move(name));
    return true;
  }
  auto upn = read_upn(value);
  if (!upn) return false;
  out.upns.push_back(*std::move(upn));
  return true;
}

bool take_names(const X509* certificate, LogonCertificate& out) {
  int found = 0;
  const OwnedNames names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, &found, nullptr)));
  constexpr int absent = -1;
  if (!names) return found == absent;
  const int count = sk_GENERAL_NAME_num(names.get());
  if (count > static_cast<int>(LogonCertificate::max_names)) return false;
  for (int i = 0; i < count; ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_OTHERNAME && !take_other_name(*name->d.otherName, out)) return false;
  }
  return true;
}

bool take_sid(const X509* certificate, LogonCertificate& out) {
  for (int i = 0; i < X509_get_ext_count(certificate); ++i) {
    X509_EXTENSION* const extension = X509_get_ext(certificate, i);
    if (!is_oid(X509_EXTENSION_get_object(extension), oids::sid_extension)) continue;
    if (out.sid) return false;
    out.sid = read_sid(view(X509_EXTENSION_get_data(extension)));
    if (!out.sid) return false;
  }
  return true;
}

bool take_usages(X509* certificate, LogonCertificate& out) {
  const std::uint32_t flags = X509_get_extension_flags(certificate);
  const auto purposes = read_purposes(certificate);
  if ((flags & EXFLAG_INVALID) != 0 || !purposes) return false;
  out.is_for_pkinit = purposes->pkinit;
  out.is_for_smart_cards = purposes->smart_card_logon;
  out.signs =
      (flags & EXFLAG_KUSAGE) != 0 && (X509_get_key_usage(certificate) & X509v3_KU_DIGITAL_SIGNATURE) != 0;
  out.is_self_issued = (flags & EXFLAG_SI) != 0;
  return true;
}

tl::unexpected<Refusal> refuse_certificate(std::string_view reason) {
  ERR_clear_error();
  return refuse(kerberos::error_code::invalid_certificate, reason);
}

}  // namespace

Judged<LogonCertificate> LogonCertificate::of(X509* certificate) {
  const int size = i2d_X509(certificate, nullptr);
  if (size <= 0 || static_cast<std::size_t>(size) > max_size)
    return refuse_certificate("a client's certificate that is too large");
  EVP_PKEY* const key = X509_get0_pubkey(certificate);
  Result<pki::PublicKey> usual = tl::unexpected(Error{Fault::wrong_value});
  if (key != nullptr) usual = pki::PublicKey::of(key);
  if (key == nullptr || (!usual && !is_on_another_curve(key)))
    return refuse_certificate("a client's certificate with a key that is not served");
  pki::must(X509_up_ref(certificate));
  LogonCertificate made{std::shared_ptr<X509>(certificate, X509_free)};
  if (!take_usages(certificate, made))
    return refuse_certificate("a client's certificate with a usage that cannot be read");
  if (!take_names(certificate, made) || !take_sid(certificate, made))
    return refuse_certificate("a client's certificate with a name that cannot be read");
  if (usual) made.key = *std::move(usual);
  ERR_clear_error();
  return made;
}

Judged<void> check_purpose(const LogonCertificate& certificate) {
  constexpr std::int32_t code = kerberos::error_code::inconsistent_key_purpose;
  if (!certificate.is_for_pkinit && !certificate.is_for_smart_cards)
    return refuse(code, "a client's certificate that is not for logging on");
  if (!certificate.signs) return refuse(code, "a client's certificate that is not for signatures");
  return {};
}

}  // namespace ferryman::pkinit
