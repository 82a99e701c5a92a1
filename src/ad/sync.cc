#include "ad/sync.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ferryman::ad {
namespace {

using Taken = UserSink::Taken;

// What the realm takes at a time, and what fits into a message of 1 MiB however it is escaped there.
constexpr std::size_t max_batch = 256, max_batch_octets = 128 * 1024;
constexpr std::size_t max_in_filter = 50;

// The sink did not answer, and has told so.
tl::unexpected<Failure> told() {
  return fail(Reason::failed, "");
}

std::size_t size_of(const User& user) {
  return user.name.size() + user.upn.size() + user.display_name.size();
}

}  // namespace

Sync::Sync(Source source, UserSink& sink, SyncJob job)
    : source_(std::move(source)), sink_(sink), job_(std::move(job)), reader_(job_.domain, job_.now) {}

Outcome<void> Sync::run() {
  using Way = SyncPlan::Way;
  const Way way = job_.plan.way;
  const Outcome<void> done = way == Way::full ? take_all() : way == Way::changes ? take_changes() : compare();
  return done ? retry() : done;
}

std::string Sync::filter(const std::string& condition) const {
  return fmt::format("(&{}{}{})", UserReader::filter, job_.gate, condition);
}

Outcome<void> Sync::take_all() {
  Members members;
  const auto done = upsert_found("", [&](const User& user) {
    members[user.rid].disabled = user.disabled;
    return true;
  });
  if (!done) return done;
  const auto found = difference(members);
  return found ? disable_missing(*found) : told();
}

Outcome<void> Sync::take_changes() {
  const auto done = upsert_found(changed_since(*job_.before, job_.now), nullptr);
  return done ? disable_deleted() : done;
}

// Who has come and who has gone is found by SIDs, whatever has changed of them.
Outcome<void> Sync::compare() {
  Members members;
  if (const auto done = read_members(members); !done) return done;
  const auto found = difference(members);
  if (!found) return told();
  if (const auto done = upsert_by_rid(found->to_read); !done) return done;
  const auto changed = upsert_found(changed_since(*job_.before, job_.now), [&](const User& user) {
    return !std::binary_search(found->to_read.begin(), found->to_read.end(), user.rid);
  });
  return changed ? disable_missing(*found) : changed;
}

Outcome<void> Sync::read_members(Members& members) {
  const Search search{job_.base, Scope::subtree, filter(""), UserReader::member_attributes()};
  return source_(search, [&](const Entry& entry) {
    if (const auto member = reader_.read_member(entry)) members[member->rid].disabled = member->disabled;
    return true;
  });
}

// In to_read are also those whom the realm has in another state than the domain.
std::optional<Sync::Difference> Sync::difference(Members& members) {
  Difference found;
  const bool answered = sink_.each_user([&](const std::string& text, bool disabled) {
    if (!disabled) ++found.enabled;
    const auto sid = pac::Sid::of_text(text);
    const auto rid = sid ? sid->rid_in(job_.domain) : std::nullopt;
    const auto member = rid ? members.find(*rid) : members.end();
    if (member == members.end()) {
      if (!disabled) found.leaving.push_back(text);
      return;
    }
    member->second.known = true;
    if (member->second.disabled != disabled) found.to_read.push_back(*rid);
  });
  if (!answered) return std::nullopt;
  for (const auto& [rid, presence] : members)
    if (!presence.known) found.to_read.push_back(rid);
  std::sort(found.to_read.begin(), found.to_read.end());
  return found;
}

// A group that has been emptied by mistake, or rights that were taken away, look as if everybody had left.
Outcome<void> Sync::disable_missing(const Difference& difference) {
  const std::size_t leaving = difference.leaving.size();
  const std::size_t most = job_.most.value_or(std::max<std::size_t>(10, difference.enabled / 4));
  if (leaving > most)
    return fail(Reason::unwilling,
                fmt::format("{} of {} users would be disabled, as they are not found any more", leaving,
                            difference.enabled),
                fmt::format("If that is right, call it once with --max-disable {}.", leaving));
  return disable(difference.leaving);
}

Outcome<void> Sync::disable_deleted() {
  std::vector<std::string> sids;
  Outcome<void> sent;
  const Search search{
      job_.base, Scope::subtree, deleted_since(*job_.before), {"objectSid"}, {{control::show_deleted}}};
  const auto done = source_(search, [&](const Entry& entry) {
    if (const auto sid = reader_.read_sid(entry)) sids.push_back(sid->text());
    if (sids.size() < max_batch) return true;
    sent = disable(std::exchange(sids, {}));
    return sent.has_value();
  });
  if (!done || !sent) return done ? sent : done;
  return disable(sids);
}

