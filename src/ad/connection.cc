#include "ad/connection.h"

#include <fmt/format.h>

#include "ad/bind.h"
#include "ad/libldap.h"
#include "base/utf16.h"

namespace ferryman::ad {
namespace {

using OwnedControls = Owned<LDAPControl*, ldap_controls_free>;

std::string url_of(const Endpoint& endpoint) {
  const bool is_ldaps = endpoint.protection == Endpoint::Protection::ldaps;
  const int port = endpoint.port != 0 ? endpoint.port : is_ldaps ? LDAPS_PORT : LDAP_PORT;
  const bool is_v6 = endpoint.host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", is_ldaps ? "ldaps" : "ldap", is_v6 ? "[" : "", endpoint.host,
                     is_v6 ? "]" : "", port);
}

int scope_of(Scope scope) {
  return scope == Scope::base        ? LDAP_SCOPE_BASE
         : scope == Scope::one_level ? LDAP_SCOPE_ONELEVEL
                                     : LDAP_SCOPE_SUBTREE;
}

std::vector<char*> list_of(const std::vector<std::string>& names) {
  std::vector<char*> list;
  for (const std::string& name : names) list.push_back(const_cast<char*>(name.c_str()));
  list.push_back(nullptr);
  return list;
}

std::string shown(const std::string& dn) {
  return dn.empty() ? "the root DSE" : printable(dn);
}

int code_of(LDAP* handle) {
  int code = LDAP_OTHER;
  ldap_get_option(handle, LDAP_OPT_RESULT_CODE, &code);
  return code;
}

std::size_t size_of(const Entry& entry) {
  std::size_t octets = entry.dn.size();
  for (const auto& [name, values] : entry.attributes)
    for (const std::string& value : values) octets += value.size();
  return octets;
}

// "member;range=0-1499": the number that goes on behind it; 0: it was the last part.
std::optional<std::size_t> next_of_range(const std::string& name, const std::string& attribute) {
  const std::string head = attribute + ";range=";
  if (!equal_without_case(std::string_view(name).substr(0, head.size()), head)) return std::nullopt;
  const auto dash = name.find('-', head.size());
  if (dash == std::string::npos) return std::nullopt;
  const std::string last = name.substr(dash + 1);
  if (last == "*") return 0;
  if (last.empty() || last.size() > 9 || last.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return std::stoul(last) + 1;
}

}  // namespace

void Connection::Unbind::operator()(ldap* handle) const {
  ldap_unbind_ext_s(handle, nullptr, nullptr);
}

Outcome<Connection> Connection::open(const Endpoint& endpoint) {
  LDAP* made = nullptr;
  const int code = ldap_initialize(&made, url_of(endpoint).c_str());
  if (code != LDAP_SUCCESS)
    return fail(Reason::failed, fmt::format("\"{}\" is no name of a host", printable(endpoint.host)));
  Handle handle(made);
  if (auto failure = bind(handle.get(), endpoint)) return tl::unexpected(std::move(*failure));
  return Connection(std::move(handle), endpoint.host);
}

Failure Connection::failure(int code, const std::string& what) const {
  char* text = nullptr;
  ldap_get_option(handle_.get(), LDAP_OPT_DIAGNOSTIC_MESSAGE, &text);
  const Owned<char, ldap_memfree> owned(text);
  return failure_of(code, host_, what, text == nullptr ? "" : text);
}

Outcome<int> Connection::begin(const Search& search) {
  std::vector<char*> attributes = list_of(search.attributes);
  ControlList controls(search.controls);
  int id = 0;
  const int code =
      ldap_search_ext(handle_.get(), search.base.c_str(), scope_of(search.scope), search.filter.c_str(),
                      search.attributes.empty() ? nullptr : attributes.data(), 0, controls.get(), nullptr,
                      nullptr, LDAP_NO_LIMIT, &id);
  if (code != LDAP_SUCCESS) return tl::unexpected(failure(code, "to search " + shown(search.base)));
  return id;
}

Outcome<Found> Connection::search(const Search& search) {
  const std::string what = "to search " + shown(search.base);
  const auto id = begin(search);
  if (!id) return tl::unexpected(id.error());
  Found found;
  for (std::size_t octets = 0;;) {
    LDAPMessage* answer = nullptr;  // within the time that the endpoint gives it
    const int kind = ldap_result(handle_.get(), *id, LDAP_MSG_ONE, nullptr, &answer);
    const Message owned(answer);
    if (kind <= 0) return tl::unexpected(failure(kind == 0 ? LDAP_TIMEOUT : code_of(handle_.get()), what));
    if (kind == LDAP_RES_SEARCH_RESULT) return finish(std::move(found), answer, what);
    if (kind != LDAP_RES_SEARCH_ENTRY) continue;  // references to other domain controllers
    found.entries.push_back(read_entry(handle_.get(), answer));
    octets += size_of(found.entries.back());
    if (found.entries.size() <= max_entries && octets <= max_octets) continue;
    ldap_abandon_ext(handle_.get(), *id, nullptr, nullptr);
    return fail(Reason::too_much,
                fmt::format("{} answers with more than is taken when asked {}", host_, what));
  }
}

Outcome<Found> Connection::finish(Found found, ldapmsg* answer, const std::string& what) const {
  int result = LDAP_SUCCESS;
  char* text = nullptr;
  LDAPControl** controls = nullptr;
  const int code = ldap_parse_result(handle_.get(), answer, &result, nullptr, &text, nullptr, &controls, 0);
  const OwnedControls owned_controls(controls);
  const Owned<char, ldap_memfree> owned_text(text);
  if (code != LDAP_SUCCESS) return tl::unexpected(failure(code, what));
  if (result != LDAP_SUCCESS)
    return tl::unexpected(failure_of(result, host_, what, text == nullptr ? "" : text));
  found.controls = read_controls(controls);
  return found;
}

Outcome<Entry> Connection::read(const std::string& dn, const std::vector<std::string>& attributes,
                                const std::vector<Control>& controls) {
  auto found = search({dn, Scope::base, "(objectClass=*)", attributes, controls});
  if (!found) return tl::unexpected(found.error());
  if (found->entries.empty())
    return fail(Reason::no_such_object, fmt::format("{} shows no {}", host_, shown(dn)));
  return std::move(found->entries.front());
}

Outcome<void> Connection::search_paged(const Search& search, const Each& each) {
  Search page = search;
  std::string cookie;
  for (int pages = 0; pages < max_pages; ++pages) {
    berval at = as_berval(as_bytes(cookie)), value{};
    if (const int code = ldap_create_page_control_value(handle_.get(), page_size, &at, &value);
        code != LDAP_SUCCESS)
      return tl::unexpected(failure(code, "to search " + shown(search.base)));
    page.controls = search.controls;
    page.controls.push_back({LDAP_CONTROL_PAGEDRESULTS, std::string(value.bv_val, value.bv_len)});
    ber_memfree(value.bv_val);
    const auto found = this->search(page);
    if (!found) return tl::unexpected(found.error());
    for (const Entry& entry : found->entries)
      if (!each(entry)) return {};
    std::string next;
    for (const Control& control : found->controls) {
      if (control.oid != LDAP_CONTROL_PAGEDRESULTS || !control.value) continue;
      LDAPControl one{const_cast<char*>(LDAP_CONTROL_PAGEDRESULTS), as_berval(as_bytes(*control.value)), 0};
      ber_int_t estimate = 0;
      berval mark{};
      if (ldap_parse_pageresponse_control(handle_.get(), &one, &estimate, &mark) != LDAP_SUCCESS) continue;
      if (mark.bv_len != 0) next.assign(mark.bv_val, mark.bv_len);
      ber_memfree(mark.bv_val);
    }
    if (next.empty()) return {};
    cookie = std::move(next);
  }
  return fail(Reason::too_much,
              fmt::format("{} does not come to an end when asked to search {}", host_, shown(search.base)));
}

Outcome<Values> Connection::read_values(const std::string& dn, const std::string& attribute) {
  Values all;
  std::string asked = attribute;
  for (;;) {
    const auto entry = read(dn, {asked});
    if (!entry) return tl::unexpected(entry.error());
    std::size_t next = 0;
    const std::size_t before = all.size();
    for (const auto& [name, values] : entry->attributes) {
      const auto behind = next_of_range(name, attribute);
      if (!behind && !equal_without_case(name, attribute)) continue;
      all.insert(all.end(), values.begin(), values.end());
      next = std::max(next, behind.value_or(0));
    }
    if (next == 0) return all;
    if (next != all.size() || next == before)
      return fail(Reason::failed, fmt::format("the list {} of {} does not go on where it ended",
                                              printable(attribute), shown(dn)));
    asked = fmt::format("{};range={}-*", attribute, next);
  }
}

Outcome<void> Connection::add(const std::string& dn, const Attributes& attributes,
                              const std::vector<Control>& controls) {
  ChangeList list;
  for (const auto& [name, values] : attributes) list.add(LDAP_MOD_ADD, name, values);
  ControlList with(controls);
  const int code = ldap_add_ext_s(handle_.get(), dn.c_str(), list.get(), with.get(), nullptr);
  if (code != LDAP_SUCCESS) return tl::unexpected(failure(code, "to add " + shown(dn)));
  return {};
}

Outcome<void> Connection::modify(const std::string& dn, const std::vector<Change>& changes,
                                 const std::vector<Control>& controls) {
  ChangeList list;
  for (const Change& change : changes) {
    const int operation = change.kind == Change::Kind::add      ? LDAP_MOD_ADD
                          : change.kind == Change::Kind::remove ? LDAP_MOD_DELETE
                                                                : LDAP_MOD_REPLACE;
    list.add(operation, change.attribute, change.values);
  }
  ControlList with(controls);
  const int code = ldap_modify_ext_s(handle_.get(), dn.c_str(), list.get(), with.get(), nullptr);
  if (code != LDAP_SUCCESS) return tl::unexpected(failure(code, "to change " + shown(dn)));
  return {};
}

Outcome<void> Connection::set_password(const std::string& dn, const Secret& password) {
  auto units = utf16_of_utf8(as_text(password.bytes()));
  if (!units) return fail(Reason::failed, "the password is no UTF-8");
  Secret quoted(2 * (units->size() + 2));
  std::size_t at = 0;
  const auto append = [&](char16_t unit) {
    quoted.writable()[at++] = static_cast<std::uint8_t>(unit);
    quoted.writable()[at++] = static_cast<std::uint8_t>(unit >> 8);
  };
  append(u'"');
  for (char16_t& unit : *units) append(std::exchange(unit, u'\0'));
  append(u'"');
  static const std::string attribute = "unicodePwd";
  ChangeList list;
  list.add(LDAP_MOD_REPLACE, attribute, quoted.bytes());
  const int code = ldap_modify_ext_s(handle_.get(), dn.c_str(), list.get(), nullptr, nullptr);
  if (code != LDAP_SUCCESS) return tl::unexpected(failure(code, "to set the password of " + shown(dn)));
  return {};
}

Outcome<void> Connection::remove(const std::string& dn) {
  const int code = ldap_delete_ext_s(handle_.get(), dn.c_str(), nullptr, nullptr);
  if (code != LDAP_SUCCESS) return tl::unexpected(failure(code, "to remove " + shown(dn)));
  return {};
}

}  // namespace ferryman::ad
