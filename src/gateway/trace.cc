#include "gateway/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <new>
#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "gateway/event_record.h"
#include "kerberos/names.h"

namespace ferryman::gateway {
namespace {

// A line of the administration protocol has at most 1 MiB: what would make it longer is left out.
constexpr std::size_t max_messages = std::size_t{700} * 1024;

std::optional<boost::asio::ip::address> address_of(std::string_view endpoint) {
  const std::size_t colon = endpoint.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = endpoint.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(std::string(host), error);
  return error ? std::nullopt : std::optional(address);
}

bool is_error(std::int32_t code, std::string_view wanted) {
  if (wanted == std::to_string(code)) return true;
  const std::string_view name = kerberos::error_name(code);
  if (name.empty()) return false;
  if (equal_without_case(name, wanted)) return true;
  constexpr std::array<std::string_view, 3> beginnings{"KDC_ERR_", "KRB_AP_ERR_", "KRB_ERR_"};
  return std::any_of(beginnings.begin(), beginnings.end(), [&](std::string_view beginning) {
    return name.starts_with(beginning) && equal_without_case(name.substr(beginning.size()), wanted);
  });
}

bool is_of_realm(const RequestEvent& event, std::string_view realm) {
  if (equal_without_case(event.target_domain, realm)) return true;
  return event.request != nullptr && equal_without_case(event.request->realm(), realm);
}

bool is_of_user(const RequestEvent& event, std::string_view user) {
  if (event.request == nullptr || !event.request->kdc_req || !event.request->kdc_req->cname) return false;
  std::string name;
  event.request->kdc_req->cname->append_to(name);
  if (equal_without_case(name, user)) return true;
  if (equal_without_case(event.request->kdc_req->cname->component(0), user)) return true;
  name.append("@").append(event.request->realm());
  return equal_without_case(name, user);
}

class LineOf {
 public:
  LineOf(const RequestEvent& event, const TraceDetail& detail) : event_(event), detail_(detail) {}

  // {"time":...,"event":{...},"kdc_name":...,"request":...}
  const std::string& text(bool packets) {
    std::string& made = packets ? with_packets_ : bare_;
    if (made.empty()) made = make(packets);
    return made;
  }

 private:
  std::string make(bool packets) const;

  const RequestEvent& event_;
  const TraceDetail& detail_;
  std::string bare_, with_packets_;
};

// What is no event's field, in the order of the request's way.
std::string LineOf::make(bool packets) const {
  using std::chrono::microseconds;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto begun = std::chrono::duration_cast<microseconds>(now) - detail_.took;
  telemetry::Line line;
  fmt::format_to(std::back_inserter(line), "{{\"time\":{},\"event\":", begun.count());
  telemetry::Record record(telemetry::Format::json, line);
  record.begin();
  put_event(record, event_);
  if (!detail_.kdc_name.empty()) record.text(telemetry::Key("kdc_name"), detail_.kdc_name);
  if (!detail_.sign_in.empty()) record.word(telemetry::Key("sign_in"), detail_.sign_in);
  if (!detail_.server.empty()) record.word(telemetry::Key("server"), detail_.server);
  record.end();
  constexpr std::size_t keys = 64;
  const std::size_t octets = detail_.request.size() + detail_.reply.size() + detail_.kdc_reply.size();
  std::string text;
  text.reserve(line.size() + keys + (packets ? std::min(octets * 4 / 3, max_messages) : 0));
  text.assign(line.data(), line.size() - 1);  // without its line feed
  std::size_t room = packets ? max_messages * 3 / 4 : 0;
  const auto put = [&](std::string_view name, Bytes message) {
    if (message.empty() || message.size() > room) return;
    room -= message.size();
    text.append(",\"").append(name).append("\":\"");
    append_base64(text, message);
    text.append("\"");
  };
  put("request", detail_.request);
  put("reply", detail_.reply);
  put("kdc_reply", detail_.kdc_reply);
  text += "}\n";
  return text;
}

}  // namespace

bool has_result(const RequestEvent& event, std::string_view wanted) {
  if (equal_without_case(name(event.kind), wanted) || equal_without_case(event.reason, wanted)) return true;
  if (event.error != 0 && is_error(event.error, wanted)) return true;
  if (event.reply == nullptr) return false;
  if (event.reply->error_code != 0) return is_error(event.reply->error_code, wanted);
  return equal_without_case(kerberos::name(event.reply->kind), wanted);
}

bool TraceFilter::passes(const RequestEvent& event) const {
  if (!realm.empty() && !is_of_realm(event, realm)) return false;
  if (!user.empty() && !is_of_user(event, user)) return false;
  if (!result.empty() && !has_result(event, result)) return false;
  if (!client) return true;
  const auto address = address_of(event.client);
  return address && client->contains(*address);
}

bool Tracer::has_room() {
  const std::lock_guard lock(mutex_);
  if (lost_ == 0 && waiting_.size() < max_octets) return true;
  ++lost_;
  return false;
}

void Tracer::push(std::string_view line) {
  {
    const std::lock_guard lock(mutex_);
    // Behind what was lost nothing is taken until that has been said.
    if (lost_ > 0 || waiting_.size() + line.size() > max_octets) {
      ++lost_;
    } else {
      waiting_ += line;
    }
    if (std::exchange(woken_, true)) return;
  }
  try {
    wake_();
  } catch (const std::bad_alloc&) {
    const std::lock_guard lock(mutex_);
    woken_ = false;  // the next line tries again
  }
}

void Tracer::lose() {
  const std::lock_guard lock(mutex_);
  ++lost_;
}

std::uint64_t Tracer::take(std::string& lines) {
  lines.clear();
  const std::lock_guard lock(mutex_);
  woken_ = false;
  std::swap(lines, waiting_);
  return std::exchange(lost_, 0);
}

bool Traces::add(std::shared_ptr<Tracer> tracer) {
  const std::lock_guard lock(mutex_);
  if (tracers_.size() >= most) return false;
  tracers_.push_back(std::move(tracer));
  watched_ = true;
  return true;
}

void Traces::remove(const Tracer* tracer) {
  const std::lock_guard lock(mutex_);
  std::erase_if(tracers_, [tracer](const auto& one) { return one.get() == tracer; });
  watched_ = !tracers_.empty();
}

void Traces::tell(const RequestEvent& event, const TraceDetail& detail) noexcept {
  std::array<std::shared_ptr<Tracer>, most> watching;
  {
    const std::lock_guard lock(mutex_);
    std::copy(tracers_.begin(), tracers_.end(), watching.begin());
  }
  LineOf line(event, detail);
  for (const auto& tracer : watching) {
    if (!tracer) break;
    try {
      if (tracer->filter().passes(event) && tracer->has_room()) tracer->push(line.text(tracer->packets()));
    } catch (const std::bad_alloc&) {
      tracer->lose();
    }
  }
}

}  // namespace ferryman::gateway
