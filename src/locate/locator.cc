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
#include <utility>

#include "locate/candidate.h"
#include "locate/krb5_conf.h"

namespace ferryman::locate {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr seconds min_ttl{5}, max_ttl{3600}, max_negative_ttl{60}, failure_ttl{5}, max_stale{3600};
constexpr seconds lookup_time{8};  // a lookup goes on for those who come later, within this
constexpr std::chrono::milliseconds stale_wait{300};
constexpr std::size_t max_cached = 4096;

bool is_proxy_url(const std::string& text) {
  return text.starts_with("https://") || text.starts_with("http://");
}

std::vector<Entry> static_entries(const RealmSource& source, Service service) {
  const bool own = service == Service::kdc || !source.kpasswd.empty();
  const auto& texts = service == Service::kdc || source.kpasswd.empty() ? source.kdc : source.kpasswd;
  std::vector<Entry> entries;
  for (const auto& text : texts) {
    auto entry = parse_entry(text);
    if (!entry) continue;  // check() has said so
    if (!own) entry->port = default_port(Service::kpasswd);
    entries.push_back(std::move(*entry));
  }
  return entries;
}

// libkrb5's order for kpasswd: kpasswd_server, then the hosts of admin_server, whose port is kadmin's.
std::vector<Entry> krb5_entries(const Krb5Realm& realm, Service service) {
  const bool from_admin = service == Service::kpasswd && realm.kpasswd_server.empty();
  const auto& texts = service == Service::kdc ? realm.kdc
                      : from_admin            ? realm.admin_server
                                              : realm.kpasswd_server;
  std::vector<Entry> entries;
  for (const auto& text : texts) {
    if (is_proxy_url(text)) continue;  // never back to a proxy
    auto entry = parse_krb5_entry(text);
    if (!entry) continue;
    if (from_admin) entry->port = default_port(Service::kpasswd);
    entries.push_back(std::move(*entry));
  }
  return entries;
}

asio::awaitable<Found> find_krb5(net::Resolver& resolver, std::shared_ptr<const RealmSource> source,
                                 Service service, Clock::time_point deadline) {
  const auto conf = load_krb5_conf(source->krb5_conf, source->realm);
  if (!conf) {
    Found found;
    found.why = "krb5_conf_unreadable";
    found.failed = true;
    co_return found;
  }
  std::vector<Entry> entries;
  if (conf->realm) entries = krb5_entries(*conf->realm, service);
  if (!entries.empty()) {
    Found found = co_await find_static(resolver, std::move(entries), service, deadline);
    found.unchanging = false;  // the file may change
    found.ttl = std::max(found.ttl, max_negative_ttl);
    co_return found;
  }
  if (!conf->dns_lookup_kdc || !source->dns_fallback) {
    Found found;
    found.why = "not_in_krb5_conf";
    co_return found;
  }
  co_return co_await find_dns(resolver, std::move(source), service, deadline);
}

asio::awaitable<Found> find(net::Resolver& resolver, std::shared_ptr<const RealmSource> source,
                            Service service, Clock::time_point deadline) {
  if (!(service == Service::kdc ? source->kdc : source->kpasswd).empty()) {
    co_return co_await find_static(resolver, static_entries(*source, service), service, deadline);
  }
  switch (source->discovery) {
    case Discovery::dns:
      co_return co_await find_dns(resolver, std::move(source), service, deadline);
    case Discovery::krb5:
      co_return co_await find_krb5(resolver, std::move(source), service, deadline);
    case Discovery::static_list:
      break;
  }
  co_return co_await find_static(resolver, static_entries(*source, service), service, deadline);
}

// Until when a lookup's outcome is to be used.
Clock::time_point use_until(const Found& found, Clock::time_point now) {
  if (found.unchanging) return Clock::time_point::max();
  if (!found.candidates.empty()) return now + std::clamp(found.ttl, min_ttl, max_ttl);
  if (found.failed) return now + failure_ttl;
  return now + std::clamp(found.ttl, min_ttl, max_negative_ttl);
}

struct Known {
  explicit Known(std::shared_ptr<const RealmSource> s) : source(std::move(s)) {}

