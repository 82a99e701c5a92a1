#include "gateway/refusals.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"

namespace ferryman::gateway {
namespace {

std::string cut(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const std::string one = printable(take_character(text).octets);
    if (shown.size() + one.size() > Refusals::max_text) return shown + "...";
    shown += one;
  }
  return shown;
}

std::string cut(const std::optional<kerberos::PrincipalName>& name) {
  if (!name) return {};
  std::string text;
  name->append_to(text);
  return cut(text);
}

}  // namespace

bool Refusals::is_one(EventKind kind) {
  switch (kind) {
    case EventKind::malformed:
    case EventKind::realm_not_served:
    case EventKind::refused:
    case EventKind::throttled:
    case EventKind::no_kdc:
    case EventKind::overload:
    case EventKind::no_realm:
      return true;
    case EventKind::exchange:
    case EventKind::http_violation:
    case EventKind::sign_in:
      return false;
  }
  return false;
}

void Refusals::note(const RequestEvent& event, std::chrono::system_clock::time_point now) {
  Refusal refusal;
  refusal.time = now;
  refusal.kind = event.kind;
  refusal.client = cut(event.client);
  refusal.reason = cut(event.reason);
  refusal.realm = cut(event.target_domain);
  if (event.request != nullptr && event.request->kdc_req) {
    const kerberos::KdcReq& req = *event.request->kdc_req;
    refusal.realm = cut(req.realm);
    refusal.cname = cut(req.cname);
    refusal.sname = cut(req.sname);
  }
  if (kept_.size() < max_kept) return kept_.push_back(std::move(refusal));
  kept_[oldest_] = std::move(refusal);
  oldest_ = (oldest_ + 1) % max_kept;
}

std::vector<Refusal> Refusals::list() const {
  std::vector<Refusal> list = kept_;
  std::rotate(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(oldest_), list.end());
  return list;
}

}  // namespace ferryman::gateway
