#include "ferrymand/status_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "ferrymand/findings.h"
#include "ferrymand/plot.h"
#include "ferrymand/status_json.h"
#include "kerberos/names.h"

namespace ferryman {
namespace {

using html::Attribute;
using html::element;
using html::Html;
using html::void_element;

constexpr std::string_view icon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Crect width='16' height='16' rx='4' fill='%2314595a'/%3E%3C/svg%3E";

std::string duration(std::int64_t seconds) {
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 2 * 3600) return fmt::format("{} min", seconds / 60);
  return seconds < 2 * 86400 ? fmt::format("{} h", seconds / 3600) : fmt::format("{} days", seconds / 86400);
}

std::string milliseconds(std::uint64_t us) {
  return us == 0 ? "\xe2\x80\x93" : fmt::format("{:.1f} ms", static_cast<double>(us) / 1000);
}

// Of time_text().
Html time(const std::string& text) {
  return element("time", {{"datetime", text}}, text.substr(0, 10) + " " + text.substr(11, 8));
}

Html badge(std::string_view style, std::string_view text) {
  return element("span", {{"class", "badge " + std::string(style)}}, text);
}

// A table whose rows are cards on a phone: each cell says there whose column it is.
class Table {
 public:
  explicit Table(std::initializer_list<std::string_view> columns) : columns_(columns) {}
  // The first cell is the row's header.
  void row(std::initializer_list<Html> cells) {
    Html row;
    std::size_t i = 0;
    for (const Html& cell : cells) {
      row += i == 0 ? element("th", {{"scope", "row"}}, cell)
                    : element("td", {{"data-label", columns_[i]}}, cell);
      ++i;
    }
    rows_ += element("tr", row);
    empty_ = false;
  }
  Html html(std::string_view caption, std::string_view none) const {
    if (empty_) return element("p", {{"class", "soft"}}, none);
    Html head;
    for (const std::string_view column : columns_) head += element("th", {{"scope", "col"}}, column);
    return element("table", element("caption", {{"class", "spoken"}}, caption) +
                                element("thead", element("tr", head)) + element("tbody", rows_));
  }

