#include "realm/service.h"

#include <utility>

#include "base/text.h"
#include "kerberos/kpasswd.h"
#include "kerberos/numbers.h"
#include "kerberos/request.h"
#include "local/limits.h"
#include "pages/pages.h"
#include "realm/find_tenant.h"
#include "realm/no_tenant.h"

namespace ferryman::realm {
namespace {

namespace error_code = kerberos::error_code;
static_assert(kdc::max_reply <= local::max_message);  // or the client got nothing of what the log calls done

kdc::Now kerberos_time(Service::Time now) {
  const auto since = now.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  return {seconds.count(),
          static_cast<std::int32_t>(std::chrono::floor<std::chrono::microseconds>(since - seconds).count())};
}

}  // namespace

Service::Service(directory::Directory& directory, directory::SignInRecords& records, Settings settings)
    : directory_(directory),
      records_(records),
      identities_(records),
      settings_(std::make_shared<const Settings>(std::move(settings))),
      sign_in_(directory, records, attempts_) {}

void Service::configure(Settings settings) {
  auto fresh = std::make_shared<const Settings>(std::move(settings));
  const std::lock_guard lock(mutex_);
  settings_ = std::move(fresh);
}

std::shared_ptr<const Settings> Service::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

kdc::Answer Service::answer(const local::KerberosRequest& request, Time time) {
  const auto settings = this->settings();
  const kdc::Now now = kerberos_time(time);
  const bool by_realm = request.tenant.empty();
  const std::uint64_t failures_seen = attempts_.failures_seen();
  auto moment = kerberos::looks_like_kpasswd(request.message) ? nullptr : directory_.one_moment();
  const auto tenant =
      find_tenant(directory_, by_realm ? std::string_view(settings->sign_in.tenant) : request.tenant);
  if (!tenant && tenant.error().reason != directory::Reason::not_found)
    return answer_without_tenant(request, error_code::service_unavailable, "the directory cannot be read",
                                 now);
  if (!tenant || (by_realm && !equal_without_case(request.realm, tenant->realm)))
    return answer_without_tenant(request, error_code::wrong_realm, "no such tenant", now);
  if (tenant->settings.disabled)
    return answer_without_tenant(request, error_code::policy, "the tenant is disabled", now);
  Reading reading{*settings, *tenant, failures_seen, std::move(moment), now};
  auto answer = answer_kerberos(request.message, reading);
  if (request.transport == local::Transport::udp && !kerberos::parse_request(request.message))
    answer.message.clear();
  return answer;
}

kdc::Answer Service::answer_kerberos(Bytes message, Reading& reading) {
  const Settings& settings = reading.settings;
  using Identity = std::shared_ptr<const pkinit::KdcIdentity>;
  // No more captures, or each request pays for room for them.
  const auto identity = [this, &reading]() -> directory::Outcome<Identity> {
    const Identity& own = reading.settings.public_keys.identity;
    if (own && pkinit::names_kdc_of(own->certificate, reading.tenant.realm)) return own;
    reading.moment.reset();  // the first time something is written
    return identities_.of(reading.tenant, reading.now.seconds);
  };
  const kdc::PublicKeys public_keys{records_, settings.public_keys.anchors.get(),
                                    settings.public_keys.freshness_required, settings.public_keys.anonymous,
                                    identity};
  return kdc::answer(message,
                     {directory_, reading.tenant, settings.policy, attempts_, reading.failures_seen,
                      settings.public_keys.enabled ? &public_keys : nullptr},
                     reading.now);
}

signin::Answer Service::answer_of(const local::HttpRequest& request, const Settings& settings, Time now) {
  if (auto page = pages::answer(request, sign_in_.realm(settings.sign_in, settings.policy, now)))
    return *std::move(page);
  return sign_in_.answer(request, settings.sign_in, settings.policy, now);
}

signin::Answer Service::answer(const local::HttpRequest& request, Time now) {
  const auto settings = this->settings();
  signin::Answer answer = answer_of(request, *settings, now);
  if (answer.response.body.size() <= local::max_body) return answer;
  signin::Answer refused = signin::refusal(
      {500, "server_error", signin::entra::none, "The answer is longer than an answer may be."});
  refused.service = answer.service;
  refused.user = std::move(answer.user);
  refused.tenant = std::move(answer.tenant);
  return refused;
}

}  // namespace ferryman::realm
