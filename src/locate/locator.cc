#include "locate/locator.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <map>
#include <random>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "discovery/krb5_conf.h"
#include "locate/ad.h"
#include "locate/candidate.h"

namespace ferryman::locate {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr seconds min_ttl{5}, max_ttl{3600}, max_negative_ttl{60}, failure_ttl{5}, max_stale{3600};
constexpr seconds lookup_time{8};  // a lookup goes on for those who come later, within this
constexpr std::chrono::milliseconds stale_wait{300};
constexpr seconds min_rediscovery{5};
constexpr std::size_t max_cached = 4096;

bool is_proxy_url(const std::string& text) {
  return text.starts_with("https://") || text.starts_with("http://");
}

// libkrb5's order for kpasswd: kpasswd_server, then the hosts of admin_server, whose port is kadmin's.
std::vector<discovery::Entry> krb5_entries(const discovery::Krb5Realm& realm, discovery::Service service) {
  const bool from_admin = service == discovery::Service::kpasswd && realm.kpasswd_server.empty();
  const auto& texts = service == discovery::Service::kdc ? realm.kdc
                      : from_admin                       ? realm.admin_server
                                                         : realm.kpasswd_server;
  std::vector<discovery::Entry> entries;
  for (const auto& text : texts) {
    if (is_proxy_url(text)) continue;  // never back to a proxy
    auto entry = discovery::parse_krb5_entry(text);
    if (!entry) continue;
    if (from_admin) entry->port = discovery::default_port(discovery::Service::kpasswd);
    entries.push_back(std::move(*entry));
  }
  return entries;
}

asio::awaitable<Found> find_krb5(net::Resolver& resolver, std::shared_ptr<const PreparedSource> prepared,
                                 Clock::time_point deadline) {
  const RealmSource& source = *prepared->source;
  const auto conf = discovery::load_krb5_conf(source.krb5_conf, source.realm);
  if (!conf) {
    Found found;
    found.why = "krb5_conf_unreadable";
    found.failed = true;
    co_return found;
  }
  std::vector<discovery::Entry> entries;
  if (conf->realm) entries = krb5_entries(*conf->realm, prepared->service);
  if (!entries.empty()) {
    Found found = co_await find_static(resolver, std::move(entries), prepared->service, deadline);
    found.unchanging = false;  // the file may change
    found.ttl = std::max(found.ttl, max_negative_ttl);
    co_return found;
  }
  if (!conf->dns_lookup_kdc || !source.dns_fallback) {
    Found found;
    found.why = "not_in_krb5_conf";
    co_return found;
  }
  co_return co_await find_dns(resolver, std::move(prepared), deadline);
}

bool has_own_list(const RealmSource& source, discovery::Service service) {
  return !(service == discovery::Service::kdc ? source.kdc : source.kpasswd).empty();
}

asio::awaitable<Found> find(net::Resolver& resolver, std::shared_ptr<const PreparedSource> prepared,
                            Clock::time_point deadline) {
  const RealmSource& source = *prepared->source;
  if (!has_own_list(source, prepared->service)) {
    if (source.discovery == Discovery::dns)
      co_return co_await find_dns(resolver, std::move(prepared), deadline);
    if (source.discovery == Discovery::krb5)
      co_return co_await find_krb5(resolver, std::move(prepared), deadline);
  }
  co_return co_await find_static(resolver, prepared->entries, prepared->service, deadline);
}

// Until when a lookup's outcome is to be used.
Clock::time_point use_until(const Found& found, Clock::time_point now) {
  if (found.unchanging) return Clock::time_point::max();
  // Where a part of it could not be looked up, that part is not done without for long.
  if (!found.candidates.empty()) {
    return now + std::clamp(found.ttl, min_ttl, found.failed ? max_negative_ttl : max_ttl);
  }
  if (found.failed) return now + failure_ttl;
  return now + std::clamp(found.ttl, min_ttl, max_negative_ttl);
}

struct Known {
  Known(std::shared_ptr<const RealmSource> source, discovery::Service service, const discovery::Wanted& w)
      : prepared(std::make_shared<const PreparedSource>(std::move(source), service)), wanted(w) {}

  const RealmSource& source() const { return *prepared->source; }
  discovery::Service service() const { return prepared->service; }