 private:
  std::vector<std::string_view> columns_;
  Html rows_;
  bool empty_ = true;
};

// A part of the page. What is live is replaced by the script, all but its headline.
Html section(std::string_view id, std::string_view title, const Html& content) {
  return element("section", {{"id", id}, {"aria-labelledby", std::string(id) + "-title"}, {"class", "card"}},
                 element("h2", {{"id", std::string(id) + "-title"}}, title) +
                     element("div", {{"id", std::string(id) + "-live"}, {"data-live", ""}}, content));
}

Html wrong(const std::vector<Finding>& found) {
  if (found.empty()) return element("p", {{"class", "notice good"}}, "Nothing is wrong.");
  Html items;
  for (const Finding& finding : found) {
    items += element("li", {{"class", finding.is_error ? "notice bad" : "notice warn"}},
                     element("b", finding.is_error ? "Error" : "Warning") + " " + finding.text);
  }
  return element("ul", {{"class", "findings"}}, items);
}

Html tile(std::string_view label, const std::string& value) {
  return element("div", element("dt", label) + element("dd", value));
}

Html tiles(const Status& status) {
  const RecentRequests minute = recent_requests(status, std::chrono::minutes(1));
  const auto slots = std::min<std::size_t>(status.history.size(), 6);
  const double time = static_cast<double>(slots) * static_cast<double>(History::interval.count());
  const std::string rate =
      slots == 0 ? "\xe2\x80\x93" : fmt::format("{:.1f}/s", static_cast<double>(minute.all) / time);
  const auto set_aside = std::count_if(status.kdcs.begin(), status.kdcs.end(),
                                       [](const KdcStatus& kdc) { return kdc.set_aside_by > 0; });
  const auto served = std::count_if(status.realms.begin(), status.realms.end(),
                                    [](const RealmStatus& each) { return each.realm.served; });
  Html all = tile("Requests", rate) + tile("Under way", std::to_string(status.process.in_flight)) +
             tile("Connections", std::to_string(status.process.connections)) +
             tile("Realms served", fmt::format("{} of {}", served, status.realms.size()));
  if (!status.kdcs.empty())
    all += tile("KDCs that answer",
                fmt::format("{} of {}", status.kdcs.size() - static_cast<std::size_t>(set_aside),
                            status.kdcs.size()));
  all += tile(
      "Up for",
      duration(
          std::chrono::duration_cast<std::chrono::seconds>(status.now - status.process.started).count()));
  return element("dl", {{"class", "tiles"}}, all);
}

PlotLine rates(const Status& status, std::string_view name, std::string_view style,
               std::uint64_t RecentRequests::*count) {
  PlotLine line{name, style, {}};
  for (const History::Slot& slot : status.history)
    line.values.emplace_back(static_cast<double>(requests_of(slot).*count) /
                             static_cast<double>(History::interval.count()));
  return line;
}

PlotLine latencies(const Status& status, std::string_view name, std::string_view style,
                   std::optional<std::uint64_t> History::Slot::*us) {
  PlotLine line{name, style, {}};
  for (const History::Slot& slot : status.history) {
    const auto& value = slot.*us;
    line.values.push_back(value ? std::optional(static_cast<double>(*value) / 1000) : std::nullopt);
  }
  return line;
}

Html plots(const Status& status) {
  const std::size_t places = History::max_slots;
  const Plot answered{"Answered",
                      "requests per second",
                      places,
                      {rates(status, "answered", "good", &RecentRequests::answered)}};
  const Plot others{"Not answered",
                    "requests per second",
                    places,
                    {rates(status, "refused", "warn", &RecentRequests::refused),
                     rates(status, "failed", "bad", &RecentRequests::failed)}};
  const Plot times{"Time to an answer",
                   "ms",
                   places,
                   {latencies(status, "mean", "main", &History::Slot::mean_us),
                    latencies(status, "slowest KDC, p95", "warn", &History::Slot::kdc_p95_us)}};
  return element("div", {{"class", "plots"}}, figure(answered) + figure(others) + figure(times));
}

Html realms(const Status& status) {
  Table table{"Realm", "State", "KDCs"};
  for (const RealmStatus& each : status.realms) {
    const bool known = each.realm.state == "served";
    Html kdcs;
    for (const std::string& kdc : each.kdcs) kdcs += element("span", {{"class", "each"}}, kdc);
    table.row({each.realm.name,
               badge(!each.realm.served ? "bad"
                     : known            ? "good"
                                        : "plain",
                     each.realm.state),
               each.kdcs.empty() ? Html("\xe2\x80\x93") : kdcs});
  }
  return table.html("Realms and the KDCs that serve them", "No realm is declared by its name.");
}

Html state(const Status& status, const TransportStatus& transport) {
  const unsigned set_aside_by = transport.set_aside_by;
  // What was set aside is tried again after ten minutes without requests.
  if (set_aside_by == 0 && transport.counts.answers == 0) return badge("plain", "no answer yet");
  if (set_aside_by == 0) return badge("good", "answers");
  if (set_aside_by >= status.workers) return badge("bad", "set aside");
  return badge("bad", fmt::format("set aside by {} of {} workers", set_aside_by, status.workers));
}

Html kdcs(const Status& status) {
  Table table{"KDC", "Transport", "State", "Requests", "Failures", "Mean", "p95"};
  for (const KdcStatus& kdc : status.kdcs) {
    Html name(kdc.address);
    if (!kdc.name.empty() && !kdc.address.starts_with(kdc.name))
      name = Html(kdc.name) + element("span", {{"class", "soft each"}}, kdc.address);
    const Html none("\xe2\x80\x93");
    if (kdc.transports.empty())
      table.row({name, none, badge("plain", "not asked yet"), none, none, none, none});
    for (const TransportStatus& each : kdc.transports) {
      table.row({name, each.name == "udp" ? "UDP" : "TCP", state(status, each),
                 std::to_string(each.counts.requests), std::to_string(each.counts.failures),
                 milliseconds(each.mean_us), milliseconds(each.p95_us)});
    }
  }
  return table.html("KDCs by transport", "No KDC is known yet.");
}

Html refusals(const Status& status) {
  constexpr std::size_t shown = 20;
  Table table{"Time (UTC)", "Why", "Client", "Realm", "From", "To"};
  const std::size_t count = std::min(shown, status.refusals.size());
  for (std::size_t i = 0; i < count; ++i) {
    const gateway::Refusal& each = status.refusals[i];
    Html why(gateway::name(each.kind));
    if (!each.reason.empty()) why += element("span", {{"class", "soft each"}}, each.reason);
    const auto text = [](const std::string& value) { return Html(value.empty() ? "\xe2\x80\x93" : value); };
    table.row({time(time_text(each.time)), why, text(each.client), text(each.realm), text(each.cname),
               text(each.sname)});
  }
  Html content = table.html("The last refusals, the newest first", "Nothing has been refused.");
  if (count < status.refusals.size())
    content += element("p", {{"class", "soft"}},
                       fmt::format("{} more are in ", status.refusals.size() - count) +
                           element("a", {{"href", "status.json"}}, "status.json") + ".");
  return content;
}

Html local_realm(const Status& status) {
  if (!status.local.status) return element("p", badge("bad", "does not answer"));
  const local::Status& local = *status.local.status;
  const auto logons = [&local](local::Status::Kind kind, bool good) {
    std::uint64_t count = 0;
    for (const auto& each : local.results)
      if (each.kind == kind && (each.code == 0) == good) count += each.count;
    return std::to_string(count);
  };
  using Kind = local::Status::Kind;
  Html figures =
      element("dl", {{"class", "tiles"}},
              tile("Logons", logons(Kind::as_req, true)) + tile("AS errors", logons(Kind::as_req, false)) +
                  tile("Service tickets", logons(Kind::tgs_req, true)) +
                  tile("Sign-in requests", std::to_string(local.sign_in)) +
                  tile("Lock-outs", std::to_string(local.lock_outs)) +
                  tile("Jobs waiting", std::to_string(local.waiting)));
  Table table{"Result", "Request", "Count"};
  for (const auto& each : local.results)
    table.row({result_name(each), name(each.kind), std::to_string(each.count)});
  return figures +
         table.html("Answers by result since the start of ferryman-realm", "It has answered nothing yet.");
}

Html certificates(const Status& status) {
  Table table{"Certificate", "Expires (UTC)", "In"};
  for (const net::CertificateDates& each : status.process.certificates) {
    const std::int64_t left = each.not_after - std::chrono::system_clock::to_time_t(status.now);
    const bool over = left <= 0;
    table.row({each.subject, time(time_text(each.not_after)),
               over ? badge("bad", "expired")
                    : badge(expires_soon(each, status.now) ? "warn" : "good", duration(left))});
  }
  return table.html("Certificates in use", "No listener has TLS.");
}

Html header(const Status& status) {
  const std::string_view state = status.draining ? "draining" : status.ready ? "ready" : "not ready";
  const Html told =
      badge(status.ready && !status.draining ? "good" : "bad", state) +
      element("span", {{"class", "soft"}},
              Html("ferrymand " + status.version + ", ") + time(time_text(status.now)) + " UTC");
  return element(
      "header",
      element("h1", "Ferryman gateway") + element("p", {{"id", "state"}, {"data-live", ""}}, told) +
          element("button", {{"type", "button"}, {"id", "pause"}, {"aria-pressed", "false"}, {"hidden", ""}},
                  "Pause") +
          element("p", {{"id", "stale"}, {"role", "status"}, {"hidden", ""}}, {}));
}

Html navigation(const Status& status) {
  Html links;
  const auto link = [&links](std::string_view id, std::string_view text) {
    links += element("li", element("a", {{"href", "#" + std::string(id)}}, text));
  };
  link("hour", "Last hour");
  link("realms", "Realms");
  link("kdcs", "KDCs");
  link("refusals", "Refusals");
  if (status.local.configured) link("local", "ferryman-realm");
  link("certificates", "Certificates");
  link("config", "Configuration");
  return element("nav", {{"aria-label", "Parts of this page"}}, element("ul", links));
}

Html head(const std::vector<Finding>& found) {
  Html head = void_element("meta", {{"charset", "utf-8"}});
  head += void_element("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  head += void_element("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
  head += void_element("link", {{"rel", "icon"}, {"href", icon}});
  head += void_element("link", {{"rel", "stylesheet"}, {"href", "status.css"}});
  head += element("script", {{"src", "status.js"}, {"defer", ""}}, {});
  return head + element("title", found.empty() ? "Ferryman gateway"
                                               : fmt::format("({}) Ferryman gateway", found.size()));
}

Html main_part(const Status& status, const std::vector<Finding>& found) {
  Html content = element("div", {{"id", "wrong"}, {"data-live", ""}, {"role", "status"}}, wrong(found));
  content += element("div", {{"id", "figures"}, {"data-live", ""}}, tiles(status));
  content += element("section", {{"id", "hour"}, {"aria-labelledby", "hour-title"}},
                     element("h2", {{"id", "hour-title"}, {"class", "spoken"}}, "Last hour") +
                         element("div", {{"id", "hour-live"}, {"data-live", ""}}, plots(status)));
  content += section("realms", "Realms", realms(status)) + section("kdcs", "KDCs", kdcs(status)) +
             section("refusals", "Last refusals", refusals(status));
  if (status.local.configured) content += section("local", "ferryman-realm", local_realm(status));
  content += section("certificates", "Certificates", certificates(status));
  content += element("section", {{"id", "config"}, {"class", "card"}},
                     element("details", element("summary", element("h2", "Configuration in force")) +
                                            element("pre",
                                                    {{"id", "config-live"},
                                                     {"data-live", ""},
                                                     {"tabindex", "0"},
                                                     {"role", "region"},
                                                     {"aria-label", "Configuration, TOML"}},
                                                    status.config)));
  return element("main", {{"id", "main"}}, content);
}

}  // namespace

std::string status_page(const Status& status) {
  const std::vector<Finding> found = findings(status);
  const Html body =
      header(status) + navigation(status) + main_part(status, found) +
      element("footer", element("p", Html("The same for programs: ") +
                                         element("a", {{"href", "status.json"}}, "status.json") + ", " +
                                         element("a", {{"href", "metrics"}}, "metrics") +
                                         ". For a terminal: " + element("code", "ferryman gateway") + "."));
  const Html page = Html::verbatim("<!doctype html>\n") +
                    element("html", {{"lang", "en"}}, element("head", head(found)) + element("body", body));
  return page.octets();
}

}  // namespace ferryman
