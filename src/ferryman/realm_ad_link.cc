#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "ad/names.h"
#include "ad/step.h"
#include "ad/trust_key.h"
#include "ad/trust_plan.h"
#include "base/base64.h"
#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/input_file.h"
#include "ferryman/realm_ad.h"
#include "ferryman/realm_output.h"

namespace ferryman {
namespace {

using admin::Json;

constexpr std::size_t max_keytab = 1 << 20;
// Half of the numbers that a server draws are too great: so many draws fail once in a million times.
constexpr int max_draws = 20;

tl::expected<ad::Values, int> dns_of(AdSession& session, const std::vector<std::string>& names,
                                     bool may_be_privileged) {
  ad::Values dns;
  for (const std::string& name : names) {
    const auto group = ad::find_account(session.connection(), session.domain, name, "(objectClass=group)");
    if (!group) return tl::unexpected(tell_failure(group.error()));
    if (!may_be_privileged && ad::is_never_allowed(group->sid, session.domain.sid))
      return tl::unexpected(
          tell(exit_usage,
               fmt::format("{} is never allowed: whoever holds the cloud realm would be one of "
                           "them",
                           printable(group->name)),
               "Allow a group of ordinary users."));
    dns.push_back(group->dn);
  }
  return dns;
}

tl::expected<ad::TrustWish, int> wish_of(AdSession& session, const LinkOptions& options) {
  ad::TrustWish wish;
  wish.name = options.name;
  if (!options.allow.empty()) {
    auto dns = dns_of(session, options.allow, false);
    if (!dns) return tl::unexpected(dns.error());
    wish.allow = std::move(*dns);
  }
  if (!options.deny.empty()) {
    auto dns = dns_of(session, options.deny, true);
    if (!dns) return tl::unexpected(dns.error());
    wish.deny = std::move(*dns);
  }
  return wish;
}

std::string file_of(const LinkOptions& options) {
  return options.key_from.empty() ? "" : options.key_from.substr(std::string_view("keytab:").size());
}

int dry_run(AdSession& session, const ad::TrustWish& wish, const ad::TrustObjects& objects) {
  const auto steps = ad::plan_link(session.domain, session.groups, wish, objects);
  if (!steps) return tell_failure(steps.error());
  for (const ad::Step& step : *steps) fmt::print("{}\n", ad::ldif_of(step));
  if (steps->empty()) fmt::print("# {} has all that it needs.\n", printable(session.domain.dns_name));
  fmt::print("# Then the realm is given the key of krbtgt_{}.\n",
             objects.krbtgt ? std::to_string(objects.krbtgt->number) : "NUMBER");
  return exit_ok;
}

// Does what the plan says, until it says nothing more.
tl::expected<ad::TrustObjects, int> complete_objects(RealmService& service, AdSession& session,
                                                     const LinkOptions& options, const ad::TrustWish& wish) {
  for (int draws = 0; draws <= max_draws; ++draws) {
    auto objects = objects_of(session, options);
    if (!objects) return objects;
    const auto steps = ad::plan_link(session.domain, session.groups, wish, *objects);
    if (!steps) return tl::unexpected(tell_failure(steps.error()));
    if (steps->empty()) return objects;
    for (const ad::Step& step : *steps) {
      if (const auto done = ad::apply(session.connection(), step); !done)
        return tl::unexpected(tell_failure(done.error()));
      if (service.json()) continue;
      print_line(step.kind == ad::Step::Kind::add      ? "added"
                 : step.kind == ad::Step::Kind::modify ? "changed"
                                                       : "removed",
                 printable(step.dn));
    }
  }
  return tl::unexpected(tell(exit_failed,
                             "the domain controller draws no number for krbtgt_NUMBER that is below 32768",
                             "Call this again."));
}

// The key is on the domain controller, and has to be brought here by a person.
int tell_how_to_bring_it(const AdSession& session, const LinkOptions& options, std::string_view verb,
                         const ad::TrustKrbtgt& krbtgt) {
  const std::string file =
      options.key_from.empty() ? fmt::format("krbtgt_{}.keytab", krbtgt.number) : file_of(options);
  const std::string what =
      options.key_from.empty()
          ? fmt::format("the key of krbtgt_{} is made by the domain controller, and has to be brought here",
                        krbtgt.number)
          : fmt::format("{} is not there yet", printable(file));
  return tell(
      exit_failed, what,
      fmt::format("On a domain controller, as root:\n"
                  "  samba-tool domain exportkeytab {0} --principal=krbtgt_{1}\n"
                  "Bring the file here, so that nobody else reads it, and go on with:\n"
                  "  {2} --key-from keytab:{0}\n"
                  "Then remove both copies of it.",
                  printable(file), krbtgt.number, ad::command_of(verb, session.domain, options.name)));
}

// What the realm has is not to be replaced by something older.
int judge_version(const ad::TrustKey& key, const ad::TrustKrbtgt& krbtgt,
                  const std::optional<ad::RealmLink>& link) {
  const std::uint32_t there = ad::version_in_tickets(krbtgt.key_version);
  if (link && link->number == krbtgt.number && key.version < link->key_version)
    return tell(exit_failed,
                fmt::format("the keytab has version {} of the key, and the realm has version {} already",
                            key.version, link->key_version),
                "Export it once more.");
  if (krbtgt.key_version != 0 && key.version != there)
    tell(exit_ok,
         fmt::format("warning: the keytab has version {} of the key, and the domain has version {}",
                     key.version, there),
         key.version < there ? "Two versions before the domain's are taken still: export it once more soon."
                             : "The domain controller that was asked may not have replicated yet.");
  return exit_ok;
}

int hand_over(RealmService& service, const AdSession& session, const ad::TrustKrbtgt& krbtgt,
              const ad::TrustKey& key) {
  const ad::Domain& domain = session.domain;
  Json arguments{{"domain", domain.dns_name},
                 {"realm", domain.realm},
                 {"netbios_name", domain.netbios_name},
                 {"domain_sid", domain.sid.text()},
                 {"number", krbtgt.number},
                 {"version", key.version},
                 {"etype", key.key.etype()},
                 {"key", base64_of(key.key.octets())}};
  const auto result = service.call("ad.link", std::move(arguments));
  if (!result) return result.error();
  const Json linked{{"domain", domain.dns_name},
                    {"realm", domain.realm},
                    {"number", krbtgt.number},
                    {"key_version", key.version}};
  return service.print(linked, [](const Json& link) {
    print_line("linked", text_of(link, "domain"));
    print_line("account", "krbtgt_" + text_of(link, "number"));
    print_line("key version", text_of(link, "key_version"));
  });
}

int take_keytab(RealmService& service, const AdSession& session, const LinkOptions& options,
                std::string_view verb, const ad::TrustKrbtgt& krbtgt,
                const std::optional<ad::RealmLink>& link) {
  const std::string file = file_of(options);
  if (::access(file.c_str(), F_OK) != 0 && errno == ENOENT)
    return tell_how_to_bring_it(session, options, verb, krbtgt);
  warn_of_readers(file, "the key");
  const auto octets = read_input(file, max_keytab);
  if (!octets) return octets.error();
  const auto key = ad::key_of_keytab(octets->bytes(), krbtgt.number);
  if (!key)
    return tell(exit_failed, fmt::format("{}: {}", printable(file), key.error().text),
                fmt::format("Export it with \"{}\".", ad::export_command(krbtgt.number)));
  if (const int code = judge_version(*key, krbtgt, link); code != exit_ok) return code;
  return hand_over(service, session, krbtgt, *key);
}

// By which the realm knows which key it has.
int check_version_is_seen(const ad::TrustKrbtgt& krbtgt) {
  if (krbtgt.key_version != 0) return exit_ok;
  return tell(exit_failed,
              fmt::format("the domain controller does not show the version of the key of {}",
                          printable(krbtgt.account)),
              "msDS-KeyVersionNumber of the account has to be readable to who asks.");
}

// Of Windows the password decides on the key.
int set_key(RealmService& service, AdSession& session, const LinkOptions& options,
            const ad::TrustKrbtgt& krbtgt) {
  if (const int code = check_version_is_seen(krbtgt); code != exit_ok) return code;
  tell(exit_ok, "warning: this has not been tried with a domain controller of Windows",
       "\"ferryman realm ad check\" and a logon show whether it takes the tickets.");
  const Secret password = ad::random_trust_password();
  if (const auto done = session.connection().set_password(krbtgt.dn, password); !done)
    return tell_failure(done.error());
  const auto objects = objects_of(session, options);
  if (!objects) return objects.error();
  if (!objects->krbtgt) return tell(exit_failed, fmt::format("{} is gone", printable(krbtgt.dn)));
  if (const int code = check_version_is_seen(*objects->krbtgt); code != exit_ok) return code;
  const ad::TrustKey key{ad::key_of_password(session.domain, krbtgt.account, password),
                         ad::version_in_tickets(objects->krbtgt->key_version)};
  return hand_over(service, session, krbtgt, key);
}

std::optional<ad::RealmLink> parsed(const std::optional<Json>& link) {
  if (!link) return std::nullopt;
  return parse_link(*link);
}

bool is_current(const ad::TrustKrbtgt& krbtgt, const std::optional<ad::RealmLink>& link) {
  return link && link->number == krbtgt.number &&
         link->key_version == ad::version_in_tickets(krbtgt.key_version);
}

int tell_linked(RealmService& service, const Json& link) {
  return service.print(link, [](const Json& one) {
    print_line("linked already", text_of(one, "domain"));
    print_line("account", "krbtgt_" + text_of(one, "number"));
    print_line("key version", text_of(one, "key_version"));
  });
}

}  // namespace

int link_domain(RealmService& service, const LinkOptions& options) {
  std::optional<Json> known;
  if (!options.dry_run) {  // before anything is changed
    auto link = link_of_realm(service, options.domain);
    if (!link) return link.error();
    known = std::move(*link);
  }
  auto session = open_session(options);
  if (!session) return session.error();
  const auto wish = wish_of(*session, options);
  if (!wish) return wish.error();
  if (options.dry_run) {
    const auto objects = objects_of(*session, options);
    return objects ? dry_run(*session, *wish, *objects) : objects.error();
  }
  const auto objects = complete_objects(service, *session, options, *wish);
  if (!objects) return objects.error();
  const ad::TrustKrbtgt& krbtgt = *objects->krbtgt;
  const auto link = parsed(known);
  if (!options.key_from.empty()) return take_keytab(service, *session, options, "link", krbtgt, link);
  if (is_current(krbtgt, link)) return tell_linked(service, *known);
  if (session->domain.is_samba) return tell_how_to_bring_it(*session, options, "link", krbtgt);
  return set_key(service, *session, options, krbtgt);
}

int rotate_domain(RealmService& service, const LinkOptions& options) {
  const auto known = link_of_realm(service, options.domain);
  if (!known) return known.error();
  auto session = open_session(options);
  if (!session) return session.error();
  const auto objects = objects_of(*session, options);
  if (!objects) return objects.error();
  const auto link = parsed(*known);
  const bool is_linked = objects->are_linked() && link && link->number == objects->krbtgt->number;
  if (!is_linked)
    return tell(exit_failed, fmt::format("{} is not linked, or only half", printable(options.domain)),
                fmt::format("\"{}\" first.", ad::command_of("link", session->domain, options.name)));
  const ad::TrustKrbtgt& krbtgt = *objects->krbtgt;
  if (!options.key_from.empty()) return take_keytab(service, *session, options, "rotate", krbtgt, link);
  if (!session->domain.is_samba) return set_key(service, *session, options, krbtgt);
  if (const int code = check_version_is_seen(krbtgt); code != exit_ok) return code;
  // Of three rotations whose keys never got here the first would end the realm's: one at a time.
  if (is_current(krbtgt, link)) {
    const auto done = session->connection().set_password(krbtgt.dn, ad::random_trust_password());
    if (!done) return tell_failure(done.error());
    if (!service.json())
      print_line("rotated", fmt::format("krbtgt_{}; its key of before is good still", krbtgt.number));
  }
  return tell_how_to_bring_it(*session, options, "rotate", krbtgt);
}

}  // namespace ferryman