  const std::shared_ptr<const PreparedSource> prepared;  // holds the source, whose address is its identity
  const discovery::Wanted wanted;
  std::vector<Candidate> candidates;
  discovery::KdcList list;  // the candidates
  std::string_view why = "dns_timeout";
  unsigned changes = 0;  // of the resolver's files, when this was looked up
  Clock::time_point refresh{}, until{}, stale_until{};
  Clock::time_point looked_at{}, used_at{};
  bool looking = false, preliminary = false, rediscovery = false;
  std::vector<asio::steady_timer*> waiting;  // of those who wait for the lookup under way
};

// There was none, by files that have changed since.
bool is_outdated(const Known& entry, net::Resolver& resolver) {
  return entry.candidates.empty() && entry.changes != resolver.changes();
}

Located answer(const Known& entry) {
  return {entry.list, entry.why};
}

bool same_kdcs(const std::vector<Candidate>& a, const std::vector<Candidate>& b) {
  return std::is_permutation(a.begin(), a.end(), b.begin(), b.end(),
                             [](const Candidate& x, const Candidate& y) { return x.kdc == y.kdc; });
}

discovery::KdcList ranked(const std::vector<Candidate>& candidates) {
  auto list = std::make_shared<std::vector<discovery::Kdc>>();
  list->reserve(candidates.size());
  std::uint16_t rank = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (i > 0 && !same_rank(candidates[i - 1], candidates[i])) ++rank;
    list->push_back(candidates[i].kdc);
    list->back().rank = rank;
  }
  return list;
}

}  // namespace

struct Locator::Impl : std::enable_shared_from_this<Impl> {
  Impl(net::Resolver& r, LocatorObserver* o) : resolver(r), observer(o) {}

  using Key = std::tuple<const RealmSource*, discovery::Service, discovery::Wanted>;

  const std::shared_ptr<Known>& known(const std::shared_ptr<const RealmSource>& source, const Query& query,
                                      Clock::time_point now);
  void make_room();
  std::shared_ptr<DomainFacts> facts_of(const RealmSource& source);
  void begin_lookup(const asio::any_io_executor& executor, const std::shared_ptr<Known>& entry);
  AdSearch ad_search(const std::shared_ptr<Known>& entry);
  asio::awaitable<void> wait(std::shared_ptr<Known> entry, Clock::time_point deadline);
  void keep(Known& entry, std::vector<Candidate> candidates);
  void take(Known& entry, Found found);
  void wake(Known& entry);

  net::Resolver& resolver;
  LocatorObserver* observer;
  std::map<Key, std::shared_ptr<Known>> cache;
  // By realm: what a domain is outlives a reload.
  std::map<std::string, std::shared_ptr<DomainFacts>> facts;
  std::minstd_rand random{std::random_device{}()};
};

const std::shared_ptr<Known>& Locator::Impl::known(const std::shared_ptr<const RealmSource>& source,
                                                   const Query& query, Clock::time_point now) {
  const bool chooses = source->discovery == Discovery::ad && !has_own_list(*source, query.service);
  const discovery::Wanted wanted =
      chooses ? discovery::wanted_by(query.hint, query.service, query.armored) : discovery::Wanted{};
  const Key key(source.get(), query.service, wanted);
  auto found = cache.find(key);
  if (found == cache.end()) {
    if (cache.size() >= max_cached) make_room();
    found = cache.emplace(key, std::make_shared<Known>(source, query.service, wanted)).first;
  }
  found->second->used_at = now;
  return found->second;
}

void Locator::Impl::make_room() {
  // Sources that a reload has replaced are held by their entries alone.
  std::map<const RealmSource*, long> held;
  for (const auto& [key, entry] : cache) ++held[&entry->source()];
  std::erase_if(cache, [&](const auto& pair) {
    return pair.second->prepared->source.use_count() <= held[&pair.second->source()];
  });
  if (cache.size() < max_cached) return;
  const auto least = std::min_element(cache.begin(), cache.end(), [](const auto& a, const auto& b) {
    return a.second->used_at < b.second->used_at;
  });
  cache.erase(least);
}

