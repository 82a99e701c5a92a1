#include "ferryman/explain_proof.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <ctime>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "crypto/string_to_key.h"
#include "ferryman/realm_output.h"
#include "kerberos/krb_error.h"
#include "login/credential_caches.h"
#include "login/decrypted_reply.h"

namespace ferryman {
namespace {

using explain::State;
constexpr std::size_t largest_keytab = 1 << 20;

// For LDAP, which takes the ticket from where libkrb5 looks. Nobody else sees it.
void keep(const login::DecryptedReply& reply) {
  ::setenv("KRB5CCNAME", "MEMORY:ferryman-explain", 1);
  auto caches = login::CredentialCaches::open();
  const login::Credential credential = reply.credential();
  if (caches) static_cast<void>(caches->store(reply.client(), {&credential, 1}));
}

}  // namespace

tl::expected<std::vector<crypto::KeytabEntry>, std::string> read_keytab_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  Secret octets(largest_keytab);
  if (in) in.read(reinterpret_cast<char*>(octets.writable().data()), largest_keytab);
  if (!in.eof()) return tl::unexpected(fmt::format("the keytab {} cannot be read", printable(file)));
  octets.shrink(static_cast<std::size_t>(in.gcount()));
  auto entries = crypto::read_keytab(octets.bytes());
  if (!entries) return tl::unexpected(fmt::format("{} is no keytab", printable(file)));
  return std::move(*entries);
}

void Prover::judge() {
  steps_.push_back(explain::judge_key(seen_, std::time(nullptr)));
}

std::optional<crypto::Key> Prover::key_of_password(const Secret& password) {
  seen_.by = explain::KeySeen::By::password;
  if (hints_.keys.empty()) {
    seen_.trouble = "the KDC tells no key that is of a password";
    seen_.advice = "the account may log on by certificates or keys alone: \"ferryman login\"";
    return std::nullopt;
  }
  const explain::KeyHint& hint = hints_.keys.front();
  auto key = crypto::string_to_key(hint.etype, password.bytes(), as_bytes(hint.salt), hint.parameters);
  if (key) return std::move(*key);
  seen_.trouble = "no key can be made of the password as the KDC asks for it";
  return std::nullopt;
}

std::optional<crypto::Key> Prover::key_of_keytab(const std::string& file) {
  seen_.by = explain::KeySeen::By::keytab;
  const auto keytab = read_keytab_file(file);
  if (!keytab) {
    seen_.trouble = keytab.error();
    return std::nullopt;
  }
  explain::Etypes known;
  for (const explain::KeyHint& hint : hints_.keys) known.push_back(hint.etype);
  const crypto::KeytabEntry* entry = find_key(*keytab, user_, known);
  if (entry != nullptr) return entry->key.copy();
  seen_.trouble = fmt::format("the keytab {} has no key of {} of the encryption types {}", printable(file),
                              user_.text(), explain::names_of(known));
  seen_.advice = "make a new one";
  return std::nullopt;
}

std::optional<explain::Tgt> Prover::not_usable(std::string_view why) {
  judge();
  steps_.push_back({"tgt", State::wrong, fmt::format("the KDC's answer cannot be used: {}", why),
                    "look what answers in the KDC's place"});
  return std::nullopt;
}

std::optional<explain::Tgt> Prover::by_key(const crypto::Key& key) {
  const std::uint32_t nonce = explain::random_nonce();
  const Octets message = as_req(user_, etypes_, nonce, hints_.is_ticket ? nullptr : &key, std::time(nullptr));
  KdcCaller::Answer answer = kdcs_.ask(user_.realm, message);
  seen_.policy_refused = answer.policy_refused;
  if (answer.message.empty() && !answer.policy_refused)
    seen_.trouble = fmt::format("no KDC answers: {}", printable(answer.trouble));
  if (const auto error = kerberos::parse_krb_error(answer.message)) seen_.error = error->error_code;
  if (answer.message.empty() || seen_.error) {
    judge();
    return std::nullopt;
  }
  auto reply = login::DecryptedReply::open(std::move(answer.message), kerberos::msg_type::as_rep, key,
                                           kerberos::key_usage::as_rep);
  if (!reply) {
    seen_.error = kerberos::error_code::bad_integrity;
    judge();
    return std::nullopt;
  }
  const kerberos::EncKdcRepPart& part = reply->part();
  auto session_key = crypto::Key::make(part.key.type, part.key.value);
  if (part.nonce != nonce) return not_usable("it is the answer to another request");
  if (!session_key) return not_usable("its session key is of a type that is not taken");
  judge();
  steps_.push_back({"tgt", State::ok,
                    fmt::format("valid until {}, session key {}", time_text(part.endtime),
                                explain::names_of({part.key.type}))});
  keep(*reply);
  const Bytes ticket = reply->credential().ticket;
  return explain::Tgt{{ticket.begin(), ticket.end()}, std::move(*session_key), user_.realm};
}

std::optional<explain::Tgt> Prover::by_cache() {
  const kerberos::Name name = user_.kerberos_name(kerberos::name_type::principal);
  auto cached = view_.tgt_of({name.view(), user_.realm});
  if (!cached) {
    judge();
    return std::nullopt;
  }
  seen_.by = explain::KeySeen::By::cache;
  if (cached->endtime <= std::time(nullptr)) {
    seen_.trouble =
        fmt::format("the ticket in the credential cache expired on {}", time_text(cached->endtime));
    seen_.advice = fmt::format("\"kinit {}\"", user_.text());
    judge();
    return std::nullopt;
  }
  judge();
  steps_.push_back(
      {"tgt", State::ok,
       fmt::format("in the credential cache, valid until {}, session key {}", time_text(cached->endtime),
                   explain::names_of({cached->session_key.etype()}))});
  return explain::Tgt{std::move(cached->ticket), std::move(cached->session_key), user_.realm};
}

std::optional<explain::Tgt> Prover::prove(const std::optional<Secret>& password, const std::string& keytab) {
  if (!password && keytab.empty()) return by_cache();
  std::optional<crypto::Key> key;
  if (!hints_.takes_timestamp) {
    seen_.by = password ? explain::KeySeen::By::password : explain::KeySeen::By::keytab;
    seen_.trouble = "the KDC takes no password or key without FAST, or takes keys of users alone";
    seen_.advice = "\"kinit -n -c ARMOR\", \"kinit -T ARMOR\" or \"ferryman login\", and then this again";
  } else {
    key = password ? key_of_password(*password) : key_of_keytab(keytab);
  }
  if (key) return by_key(*key);
  judge();
  return std::nullopt;
}

}  // namespace ferryman
