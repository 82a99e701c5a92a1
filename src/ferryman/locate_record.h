#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "discovery/dns_records.h"
#include "discovery/netlogon.h"

namespace ferryman {

// What `ferryman locate` has seen, in the order in which it happened; printed as text or as JSON.
struct LocateRecord {
  struct Question {
    std::string name, type, status;
    std::vector<std::string> answers;
    std::uint32_t ttl = 0;
    std::chrono::microseconds took{0};
  };
  struct DomainController {
    std::string name, address, site, client_site, next_closest_site, domain, netbios_domain, forest;
    std::string ping;     // "answered", "silent", ...
    std::string verdict;  // empty: it will do
    std::uint32_t flags = 0;
    std::chrono::microseconds took{0};
  };
  // Whether a KDC answers over one of its transports.
  struct HealthCheck {
    std::string transport;  // "TCP" or "UDP"
    std::string result;     // the answer's name, or why there is none
    bool answered = false;
    std::chrono::microseconds took{0};
  };
  struct Kdc {
    std::string endpoint, name, reason;
    std::vector<HealthCheck> checks;  // empty: not checked

    bool answered() const { return best_check().answered; }
    // The first that was answered, else the first, else one of nothing.
    HealthCheck best_check() const {
      const auto best =
          std::find_if(checks.begin(), checks.end(), [](const HealthCheck& check) { return check.answered; });
      if (best != checks.end()) return *best;
      return checks.empty() ? HealthCheck() : checks.front();
    }
  };

  std::string realm, discovery, domain, site, service;
  std::uint32_t hint = 0;
  bool fast = false;
  std::vector<std::string> dns_servers;
  std::vector<Question> questions;
  std::vector<DomainController> domain_controllers;
  std::vector<Kdc> kdcs;
  std::string why;  // there is none
};

std::string to_text(const LocateRecord& record);
std::string to_json(const LocateRecord& record);

}  // namespace ferryman
