#include "probe/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

namespace ferryman::probe {
namespace {

constexpr int nagios_ok = 0, nagios_warning = 1, nagios_critical = 2, nagios_unknown = 3;
constexpr std::array<std::string_view, 4> states{"OK", "WARNING", "CRITICAL", "UNKNOWN"};

double ms(std::chrono::microseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

// The worst finding, and how many others are as bad.
std::string summary(const Record& record) {
  const Severity state = worst(record.findings);
  if (state == Severity::ok) {
    const Finding* kdc = find(record.findings, "kdc_answer");
    return fmt::format("{}: {}", record.realm, kdc == nullptr ? "nothing was found" : kdc->sentence);
  }
  const auto is_one = [state](const Finding& one) { return one.severity == state; };
  const auto first = std::find_if(record.findings.begin(), record.findings.end(), is_one);
  const auto others = std::count_if(first, record.findings.end(), is_one) - 1;
  return others == 0 ? first->sentence : fmt::format("{} (and {} more)", first->sentence, others);
}

std::string_view mark(Severity severity) {
  constexpr std::array<std::string_view, 4> marks{"ok", "??", "warn", "CRIT"};
  return marks[static_cast<std::size_t>(severity)];
}

using Text = fmt::memory_buffer;

template <typename... Arguments>
void put(Text& text, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::format_to(std::back_inserter(text), format, std::forward<Arguments>(arguments)...);
}

nlohmann::ordered_json to_json(const Chain& chain) {
  using Json = nlohmann::ordered_json;
  Json certificates = Json::array();
  for (const Certificate& one : chain.sent) {
    certificates.push_back({{"subject", one.subject},
                            {"issuer", one.issuer},
                            {"names", one.names},
                            {"key", one.key},
                            {"not_before", date(one.not_before)},
                            {"not_after", date(one.not_after)},
                            {"crl", one.names_crl},
                            {"ocsp", one.names_ocsp}});
  }
  return {{"certificates", certificates},
          {"trusted", chain.fault == ChainFault::none},
          {"name_matches", chain.name_matches},
          {"staple", name(chain.staple)}};
}

}  // namespace

int exit_code(const Record& record) {
  constexpr std::array<int, 4> codes{nagios_ok, nagios_unknown, nagios_warning, nagios_critical};
  return codes[static_cast<std::size_t>(worst(record.findings))];
}

std::string to_status_line(const Record& record) {
  std::string text = summary(record);
  std::replace(text.begin(), text.end(), '|', '/');  // behind "|" stand the measured values
  std::string values;
  const auto value = [&](const Record::Stage& stage) {
    values += fmt::format(" {}={:.1f}ms;;;", stage.name, ms(stage.took));
  };
  for (const auto& stage : record.stages)
    if (stage.name == "total") value(stage);
  for (const auto& stage : record.stages)
    if (stage.name != "total") value(stage);
  if (record.days_left)
    values += fmt::format(" cert_days={};{}:;{}:", *record.days_left, record.limits.warning_days,
                          record.limits.critical_days);
  return fmt::format("FERRYMAN {} - {} |{}\n", states[static_cast<std::size_t>(exit_code(record))], text,
                     values);
}

std::string to_text(const Record& record) {
  Text text;
  put(text, "{}", to_status_line(record));
  put(text, "\n{} for {}{}{}\n", record.url, record.realm, record.user.empty() ? "" : ", user ", record.user);
  for (const Finding& finding : record.findings) {
    put(text, "  {:<5}{:<21}{}\n", mark(finding.severity), finding.id, finding.sentence);
    if (!finding.advice.empty()) put(text, "  {:<26}-> {}\n", "", finding.advice);
  }
  put(text, "\nClients\n");
  for (const ClientVerdict& client : record.clients) {
    put(text, "  {:<10}{}\n", name(client.family), name(client.verdict));
    for (const auto& reason : client.reasons) put(text, "  {:<10}- {}\n", "", reason);
  }
  put(text, "\nTimes\n");
  for (const auto& stage : record.stages) put(text, "  {:<10}{:.1f} ms\n", stage.name, ms(stage.took));
  return fmt::to_string(text);
}

std::string to_json(const Record& record) {
  using Json = nlohmann::ordered_json;
  Json findings = Json::array(), clients = Json::object(), times = Json::object();
  for (const Finding& one : record.findings) {
    findings.push_back({{"id", one.id},
                        {"severity", name(one.severity)},
                        {"sentence", one.sentence},
                        {"advice", one.advice}});
  }
  for (const ClientVerdict& one : record.clients)
    clients[std::string(key(one.family))] = {{"verdict", name(one.verdict)}, {"reasons", one.reasons}};
  for (const auto& stage : record.stages) times[std::string(stage.name)] = stage.took.count();
  Json whole{{"url", record.url},
             {"realm", record.realm},
             {"user", record.user},
             {"state", states[static_cast<std::size_t>(exit_code(record))]},
             {"exit_code", exit_code(record)},
             {"summary", summary(record)},
             {"address", record.address}};
  if (record.tls)
    whole["tls"] = {{"version", record.tls->version},
                    {"cipher", record.tls->cipher},
                    {"group", record.tls->group},
                    {"alpn", record.tls->alpn}};
  if (record.chain) whole["chain"] = to_json(*record.chain);
  whole["findings"] = findings;
  whole["clients"] = clients;
  whole["times_us"] = times;
  return whole.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ferryman::probe
