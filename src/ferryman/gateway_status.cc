#include "ferryman/gateway_status.h"

#include <utility>

namespace ferryman {
namespace {

using json::Json;
using Type = Json::value_t;

constexpr std::size_t max_depth = 8;

// Reads members one after the other; remembers whether one was not as it must be.
class Reader {
 public:
  bool good() const { return good_; }

  void read(const Json& object, const char* name, std::string& value) {
    if (const Json* found = find(object, name, Type::string)) value = found->get_ref<const std::string&>();
  }
  void read(const Json& object, const char* name, std::uint64_t& value) {
    if (const Json* found = find(object, name, Type::number_unsigned)) value = found->get<std::uint64_t>();
  }
  void read(const Json& object, const char* name, bool& value) {
    if (const Json* found = find(object, name, Type::boolean)) value = found->get<bool>();
  }
  void read(const Json& object, const char* name, std::vector<std::string>& values) {
    const Json* found = find(object, name, Type::array);
    for (const Json& each : found != nullptr ? *found : Json::array()) {
      if (!each.is_string()) {
        good_ = false;
        return;
      }
      values.push_back(each.get<std::string>());
    }
  }
  // Each object of a list, by the function for its type.
  template <typename T>
  void read(const Json& object, const char* name, std::vector<T>& values,
            void (*item)(Reader&, const Json&, T&)) {
    const Json* found = find(object, name, Type::array);
    for (const Json& each : found != nullptr ? *found : Json::array()) {
      good_ = good_ && each.is_object();
      if (!good_) return;
      item(*this, each, values.emplace_back());
    }
  }
  std::uint64_t sum(const Json& object, const char* name) {
    std::uint64_t all = 0;
    const Json* found = find(object, name, Type::array);
    for (const Json& each : found != nullptr ? *found : Json::array()) {
      good_ = good_ && each.is_number_unsigned();
      if (good_) all += each.get<std::uint64_t>();
    }
    return all;
  }
  const Json* find(const Json& object, const char* name, Type type) {
    const Json* found = json::member(object, name, type);
    good_ = good_ && found != nullptr;
    return found;
  }
  void refuse() { good_ = false; }

 private:
  bool good_ = true;
};

void read_finding(Reader& reader, const Json& json, GatewayStatus::Finding& finding) {
  std::string severity;
  reader.read(json, "severity", severity);
  reader.read(json, "text", finding.text);
  finding.is_error = severity == "error";
}

void read_realm(Reader& reader, const Json& json, GatewayStatus::Realm& realm) {
  reader.read(json, "name", realm.name);
  reader.read(json, "state", realm.state);
  reader.read(json, "kdcs", realm.kdcs);
}

void read_transport(Reader& reader, const Json& json, GatewayStatus::Transport& transport) {
  reader.read(json, "transport", transport.name);
  reader.read(json, "requests", transport.requests);
  reader.read(json, "answers", transport.answers);
  reader.read(json, "failures", transport.failures);
  reader.read(json, "set_aside_by", transport.set_aside_by);
  reader.read(json, "mean_us", transport.mean_us);
  reader.read(json, "p95_us", transport.p95_us);
}

void read_kdc(Reader& reader, const Json& json, GatewayStatus::Kdc& kdc) {
  reader.read(json, "address", kdc.address);
  reader.read(json, "name", kdc.name);
  reader.read(json, "transports", kdc.transports, read_transport);
}

void read_refusal(Reader& reader, const Json& json, GatewayStatus::Refusal& refusal) {
  for (const auto& [name, text] : {std::pair{"time", &refusal.time},
                                   {"event", &refusal.event},
                                   {"reason", &refusal.reason},
                                   {"client", &refusal.client},
                                   {"realm", &refusal.realm},
                                   {"cname", &refusal.cname},
                                   {"sname", &refusal.sname}})
    reader.read(json, name, *text);
}

void read_certificate(Reader& reader, const Json& json, GatewayStatus::Certificate& certificate) {
  reader.read(json, "subject", certificate.subject);
  reader.read(json, "expires", certificate.expires);
}

void read_hour(Reader& reader, const Json& status, GatewayStatus::Hour& hour) {
  const Json* history = reader.find(status, "history", Type::object);
  if (history == nullptr) return;
  reader.read(*history, "seconds", hour.seconds);
  hour.answered = reader.sum(*history, "answered");
  hour.refused = reader.sum(*history, "refused");
  hour.failed = reader.sum(*history, "failed");
  if (reader.good()) hour.seconds *= history->at("answered").size();
}

void read_local(Reader& reader, const Json& status, std::optional<GatewayStatus::LocalRealm>& local) {
  const auto found = status.find("ferryman_realm");
  if (found == status.end() || !(found->is_null() || found->is_object())) return reader.refuse();
  if (found->is_null()) return;
  GatewayStatus::LocalRealm realm;
  reader.read(*found, "answers", realm.answers);
  if (realm.answers) {
    reader.read(*found, "sign_in", realm.sign_in);
    reader.read(*found, "lock_outs", realm.lock_outs);
    reader.read(*found, "jobs_waiting", realm.jobs_waiting);
  }
  local = realm;
}

}  // namespace

std::optional<GatewayStatus> read_gateway_status(const Json& object) {
  GatewayStatus status;
  Reader reader;
  reader.read(object, "version", status.version);
  reader.read(object, "state", status.state);
  reader.read(object, "uptime_seconds", status.uptime_seconds);
  reader.read(object, "workers", status.workers);
  reader.read(object, "connections", status.connections);
  reader.read(object, "in_flight", status.in_flight);
  reader.read(object, "wrong", status.wrong, read_finding);
  reader.read(object, "realms", status.realms, read_realm);
  reader.read(object, "kdcs", status.kdcs, read_kdc);
  read_hour(reader, object, status.hour);
  reader.read(object, "refusals", status.refusals, read_refusal);
  read_local(reader, object, status.local);
  reader.read(object, "certificates", status.certificates, read_certificate);
  if (!reader.good()) return std::nullopt;
  return status;
}

std::optional<Json> parse_gateway_json(std::string_view text) {
  return text.size() > max_status ? std::nullopt : json::parse_object(text, max_depth);
}

}  // namespace ferryman
