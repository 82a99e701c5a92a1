#include "locate/ad.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <iterator>
#include <tuple>
#include <utility>
#include <vector>

#include "base/text.h"
#include "discovery/dns_records.h"
#include "net/gather.h"

namespace ferryman::locate {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t wave_size = 5;  // pings at once
constexpr std::size_t enough = 3;     // domain controllers that will do, so that there is one to turn to
constexpr milliseconds ping_time{500};
constexpr milliseconds grace{50};  // for the others of a wave once one will do
constexpr std::chrono::seconds max_ad_ttl{900}, max_ttl_while_silent{60};

std::string record_name(discovery::Wanted::Records records, std::string_view site,
                        const std::string& domain) {
  const std::string at_site = site.empty() ? "" : std::string(site) + "._sites.";
  switch (records) {
    case discovery::Wanted::Records::kdc:
      return "_kerberos._tcp." + at_site + "dc._msdcs." + domain;
    case discovery::Wanted::Records::ldap:
      return "_ldap._tcp." + at_site + "dc._msdcs." + domain;
    case discovery::Wanted::Records::gc:
      return "_ldap._tcp." + at_site + "gc._msdcs." + domain;
    case discovery::Wanted::Records::pdc:
      break;
  }
  return "_ldap._tcp.pdc._msdcs." + domain;
}

// One search under way; its questions and pings hold it.
class Search : public std::enable_shared_from_this<Search> {
 public:
  Search(net::Resolver& resolver, AdSearch search, Clock::time_point deadline)
      : resolver_(resolver),
        search_(std::move(search)),
        source_(*search_.prepared->source),
        rules_(search_.prepared->rules),
        deadline_(deadline) {}

  asio::awaitable<Found> run();

 private:
  struct Question {
    std::string site;  // empty: the whole domain
    Nearness nearness;
  };
  struct Target {
    Candidate candidate;  // its address is not known yet; its name is the host
    Nearness nearness;
  };

  void add_questions();
  asio::awaitable<void> ask();
  static asio::awaitable<void> ask_one(std::shared_ptr<Search> self, Question question);
  static asio::awaitable<void> resolve_one(std::shared_ptr<Search> self, Target target);
  void take_answer(const net::DnsAnswer& answer, const Question& question);
  bool take_additional(const Target& target);
  void add(const Target& target, const asio::ip::address& address);
  void note_ttl(std::uint32_t seconds);

  asio::awaitable<void> ping_waves();
  static asio::awaitable<void> ping_one(std::shared_ptr<Search> self, std::size_t index);
  void learn(const discovery::NetlogonReply& reply);
  bool will_do(const DomainController& dc) const;
  std::string verdict(const DomainController& dc) const;
  Nearness nearness(const DomainController& dc) const;
  bool is_last_resort(const DomainController& dc) const;
  std::uint8_t place(const DomainController& dc) const;
  std::size_t suitable() const;
  bool near_one_found() const;
  const std::string& own_site() const;

  Found result() const;
  std::string_view why_none() const;

  net::Resolver& resolver_;
  const AdSearch search_;
  const RealmSource& source_;
  const AddressRules& rules_;
  const Clock::time_point deadline_;
  std::minstd_rand random_{std::random_device{}()};

