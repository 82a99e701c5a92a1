#include "explain/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "crypto/encryption.h"
#include "kerberos/codec.h"
#include "kerberos/numbers.h"
#include "kerberos/parts.h"

namespace ferryman::explain {
namespace {

namespace code = kerberos::error_code;
constexpr std::string_view ticket_step = "service ticket", keytab_step = "keytab";

std::string escaped(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& each : names) text += (text.empty() ? "" : "; ") + printable(each);
  return text;
}

Step duplicate(const ServiceSeen& seen) {
  const std::string spn = printable(seen.service.name());
  return {ticket_step, State::wrong,
          fmt::format("{} accounts have the name {}, so nobody gets a ticket for it: {}", seen.owners.size(),
                      spn, escaped(seen.owners)),
          seen.is_samba ? fmt::format("\"samba-tool spn delete {} ACCOUNT\" for all but one", spn)
                        : fmt::format("\"setspn -D {} ACCOUNT\" for all but one", spn)};
}

Step unknown(const ServiceSeen& seen) {
  const std::string spn = printable(seen.service.name()), realm = printable(seen.service.realm);
  const std::string text = fmt::format("{} has no service {} ({})", realm, spn,
                                       name_of_error(seen.error.value_or(code::service_unknown)));
  if (seen.realm_was_asked)
    return {ticket_step, State::wrong, text,
            fmt::format("\"ferryman realm service add {}\", or \"ferryman realm service set NAME --add-spn "
                        "{}\" of the account "
                        "that has to have it",
                        spn, spn)};
  return {ticket_step, State::wrong, text,
          fmt::format("register it: in an AD \"setspn -S {} ACCOUNT\", in MIT's realm \"kadmin addprinc "
                      "-randkey {}\", in one of "
                      "ferryman-realm \"ferryman realm service add {}\"",
                      spn, spn, spn)};
}

std::string kvnos_of(const std::vector<const crypto::KeytabEntry*>& entries) {
  std::vector<std::uint32_t> kvnos;
  for (const crypto::KeytabEntry* entry : entries)
    if (std::ranges::find(kvnos, entry->kvno) == kvnos.end()) kvnos.push_back(entry->kvno);
  return fmt::format("{}", fmt::join(kvnos, ", "));
}

Etypes etypes_of(const std::vector<const crypto::KeytabEntry*>& entries) {
  Etypes etypes;
  for (const crypto::KeytabEntry* entry : entries)
    if (std::ranges::find(etypes, entry->key.etype()) == etypes.end()) etypes.push_back(entry->key.etype());
  return etypes;
}

// What a KDC's other codes mean, and what to do.
struct Cause {
  std::int32_t error;
  std::string_view text, mend;
};
constexpr std::array causes{
    Cause{code::tgt_revoked,
          "the realm does not take the user's ticket: it was revoked, or the user is in a group whose "
          "secrets are "
          "never revealed to the cloud",
          "log on again; an administrator looks with \"ferryman realm ad check DOMAIN --user USER\""},
    Cause{code::service_revoked, "the service is disabled", "ask the realm's administrator"},
    Cause{code::service_expired, "the service has expired", "ask the realm's administrator"},
    Cause{code::client_revoked, "the user is locked or disabled", "ask the realm's administrator"},
    Cause{code::ticket_expired, "the user's ticket has expired", "\"kinit\" gets another"},
    Cause{code::policy, "policy refuses the ticket", "look at the rules of the KDC and of the gateway"},
    Cause{code::path_not_accepted, "there is no trust from the user's realm to that of the service",
          "an administrator makes a trust between the realms"},
};

Step wrong_etypes(const ServiceSeen& seen) {
  const std::string has = seen.realm_etypes.empty() ? "others" : seen.realm_etypes;
  return {ticket_step, State::wrong,
          fmt::format(
              "{} has no key of an encryption type that this computer takes: it has {}, asked for: {} ({})",
              seen.service.text(), has, names_of(seen.etypes), name_of_error(*seen.error)),
          seen.realm_was_asked
              ? fmt::format("\"ferryman realm service set {} --etypes "
                            "aes256-cts-hmac-sha1-96,aes128-cts-hmac-sha1-96\" and "
                            "a new keytab",
                            printable(seen.service.name()))
              : "widen permitted_enctypes in krb5.conf, or give the service keys of AES (AD: "
                "msDS-SupportedEncryptionTypes, then its password) and a new keytab"};
}

Step not_unique(const ServiceSeen& seen) {
  return {
      ticket_step, State::wrong,
      fmt::format("several accounts have the name {} ({})", seen.service.text(), name_of_error(*seen.error)),
      fmt::format("\"setspn -X\" or \"ferryman realm ad check DOMAIN\" finds them; \"setspn -D {} ACCOUNT\" "
                  "for all but one",
                  printable(seen.service.name()))};
}

Step judge_refusal(const ServiceSeen& seen) {
  const std::int32_t error = *seen.error;
  const std::string spn = seen.service.text(), word = name_of_error(error);
  if (error == code::service_unknown) return unknown(seen);
  if (error == code::principal_not_unique) return not_unique(seen);
  if (error == code::etype_not_supported) return wrong_etypes(seen);
  if (error == code::skew || error == code::ticket_not_yet_valid)
    return {"clock", State::wrong, fmt::format("the KDC finds this computer's clock wrong ({})", word),
            "set it, \"timedatectl set-ntp true\" (or \"chronyc makestep\")"};
  const auto known = std::ranges::find(causes, error, &Cause::error);
  if (known == causes.end())
    return {ticket_step, State::wrong, fmt::format("the KDC gives no ticket for {} ({})", spn, word),
            "look at the KDC's log"};
  return {ticket_step, State::wrong, fmt::format("no ticket for {}: {} ({})", spn, known->text, word),
          std::string(known->mend)};
}

}  // namespace

