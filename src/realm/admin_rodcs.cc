#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "crypto/keytab.h"
#include "kerberos/numbers.h"
#include "realm/admin_commands.h"
#include "realm/admin_objects.h"
#include "realm/service_keys.h"

namespace ferryman::realm {
namespace {

using admin::Json;
using directory::LongTermKey;
using directory::Reason;
using directory::Rodc;

constexpr std::string_view kind = "read-only domain controller";

Json names_of(const std::vector<directory::Group>& groups) {
  Json names = Json::array();
  for (const directory::Group& group : groups) names.push_back(group.name);
  return names;
}

Json rodc_json(const Rodc& rodc) {
  return {{"name", rodc.name()},
          {"number", rodc.number},
          {"kvno", rodc.kvno()},
          {"version", rodc.version},
          {"created", rodc.created},
          {"key_changed", rodc.key_changed},
          {"allowed", names_of(rodc.allowed)},
          {"denied", names_of(rodc.denied)}};
}

// "622", or what its account is called: "krbtgt_622".
admin::Outcome<std::uint16_t> number_of(std::string_view name) {
  constexpr std::string_view prefix = "krbtgt_";
  const std::string_view digits = name.starts_with(prefix) ? name.substr(prefix.size()) : name;
  std::uint16_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, number);
  if (read.ec == std::errc() && read.ptr == end && number >= directory::min_rodc) return number;
  return invalid(fmt::format("\"{}\" is no number of a {}, from {} to {}.", printable(name), kind,
                             directory::min_rodc, directory::max_rodc));
}

// Of the call's arguments, which are all asked for by then.
admin::Outcome<std::uint16_t> named_number(Call& call, std::string_view name) {
  if (auto mistake = call.arguments.mistake()) return tl::unexpected(*std::move(mistake));
  auto number = number_of(name);
  if (number) call.object = Rodc{*number}.name();
  return number;
}

admin::Outcome<Rodc> named_rodc(Call& call) {
  const auto number = named_number(call, call.arguments.text("name"));
  if (!number) return tl::unexpected(number.error());
  auto rodc = call.directory.rodc(call.tenant.id, *number);
  if (rodc) return *std::move(rodc);
  if (rodc.error().reason == Reason::not_found) return none_such(call, kind, call.object);
  return failed(fmt::format("{} cannot be read", call.object), rodc.error());
}

admin::Reply rodc_reply(const Call& call, std::uint16_t number) {
  const auto rodc = call.directory.rodc(call.tenant.id, number);
  if (!rodc) return failed(fmt::format("{} cannot be read", call.object), rodc.error());
  return rodc_json(*rodc);
}

// Groups as the arguments name them.
struct GroupNames {
  std::vector<std::string> allow, deny, remove_allow, remove_deny;

  bool any() const {
    return !allow.empty() || !deny.empty() || !remove_allow.empty() || !remove_deny.empty();
  }
};

std::vector<std::string> texts(Call& call, const char* name) {
  return call.arguments.maybe_texts(name).value_or(std::vector<std::string>());
}

admin::Outcome<std::vector<directory::ObjectId>> ids_of(Call& call, const std::vector<std::string>& names) {
  const std::string object = call.object;  // which a group that is looked for would take the place of
  std::vector<directory::ObjectId> ids;
  for (const std::string& name : names) {
    const auto group = find_group(call, name);
    call.object = object;
    if (!group) return tl::unexpected(group.error());
    ids.push_back(group->id);
  }
  return ids;
}

admin::Outcome<directory::RodcGroups> groups_of(Call& call, const GroupNames& names) {
  directory::RodcGroups groups;
  for (const auto& [from, to] :
       {std::pair<const std::vector<std::string>*, std::vector<directory::ObjectId>*>{&names.allow,
                                                                                      &groups.allow},
        {&names.deny, &groups.deny},
        {&names.remove_allow, &groups.remove_allow},
        {&names.remove_deny, &groups.remove_deny}}) {
    auto ids = ids_of(call, *from);
    if (!ids) return tl::unexpected(std::move(ids.error()));
    *to = *std::move(ids);
  }
  return groups;
}

// What AD's read-only domain controllers have.
LongTermKey random_key() {
  constexpr std::int32_t etypes[] = {kerberos::etype::aes256_sha1};
  return std::move(random_keys(etypes).front());
}

// The present key, as it is given out this once.
admin::Reply with_keytab(const Call& call, const Rodc& rodc, const LongTermKey& key) {
  auto made = crypto::Key::make(key.etype, key.key.bytes());
  if (!made) return invalid("The key is none.");
  std::vector<crypto::KeytabEntry> entries;
  entries.push_back({call.tenant.realm,
                     {"krbtgt", call.tenant.realm},
                     kerberos::name_type::srv_inst,
                     static_cast<std::uint32_t>(call.now),
                     rodc.kvno(),
                     *std::move(made)});
  const Secret file = crypto::write_keytab(entries);
  std::string text = base64_of(file.bytes());
  Json json = rodc_json(rodc);
  json["keytab"] = text;
  admin::wipe_text(text);
  return json;
}

}  // namespace

