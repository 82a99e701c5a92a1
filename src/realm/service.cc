#include "realm/service.h"

#include <utility>

namespace ferryman::realm {

Service::Service(Settings settings) : settings_(std::make_shared<const Settings>(std::move(settings))) {}

void Service::configure(Settings settings) {
  auto fresh = std::make_shared<const Settings>(std::move(settings));
  const std::lock_guard lock(mutex_);
  settings_ = std::move(fresh);
}

std::shared_ptr<const Settings> Service::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

KdcAnswer Service::answer(const local::KerberosRequest& request, Time now) const {
  return answer_without_principals(request.message, request.transport, settings()->realm, now);
}

signin::Answer Service::answer(const local::HttpRequest& request, Time now) const {
  return sign_in_.answer(request, settings()->sign_in, now);
}

}  // namespace ferryman::realm