Step judge_service(const ServiceSeen& seen, std::int64_t now) {
  const std::string spn = seen.service.text();
  if (seen.owners.size() > 1) return duplicate(seen);
  if (!seen.trouble.empty())
    return {ticket_step, State::wrong, fmt::format("no ticket for {}: {}", spn, seen.trouble),
            "look at the KDC's log"};
  if (seen.error && seen.realm)
    if (auto step = judge_realm_account(ticket_step, seen.service, *seen.realm, "service", now)) return *step;
  if (seen.error) return judge_refusal(seen);
  const std::string kvno = seen.ticket_kvno ? fmt::format("kvno {}, ", *seen.ticket_kvno) : "";
  return {ticket_step, State::ok,
          fmt::format("for {}: {}{}; asked for: {}", spn, kvno, names_of({seen.ticket_etype}),
                      names_of(seen.etypes))};
}

Step judge_keytab(const std::string& file, const std::vector<crypto::KeytabEntry>& keytab,
                  const Principal& service, Bytes ticket) {
  const auto parsed = kerberos::parse<kerberos::Ticket>(ticket);
  if (!parsed) return {keytab_step, State::not_looked_at, "the ticket cannot be read"};
  const std::string spn = service.text(), where = printable(file);
  const std::string renew = fmt::format(
      "write a new one where the service reads it: \"ferryman realm service keytab {} -o FILE\" (MIT: "
      "\"kadmin ktadd\", AD: \"ktpass\" or \"samba-tool domain exportkeytab\")",
      printable(service.name()));
  const auto wrong = [&](std::string text) {
    return Step{keytab_step, State::wrong, std::move(text), renew};
  };
  std::vector<const crypto::KeytabEntry*> own, same;
  for (const crypto::KeytabEntry& entry : keytab)
    if (entry.components == service.components && entry.realm == service.realm) own.push_back(&entry);
  if (own.empty()) return wrong(fmt::format("the keytab {} has no key of {}", where, spn));
  const std::int32_t etype = parsed->enc_part.etype;
  const auto kvno = parsed->enc_part.kvno;
  std::ranges::copy_if(own, std::back_inserter(same),
                       [&](const auto* entry) { return !kvno || entry->kvno == *kvno; });
  if (same.empty())
    return wrong(fmt::format("the keytab {} has the key of {} with kvno {}, and tickets are under kvno {}",
                             where, spn, kvnos_of(own), *kvno));
  const auto key = std::ranges::find_if(same, [&](const auto* entry) { return entry->key.etype() == etype; });
  if (key == same.end())
    return wrong(fmt::format("the keytab {} has keys of {} of the encryption types {}, and tickets are in {}",
                             where, spn, names_of(etypes_of(same)), names_of({etype})));
  if (!crypto::decrypt((*key)->key, kerberos::key_usage::ticket, parsed->enc_part.cipher))
    return wrong(fmt::format("the keytab {} has another key of {} than the KDC, though with the same kvno {}",
                             where, spn, (*key)->kvno));
  return {keytab_step, State::ok,
          fmt::format("{} opens the ticket: kvno {}, {}", where, (*key)->kvno, names_of({etype}))};
}

}  // namespace ferryman::explain
