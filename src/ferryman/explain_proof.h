#pragma once

#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "base/secret.h"
#include "crypto/keytab.h"
#include "explain/account.h"
#include "explain/requests.h"
#include "ferryman/explain_kdcs.h"
#include "login/krb5_view.h"

namespace ferryman {

// How the user proves who she is: the steps "key" and "tgt".
class Prover {
 public:
  Prover(KdcCaller& kdcs, const login::Krb5View& view, const explain::Principal& user,
         const explain::Etypes& etypes, const explain::Hints& hints)
      : kdcs_(kdcs), view_(view), user_(user), etypes_(etypes), hints_(hints) {
    seen_.user = user;
  }

  // The realm's side of the account.
  void know(const explain::RealmAccount& account) { seen_.realm = account; }

  // By the password, else the keytab, else the ticket in the default credential cache.
  std::optional<explain::Tgt> prove(const std::optional<Secret>& password, const std::string& keytab);
  std::vector<explain::Step> take_steps() { return std::move(steps_); }

 private:
  std::optional<crypto::Key> key_of_password(const Secret& password);
  std::optional<crypto::Key> key_of_keytab(const std::string& file);
  std::optional<explain::Tgt> by_key(const crypto::Key& key);
  std::optional<explain::Tgt> by_cache();
  std::optional<explain::Tgt> not_usable(std::string_view why);
  void judge();

  KdcCaller& kdcs_;
  const login::Krb5View& view_;
  const explain::Principal& user_;
  const explain::Etypes& etypes_;
  const explain::Hints& hints_;
  explain::KeySeen seen_;
  std::vector<explain::Step> steps_;
};

// The error is a sentence.
tl::expected<std::vector<crypto::KeytabEntry>, std::string> read_keytab_file(const std::string& file);

}  // namespace ferryman