Outcome<void> Sync::disable(const std::vector<std::string>& sids) {
  for (std::size_t at = 0; at < sids.size(); at += max_batch) {
    const auto begin = sids.begin() + static_cast<std::ptrdiff_t>(at);
    const std::vector<std::string> batch(
        begin, begin + static_cast<std::ptrdiff_t>(std::min(max_batch, sids.size() - at)));
    const auto taken = sink_.disable(batch);
    if (!taken || taken->size() != batch.size()) return told();
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if ((*taken)[i].outcome == Taken::Outcome::disabled) ++counts_.disabled;
      if ((*taken)[i].outcome != Taken::Outcome::refused) continue;
      ++counts_.refused;
      needs_full_ = true;  // she is not there any more to be found by her SID
      sink_.refused(batch[i], batch[i], (*taken)[i].text);
    }
  }
  return {};
}

Outcome<void> Sync::upsert_found(const std::string& condition,
                                 const std::function<bool(const User&)>& wanted) {
  Outcome<void> sent;
  const Search search{job_.base, Scope::subtree, filter(condition), UserReader::attributes()};
  const auto done = source_(search, [&](const Entry& entry) {
    auto user = reader_.read(entry);
    if (!user) ++counts_.passed_over;
    if (!user || (wanted && !wanted(*user))) return true;
    sent = add_to_batch(*std::move(user));
    return sent.has_value();
  });
  if (!done || !sent) return done ? sent : done;
  return send_batch();
}

Outcome<void> Sync::upsert_by_rid(const std::vector<std::uint32_t>& rids) {
  for (std::size_t at = 0; at < rids.size(); at += max_in_filter) {
    std::string any = "(|";
    for (std::size_t i = at; i < std::min(at + max_in_filter, rids.size()); ++i)
      any += fmt::format("(objectSid={})", job_.domain.with_rid(rids[i]).text());
    if (const auto done = upsert_found(any + ")", nullptr); !done) return done;
  }
  return {};
}

Outcome<void> Sync::add_to_batch(User user) {
  if (batch_octets_ + size_of(user) > max_batch_octets)
    if (const auto sent = send_batch(); !sent) return sent;
  if (!retrying_) ++counts_.read;
  batch_octets_ += size_of(user);
  batch_.push_back(std::move(user));
  return batch_.size() < max_batch ? Outcome<void>() : send_batch();
}

Outcome<void> Sync::send_batch() {
  if (batch_.empty()) return {};
  const auto taken = sink_.upsert(batch_);
  if (!taken || taken->size() != batch_.size()) return told();
  for (std::size_t i = 0; i < batch_.size(); ++i) count(batch_[i], (*taken)[i]);
  batch_.clear();
  batch_octets_ = 0;
  return {};
}

// Who is refused has another try at the end: the name that she is to have may be free by then.
void Sync::count(const User& user, const Taken& taken) {
  switch (taken.outcome) {
    case Taken::Outcome::added:
      ++counts_.added;
      return;
    case Taken::Outcome::matched:
      ++counts_.matched;
      return;
    case Taken::Outcome::changed:
      ++counts_.changed;
      return;
    case Taken::Outcome::same:
      ++counts_.same;
      return;
    default:
      break;
  }
  if (!retrying_ && to_retry_.size() < max_refused) {
    to_retry_.push_back(user.rid);
    return;
  }
  ++counts_.refused;
  if (refused_.size() < max_refused)
    refused_.push_back(user.sid.text());
  else
    needs_full_ = true;
  sink_.refused(user.sid.text(), user.name, taken.text);
}

Outcome<void> Sync::retry() {
  if (job_.before && job_.plan.way != SyncPlan::Way::full)
    for (const std::string& text : job_.before->refused)
      if (const auto sid = pac::Sid::of_text(text))
        if (const auto rid = sid->rid_in(job_.domain)) to_retry_.push_back(*rid);
  std::sort(to_retry_.begin(), to_retry_.end());
  to_retry_.erase(std::unique(to_retry_.begin(), to_retry_.end()), to_retry_.end());
  retrying_ = true;
  return upsert_by_rid(to_retry_);
}

}  // namespace ferryman::ad
