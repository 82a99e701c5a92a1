#include <fmt/format.h>

#include "base/fold.h"
#include "base/text.h"
#include "crypto/etype.h"
#include "directory/names.h"
#include "directory/store.h"

namespace ferryman::directory::sql {
namespace {

constexpr std::size_t max_sid_text = 184;  // "S-1-" and sixteen numbers
constexpr std::size_t max_account_name = 256;

struct LinkRow {
  ObjectId id;
  AdLink link;
};

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define FERRYMAN_LINK_COLUMNS                                                                                \
  "SELECT id, domain, realm, netbios_name, domain_sid, number, key_version, etype, linked, changed, sealed " \
  "FROM ad_links "

LinkRow link_of(const Statement& row) {
  return {row.id<ObjectId>(0),
          {row.text(1), row.text(2), row.text(3), row.text(4), static_cast<std::uint16_t>(row.number(5)),
           static_cast<std::uint16_t>(row.number(6)), static_cast<std::int32_t>(row.integer(7)),
           row.integer(8), row.integer(9)}};
}

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define FERRYMAN_ON_PREMISES_COLUMNS                                                   \
  "SELECT account, domain, sid, name, disabled, given_name, given_upn, gave_disabled " \
  "FROM on_premises "

OnPremisesUser user_of(const Statement& row) {
  return {row.id<ObjectId>(0), row.text(1), row.text(2), row.text(3),
          row.integer(4) != 0, row.text(5), row.text(6), row.integer(7) != 0};
}

SealedPlace place_of(const ObjectId& id, const AdLink& link) {
  return {Sealed::ad_link, id, link.kvno(), link.etype};
}

// By which a domain is found.
std::string key_of(std::string_view domain) {
  return folded(domain).value_or("");
}

bool is_sid(std::string_view text) {
  return text.starts_with("S-1-") && text.size() <= max_sid_text &&
         text.find_first_not_of("S-0123456789") == std::string_view::npos;
}

Outcome<void> check_link(const AdLink& link, Bytes key) {
  if (auto checked = check_domain(link.domain); !checked) return checked;
  if (auto checked = check_realm(link.realm); !checked) return checked;
  if (auto checked = check_realm(link.netbios_name); !checked)
    return fail(Reason::invalid, "the domain's NetBIOS name is none");
  if (!is_sid(link.domain_sid)) return fail(Reason::invalid, "a domain's SID is \"S-1-5-21-1-2-3\"");
  if (link.number == 0 || link.number > max_rodc_number)
    return fail(Reason::invalid,
                fmt::format("the number of the krbtgt account is from 1 to {}; with another one "
                            "clients cannot read the tickets' kvno",
                            max_rodc_number));
  if (link.key_version == 0) return fail(Reason::invalid, "the version of a key is from 1 to 65535");
  const auto* type = crypto::find_etype(link.etype);
  if (type == nullptr || type->key_size != key.size())
    return fail(Reason::invalid, "the key is none of its encryption type");
  return {};
}

Outcome<std::optional<LinkRow>> find_link(Connection& c, const TenantId& tenant, std::string_view domain) {
  const std::string key = key_of(domain);
  Statement row = c.statement(FERRYMAN_LINK_COLUMNS "WHERE tenant = ? AND folded = ?", tenant, key);
  if (!row.step()) return std::nullopt;
  return link_of(row);
}

Outcome<void> check_room(Connection& c, const TenantId& tenant) {
  Statement count = c.statement("SELECT count(*) FROM ad_links WHERE tenant = ?", tenant);
  if (count.step() && count.integer(0) >= static_cast<std::int64_t>(max_ad_links))
    return fail(Reason::invalid, fmt::format("a tenant is linked to {} domains at most", max_ad_links));
  return {};
}

Outcome<OnPremisesUser> load_user(Connection& c, const TenantId& tenant, const ObjectId& user) {
  Statement row = c.statement(FERRYMAN_ON_PREMISES_COLUMNS "WHERE tenant = ? AND account = ?", tenant, user);
  if (!row.step()) return fail(Reason::not_found);
  return user_of(row);
}

Outcome<OnPremisesUser> load_by_sid(Connection& c, const TenantId& tenant, std::string_view sid) {
  Statement row = c.statement(FERRYMAN_ON_PREMISES_COLUMNS "WHERE tenant = ? AND sid = ?", tenant, sid);
  if (!row.step()) return fail(Reason::not_found);
  return user_of(row);
}

Outcome<void> check_user(const OnPremisesUser& user) {
  if (auto checked = check_domain(user.domain); !checked) return checked;
  if (!is_sid(user.sid)) return fail(Reason::invalid, "a user's SID is \"S-1-5-21-1-2-3-1104\"");
  if (user.name.empty() || user.name.size() > max_account_name || !folded(user.name))
    return fail(Reason::invalid, "an account's name in the domain is of 1 to 256 octets in UTF-8");
  return {};
}

}  // namespace

Outcome<void> write_on_premises(Connection& c, const TenantId& tenant, const OnPremisesUser& user) {
  if (auto checked = check_user(user); !checked) return checked;
  const auto same = load_by_sid(c, tenant, user.sid);
  if (same && same->user != user.user)
    return fail(Reason::already_exists, fmt::format("{} is another user's SID already", user.sid));
  c.run("DELETE FROM on_premises WHERE tenant = ? AND account = ?", tenant, user.user);
  c.run(
      "INSERT INTO on_premises (tenant, account, folded, domain, sid, name, disabled, given_name, given_upn, "
      "gave_disabled) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      tenant, user.user, key_of(user.domain), user.domain, user.sid, user.name, user.disabled,
      user.given_name, user.given_upn, user.gave_disabled);
  return {};
}

Outcome<void> Store::set_ad_link(const TenantId& tenant, const AdLink& link, Bytes key, std::int64_t now) {
  if (auto checked = check_link(link, key); !checked) return checked;
  return write([&](Connection& c) -> Outcome<void> {
    if (auto realm = realm_of(c, tenant); !realm) return tl::unexpected(realm.error());
    const auto master = sealing_key(c, masters_);
    if (!master) return tl::unexpected(master.error());
    const auto present = find_link(c, tenant, link.domain);
    if (!present) return tl::unexpected(present.error());
    if (!*present)
      if (auto room = check_room(c, tenant); !room) return room;
    const ObjectId id = *present ? (*present)->id : ObjectId{random_guid()};
    const std::int64_t linked = *present ? (*present)->link.linked : now;
    c.run("DELETE FROM ad_links WHERE tenant = ? AND id = ?", tenant, id);
    c.run(
        "INSERT INTO ad_links (tenant, id, folded, domain, realm, netbios_name, domain_sid, number, "
        "key_version, "
        "etype, sealed, linked, changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        tenant, id, key_of(link.domain), link.domain, link.realm, link.netbios_name, link.domain_sid,
        link.number, link.key_version, link.etype, (*master)->seal(place_of(id, link), key), linked, now);
    return {};
  });
}

Outcome<std::vector<AdLink>> Store::ad_links(const TenantId& tenant) {
  return read([&](Connection& c) -> Outcome<std::vector<AdLink>> {
    Statement row = c.statement(FERRYMAN_LINK_COLUMNS "WHERE tenant = ? ORDER BY folded", tenant);
    std::vector<AdLink> links;
    while (row.step()) links.push_back(link_of(row).link);
    return links;
  });
}

Outcome<void> Store::remove_ad_link(const TenantId& tenant, std::string_view domain) {
  return write([&](Connection& c) -> Outcome<void> {
    const auto present = find_link(c, tenant, domain);
    if (!present) return tl::unexpected(present.error());
    if (!*present) return fail(Reason::not_found);
    c.run("DELETE FROM ad_links WHERE tenant = ? AND id = ?", tenant, (*present)->id);
    return {};
  });
}

Outcome<void> Store::set_on_premises(const TenantId& tenant, const OnPremisesUser& user) {
  return write([&](Connection& c) -> Outcome<void> {
    if (const auto account = load_account(c, tenant, user.user); !account)
      return tl::unexpected(account.error());
    return write_on_premises(c, tenant, user);
  });
}

Outcome<void> Store::forget_on_premises(const TenantId& tenant, const ObjectId& user) {
  return write([&](Connection& c) -> Outcome<void> {
    c.run("DELETE FROM on_premises WHERE tenant = ? AND account = ?", tenant, user);
    if (c.changes() == 0) return fail(Reason::not_found);
    return {};
  });
}

Outcome<OnPremisesUser> Store::on_premises(const TenantId& tenant, const ObjectId& user) {
  return read([&](Connection& c) { return load_user(c, tenant, user); });
}

Outcome<OnPremisesUser> Store::find_on_premises(const TenantId& tenant, std::string_view sid) {
  return read([&](Connection& c) { return load_by_sid(c, tenant, sid); });
}

Outcome<Page<OnPremisesUser>> Store::on_premises_users(const TenantId& tenant, std::string_view domain,
                                                       const PageRequest& page) {
  const std::string folded_domain = key_of(domain);
  return read([&](Connection& c) {
    Statement rows = c.statement(
        "SELECT account FROM on_premises WHERE tenant = ? AND folded = ? AND sid > ? ORDER BY sid LIMIT ?",
        tenant, folded_domain, page.after, rows_for(page));
    return page_of(
        ids_of<ObjectId>(rows), page, [&](const ObjectId& id) { return load_user(c, tenant, id); },
        [](const OnPremisesUser& last) { return last.sid; });
  });
}

Outcome<AdIdentity> Store::ad_identity(const TenantId& tenant, const ObjectId& user) {
  return read([&](Connection& c) -> Outcome<AdIdentity> {
    const auto there = load_user(c, tenant, user);
    if (!there) return tl::unexpected(there.error());
    const std::string folded_domain = key_of(there->domain);
    Statement row =
        c.statement(FERRYMAN_LINK_COLUMNS "WHERE tenant = ? AND folded = ?", tenant, folded_domain);
    if (!row.step()) return fail(Reason::not_found);
    const LinkRow found = link_of(row);
    auto key = masters_.open(place_of(found.id, found.link), row.blob(10));
    if (!key) return tl::unexpected(key.error());
    return AdIdentity{found.link, *std::move(key), *there};
  });
}

}  // namespace ferryman::directory::sql
