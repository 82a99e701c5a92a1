#include "ferryman/realm_ad_keys.h"

#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "base/text.h"
#include "ferryman/ad_server.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_output.h"
#include "pki/key_credential.h"

namespace ferryman {
namespace {

using admin::Json;

constexpr int users_a_page = 500;

// Nothing where it is no list of them.
std::optional<std::vector<ad::UserKeys>> users_of(const Json& page) {
  std::vector<ad::UserKeys> users;
  for (const Json& user : page.at("users")) {
    ad::UserKeys& added = users.emplace_back();
    added.sid = user.at("sid").get<std::string>();
    for (const Json& key : user.at("keys")) {
      const auto blob = octets_of_base64(key.at("blob").get_ref<const std::string&>());
      auto credential = blob ? pki::parse_key_credential(*blob) : tl::unexpected(Error{Fault::wrong_value});
      if (!credential) return std::nullopt;
      added.keys.push_back(*std::move(credential));
    }
  }
  return users;
}

int tell_forbidden(const ad::KeyCounts& counts) {
  return tell(exit_refused,
              fmt::format("keys of {} users are not written: the account needs write access to {}{}",
                          counts.forbidden, ad::key_link_attribute,
                          counts.untried > 0 ? "; further ones were not tried" : ""),
              "Add it to Key Admins. Keys of administrators take a member of Domain Admins.");
}

}  // namespace

void RealmKeys::tell_step(const ad::KeyStep& step) {
  const auto tell_each = [&](const char* verb, const std::vector<ad::KeyId>& ids, Json& list) {
    for (const ad::KeyId& id : ids) {
      const std::string text = base64url_of(id);
      if (service_.json())
        list.push_back({{"sid", step.sid}, {"name", step.name}, {"id", text}});
      else
        fmt::print("{:<8}  {:<36}key {}\n", verb, printable(step.name), text);
    }
  };
  tell_each("write", step.plan.written, would_write_);
  tell_each("remove", step.plan.removed, would_remove_);
}

ad::Outcome<void> RealmKeys::apply(const ad::KeyStep& step) {
  if (!dry_run_) return connection_.modify(step.dn, step.plan.changes);
  tell_step(step);
  return {};
}

// The service would let the connection go while the domain is written to.
int RealmKeys::read_and_write(const std::string& name, ad::KeySync& sync) {
  Json asked{{"domain", name}, {"limit", users_a_page}};
  for (std::string after;;) {
    if (!after.empty()) asked["after"] = after;
    const auto page = service_.call("ad.keys", asked);
    service_.hang_up();
    if (!page) return page.error();
    const auto users = users_of(*page);
    if (!users) return tell(exit_failed, "the service's list of keys is not understood");
    if (const auto done = sync.take(*users); !done) return tell_failure(done.error());
    const std::string next = page->value("next", "");
    if (next.empty()) break;
    if (next == after) return tell(exit_failed, "the service's list of keys does not end");
    after = next;
  }
  const auto done = sync.finish();
  return done ? exit_ok : tell_failure(done.error());
}

int RealmKeys::run(const std::string& name, const ad::Domain& domain, std::int64_t now,
                   ad::WrittenKeys& written) {
  ad::KeySync sync(
      domain.dn, ad::UserReader(domain.sid, now), written,
      [this](const ad::Search& search, const ad::Connection::Each& each) {
        return connection_.search_paged(search, each);
      },
      [this](const ad::KeyStep& step) { return apply(step); },
      [](const ad::KeyStep& step, const std::string& text) {
        fmt::print(stderr, "no keys   {:<36}{}\n", printable(step.name), harmless(text));
      });
  const int code = read_and_write(name, sync);
  counts_ = sync.counts();
  written = sync.written();
  if (counts_.forbidden > 0) tell_forbidden(counts_);
  return code == exit_ok && counts_.refused > 0 ? exit_refused : code;
}

void RealmKeys::add_to(Json& json) const {
  if (dry_run_)
    json.update({{"would_write_keys", would_write_}, {"would_remove_keys", would_remove_}});
  else
    json.update({{"keys_written", counts_.written},
                 {"keys_removed", counts_.removed},
                 {"keys_refused", counts_.refused}});
}

void RealmKeys::print_summary() const {
  print_line(dry_run_ ? "keys to write" : "keys written", std::to_string(counts_.written));
  print_line(dry_run_ ? "keys to remove" : "keys removed", std::to_string(counts_.removed));
  if (counts_.refused > 0) print_line("without keys", std::to_string(counts_.refused));
}

}  // namespace ferryman
