#include "ad/sync_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ferryman::ad {
namespace {

constexpr std::size_t max_in_filter = 50;

// Of more values than it shows at once a server shows a part, under another name [MS-ADTS 3.1.1.3.1.3.3].
bool has_more_values(const Entry& entry) {
  const std::string name = std::string(key_link_attribute) + ";";
  const auto found = entry.attributes.lower_bound(name);
  return found != entry.attributes.end() && found->first.size() > name.size() &&
         equal_without_case(std::string_view(found->first).substr(0, name.size()), name);
}

}  // namespace

KeySync::KeySync(std::string base, UserReader reader, WrittenKeys written, Source source, Apply apply,
                 Refused refused)
    : base_(std::move(base)),
      reader_(std::move(reader)),
      written_(std::move(written)),
      source_(std::move(source)),
      apply_(std::move(apply)),
      refused_(std::move(refused)) {}

Outcome<void> KeySync::take(const std::vector<UserKeys>& users) {
  std::vector<UserKeys> wanted;
  for (const UserKeys& user : users) {
    if (user.keys.empty() && !written_.contains(user.sid)) continue;
    taken_.insert(user.sid);
    if (pac::Sid::of_text(user.sid)) wanted.push_back(user);
  }
  const std::span<const UserKeys> all(wanted);
  for (std::size_t at = 0; at < all.size(); at += max_in_filter)
    if (const auto done = take_some(all.subspan(at, std::min(max_in_filter, all.size() - at))); !done)
      return done;
  return {};
}

Outcome<void> KeySync::finish() {
  std::vector<UserKeys> gone;
  for (const auto& [sid, keys] : written_)
    if (!taken_.contains(sid)) gone.push_back({sid, {}});
  return take(gone);
}

// Who has been let write before, and for whom it is refused now, may be administrators alone.
bool KeySync::has_given_up() const {
  return counts_.forbidden >= max_forbidden && counts_.written + counts_.removed == 0 && written_.empty();
}

// Who is not found keeps what was written for her: she may be restored.
Outcome<void> KeySync::take_some(std::span<const UserKeys> users) {
  if (has_given_up()) {
    counts_.untried += users.size();
    return {};
  }
  std::string any;
  for (const UserKeys& user : users) any += fmt::format("(objectSid={})", user.sid);
  std::vector<Entry> entries;
  const Search search{base_,
                      Scope::subtree,
                      fmt::format("(&{}(|{}))", UserReader::filter, any),
                      {"objectSid", "sAMAccountName", key_link_attribute}};
  const auto found = source_(search, [&](const Entry& entry) {
    entries.push_back(entry);
    return true;
  });
  if (!found) return found;
  for (const Entry& entry : entries) {
    const auto sid = reader_.read_sid(entry);
    const auto user = std::find_if(users.begin(), users.end(),
                                   [&](const UserKeys& each) { return sid && each.sid == sid->text(); });
    if (user == users.end()) continue;
    if (has_given_up()) {
      ++counts_.untried;
      continue;
    }
    if (const auto done = change(entry, *user); !done) return done;
  }
  return {};
}

Outcome<void> KeySync::change(const Entry& entry, const UserKeys& user) {
  const auto before = written_.find(user.sid);
  KeyStep step{entry.dn, user.sid, entry.one("sAMAccountName"),
               plan_keys(entry.dn, entry.all(key_link_attribute), user.keys,
                         before == written_.end() ? KeyIds() : before->second)};
  if (has_more_values(entry)) {
    ++counts_.refused;
    refused_(step, "there are too many keys to see all of them");
    return {};
  }
  const auto done = step.plan.changes.empty() ? Outcome<void>() : apply_(step);
  if (done) {
    counts_.written += step.plan.written.size();
    counts_.removed += step.plan.removed.size();
    if (step.plan.ours.empty())
      written_.erase(user.sid);
    else
      written_[user.sid] = std::move(step.plan.ours);
    return {};
  }
  const Reason reason = done.error().reason;
  if (reason != Reason::no_rights && reason != Reason::unwilling && reason != Reason::no_such_object)
    return done;
  ++counts_.refused;
  if (reason == Reason::no_rights)
    ++counts_.forbidden;
  else
    refused_(step, done.error().text);
  return {};
}

}  // namespace ferryman::ad
