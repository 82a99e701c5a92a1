#include "machine/userdb.h"

#include <algorithm>
#include <utility>

namespace ferryman::machine {
namespace {

using nlohmann::json;

json parameters_of(const UserTable::Entry& user) {
  return {{"record",
           {{"userName", user.name},
            {"realName", user.real_name.empty() ? user.name : user.real_name},
            {"uid", user.uid},
            {"gid", user.gid},
            {"homeDirectory", user.home},
            {"shell", user.shell},
            {"disposition", "regular"},
            {"service", userdb_service}}},
          {"incomplete", false}};
}

json parameters_of(const Group& group) {
  return {{"record",
           {{"groupName", group.name},
            {"gid", group.gid},
            {"disposition", "regular"},
            {"service", userdb_service}}},
          {"incomplete", false}};
}

json parameters_of(const UserTable::Membership& membership) {
  return {{"userName", membership.user}, {"groupName", membership.group}};
}

}  // namespace

Replies Replies::to(const Call& call, std::shared_ptr<const UserTable> table) {
  Replies replies;
  replies.table_ = std::move(table);
  if (call.oneway) {
    replies.done_ = true;
  } else if (call.method == Call::Method::unknown) {
    replies.error_ = method_not_found;
  } else if (call.service != userdb_service) {
    replies.error_ = bad_service;
  } else if (call.method == Call::Method::get_user_record) {
    replies.choose_users(call);
  } else if (call.method == Call::Method::get_group_record) {
    replies.choose_groups(call);
  } else {
    replies.choose_memberships(call);
  }
  return replies;
}

template <typename Range>
void Replies::choose(const Call& call, Range range, bool many) {
  left_ = range;
  if (range.empty()) {
    error_ = no_record_found;
  } else if (many && !call.more) {
    error_ = expected_more;
  }
}

void Replies::choose_users(const Call& call) {
  if (!call.user_name && !call.uid) return choose(call, table_->users(), true);
  const auto found = call.user_name ? table_->user(*call.user_name) : table_->user(*call.uid);
  choose(call, found, false);
  if (!found.empty() && call.uid && found.front().uid != *call.uid) error_ = conflicting_record;
}

void Replies::choose_groups(const Call& call) {
  if (!call.group_name && !call.gid) return choose(call, table_->groups(), true);
  const auto found = call.group_name ? table_->group(*call.group_name) : table_->group(*call.gid);
  choose(call, found, false);
  if (!found.empty() && call.gid && found.front().gid != *call.gid) error_ = conflicting_record;
}

void Replies::choose_memberships(const Call& call) {
  if (!call.user_name && !call.group_name) return choose(call, table_->memberships(), true);
  if (!call.user_name) return choose(call, table_->members_of(*call.group_name), true);
  Memberships found = table_->groups_of(*call.user_name);
  if (!call.group_name) return choose(call, found, true);
  const auto one = std::ranges::find(found, *call.group_name, &UserTable::Membership::group);
  choose(call, one == found.end() ? Memberships() : Memberships(&*one, 1), false);
}

std::string Replies::next() {
  if (!error_.empty()) {
    done_ = true;
    return error_reply(error_);
  }
  return std::visit(
      [this](auto& left) {
        const auto& first = left.front();
        left = left.subspan(1);
        done_ = left.empty();
        return reply(parameters_of(first), !done_);
      },
      left_);
}

void Replies::write(std::string& out, std::size_t enough) {
  while (!done_ && out.size() < enough) out += next();
}

}  // namespace ferryman::machine
