#include "ferryman/explain_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "base/text.h"
#include "explain/account.h"
#include "explain/service.h"
#include "explain/way.h"
#include "ferryman/explain_domain.h"
#include "ferryman/explain_gateway.h"
#include "ferryman/explain_kdcs.h"
#include "ferryman/explain_proof.h"
#include "ferryman/explain_realm.h"
#include "ferryman/explain_service.h"
#include "kerberos/krb_error.h"
#include "login/krb5_view.h"
#include "probe/address.h"

namespace ferryman {
namespace {

using explain::Principal;
using explain::State;
using explain::Step;

constexpr std::chrono::seconds name_time{5};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), ascii_lower);
  return text;
}

bool goes_through_a_proxy(const client::Options& options) {
  if (!options.proxy.empty()) return options.proxy != "none";
  return std::getenv("HTTPS_PROXY") != nullptr || std::getenv("https_proxy") != nullptr;
}

explain::Host look_up(const std::string& host) {
  const auto found = probe::resolve({host, 443}, probe::Clock::now() + name_time);
  return {host, found ? "" : found.error()};
}

class Walk {
 public:
  Walk(WalkOptions options, const login::Krb5View& view)
      : options_(std::move(options)),
        user_(options_.user),
        service_(options_.service),
        view_(view),
        kdcs_(options_.client),
        etypes_(view.etypes()) {}

  explain::Explanation run();

 private:
  void look_at_names();
  void look_at_gateways();
  void look_at_realm_map();
  // False: there is nothing to go on with.
  bool ask_for_account();
  void ask_for_service();
  void look_at_keytab(Bytes ticket);
  bool look_at_cloud_trust();
  void add_owners(explain::ServiceSeen& seen);
  void add(Step step) { steps_.push_back(std::move(step)); }
  void skip(std::string_view id, std::string why) { add({id, State::not_looked_at, std::move(why)}); }

  WalkOptions options_;
  const Principal &user_, &service_;
  const login::Krb5View& view_;
  KdcCaller kdcs_;
  explain::Etypes etypes_;
  explain::RealmMap map_;
  std::size_t map_step_ = 0;
  RealmView::Answers realm_;
  explain::Hints hints_;
  std::optional<std::int64_t> kdc_ahead_;  // seconds, as the KDC's clock was when it was asked
  std::optional<explain::Tgt> tgt_;
  std::vector<Step> steps_;
};

void Walk::look_at_names() {
  std::vector<explain::Host> hosts;
  if (!goes_through_a_proxy(options_.client))
    for (const std::string& url : kdcs_.way_to(user_.realm).gateways)
      if (const auto target = probe::parse_url(url)) hosts.push_back(look_up(target->host));
  if (service_.components[0] != "krbtgt" && service_.components[0] != "kadmin")
    hosts.push_back(look_up(host_of(service_)));
  add(explain::judge_names(hosts));
}

void Walk::look_at_gateways() {
  const KdcCaller::Way& way = kdcs_.way_to(user_.realm);
  if (!way.gateways.empty() && goes_through_a_proxy(options_.client))
    return skip("gateway", "it is reached through an HTTP proxy");
  std::vector<explain::Gateway> seen;
  for (const std::string& url : way.gateways) {
    GatewayLook look = look_at_gateway(url, user_.realm, options_.client);
    if (!kdc_ahead_) kdc_ahead_ = look.kdc_ahead;
    seen.push_back(std::move(look.gateway));
    if (seen.back().trouble.empty()) break;
  }
  add(explain::judge_gateways(seen, way.source));
}

void Walk::look_at_realm_map() {
  map_.host = host_of(service_);
  if (!service_.realm.empty()) {
    map_.by = explain::RealmMap::By::name;
    map_.realm = service_.realm;
  } else if (map_.realm = view_.realm_of_host(map_.host); !map_.realm.empty()) {
    map_.by = explain::RealmMap::By::krb5_conf;
  } else {
    map_.realm = user_.realm;
  }
  map_.is_in_domain = lower(map_.host).ends_with("." + lower(user_.realm));
  map_.no_way = kdcs_.way_to(map_.realm).why_none;
  map_step_ = steps_.size();
  add(explain::judge_realm_map(map_));
}

bool Walk::ask_for_account() {
  const Octets message = as_req(user_, etypes_, explain::random_nonce(), nullptr, std::time(nullptr));
  const KdcCaller::Answer answer = kdcs_.ask(user_.realm, message);
  add(explain::judge_kdc({user_.realm, answer.by, answer.message.empty() ? answer.trouble : "",
                          !kdcs_.way_to(user_.realm).gateways.empty(), answer.policy_refused}));
  const auto error = kerberos::parse_krb_error(answer.message);
  if (error)
    if (const auto time = explain::time_of(*error)) kdc_ahead_ = *time - std::time(nullptr);
  add(explain::judge_clock(kdc_ahead_));
  const bool is_clock_right = steps_.back().state != State::wrong;
  if (answer.message.empty()) {
    auto step = realm_.user
                    ? judge_realm_account("account", user_, realm_.user->account, "user", std::time(nullptr))
                    : std::nullopt;
    add(step ? std::move(*step) : Step{"account", State::not_looked_at, "there is no answer of a KDC"});
    return false;
  }
  explain::AccountSeen seen{user_, std::nullopt, {}, etypes_, realm_.asked_user, std::nullopt};
  if (error) seen.error = error->error_code;
  if (realm_.user) seen.realm = realm_.user->account;
  hints_ = seen.hints = explain::read_hints(answer.message, user_);
  add(explain::judge_account(seen, std::time(nullptr)));
  return is_clock_right && steps_.back().state == State::ok;
}

