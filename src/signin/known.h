#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/error.h"

namespace ferryman::signin {

// What octets were read as that come again and again, since to read a key takes OpenSSL longer than to use
// it. Beyond max_known all are forgotten, and read again as they come. Any thread may use it.
template <typename Value>
class Known {
 public:
  static constexpr std::size_t max_known = 1000;

  // read() gives a Result<Value>, which is the same whenever it is asked for the same octets; a fault is not
  // kept.
  template <typename Read>
  Result<Value> of(std::string_view octets, const Read& read) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = values_.find(octets); found != values_.end()) return found->second;
    }
    Result<Value> value = read();
    if (!value) return value;
    const std::lock_guard lock(mutex_);
    if (values_.size() >= max_known) values_.clear();
    values_.emplace(octets, *value);
    return value;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace ferryman::signin
