#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "kerberos/enc_kdc_rep_part.h"
#include "kerberos/principal_name.h"
#include "login/failure.h"

struct _krb5_context;

namespace ferryman::login {

// Whose tickets they are. A view.
struct Client {
  kerberos::PrincipalName name;
  std::string_view realm;
};

// A ticket as a KDC's reply brought it. A view.
struct Credential {
  const kerberos::EncKdcRepPart& part;  // its session key, times, flags, and the service that it is for
  Bytes ticket;                         // DER
};

// The user's credential caches, where libkrb5 has them: $KRB5CCNAME, else default_ccache_name of krb5.conf,
// else FILE:/tmp/krb5cc_UID. DIR, KCM and KEYRING hold one cache for each account. FILE is one cache; beside
// it there is one for an account of each other realm, in a file with the realm's name behind:
// FILE:/tmp/krb5cc_UID.AD.EXAMPLE.COM.
//
// One thread at a time may use it.
class CredentialCaches {
 public:
  // Reads krb5.conf and the environment, as every program does that comes after for the tickets.
  static Outcome<CredentialCaches> open();

  // Puts an account's tickets, the TGT first, into its cache, whose name it gives: in place of what is there,
  // or as a new one beside those of other accounts. The first of all becomes the primary one; else the
  // primary one stays. Fault occupied where there is no room: in a FILE for a second account of one realm.
  Outcome<std::string> store(const Client& client, std::span<const Credential> credentials);

  // The same with what is in another cache, by its name: "FILE:/proc/self/fd/3". The account's cache is one
  // of a logon from then on.
  Outcome<std::string> store_from(const std::string& name);

  // By which name a session's programs find a cache first, and those of other accounts as well: that of its
  // collection, whose primary one it becomes; else its own.
  Outcome<std::string> name_for_session(const std::string& name);

  // Whether store() would find room.
  Outcome<bool> has_room_for(const Client& client);

  // Makes the account's cache the one that programs take.
  Outcome<void> make_primary(const Client& client);

  // When the TGT in the account's cache ends, in seconds since 1970; nothing where there is none.
  Outcome<std::optional<std::int64_t>> tgt_end(const Client& client);

  // Removes the account's cache, also where there is none; if it was the primary one, another one becomes
  // that.
  Outcome<void> remove(const Client& client);
  // The same in the cache of that name, where it is the account's.
  Outcome<void> remove(const Client& client, const std::string& name);
  // The same with what $KRB5CCNAME names: of a collection those that are of logons; else that cache, and the
  // files beside a FILE that have the tickets of their name's realm, whosever they are.
  Outcome<void> remove_default();

 private:
  struct FreeContext {
    void operator()(_krb5_context* context) const;
  };

  explicit CredentialCaches(_krb5_context* context) : context_(context) {}

  std::unique_ptr<_krb5_context, FreeContext> context_;
};

}  // namespace ferryman::login
