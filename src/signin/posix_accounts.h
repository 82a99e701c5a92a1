#pragma once

#include "signin/realm.h"

namespace ferryman::signin {

// What machines that users log on to have to know of them (POSIX ids, groups), by GET with an access token:
//
//   ?user=NAME              one user
//   ?group=NAME&after=NEXT  the members of a group, in pages
//
// A user may ask for herself; for others whoever is a member of the group "Directory Readers". No answer is
// longer than max_posix_answer, unless a single user's groups are.
inline constexpr std::string_view directory_readers = "Directory Readers";
inline constexpr std::size_t max_posix_answer = 96 * 1024;
Answer posix_accounts(const Realm& realm, const local::HttpRequest& request, std::string_view path_tenant);

}  // namespace ferryman::signin
