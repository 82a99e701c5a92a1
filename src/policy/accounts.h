#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/siphash.h"
#include "kerberos/kdc_req.h"

namespace ferryman::policy {

// Where names are looked up: the accounts of a realm. Realms with the same list of KDCs are one, as those of
// a domain that is declared under its DNS name and its NetBIOS name.
struct Directory {
  std::string_view realm;             // as declared, or as derived from a wildcard
  std::span<const std::string> kdcs;  // the list that is given for it; empty where they are looked for
};

// Which accounts the names in AS-REQs stand for. One account has many names (sAMAccountName, UPNs, enterprise
// names with the realm's two names, any case, for Active Directory with accents, too), which only the KDC can
// join. It does so by the key's salt (kerberos/salt.h), which belongs to the account whatever the name; a
// name without one stands for itself, folded.
//
// A memory of fixed size for the names that KDCs have explained. What is forgotten can be asked again, so
// nothing depends on how long that takes. Thread-safe, lock-free. Hashes have a key of this process: nobody
// can find a name that falls together with another one.
class Accounts {
 public:
  using Hash = std::uint64_t;  // never 0

  // names: that can be remembered, a power of two from 4 on; 16 octets each, resident once used.
  explicit Accounts(std::size_t names = std::size_t{1} << 15);

  // The name as it is written, with everything by which a KDC may take it for another account's: its type,
  // the realm's spelling, canonicalize. req has a cname.
  Hash spelling(const Directory& directory, const kerberos::KdcReq& req) const;

  // The account whose key has that salt; 0 where a salt says nothing: the empty one, and that which is the
  // realm's name, are of many accounts.
  Hash of_salt(const Directory& directory, const kerberos::KdcReq& req, Bytes salt) const;
  // For accounts whose KDC tells no salt. Without case, what follows the last "@" of a single component (a
  // realm or UPN suffix) and a "$" at its end.
  Hash of_name(const Directory& directory, const kerberos::KdcReq& req) const;

  // 0: not known, or forgotten.
  Hash find(Hash spelling) const;
  void note(Hash spelling, Hash account);

 private:
  static constexpr std::size_t ways = 4;  // places where a name may stand
  // Written by two stores. One of other writers' halves does not fit the other: they name no spelling.
  struct Entry {
    std::uint64_t account, spelling_and_account;  // the latter by exclusive or; accessed atomically
  };
  struct Free {
    void operator()(Entry* memory) const { std::free(memory); }
  };
  SipHash begin(char kind, const Directory& directory) const;
  Entry* line(Hash spelling) const;

  SipHash::Key key_ = SipHash::Key::random();
  std::size_t lines_;
  std::unique_ptr<Entry[], Free> entries_;
};

}  // namespace ferryman::policy
