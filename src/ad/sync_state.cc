#include "ad/sync_state.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/descriptor.h"
#include "base/new_file.h"
#include "json/parse.h"

namespace ferryman::ad {
namespace {

using json::Json;

// Room for some hundred thousand keys.
constexpr std::size_t max_size = 64 << 20, max_depth = 3;
constexpr std::int64_t version = 1;

bool take(const Json& object, const char* name, std::string& out) {
  const std::string* text = json::text_member(object, name);
  if (text != nullptr) out = *text;
  return text != nullptr;
}

bool take(const Json& object, const char* name, std::int64_t& out) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return false;
  out = found->get<std::int64_t>();
  return out >= 0;
}

bool take(const Json& object, const char* name, std::vector<std::string>& out) {
  const Json* list = json::member(object, name, Json::value_t::array);
  if (list == nullptr) return false;
  for (const Json& each : *list) {
    if (!each.is_string()) return false;
    out.push_back(each.get<std::string>());
  }
  return true;
}

bool take(const Json& ids, KeyIds& out) {
  if (!ids.is_array()) return false;
  for (const Json& each : ids) {
    const auto octets =
        each.is_string() ? octets_of_base64url(each.get_ref<const std::string&>()) : std::nullopt;
    KeyId id{};
    if (!octets || octets->size() != id.size()) return false;
    std::copy(octets->begin(), octets->end(), id.begin());
    out.insert(id);
  }
  return true;
}

// Where it is absent none have been written.
bool take(const Json& object, const char* name, WrittenKeys& out) {
  if (!object.contains(name)) return true;
  const Json* users = json::member(object, name, Json::value_t::object);
  if (users == nullptr) return false;
  for (const auto& [sid, ids] : users->items())
    if (!take(ids, out[sid])) return false;
  return true;
}

Json json_of(const WrittenKeys& keys) {
  Json object = Json::object();
  for (const auto& [sid, ids] : keys)
    for (const KeyId& id : ids) object[sid].push_back(base64url_of(id));
  return object;
}

tl::unexpected<std::error_code> failed() {
  return tl::unexpected(std::error_code(errno, std::generic_category()));
}

tl::unexpected<std::error_code> no_state() {
  return tl::unexpected(std::make_error_code(std::errc::bad_message));
}

}  // namespace

std::optional<SyncState> parse_state(std::string_view text) {
  const auto object = json::parse_object(text, max_depth);
  std::int64_t said = 0;
  SyncState state;
  if (!object || !take(*object, "version", said) || said != version ||
      !take(*object, "server", state.server) || !take(*object, "invocation_id", state.invocation_id) ||
      !take(*object, "usn", state.usn) || !take(*object, "time", state.time) ||
      !take(*object, "full", state.full) || !take(*object, "tenant", state.tenant) ||
      !take(*object, "groups", state.groups) || !take(*object, "refused", state.refused) ||
      !take(*object, "keys", state.keys))
    return std::nullopt;
  return state;
}

std::string print(const SyncState& state) {
  Json object{{"version", version},     {"server", state.server}, {"invocation_id", state.invocation_id},
              {"usn", state.usn},       {"time", state.time},     {"full", state.full},
              {"tenant", state.tenant}, {"groups", state.groups}, {"refused", state.refused}};
  if (!state.keys.empty()) object["keys"] = json_of(state.keys);
  return object.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

tl::expected<std::optional<SyncState>, std::error_code> load_state(const std::string& file) {
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (opened.get() < 0 && errno == ENOENT) return std::nullopt;
  if (opened.get() < 0) return failed();
  std::string text;
  std::array<char, 16384> octets;
  for (;;) {
    const ssize_t got = ::read(opened.get(), octets.data(), octets.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed();
    if (got == 0) break;
    text.append(octets.data(), static_cast<std::size_t>(got));
    if (text.size() > max_size) return no_state();
  }
  auto state = parse_state(text);
  if (!state) return no_state();
  return state;
}

std::error_code store_state(const std::string& file, const SyncState& state) {
  const auto done = create_file({.path = file, .replaces = true}, as_bytes(print(state)));
  return done ? std::error_code() : done.error();
}

tl::expected<std::string, std::error_code> set_aside(const std::string& file) {
  std::string name = file + ".unread";
  if (std::rename(file.c_str(), name.c_str()) != 0) return failed();
  return name;
}

}  // namespace ferryman::ad