admin::Reply add_rodc(Call& call) {
  const std::string_view name = call.arguments.text("name");
  const GroupNames names{texts(call, "allow"), texts(call, "deny"), {}, {}};
  const auto number = named_number(call, name);
  if (!number) return tl::unexpected(number.error());
  const auto groups = groups_of(call, names);
  if (!groups) return tl::unexpected(groups.error());
  const LongTermKey key = random_key();
  const auto rodc = call.directory.add_rodc(call.tenant.id, *number, key, *groups, call.now);
  if (!rodc) return failed(fmt::format("{} cannot be added", call.object), rodc.error());
  return with_keytab(call, *rodc, key);
}

admin::Reply list_rodcs(Call& call) {
  const directory::PageRequest request = call.arguments.page();
  if (auto mistake = call.arguments.mistake()) return tl::unexpected(*std::move(mistake));
  const auto page = call.directory.rodcs(call.tenant.id, request);
  if (!page) return failed("The read-only domain controllers cannot be read", page.error());
  return page_json("rodcs", *page, rodc_json);
}

admin::Reply show_rodc(Call& call) {
  const auto rodc = named_rodc(call);
  if (!rodc) return tl::unexpected(rodc.error());
  return rodc_json(*rodc);
}

admin::Reply set_rodc(Call& call) {
  const GroupNames names{texts(call, "allow"), texts(call, "deny"), texts(call, "remove_allow"),
                         texts(call, "remove_deny")};
  const auto rodc = named_rodc(call);
  if (!rodc) return tl::unexpected(rodc.error());
  if (!names.any()) return invalid("rodc.set: say what is to be set.");
  const auto groups = groups_of(call, names);
  if (!groups) return tl::unexpected(groups.error());
  if (const auto done = call.directory.change_rodc(call.tenant.id, rodc->number, *groups); !done)
    return failed(fmt::format("{} cannot be changed", call.object), done.error());
  return rodc_reply(call, rodc->number);
}

admin::Reply rotate_rodc(Call& call) {
  const bool forget_former = call.arguments.maybe_flag("forget_former").value_or(false);
  const auto before = named_rodc(call);
  if (!before) return tl::unexpected(before.error());
  const LongTermKey key = random_key();
  const auto done = call.directory.set_rodc_key(call.tenant.id, before->number, key, forget_former, call.now);
  if (!done) return failed(fmt::format("{} gets no new key", call.object), done.error());
  const auto rodc = call.directory.rodc(call.tenant.id, before->number);
  if (!rodc) return failed(fmt::format("{} cannot be read", call.object), rodc.error());
  return with_keytab(call, *rodc, key);
}

admin::Reply remove_rodc(Call& call) {
  const auto rodc = named_rodc(call);
  if (!rodc) return tl::unexpected(rodc.error());
  if (const auto done = call.directory.remove_rodc(call.tenant.id, rodc->number); !done)
    return failed(fmt::format("{} cannot be removed", call.object), done.error());
  return Json{{"name", rodc->name()}};
}

}  // namespace ferryman::realm
