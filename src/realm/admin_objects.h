#pragma once

#include <cstdint>
#include <span>

#include "realm/admin_call.h"

// Objects of the directory as answers have them. No key is in any.
namespace ferryman::realm {

admin::Json user_json(const Call& call, const directory::Account& user);
admin::Json service_json(const Call& call, const directory::Principal& service);
// With the lists of its delegations, which a list of services goes without.
admin::Reply whole_service_json(const Call& call, const directory::Principal& service);
admin::Json group_json(const Call& call, const directory::Group& group);

// The user or service after a change, read again.
admin::Reply user_reply(const Call& call, const directory::ObjectId& id);
admin::Reply service_reply(const Call& call, const directory::ObjectId& id);

// A page under its name, with `next`.
template <typename T, typename ToJson>
admin::Json page_json(const char* name, const directory::Page<T>& page, const ToJson& to_json) {
  admin::Json list = admin::Json::array();
  for (const T& item : page.items) list.push_back(to_json(item));
  return {{name, std::move(list)}, {"next", page.next}};
}

}  // namespace ferryman::realm
