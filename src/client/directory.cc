#include "client/directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/text.h"
#include "client/gateway_url.h"
#include "discovery/dns_records.h"
#include "discovery/krb5_conf.h"

namespace ferryman::client {
namespace {

using std::chrono::seconds;
constexpr seconds least_memory{5}, most_memory{3600};  // of what DNS has said; its "no" counts the least
constexpr std::size_t max_known = 256;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), ascii_lower);
  return text;
}

// "krb5srv:FLAGS:kkdcp:URL" (draft-ietf-kitten-krb5-uri, and krb5's locate_kdc.c).
std::string url_of_uri(std::string_view target) {
  constexpr std::string_view scheme = "krb5srv:", transport = "kkdcp:";
  if (target.size() < scheme.size() || !equal_without_case(target.substr(0, scheme.size()), scheme))
    return {};
  target.remove_prefix(scheme.size());
  const auto flags_end = target.find(':');
  if (flags_end == std::string_view::npos) return {};
  target.remove_prefix(flags_end + 1);
  if (target.size() < transport.size() || !equal_without_case(target.substr(0, transport.size()), transport))
    return {};
  return parse_gateway_url(target.substr(transport.size())).value_or("");
}

std::string url_of_srv(const discovery::SrvRecord& srv) {
  if (srv.target == "." || srv.target.empty()) return {};
  return parse_gateway_url(fmt::format("https://{}:{}/{}", srv.target, srv.port, default_srv_path))
      .value_or("");
}

}  // namespace

std::vector<std::string> gateways_in(Bytes dns_message, seconds& ttl) {
  const discovery::DnsRecords records = discovery::read_dns_records(dns_message);
  std::vector<std::tuple<int, int, std::string>> found;  // priority, weight (greater first), URL
  for (const auto& uri : records.uri)
    found.emplace_back(uri.priority, -static_cast<int>(uri.weight), url_of_uri(uri.target));
  for (const auto& srv : records.srv)
    found.emplace_back(srv.priority, -static_cast<int>(srv.weight), url_of_srv(srv));
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
  });
  std::vector<std::string> urls;
  for (auto& [priority, weight, url] : found)
    if (!url.empty() && std::find(urls.begin(), urls.end(), url) == urls.end())
      urls.push_back(std::move(url));
  ttl = seconds(urls.empty() ? records.negative_ttl_seconds : records.ttl_seconds);
  return urls;
}

// One realm's search in DNS: URI, then SRV.
struct Directory::Lookup : std::enable_shared_from_this<Directory::Lookup> {
  Lookup(Directory& the_directory, const std::string& the_realm, Service the_service, std::string the_key,
         std::weak_ptr<Search> the_search)
      : directory(the_directory),
        dns(*the_directory.dns_),
        realm(the_realm),
        service(the_service),
        key(std::move(the_key)),
        search(std::move(the_search)) {}

  void ask() {
    const char* prefix = service == Service::kdc ? "_kerberos." : "_kpasswd.";
    dns.query(prefix + realm, RecordType::uri, [self = shared_from_this()](const DnsReply& reply) {
      if (self->take(reply)) return;
      self->dns.query("_kerberos._kkdcp." + self->realm, RecordType::srv, [self](const DnsReply& other) {
        if (!self->take(other)) self->give_up();
      });
    });
  }

  bool take(const DnsReply& reply) {
    failed = failed || reply.failed;
    seconds ttl{0};
    Gateways gateways;
    gateways.urls = gateways_in(reply.message, ttl);
    if (gateways.urls.empty()) return false;
    gateways.source = "DNS";
    finish(gateways, ttl);
    return true;
  }

  void give_up() {
    Gateways none;
    none.source = failed ? "DNS does not answer" : "DNS names none";
    finish(none, least_memory);
  }

  // What forgotten servers say is not remembered.
  void finish(const Gateways& gateways, seconds time) {
    if (directory.dns_.get() == &dns) directory.remember(key, gateways, time);
    if (const auto held = search.lock()) held->done(gateways);
  }

