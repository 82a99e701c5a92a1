#include "kdc/freshness.h"

#include <array>
#include <string_view>

#include "account/issuer.h"
#include "account/keys.h"
#include "crypto/encryption.h"
#include "kerberos/numbers.h"
#include "kerberos/parts.h"
#include "kerberos/preauth.h"

namespace ferryman::kdc {
namespace {

namespace error_code = kerberos::error_code;

constexpr std::size_t prefix_size = 2;

auto no_token() {
  return refuse(error_code::preauth_failed, "a freshness token that is none of this KDC's");
}

}  // namespace

Judged<Octets> make_freshness_token(const Kdc& kdc, Now now) {
  const std::array<std::string_view, 2> name{"krbtgt", kdc.tenant.realm};
  const auto krbtgt = kdc.directory.find_service(kdc.tenant.id, name);
  if (!krbtgt) return tl::unexpected(account::unavailable(krbtgt.error()));
  const auto* stored = account::ticket_key(kdc.policy, **krbtgt);
  if (stored == nullptr) return refuse(error_code::etype_not_supported, "krbtgt has no key that is allowed");
  const auto key = account::usable(*stored);
  if (!key) return tl::unexpected(account::unavailable(key.error()));
  const Octets time = kerberos::encode(kerberos::PaEncTsEnc{now.seconds, now.microseconds});
  const Octets cipher = crypto::encrypt(**key, kerberos::key_usage::freshness, time);
  const Octets encrypted = kerberos::encode(kerberos::EncryptedData{(*key)->etype(), stored->kvno, cipher});
  Octets token(prefix_size, 0);
  token.insert(token.end(), encrypted.begin(), encrypted.end());
  return token;
}

Judged<void> check_freshness_token(const Kdc& kdc, Bytes token, Now now) {
  if (token.size() < prefix_size || token[0] != 0 || token[1] != 0) return no_token();
  const auto encrypted = kerberos::parse<kerberos::EncryptedData>(token.subspan(prefix_size));
  if (!encrypted || !encrypted->kvno) return no_token();
  const auto keys = kdc.directory.krbtgt_keys(kdc.tenant.id, *encrypted->kvno);
  if (!keys && keys.error().reason == directory::Reason::not_found) return no_token();
  if (!keys) return tl::unexpected(account::unavailable(keys.error()));
  const auto* stored = account::find_key(**keys, encrypted->etype);
  if (stored == nullptr) return no_token();
  const auto key = account::usable(*stored);
  if (!key) return tl::unexpected(account::unavailable(key.error()));
  const auto plain = crypto::decrypt(**key, kerberos::key_usage::freshness, encrypted->cipher);
  if (!plain) return no_token();
  const auto time = kerberos::parse<kerberos::PaEncTsEnc>(plain->bytes());
  if (!time) return no_token();
  const std::int64_t age = now.seconds - time->patimestamp;
  if (age > kdc.policy.max_skew || -age > kdc.policy.max_skew)
    return refuse(error_code::preauth_expired, "a freshness token that is too old");
  return {};
}

}  // namespace ferryman::kdc