std::shared_ptr<DomainFacts> Locator::Impl::facts_of(const RealmSource& source) {
  if (facts.size() >= max_cached) facts.clear();
  auto& entry = facts[source.realm];
  if (!entry) entry = std::make_shared<DomainFacts>();
  return entry;
}

AdSearch Locator::Impl::ad_search(const std::shared_ptr<Known>& entry) {
  AdSearch search;
  search.prepared = entry->prepared;
  search.wanted = entry->wanted;
  search.facts = facts_of(entry->source());
  search.preliminary = [weak = weak_from_this(), entry](Found found) {
    const auto impl = weak.lock();
    // Where something is known already, the end of the search is soon enough.
    if (!impl || !entry->candidates.empty()) return;
    impl->keep(*entry, std::move(found.candidates));
    entry->preliminary = true;
    impl->wake(*entry);
  };
  if (observer != nullptr) {
    search.on_candidate = [weak = weak_from_this(), entry](const DomainController& dc,
                                                           std::string_view verdict) {
      if (const auto impl = weak.lock()) impl->observer->on_candidate(entry->source(), dc, verdict);
    };
  }
  return search;
}

// A task of its own: who asked first may go, those who wait with it stay.
void Locator::Impl::begin_lookup(const asio::any_io_executor& executor, const std::shared_ptr<Known>& entry) {
  const auto now = Clock::now();
  entry->looking = true;
  entry->looked_at = now;
  entry->changes = resolver.changes();
  const auto deadline = now + lookup_time;
  const bool ad =
      entry->source().discovery == Discovery::ad && !has_own_list(entry->source(), entry->service());
  auto done = [impl = shared_from_this(), entry](const std::exception_ptr& error, Found found) {
    entry->looking = false;
    if (!error) impl->take(*entry, std::move(found));
    impl->wake(*entry);
  };
  auto lookup =
      ad ? find_ad(resolver, ad_search(entry), deadline) : find(resolver, entry->prepared, deadline);
  asio::co_spawn(executor, std::move(lookup), std::move(done));
}

void Locator::Impl::wake(Known& entry) {
  for (auto* timer : entry.waiting) timer->cancel();
}

void Locator::Impl::keep(Known& entry, std::vector<Candidate> candidates) {
  put_in_order(candidates, random);
  entry.candidates = std::move(candidates);
  entry.list = ranked(entry.candidates);
}

// Keeps what was known where the network fails: an old answer is better than none.
void Locator::Impl::take(Known& entry, Found found) {
  const auto now = Clock::now();
  entry.until = use_until(found, now);
  // Not all of a fleet at the same moment.
  constexpr int from_percent = 70, to_percent = 85;
  const int percent = std::uniform_int_distribution(from_percent, to_percent)(random);
  entry.refresh = found.unchanging ? entry.until : now + (entry.until - now) / 100 * percent;
  entry.why = found.why;
  const bool stays = found.candidates.empty() && found.failed && now < entry.stale_until;
  const bool changed = !stays && (entry.preliminary || !same_kdcs(entry.candidates, found.candidates));
  if (!stays) {
    keep(entry, std::move(found.candidates));
    entry.stale_until = now + std::clamp(found.ttl, min_ttl, max_ttl) + max_stale;
  }
  entry.preliminary = false;
  const bool rediscovery = std::exchange(entry.rediscovery, false);
  if (observer == nullptr) return;
  const LookupEnd end{entry.source(),   entry.service(), entry.wanted, entry.why,
                      entry.candidates, changed,         rediscovery};
  observer->on_located(end);
}

asio::awaitable<void> Locator::Impl::wait(std::shared_ptr<Known> entry, Clock::time_point deadline) {
  if (!entry->looking || entry->preliminary) co_return;
  asio::steady_timer timer(co_await asio::this_coro::executor, deadline);
  entry->waiting.push_back(&timer);
  boost::system::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  std::erase(entry->waiting, &timer);
}

Locator::Locator(net::Resolver& resolver, LocatorObserver* observer)
    : impl_(std::make_shared<Impl>(resolver, observer)) {}
Locator::~Locator() = default;

