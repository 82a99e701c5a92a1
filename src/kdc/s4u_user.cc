#include "kdc/s4u_user.h"

#include "crypto/checksum.h"

namespace ferryman::kdc {
namespace {

namespace checksum_type = kerberos::checksum_type;
namespace error_code = kerberos::error_code;
namespace key_usage = kerberos::key_usage;
namespace padata = kerberos::padata;

void note(const kerberos::PrincipalName& name, ActsFor& acts_for) {
  acts_for = {S4u::self, {}};
  name.append_to(acts_for.user);
}

// An unkeyed one proves nothing: who changes the request on its way makes it anew.
Judged<void> check_keyed(bool is_keyed, bool right) {
  if (!is_keyed)
    return refuse(error_code::inappropriate_checksum, "a user's name with a checksum that is not keyed");
  if (!right) return refuse(error_code::modified, "the checksum of the user's name");
  return {};
}

// Windows and MIT make HMAC-MD5 with a key of whatever type, Heimdal the key's own.
Judged<NamedUser> read_for_user(Bytes value, const TgsHeader& header, ActsFor& acts_for) {
  acts_for.how = S4u::self;
  const auto user = kerberos::parse<kerberos::PaForUser>(value);
  if (!user) return refuse(error_code::generic, "a PA-FOR-USER that is not well formed");
  note(user->user_name, acts_for);
  const crypto::Key& key = header.opened.session_key;
  const kerberos::Checksum& sum = user->checksum;
  const bool is_md5 = sum.type == checksum_type::hmac_md5;
  const auto octets = kerberos::checksummed_octets(*user);
  const bool right = is_md5
                         ? crypto::verify_hmac_md5(key, key_usage::pa_for_user, sum.type, octets, sum.value)
                         : crypto::verify_checksum(key, key_usage::pa_for_user, sum.type, octets, sum.value);
  if (auto checked = check_keyed(is_md5 || sum.type == key.type().checksum, right); !checked)
    return tl::unexpected(std::move(checked.error()));
  return NamedUser{user->user_name, user->user_realm, false, std::nullopt};
}

Judged<NamedUser> read_x509_user(Bytes value, const TgsHeader& header, std::int64_t nonce,
                                 ActsFor& acts_for) {
  acts_for.how = S4u::self;
  const auto user = kerberos::parse<kerberos::PaS4uX509User>(value);
  if (!user) return refuse(error_code::generic, "a PA-S4U-X509-USER that is not well formed");
  const kerberos::S4uUserId& id = user->user_id;
  if (id.cname) note(*id.cname, acts_for);
  const crypto::Key& key = header.reply_key();
  const bool right = crypto::verify_checksum(key, key_usage::s4u_x509_user_request, user->checksum.type,
                                             id.octets, user->checksum.value);
  if (auto checked = check_keyed(user->checksum.type == key.type().checksum, right); !checked)
    return tl::unexpected(std::move(checked.error()));
  if (id.nonce != nonce) return refuse(error_code::modified, "a PA-S4U-X509-USER of another request");
  return NamedUser{id.cname.value_or(kerberos::PrincipalName{}), id.crealm,
                   !id.subject_certificate.empty() || !id.cname, id};
}

}  // namespace

Judged<std::optional<NamedUser>> named_user(const kerberos::PadataList& list, const TgsHeader& header,
                                            std::int64_t nonce, ActsFor& acts_for) {
  const auto by_certificate = list.find(padata::for_x509_user), by_name = list.find(padata::for_user);
  if (!by_certificate && !by_name) return std::nullopt;
  auto read = by_certificate ? read_x509_user(by_certificate->value, header, nonce, acts_for)
                             : read_for_user(by_name->value, header, acts_for);
  if (!read) return tl::unexpected(std::move(read.error()));
  return *read;
}

MadePadata reply_to(const NamedUser& named, const kerberos::PrincipalName& cname, std::string_view crealm,
                    const TgsHeader& header) {
  MadePadata list;
  if (!named.to_answer) return list;
  kerberos::S4uUserId id = *named.to_answer;
  id.cname = cname;
  id.crealm = crealm;
  const std::uint32_t options = id.options.value_or(0) & kerberos::s4u_option::use_reply_key_usage;
  id.options = options != 0 ? std::optional(options) : std::nullopt;
  const crypto::Key& key = header.reply_key();
  const Octets sum = crypto::make_checksum(
      key, options != 0 ? key_usage::s4u_x509_user_reply : key_usage::s4u_x509_user_request,
      kerberos::encode(id));
  const Octets value = kerberos::encode(kerberos::PaS4uX509User{id, {key.type().checksum, sum}});
  list.add({padata::for_x509_user, value});
  return list;
}

}  // namespace ferryman::kdc