  std::vector<std::string> asked_sites_;
  std::vector<Question> questions_;
  std::vector<Target> targets_;
  std::vector<discovery::AddressRecord> additional_;
  std::vector<DomainController> dcs_;
  std::size_t next_ = 0;  // to be pinged
  bool dns_failed_ = false, refused_ = false, records_ = false;
  std::uint32_t ttl_ = 0, negative_ttl_ = 0;
};

const std::string& Search::own_site() const {
  return source_.site.empty() ? search_.facts->client_site : source_.site;
}

// Those of the sites that have not been asked yet.
void Search::add_questions() {
  const auto add = [this](const std::string& site, Nearness nearness) {
    if (std::find(asked_sites_.begin(), asked_sites_.end(), site) != asked_sites_.end()) return;
    asked_sites_.push_back(site);
    questions_.push_back({site, nearness});
  };
  if (search_.wanted.records != discovery::Wanted::Records::pdc) {  // of which there is one
    if (is_site(own_site())) add(own_site(), Nearness::own_site);
    const std::string& next = search_.facts->next_closest_site;
    if (search_.wanted.next_closest_site && is_site(next)) add(next, Nearness::next_closest_site);
  }
  add("", Nearness::elsewhere);
}

asio::awaitable<void> Search::ask() {
  const auto executor = co_await asio::this_coro::executor;
  net::Gather answers(executor);
  for (auto& question : std::exchange(questions_, {}))
    answers.add(ask_one(shared_from_this(), std::move(question)));
  co_await answers.wait_for_all(deadline_);

  std::stable_sort(targets_.begin(), targets_.end(),
                   [](const Target& a, const Target& b) { return a.nearness < b.nearness; });
  const std::size_t known = dcs_.size();
  net::Gather addresses(executor);
  std::vector<Target> targets;  // each host once, at its nearest
  for (Target& target : std::exchange(targets_, {})) {
    const bool again = std::any_of(targets.begin(), targets.end(), [&](const Target& other) {
      return equal_without_case(other.candidate.kdc.name, target.candidate.kdc.name) &&
             other.candidate.kdc.port == target.candidate.kdc.port;
    });
    if (!again && targets.size() < max_targets) targets.push_back(std::move(target));
  }
  for (Target& target : targets) {
    if (!take_additional(target)) addresses.add(resolve_one(shared_from_this(), std::move(target)));
  }
  co_await addresses.wait_for_all(deadline_);
  std::stable_sort(
      dcs_.begin() + static_cast<std::ptrdiff_t>(known), dcs_.end(), [](const auto& a, const auto& b) {
        return std::tie(a.nearness, a.candidate.priority) < std::tie(b.nearness, b.candidate.priority);
      });
}

asio::awaitable<void> Search::ask_one(std::shared_ptr<Search> self, Question question) {
  const std::string name = record_name(self->search_.wanted.records, question.site, self->source_.dns_domain);
  const net::DnsAnswer answer = co_await self->resolver_.query(name, net::RecordType::srv, self->deadline_);
  self->take_answer(answer, question);
}

void Search::take_answer(const net::DnsAnswer& answer, const Question& question) {
  discovery::DnsRecords records = discovery::read_dns_records(answer.message);
  if (net::has_failed(answer.status)) dns_failed_ = true;
  if (records.negative_ttl_seconds != 0) negative_ttl_ = records.negative_ttl_seconds;
  if (records.srv.empty()) return;
  records_ = true;
  note_ttl(records.ttl_seconds);
  std::move(records.addresses.begin(), records.addresses.end(), std::back_inserter(additional_));
  // By priority and weight, so that of many the first few are a fair choice.
  std::vector<Candidate> ordered;
  for (discovery::SrvRecord& record : records.srv) {
    if (record.target == "." || record.port == 0) continue;
    discovery::Kdc kdc;
    kdc.name = std::move(record.target);
    kdc.port = record.port;
    kdc.weight = record.weight;
    ordered.push_back({std::move(kdc), record.priority});
  }
  put_in_order(ordered, random_);
  for (Candidate& candidate : ordered) targets_.push_back({std::move(candidate), question.nearness});
}

// False where the answer did not bring the target's address along.
bool Search::take_additional(const Target& target) {
  bool found = false;
  for (const discovery::AddressRecord& record : additional_) {
    if (!equal_without_case(record.name, target.candidate.kdc.name)) continue;
    found = true;
    note_ttl(record.ttl_seconds);
    add(target, record.address);
  }
  return found;
}

asio::awaitable<void> Search::resolve_one(std::shared_ptr<Search> self, Target target) {
  const net::Addresses resolved =
      co_await self->resolver_.addresses(target.candidate.kdc.name, self->deadline_, net::Search::no);
  if (net::has_failed(resolved.status)) self->dns_failed_ = true;
  if (!resolved.addresses.empty()) self->note_ttl(resolved.ttl_seconds);
  for (const auto& address : resolved.addresses) self->add(target, address);
}

void Search::add(const Target& target, const asio::ip::address& address) {
  const bool kpasswd = search_.prepared->service == discovery::Service::kpasswd;
  const bool names_kdc = search_.wanted.records == discovery::Wanted::Records::kdc;
  DomainController dc{target.candidate, target.nearness, false, {}};
  discovery::Kdc& kdc = dc.candidate.kdc;
  kdc.address = address;
  if (kpasswd || !names_kdc) kdc.port = discovery::default_port(search_.prepared->service);
  kdc.name = target.candidate.kdc.name + ":" + std::to_string(kdc.port);
  if (!rules_.allows(address, kdc.port)) {
    refused_ = true;
    return;
  }
  const auto same = std::find_if(dcs_.begin(), dcs_.end(), [&](const DomainController& other) {
    return other.candidate.kdc.address == address && other.candidate.kdc.port == kdc.port;
  });
  if (same != dcs_.end()) {
    same->nearness = std::min(same->nearness, dc.nearness);
  } else if (dcs_.size() < max_candidates) {
    dcs_.push_back(std::move(dc));
  }
}

void Search::note_ttl(std::uint32_t seconds) {
  ttl_ = ttl_ == 0 ? seconds : std::min(ttl_, seconds);
}

// Pings until enough will do or nobody is left; says what there is once the first will.
asio::awaitable<void> Search::ping_waves() {
  const auto executor = co_await asio::this_coro::executor;
  while (next_ < dcs_.size() && suitable() < enough && Clock::now() < deadline_) {
    net::Gather wave(executor);
    for (std::size_t i = 0; i < wave_size && next_ < dcs_.size(); ++i)
      wave.add(ping_one(shared_from_this(), next_++));
    auto end = deadline_;
    bool has_one = false;
    while (wave.running() > 0 && Clock::now() < end) {
      co_await wave.wait_for_one(end);
      if (has_one || !near_one_found()) continue;
      has_one = true;
      end = std::min(end, Clock::now() + grace);
      if (search_.preliminary) search_.preliminary(result());
    }
  }
}

asio::awaitable<void> Search::ping_one(std::shared_ptr<Search> self, std::size_t index) {
  self->dcs_[index].asked = true;
  const asio::ip::address address = self->dcs_[index].candidate.kdc.address;
  Ping pinged = co_await ping(address, self->source_.dns_domain, ping_time);
  DomainController& dc = self->dcs_[index];
  dc.ping = std::move(pinged);
  if (dc.ping.reply) self->learn(*dc.ping.reply);
}

void Search::learn(const discovery::NetlogonReply& reply) {
  DomainFacts& facts = *search_.facts;
  if (!equal_without_case(reply.dns_domain, source_.dns_domain)) return;
  if (!source_.derived) facts.netbios_name = reply.netbios_domain;
  facts.client_site = reply.client_site;
  facts.next_closest_site = reply.next_closest_site;
  facts.has_ds_8 = facts.has_ds_8 || reply.has(discovery::ds_flag::ds_8);
}

bool Search::will_do(const DomainController& dc) const {
  const auto& reply = dc.ping.reply;
  return reply && equal_without_case(reply->dns_domain, source_.dns_domain) &&
         search_.wanted.missing_in(reply->flags, search_.facts->has_ds_8) == 0;
}

std::string Search::verdict(const DomainController& dc) const {
  if (will_do(dc)) return {};
  const auto& reply = dc.ping.reply;
  if (!reply) return std::string(dc.asked ? name(dc.ping.status) : "not asked");
  const std::uint32_t missing = search_.wanted.missing_in(reply->flags, search_.facts->has_ds_8);
  return missing == 0 ? "of another domain" : "lacks " + discovery::ds_flag_names(missing);
}

Nearness Search::nearness(const DomainController& dc) const {
  const discovery::NetlogonReply& reply = *dc.ping.reply;
  const bool own = source_.site.empty() ? reply.has(discovery::ds_flag::closest)
                                        : equal_without_case(reply.dc_site, source_.site);
  if (own || dc.nearness == Nearness::own_site) return Nearness::own_site;
  const std::string& next = search_.facts->next_closest_site;
  const bool is_next = !next.empty() && equal_without_case(reply.dc_site, next);
  return search_.wanted.next_closest_site && is_next ? Nearness::next_closest_site : dc.nearness;
}

// How many there are that no others need be looked for. Where FAST is wanted those are such whose flags say
// that they can do it by themselves.
std::size_t Search::suitable() const {
  constexpr std::uint32_t fast_by_itself = discovery::ds_flag::ds_8 | discovery::ds_flag::writable;
  return static_cast<std::size_t>(std::count_if(dcs_.begin(), dcs_.end(), [&](const DomainController& dc) {
    return will_do(dc) && (!search_.wanted.fast || dc.ping.reply->has(fast_by_itself));
  }));
}

// One that no later answer of this search would be put before.
bool Search::near_one_found() const {
  if (suitable() == 0) return false;
  const bool has_site = is_site(own_site()) && search_.wanted.records != discovery::Wanted::Records::pdc;
  return std::any_of(dcs_.begin(), dcs_.end(), [&](const DomainController& dc) {
    return will_do(dc) && !is_last_resort(dc) && (!has_site || nearness(dc) == Nearness::own_site);
  });
}

bool Search::is_last_resort(const DomainController& dc) const {
  return search_.wanted.fast && !dc.ping.reply->has(discovery::ds_flag::writable);
}

// Preferred flags divide each nearness in two.
std::uint8_t Search::place(const DomainController& dc) const {
  const unsigned preferred = dc.ping.reply->has(search_.wanted.preferred) ? 0 : 1;
  const unsigned place = 2 * static_cast<unsigned>(nearness(dc)) + preferred;
  return static_cast<std::uint8_t>(is_last_resort(dc) ? place + beyond_all_sites : place);
}

Found Search::result() const {
  Found found;
  for (const DomainController& dc : dcs_) {
    if (!will_do(dc)) continue;
    Candidate candidate = dc.candidate;
    candidate.nearness = place(dc);
    found.candidates.push_back(std::move(candidate));
  }
  const bool any_silent = std::any_of(dcs_.begin(), dcs_.end(), [](const DomainController& dc) {
    return dc.ping.status == PingStatus::silent || dc.ping.status == PingStatus::refused;
  });
  found.ttl = std::chrono::seconds(found.candidates.empty() ? negative_ttl_ : ttl_);
  // One that did not answer may be back soon, and be the one that the site prefers.
  found.ttl = std::min(found.ttl, any_silent ? max_ttl_while_silent : max_ad_ttl);
  if (found.candidates.empty()) found.why = why_none();
  // No word from the network is no word about the domain: what was known before serves on.
  found.failed = dns_failed_ || (found.candidates.empty() && any_silent);
  return found;
}

std::string_view Search::why_none() const {
  const auto any = [this](PingStatus status) {
    return std::any_of(dcs_.begin(), dcs_.end(),
                       [status](const DomainController& dc) { return dc.asked && dc.ping.status == status; });
  };
  if (any(PingStatus::answered)) return "no_suitable_dc";
  if (any(PingStatus::not_mine)) return "not_a_dc_of_the_domain";
  if (!dcs_.empty()) return "no_ping_answer";
  if (refused_) return "records_refused";
  if (dns_failed_) return why_failed(resolver_);
  return records_ ? "names_not_found" : "no_records";
}

asio::awaitable<Found> Search::run() {
  add_questions();
  co_await ask();
  co_await ping_waves();
  // The site that the pings told, where the records and the pings so far have found nothing of it.
  const bool has_near = std::any_of(dcs_.begin(), dcs_.end(), [this](const DomainController& dc) {
    return will_do(dc) && nearness(dc) == Nearness::own_site;
  });
  add_questions();
  if (!questions_.empty() && !has_near) {
    co_await ask();
    co_await ping_waves();
  }
  if (search_.on_candidate) {
    for (const DomainController& dc : dcs_) search_.on_candidate(dc, verdict(dc));
  }
  co_return result();
}

}  // namespace

bool is_site(std::string_view site) {
  constexpr std::size_t longest = 63;
  return !site.empty() && site.size() <= longest && site.find_first_of(".\\") == std::string_view::npos;
}

asio::awaitable<Found> find_ad(net::Resolver& resolver, AdSearch search, Clock::time_point deadline) {
  const auto under_way = std::make_shared<Search>(resolver, std::move(search), deadline);
  co_return co_await under_way->run();
}

}  // namespace ferryman::locate