  std::shared_ptr<const RealmSource> source;  // held, so that its address stays its identity
  std::vector<Candidate> candidates;
  KdcList list;  // the candidates, where their order never changes
  std::string_view why = "dns_timeout";
  Clock::time_point until{}, stale_until{};
  bool looking = false;
  std::vector<asio::steady_timer*> waiting;  // of those who wait for the lookup under way
};

bool order_varies(const std::vector<Candidate>& candidates) {
  for (std::size_t i = 1; i < candidates.size(); ++i) {
    if (candidates[i].priority == candidates[i - 1].priority) return true;
  }
  return false;
}

}  // namespace

struct Locator::Impl : std::enable_shared_from_this<Impl> {
  explicit Impl(net::Resolver& r) : resolver(r) {}

  using Key = std::pair<const RealmSource*, Service>;

  std::shared_ptr<Known> known(const std::shared_ptr<const RealmSource>& source, Service service);
  void take(Known& entry, Found found);
  Located answer(Known& entry);

  net::Resolver& resolver;
  std::map<Key, std::shared_ptr<Known>> cache;
  std::minstd_rand random{std::random_device{}()};
};

std::shared_ptr<Known> Locator::Impl::known(const std::shared_ptr<const RealmSource>& source,
                                            Service service) {
  const auto found = cache.find({source.get(), service});
  if (found != cache.end()) return found->second;
  // Sources that a reload has replaced are held by nobody else.
  if (cache.size() >= max_cached) {
    std::erase_if(cache, [](const auto& entry) { return entry.second->source.use_count() == 1; });
  }
  if (cache.size() >= max_cached) cache.clear();
  return cache[{source.get(), service}] = std::make_shared<Known>(source);
}

// Keeps what was known where the network fails: an old answer is better than none.
void Locator::Impl::take(Known& entry, Found found) {
  const auto now = Clock::now();
  entry.until = use_until(found, now);
  entry.why = found.why;
  if (found.candidates.empty() && found.failed && now < entry.stale_until) return;
  entry.candidates = std::move(found.candidates);
  entry.stale_until = now + std::clamp(found.ttl, min_ttl, max_ttl) + max_stale;
  entry.list = nullptr;
}

Located Locator::Impl::answer(Known& entry) {
  if (!entry.list) {
    auto list = std::make_shared<const std::vector<Kdc>>(in_order(entry.candidates, random));
    if (order_varies(entry.candidates)) return {std::move(list), entry.why};
    entry.list = std::move(list);
  }
  return {entry.list, entry.why};
}

Locator::Locator(net::Resolver& resolver) : impl_(std::make_shared<Impl>(resolver)) {}
Locator::~Locator() = default;

asio::awaitable<Located> Locator::locate(std::shared_ptr<const RealmSource> source, Service service,
                                         Clock::time_point deadline) {
  const auto entry = impl_->known(source, service);
  if (Clock::now() < entry->until) co_return impl_->answer(*entry);

  const auto executor = co_await asio::this_coro::executor;
  if (!entry->looking) {
    // A task of its own: who asked first may go, those who wait with it stay.
    entry->looking = true;
    auto done = [impl = impl_, entry](const std::exception_ptr& error, Found found) {
      entry->looking = false;
      if (!error) impl->take(*entry, std::move(found));
      for (auto* timer : entry->waiting) timer->cancel();
    };
    asio::co_spawn(executor, find(impl_->resolver, source, service, Clock::now() + lookup_time),
                   std::move(done));
  }
  // With an old answer at hand a slow server is not waited for long (RFC 8767 5).
  const bool has_old = !entry->candidates.empty() && Clock::now() < entry->stale_until;
  asio::steady_timer wait(executor, has_old ? std::min(deadline, Clock::now() + stale_wait) : deadline);
  entry->waiting.push_back(&wait);
  boost::system::error_code ignored;
  if (entry->looking) co_await wait.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  std::erase(entry->waiting, &wait);
  co_return impl_->answer(*entry);
}

std::vector<std::string> check(const RealmSource& source) {
  std::vector<std::string> mistakes;
  const auto check_list = [&](const char* key, const std::vector<std::string>& texts) {
    for (const auto& text : texts) {
      if (const auto entry = parse_entry(text); !entry) {
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
  if (source.discovery == Discovery::krb5 && !load_krb5_conf(source.krb5_conf, source.realm)) {
    mistakes.push_back("krb5_conf " + source.krb5_conf + " cannot be read");
  }
  return mistakes;
}

}  // namespace ferryman::locate
