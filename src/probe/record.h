#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "probe/certificate.h"
#include "probe/finding.h"
#include "probe/verdict.h"

namespace ferryman::probe {

// Everything a probe has seen; texts are printable.
struct Record {
  struct Tls {
    std::string version, cipher, group, alpn;
  };
  struct Stage {
    std::string_view name;  // "dns", "connect", "tls", "first", "kept", "total"
    std::chrono::microseconds took{0};
  };

  std::string url, realm, user, address;
  std::optional<Tls> tls;
  std::optional<Chain> chain;
  std::optional<std::int64_t> days_left;  // of the certificate
  ExpiryLimits limits;
  Findings findings;
  std::vector<ClientVerdict> clients;
  std::vector<Stage> stages;
};

// 0, 1, 2, 3 as Nagios's plugins have it.
int exit_code(const Record& record);

// One line: state, why, times for monitoring.
std::string to_status_line(const Record& record);
std::string to_text(const Record& record);
std::string to_json(const Record& record);

}  // namespace ferryman::probe
