#include "login/decrypted_reply.h"

#include <fmt/format.h>

#include "crypto/encryption.h"
#include "kerberos/numbers.h"

namespace ferryman::login {

tl::expected<DecryptedReply, std::string_view> DecryptedReply::open(Octets message, std::int32_t msg_type,
                                                                    const crypto::Key& key,
                                                                    std::int32_t usage) {
  using Why = tl::unexpected<std::string_view>;
  DecryptedReply opened(std::move(message));
  const auto reply = kerberos::parse_kdc_rep(opened.message_, msg_type);
  if (!reply) return Why(msg_type == kerberos::msg_type::as_rep ? "it is no AS-REP" : "it is no TGS-REP");
  opened.reply_ = *reply;
  auto plain = crypto::decrypt(key, usage, reply->enc_part.cipher);
  if (reply->enc_part.etype != key.etype() || !plain) return Why("it is encrypted by another key");
  opened.plain_ = std::move(*plain);
  const auto part = kerberos::parse<kerberos::EncKdcRepPart>(opened.plain_.bytes());
  if (!part) return Why("what is encrypted in it cannot be read");
  opened.part_ = *part;
  return opened;
}

std::string DecryptedReply::principal() const {
  std::string text;
  reply_.cname.append_to(text);
  return fmt::format("{}@{}", text, reply_.crealm);
}

void DecryptedReply::wipe_encrypted_padata() {
  const Bytes padata = part_.encrypted_pa_data.octets();
  if (padata.empty()) return;
  const auto begin = static_cast<std::size_t>(padata.data() - plain_.bytes().data());
  wipe(plain_.writable().subspan(begin, padata.size()));
  part_.encrypted_pa_data = {};
}

}  // namespace ferryman::login