// An Active Directory that the realm is linked to gives its own tickets to those users that were taken from
// it. True: that is the way.
bool Walk::look_at_cloud_trust() {
  if (!realm_.user || realm_.user->domain.empty() || !equal_without_case(map_.realm, realm_.user->domain))
    return false;
  const auto known = [&](Step step) {
    add(std::move(step));
    return true;
  };
  auto domain = DomainView::open(realm_.user->domain, options_.server);
  if (!domain)
    return known({"cloud trust", State::not_looked_at,
                  fmt::format("the domain's side cannot be seen: {}", domain.error().text)});
  const auto finding = domain->judge(realm_.user->domain_name);
  if (!finding)
    return known({"cloud trust", State::not_looked_at,
                  fmt::format("the domain's side cannot be seen: {}", finding.error().text)});
  if (*finding) return known({"cloud trust", State::wrong, (*finding)->text, (*finding)->next});
  return known({"cloud trust", State::ok,
                fmt::format("{} gives tickets to {} by the cloud trust", printable(map_.realm),
                            printable(realm_.user->domain_name))});
}

// Where a name is not found, or found too often, the domain itself says how often, if it is one.
void Walk::add_owners(explain::ServiceSeen& seen) {
  using namespace kerberos::error_code;
  constexpr std::array codes{service_unknown, principal_not_unique, service_unavailable, generic};
  if (!seen.error || std::ranges::find(codes, *seen.error) == codes.end()) return;
  auto domain = DomainView::open(lower(seen.service.realm), options_.server);
  if (!domain) return;
  seen.is_samba = domain->is_samba();
  if (const auto owners = domain->owners_of(seen.service.name())) seen.owners = *owners;
}

void Walk::look_at_keytab(Bytes ticket) {
  const auto keytab = read_keytab_file(options_.keytab);
  Principal service = service_;
  service.realm = tgt_->realm;
  if (!keytab) return add({"keytab", State::wrong, keytab.error(), "name the one that the service uses"});
  add(explain::judge_keytab(options_.keytab, *keytab, service, ticket));
}

void Walk::ask_for_service() {
  explain::ServiceSeen seen;
  seen.service = service_;
  seen.service.realm = map_.realm;
  seen.etypes = etypes_;
  const bool is_ours = equal_without_case(map_.realm, user_.realm);
  seen.realm_was_asked = is_ours && realm_.asked_service;
  if (is_ours && realm_.service) {
    seen.realm = realm_.service->account;
    seen.realm_etypes = realm_.service->etypes;
  }
  Octets ticket;
  if (tgt_) {
    ServiceAsker asker(kdcs_, user_, etypes_);
    ticket = asker.ask(*tgt_, seen, map_.by != explain::RealmMap::By::user);
    if (ticket.empty() && !seen.realm_was_asked) add_owners(seen);
  } else if (seen.realm_was_asked && !seen.realm) {
    seen.error = kerberos::error_code::service_unknown;
  } else if (const auto step = seen.realm ? judge_realm_account("service ticket", seen.service, *seen.realm,
                                                                "service", std::time(nullptr))
                                          : std::nullopt) {
    return add(*step);
  } else {
    return skip("service ticket", "there is no ticket-granting ticket to ask with");
  }
  map_.unknown = seen.error == kerberos::error_code::service_unknown && seen.owners.size() < 2;
  steps_[map_step_] = explain::judge_realm_map(map_);
  add(explain::judge_service(seen, std::time(nullptr)));
  if (!options_.keytab.empty() && !ticket.empty()) look_at_keytab(ticket);
}

explain::Explanation Walk::run() {
  if (auto view = RealmView::open(options_.socket, options_.tenant, user_.realm))
    realm_ = view->ask(user_.name(), service_.name());
  look_at_names();
  look_at_gateways();
  look_at_realm_map();
  const bool goes_on = ask_for_account();
  if (goes_on) {
    Prover prover(kdcs_, view_, user_, etypes_, hints_);
    if (realm_.user) prover.know(realm_.user->account);
    tgt_ = prover.prove(options_.password, options_.client_keytab);
    for (Step& step : prover.take_steps()) add(std::move(step));
  } else {
    skip("key", "it is not tried before all else is right");
  }
  if (look_at_cloud_trust())
    skip("service ticket", fmt::format("\"ferryman login\" gets her ticket of {}", printable(map_.realm)));
  else
    ask_for_service();
  if (!options_.keytab.empty() && steps_.back().id != "keytab")
    skip("keytab", "there is no ticket that it would open");
  return {user_.text(), service_.text(), std::move(steps_)};
}

}  // namespace

explain::Explanation walk(WalkOptions options) {
  auto view = login::Krb5View::open();
  if (!view)
    return {options.user.text(),
            options.service.text(),
            {{"realm map", State::wrong, view.error().text, "\"kinit\" says what is wrong in it"}}};
  if (options.user.realm.empty()) options.user.realm = view->default_realm();
  if (options.user.realm.empty())
    return {options.user.text(),
            options.service.text(),
            {{"realm map", State::wrong, "krb5.conf has no default_realm, and the user's name no realm",
              "write USER@REALM, or \"default_realm = REALM\" under [libdefaults] of krb5.conf"}}};
  return Walk(std::move(options), *view).run();
}

}  // namespace ferryman
