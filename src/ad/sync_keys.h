#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "ad/connection.h"
#include "ad/failure.h"
#include "ad/sync_keys_plan.h"
#include "ad/user_reader.h"
#include "pac/sid.h"

namespace ferryman::ad {

// A user's keys as the realm has them.
struct UserKeys {
  std::string sid;
  std::vector<pki::KeyCredential> keys;
};

// What is to be done in the domain for one user.
struct KeyStep {
  std::string dn, sid, name;
  KeyPlan plan;
};

struct KeyCounts {
  std::size_t written = 0, removed = 0;  // keys
  std::size_t refused = 0;               // users for whom the domain did not take it
  std::size_t forbidden = 0;             // of those, for want of rights
  std::size_t untried = 0;               // users who came after it was given up
};

// Writes users' keys into their domain and takes away those that were written and that the realm has no more,
// some users at a time.
class KeySync {
 public:
  // As Connection::search_paged().
  using Source = std::function<Outcome<void>(const Search&, const Connection::Each&)>;
  using Apply = std::function<Outcome<void>(const KeyStep&)>;
  // Whom the domain refuses, but not for want of rights; the next synchronisation tries again.
  using Refused = std::function<void(const KeyStep&, const std::string& text)>;

  // reader: of the domain whose DN base is. written: by those before.
  KeySync(std::string base, UserReader reader, WrittenKeys written, Source source, Apply apply,
          Refused refused);

  // Some of the realm's users. A failure ends it all; what was done by then is in written().
  Outcome<void> take(const std::vector<UserKeys>& users);
  // When all have been taken: users who have been written for, and whom the realm has no more.
  Outcome<void> finish();

  const KeyCounts& counts() const { return counts_; }
  const WrittenKeys& written() const { return written_; }

  // Where no right is seen, by a key that is there either, it is not tried for more users than these.
  static constexpr std::size_t max_forbidden = 20;

 private:
  Outcome<void> take_some(std::span<const UserKeys> users);
  Outcome<void> change(const Entry& entry, const UserKeys& user);
  bool has_given_up() const;

  const std::string base_;
  const UserReader reader_;
  WrittenKeys written_;
  std::set<std::string> taken_;  // SIDs of those who have keys, there or in the realm
  const Source source_;
  const Apply apply_;
  const Refused refused_;
  KeyCounts counts_;
};

}  // namespace ferryman::ad
