#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "local/message.h"
#include "realm/empty_kdc.h"
#include "signin/sign_in.h"

namespace ferryman::realm {

// What answers depend on; a reload replaces it whole.
struct Settings {
  std::string realm;
  signin::Settings sign_in;
};

// Answers the requests that ferrymand passes on: Kerberos and HTTP. Thread-safe; each request keeps the
// settings that it began with.
class Service {
 public:
  using Time = std::chrono::system_clock::time_point;

  explicit Service(Settings settings);
  void configure(Settings settings);

  KdcAnswer answer(const local::KerberosRequest& request, Time now) const;
  signin::Answer answer(const local::HttpRequest& request, Time now) const;

 private:
  std::shared_ptr<const Settings> settings() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const Settings> settings_;
  signin::SignIn sign_in_;
};

}  // namespace ferryman::realm