  Directory& directory;
  Dns& dns;
  std::string realm;
  Service service;
  std::string key;
  std::weak_ptr<Search> search;
  bool failed = false;
};

Directory::Directory(Loop& loop, const Options& options) : loop_(loop), options_(options) {}

const Options::Rule* Directory::find_rule(const std::vector<Options::Rule>& rules, std::string_view realm) {
  const Options::Rule* best = nullptr;
  std::size_t best_length = 0;
  for (const auto& rule : rules) {
    const std::string_view pattern = rule.pattern;
    if (rule.urls.empty()) continue;
    if (equal_without_case(pattern, realm)) return &rule;
    const bool below = pattern.starts_with('.') && realm.size() > pattern.size() &&
                       equal_without_case(realm.substr(realm.size() - pattern.size()), pattern);
    const std::size_t length = below ? pattern.size() : 1;
    if ((below || pattern == "*") && length > best_length) {
      best = &rule;
      best_length = length;
    }
  }
  return best;
}

Gateways Directory::from_krb5_conf(const std::string& realm, Service service) const {
  Gateways gateways;
  const auto conf = discovery::load_krb5_conf(options_.krb5_conf, realm);
  if (!conf || !conf->realm) return gateways;
  std::vector<std::string> entries = conf->realm->kdc;
  if (service == Service::kpasswd) {
    // As libkrb5 does: kpasswd_server, else the host of admin_server. What is named for KDCs alone serves
    // too.
    entries = conf->realm->kpasswd_server;
    entries.insert(entries.end(), conf->realm->admin_server.begin(), conf->realm->admin_server.end());
    entries.insert(entries.end(), conf->realm->kdc.begin(), conf->realm->kdc.end());
  }
  for (const auto& entry : entries) {
    if (!equal_without_case(std::string_view(entry).substr(0, 8), "https://")) continue;
    const auto url = parse_gateway_url(entry);
    if (url && std::find(gateways.urls.begin(), gateways.urls.end(), *url) == gateways.urls.end())
      gateways.urls.push_back(*url);
  }
  gateways.source = options_.krb5_conf;
  return gateways;
}

void Directory::remember(const std::string& key, const Gateways& gateways, seconds time) {
  if (known_.size() >= max_known) known_.clear();
  known_[key] = {gateways, Clock::now() + std::clamp(time, least_memory, most_memory)};
}

void Directory::ask_dns(const std::string& realm, Service service, const std::weak_ptr<Search>& search) {
  const std::string key = lower(realm) + (service == Service::kdc ? "" : " kpasswd");
  const auto known = known_.find(key);
  if (known != known_.end() && Clock::now() < known->second.until) {
    const Gateways gateways = known->second.gateways;
    if (const auto held = search.lock()) held->done(gateways);
    return;
  }
  std::erase_if(forgotten_, [](const auto& dns) { return dns->is_idle(); });
  if (!dns_) dns_ = std::make_unique<Dns>(loop_, options_.dns_servers);
  std::make_shared<Lookup>(*this, realm, service, key, search)->ask();
}

void Directory::forget() {
  known_.clear();
  if (dns_) forgotten_.push_back(std::move(dns_));
}

Directory::Handle Directory::find(const std::string& realm, Service service, Done done) {
  auto search = std::make_shared<Search>();
  search->done = std::move(done);
  Gateways gateways;
  if (const Options::Rule* rule = find_rule(options_.gateways, realm)) {
    gateways.urls = rule->urls;
    gateways.source = "the options";
  } else if (!options_.krb5_conf.empty()) {
    gateways = from_krb5_conf(realm, service);
  }
  if (!gateways.urls.empty() || !options_.dns) {
    if (gateways.urls.empty()) gateways.source = "no rule names it";
    search->done(gateways);
  } else {
    ask_dns(realm, service, search);
  }
  return search;
}

}  // namespace ferryman::client
