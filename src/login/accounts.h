#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/descriptor.h"
#include "base/secret.h"
#include "keys/key_store.h"
#include "login/account.h"
#include "login/failure.h"
#include "login/session_record.h"
#include "login/state_directory.h"
#include "login/token_client.h"

namespace ferryman::login {

// The private keys of an account, as their store gave them.
struct AccountKeys {
  Secret user, device, transport;
  Octets certificate;  // the device's, DER
};

// An account's directory in the state directory, with its files. Failures are those of StateDirectory, and
// failed for a file that nothing here wrote.
class EnrolledAccount {
 public:
  // Makes the directory. Until write_account() it is that of no account.
  static Outcome<EnrolledAccount> make(const std::string& state_path, Account account);
  // Nothing where there is no account.
  static Outcome<std::optional<EnrolledAccount>> find(const std::string& path);

  const Account& account() const { return account_; }

  Outcome<AccountKeys> keys() const;
  Outcome<void> write_keys(const AccountKeys& keys) const;
  // The last of an enrolment.
  Outcome<void> write_account() const;

  // Sealed by the store. Nothing where nobody is signed in.
  Outcome<std::optional<Session>> session(keys::KeyStore& store) const;
  Outcome<std::optional<SessionRecord>> record() const;
  Outcome<void> write_session(keys::KeyStore& store, const Session& session,
                              const SessionRecord& record) const;
  Outcome<void> write_record(const SessionRecord& record) const;
  Outcome<void> remove_session() const;

  std::optional<LastError> last_error() const;
  // Nothing: it went well. Where it cannot be written there is nobody to tell.
  void set_last_error(const std::optional<LastError>& error) const;

  Outcome<void> remove() &&;

 private:
  EnrolledAccount(StateDirectory directory, Account account)
      : directory_(std::move(directory)), account_(std::move(account)) {}

  Outcome<Secret> need(const std::string& name) const;

  StateDirectory directory_;
  Account account_;
};

// All accounts that a user of this computer has enrolled. Who changes anything takes the lock before.
class Accounts {
 public:
  // Makes the state directory where it is not there.
  static Outcome<Accounts> open(const std::string& state_path);
  // Nothing where it is not there.
  static Outcome<std::optional<Accounts>> find(const std::string& state_path);

  const std::string& path() const { return directory_.path(); }
  // The first that was enrolled, which is meant where none is named, is the first.
  const std::vector<EnrolledAccount>& all() const { return all_; }
  // user: empty for the first. Fault failed where there is none, or it is not clear which one.
  Outcome<const EnrolledAccount*> choose(std::string_view user) const;

  // That one, or null.
  const EnrolledAccount* find(const Person& person) const;

  // Once it is held the accounts are read again: what choose() and find() gave before is no more.
  Outcome<Descriptor> lock();
  // One whose files are all there; it lives as long as this, and until the next is added or removed.
  const EnrolledAccount& add(EnrolledAccount account) { return all_.emplace_back(std::move(account)); }
  // Takes one out, with all its files.
  Outcome<void> remove(const EnrolledAccount& account);

  Outcome<void> write(const std::string& name, std::string_view text) const {
    return directory_.write(name, as_bytes(text));
  }

 private:
  explicit Accounts(StateDirectory directory) : directory_(std::move(directory)) {}
  Outcome<void> load();

  StateDirectory directory_;
  std::vector<EnrolledAccount> all_;
};

}  // namespace ferryman::login
