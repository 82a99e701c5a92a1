#include "kdc/partial_tgt.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "account/issuer.h"
#include "account/keys.h"
#include "kerberos/kile_padata.h"
#include "ticket/secret_codec.h"

namespace ferryman::kdc {
namespace {

namespace error_code = kerberos::error_code;
namespace flag = kerberos::ticket_flag;

bool is_in_one(const std::vector<std::uint32_t>& rids, const std::vector<directory::Group>& groups) {
  return std::any_of(groups.begin(), groups.end(), [&rids](const directory::Group& group) {
    return std::find(rids.begin(), rids.end(), group.rid) != rids.end();
  });
}

// Services that are no computers have a primary group because each account has one: that it is allowed says
// nothing of them.
bool means_its_primary_group(const directory::Account& account) {
  return account.kind == directory::AccountKind::user || account.name.ends_with('$');
}

// Those that were asked for and may be given, each once.
std::vector<const directory::LongTermKey*> asked_keys(const Kdc& kdc, const directory::Principal& client,
                                                      kerberos::EtypeList asked) {
  std::vector<const directory::LongTermKey*> keys;
  for (std::int32_t etype = 0; asked.next(etype);) {
    const auto* key = account::find_key(client.keys, etype);
    if (key != nullptr && account::allows(kdc.policy, client.account, etype) &&
        std::find(keys.begin(), keys.end(), key) == keys.end())
      keys.push_back(key);
  }
  return keys;
}

}  // namespace

Judged<void> check_vouched_for(const Kdc& kdc, std::uint16_t number, const directory::Principal& client) {
  const auto rodc = kdc.directory.rodc(kdc.tenant.id, number);
  if (!rodc && rodc.error().reason == directory::Reason::not_found)
    return refuse(error_code::bad_key_version, "a partial TGT under a key that is not known");
  if (!rodc) return tl::unexpected(account::unavailable(rodc.error()));
  if (client.account.settings.flags.sensitive)
    return refuse(error_code::tgt_revoked, "a partial TGT of a sensitive account");
  std::vector<std::uint32_t> rids = client.groups;
  const bool joined_allowed = is_in_one(rids, rodc->allowed);
  rids.push_back(client.account.settings.primary_group);
  if (is_in_one(rids, rodc->denied))
    return refuse(error_code::tgt_revoked, "a partial TGT of a client that is denied to its maker");
  const bool allowed =
      joined_allowed || (means_its_primary_group(client.account) && is_in_one(rids, rodc->allowed));
  if (!allowed)
    return refuse(error_code::tgt_revoked, "a partial TGT of a client that is not allowed to its maker");
  return {};
}

Judged<void> limit_partial_tgt(const Kdc& kdc, kerberos::EncTicketPart& part, Now now) {
  if (part.authtime > now.seconds + kdc.policy.max_skew)
    return refuse(error_code::ticket_not_yet_valid, "a partial TGT of a logon to come");
  part.flags &= flag::forwardable | flag::proxiable | flag::renewable | flag::pre_authent | flag::enc_pa_rep;
  return {};
}

Judged<ListedKeys> list_keys(const Kdc& kdc, const directory::Principal& client,
                             const kerberos::PadataList& padata) {
  const auto element = padata.find(kerberos::padata::key_list_req);
  if (!element || !client.account.settings.flags.key_list) return ListedKeys{};
  const auto request = kerberos::parse<kerberos::KeyListReq>(element->value);
  if (!request) return ListedKeys{};
  std::vector<Secret> opened;
  std::vector<kerberos::EncryptionKey> keys;
  for (const directory::LongTermKey* key : asked_keys(kdc, client, request->etypes)) {
    auto octets = key->open();
    if (!octets) return tl::unexpected(account::unavailable(octets.error()));
    opened.push_back(std::move(*octets));
    keys.push_back({key->etype, opened.back().bytes()});
  }
  if (keys.empty()) return ListedKeys{};
  return ListedKeys{ticket::encode_secret(kerberos::WrittenKeyList{keys}), keys.size()};
}

}  // namespace ferryman::kdc