asio::awaitable<Located> Locator::locate(std::shared_ptr<const RealmSource> source, Query query,
                                         Clock::time_point deadline) {
  if ((query.hint & discovery::hint::force_rediscovery) != 0) {
    query.hint &= ~discovery::hint::force_rediscovery;
    co_return co_await rediscover(std::move(source), query, deadline);
  }
  const auto now = Clock::now();
  const auto entry = impl_->known(source, query, now);
  const bool outdated = is_outdated(*entry, impl_->resolver);
  if (now < entry->refresh && !outdated) co_return answer(*entry);
  if (!entry->looking) impl_->begin_lookup(co_await asio::this_coro::executor, entry);
  if (now < entry->until && !outdated) co_return answer(*entry);
  // With an old answer at hand a slow server is not waited for long (RFC 8767 5).
  const bool has_old = !entry->candidates.empty() && now < entry->stale_until;
  co_await impl_->wait(entry, has_old ? std::min(deadline, now + stale_wait) : deadline);
  co_return answer(*entry);
}

std::optional<Located> Locator::recall(const std::shared_ptr<const RealmSource>& source, const Query& query,
                                       Clock::time_point now) {
  if ((query.hint & discovery::hint::force_rediscovery) != 0) return std::nullopt;
  Known& entry = *impl_->known(source, query, now);
  if (now >= entry.refresh || is_outdated(entry, impl_->resolver)) return std::nullopt;
  return answer(entry);
}

asio::awaitable<Located> Locator::rediscover(std::shared_ptr<const RealmSource> source, Query query,
                                             Clock::time_point deadline) {
  const auto entry = impl_->known(source, query, Clock::now());
  const bool fresh = entry->used_at - entry->looked_at < min_rediscovery;
  const bool unchanging = entry->until == Clock::time_point::max();
  if (!entry->looking && !fresh && !unchanging) {
    entry->rediscovery = true;
    if (impl_->observer != nullptr) impl_->observer->on_rediscovery(entry->source(), query.service);
    impl_->begin_lookup(co_await asio::this_coro::executor, entry);
  }
  co_await impl_->wait(entry, deadline);
  co_return answer(*entry);
}

std::optional<Located> Locator::latest(const RealmSource& source, Clock::time_point now) const {
  std::optional<Located> found;
  const Impl::Key first(&source, discovery::Service::kdc, discovery::Wanted{});
  for (auto at = impl_->cache.lower_bound(first); at != impl_->cache.end(); ++at) {
    const auto& [address, service, wanted] = at->first;
    if (address != &source || service != discovery::Service::kdc) break;
    const Known& entry = *at->second;
    if (!entry.candidates.empty()) return answer(entry);
    if (now < entry.until && !is_outdated(entry, impl_->resolver)) found = answer(entry);
  }
  return found;
}

std::string_view Locator::realm_of_netbios(std::string_view name) const {
  const auto found = std::find_if(impl_->facts.begin(), impl_->facts.end(), [name](const auto& pair) {
    return !name.empty() && equal_without_case(pair.second->netbios_name, name);
  });
  return found == impl_->facts.end() ? std::string_view() : std::string_view(found->first);
}

std::vector<std::string> check(const RealmSource& source) {
  std::vector<std::string> mistakes;
  const auto check_list = [&](const char* key, const std::vector<std::string>& texts) {
    for (const auto& text : texts) {
      if (const auto entry = discovery::parse_entry(text); !entry) {
        mistakes.push_back(std::string(key) + " \"" + text + "\": " + entry.error());
      }
    }
  };
  check_list("kdc", source.kdc);
  check_list("kpasswd", source.kpasswd);
  for (const auto& text : source.dns_allow_networks) {
    if (!net::Network::parse(text))
      mistakes.push_back("dns_allow_networks \"" + text + "\" is not a network such as 127.0.0.0/8");
  }
  if (!source.site.empty() && source.discovery != Discovery::ad) {
    mistakes.emplace_back("site has a meaning with discovery = \"ad\" only");
  }
  if (!source.site.empty() && !is_site(source.site)) {
    mistakes.push_back("site \"" + source.site + "\" is not the name of a site");
  }
  if (source.discovery == Discovery::krb5 && !discovery::load_krb5_conf(source.krb5_conf, source.realm)) {
    mistakes.push_back("krb5_conf " + source.krb5_conf + " cannot be read");
  }
  return mistakes;
}

}  // namespace ferryman::locate
