#include "ferryman/locate_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "discovery/dc_flags.h"

namespace ferryman {
namespace {

using Text = fmt::memory_buffer;

template <typename... Arguments>
void line(Text& text, std::string_view label, fmt::format_string<Arguments...> format,
          Arguments&&... arguments) {
  fmt::format_to(std::back_inserter(text), "{:<12}", label);
  fmt::format_to(std::back_inserter(text), format, std::forward<Arguments>(arguments)...);
  text.push_back('\n');
}

double ms(std::chrono::microseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

void put(Text& text, const LocateRecord::Question& question) {
  line(text, "dns", "{} {}: {}, {:.1f} ms", question.name, question.type,
       question.answers.empty()
           ? question.status
           : fmt::format("{} record{}{}", question.answers.size(), question.answers.size() == 1 ? "" : "s",
                         question.ttl == 0 ? "" : fmt::format(", TTL {} s", question.ttl)),
       ms(question.took));
  for (const auto& answer : question.answers) line(text, "", "  {}", printable(answer));
}

void put(Text& text, const LocateRecord::DomainController& dc) {
  const bool tells_more = !dc.verdict.empty() && dc.verdict != dc.ping;
  line(text, "ping", "{} {}: {}, {:.1f} ms{}", printable(dc.name), dc.address, dc.ping, ms(dc.took),
       tells_more ? "; not chosen: " + dc.verdict : "");
  if (dc.ping != "answered") return;
  line(text, "", "  {}", discovery::ds_flag_names(dc.flags));
  line(text, "", "  site {}; this host's site {}{}", printable(dc.site),
       dc.client_site.empty() ? "unknown" : printable(dc.client_site),
       dc.next_closest_site.empty() ? "" : ", the next closest " + printable(dc.next_closest_site));
  line(text, "", "  domain {} ({}), forest {}", printable(dc.domain), printable(dc.netbios_domain),
       printable(dc.forest));
}

void put(Text& text, const LocateRecord::Kdc& kdc, bool first) {
  std::string checks;
  for (const auto& check : kdc.checks) {
    checks += check.answered ? fmt::format("; answers over {} in {:.1f} ms: {}", check.transport,
                                           ms(check.took), check.result)
                             : fmt::format("; no answer over {}: {}", check.transport, check.result);
  }
  line(text, first ? "chosen" : "then", "{} {}: {}{}", kdc.endpoint, printable(kdc.name), kdc.reason, checks);
}

using Json = nlohmann::ordered_json;

Json json_of(const LocateRecord::Question& q) {
  return Json{{"name", q.name},       {"type", q.type}, {"status", q.status},
              {"answers", q.answers}, {"ttl", q.ttl},   {"us", q.took.count()}};
}

Json json_of(const LocateRecord::DomainController& dc) {
  return Json{{"name", dc.name},
              {"address", dc.address},
              {"ping", dc.ping},
              {"us", dc.took.count()},
              {"suitable", dc.verdict.empty()},
              {"reason", dc.verdict},
              {"flags", dc.flags},
              {"flag_names", discovery::ds_flag_names(dc.flags)},
              {"site", dc.site},
              {"client_site", dc.client_site},
              {"next_closest_site", dc.next_closest_site},
              {"domain", dc.domain},
              {"netbios_domain", dc.netbios_domain},
              {"forest", dc.forest}};
}

Json json_of(const LocateRecord::HealthCheck& check) {
  return Json{{"transport", check.transport},
              {"answered", check.answered},
              {"probe", check.result},
              {"us", check.took.count()}};
}

Json json_of(const LocateRecord::Kdc& kdc);

template <typename T>
Json all(const std::vector<T>& list) {
  Json array = Json::array();
  for (const T& one : list) array.push_back(json_of(one));
  return array;
}

Json json_of(const LocateRecord::Kdc& kdc) {
  const auto best = kdc.best_check();
  return Json{{"endpoint", kdc.endpoint}, {"name", kdc.name},
              {"reason", kdc.reason},     {"answered", best.answered},
              {"probe", best.result},     {"transport", best.transport},
              {"us", best.took.count()},  {"transports", all(kdc.checks)}};
}

}  // namespace

std::string to_text(const LocateRecord& record) {
  Text text;
  line(text, "realm", "{} ({}, discovery {}{}{})", record.realm, record.service, record.discovery,
       record.domain.empty() ? "" : ", domain " + record.domain,
       record.site.empty() ? "" : ", site " + record.site);
  line(text, "flags", "{:#010x} {}{}", record.hint, discovery::hint_names(record.hint),
       record.fast ? " (FAST-armored)" : "");
  if (!record.questions.empty()) {
    line(text, "servers", "{}",
         record.dns_servers.empty() ? "no DNS server in /etc/resolv.conf, so this host is asked"
                                    : printable(fmt::to_string(fmt::join(record.dns_servers, ", "))));
  }
  for (const auto& question : record.questions) put(text, question);
  for (const auto& dc : record.domain_controllers) put(text, dc);
  bool first = true;
  for (const auto& kdc : record.kdcs) put(text, kdc, std::exchange(first, false));
  if (record.kdcs.empty()) line(text, "none", "no KDC located: {}", record.why);
  return fmt::to_string(text);
}

std::string to_json(const LocateRecord& record) {
  const Json whole{{"realm", record.realm},
                   {"service", record.service},
                   {"discovery", record.discovery},
                   {"domain", record.domain},
                   {"site", record.site},
                   {"dns_servers", record.dns_servers},
                   {"hint", record.hint},
                   {"hint_names", discovery::hint_names(record.hint)},
                   {"fast", record.fast},
                   {"dns", all(record.questions)},
                   {"domain_controllers", all(record.domain_controllers)},
                   {"kdcs", all(record.kdcs)},
                   {"reason", record.why}};
  // What is not UTF-8 is replaced: it came from the network.
  return whole.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace ferryman
