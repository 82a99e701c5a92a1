#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ad/connection.h"
#include "ad/failure.h"
#include "ad/sync_plan.h"
#include "ad/sync_state.h"
#include "ad/user_reader.h"
#include "pac/sid.h"

namespace ferryman::ad {

// The realm that takes users over. Where one of these does not answer, that has been told.
class UserSink {
 public:
  struct Taken {
    enum class Outcome : std::uint8_t { added, matched, changed, same, disabled, absent, refused };
    Outcome outcome;
    std::string text{};  // why she is refused
  };
  // By SID, and whether she is disabled from the domain.
  using EachUser = std::function<void(const std::string& sid, bool disabled)>;

  virtual ~UserSink() = default;
  // Outcomes in the order of what was sent.
  virtual std::optional<std::vector<Taken>> upsert(const std::vector<User>& users) = 0;
  virtual std::optional<std::vector<Taken>> disable(const std::vector<std::string>& sids) = 0;
  // Those of the domain whom the realm has.
  virtual bool each_user(const EachUser& each) = 0;
  // For good: the next synchronisation tries again.
  virtual void refused(const std::string& sid, const std::string& name, const std::string& text) = 0;
};

struct SyncCounts {
  std::size_t read = 0;         // users that were looked at
  std::size_t passed_over = 0;  // entries that are no users
  std::size_t added = 0, matched = 0, changed = 0, same = 0, disabled = 0, refused = 0;
};

struct SyncJob {
  std::string base;  // the domain's DN
  pac::Sid domain;
  std::string gate;  // a filter that stands beside others; empty: everybody is taken over
  SyncPlan plan;
  std::optional<SyncState> before;    // none only where the plan is to read everything
  std::optional<std::size_t> most{};  // that may be disabled for not being there; none: a quarter, or ten
  std::int64_t now;                   // seconds since 1970
};

// Takes the users of a domain over: reads them page by page and hands them on some hundred at a time, so that
// memory holds a page, a batch, and four octets or so of each user's SID. Writes nothing into the domain.
class Sync {
 public:
  // As Connection::search_paged().
  using Source = std::function<Outcome<void>(const Search&, const Connection::Each&)>;

  Sync(Source source, UserSink& sink, SyncJob job);

  // A failure without a text: the sink did not answer. Users who are refused are no failure.
  Outcome<void> run();

  const SyncCounts& counts() const { return counts_; }
  // SIDs, as far as there is room for them.
  const std::vector<std::string>& refused() const { return refused_; }
  // Not all that is left to do is known by a SID: the next one has to read everything.
  bool needs_full() const { return needs_full_; }

 private:
  struct Presence {
    bool disabled = false;
    bool known = false;  // the realm has her
  };
  using Members = std::unordered_map<std::uint32_t, Presence>;  // by RID
  struct Difference {
    std::vector<std::uint32_t> to_read;
    std::vector<std::string> leaving;
    std::size_t enabled = 0;  // that the realm has
  };

  Outcome<void> take_all();
  Outcome<void> take_changes();
  Outcome<void> compare();
  Outcome<void> retry();
  Outcome<void> upsert_found(const std::string& condition, const std::function<bool(const User&)>& wanted);
  Outcome<void> upsert_by_rid(const std::vector<std::uint32_t>& rids);
  Outcome<void> read_members(Members& members);
  std::optional<Difference> difference(Members& members);
  Outcome<void> disable_missing(const Difference& difference);
  Outcome<void> disable_deleted();
  Outcome<void> disable(const std::vector<std::string>& sids);
  Outcome<void> add_to_batch(User user);
  Outcome<void> send_batch();
  void count(const User& user, const UserSink::Taken& taken);
  std::string filter(const std::string& condition) const;

  const Source source_;
  UserSink& sink_;
  const SyncJob job_;
  const UserReader reader_;
  SyncCounts counts_;
  std::vector<User> batch_;
  std::size_t batch_octets_ = 0;
  bool retrying_ = false, needs_full_ = false;
  std::vector<std::uint32_t> to_retry_;
  std::vector<std::string> refused_;
};

}  // namespace ferryman::ad
