#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/parse.h"

namespace ferryman {

// What a ferrymand tells of itself (docs/status.md): the parts that `ferryman gateway` shows.
struct GatewayStatus {
  struct Finding {
    bool is_error = false;
    std::string text;
  };
  struct Realm {
    std::string name, state;
    std::vector<std::string> kdcs;
  };
  struct Transport {
    std::string name;
    std::uint64_t requests = 0, answers = 0, failures = 0, set_aside_by = 0, mean_us = 0, p95_us = 0;
  };
  struct Kdc {
    std::string address, name;
    std::vector<Transport> transports;
  };
  struct Refusal {
    std::string time, event, reason, client, realm, cname, sname;
  };
  struct Certificate {
    std::string subject, expires;
  };
  struct LocalRealm {
    bool answers = false;
    std::uint64_t sign_in = 0, lock_outs = 0, jobs_waiting = 0;
  };
  struct Hour {
    std::uint64_t seconds = 0, answered = 0, refused = 0,
                  failed = 0;  // that the slots cover, and all of them
  };

  std::string version, state;
  std::uint64_t uptime_seconds = 0, workers = 0, connections = 0, in_flight = 0;
  std::vector<Finding> wrong;
  std::vector<Realm> realms;
  std::vector<Kdc> kdcs;
  Hour hour;
  std::vector<Refusal> refusals;
  std::optional<LocalRealm> local;
  std::vector<Certificate> certificates;
};

inline constexpr std::size_t max_status = std::size_t{4} * 1024 * 1024;  // octets of JSON

// Nothing where it is not what a ferrymand says: not JSON, or a member is missing or of another type.
std::optional<GatewayStatus> read_gateway_status(const json::Json& object);
// Its text as an object, bounded and strict.
std::optional<json::Json> parse_gateway_json(std::string_view text);

// For a terminal, what is wrong first. Nothing in it is obeyed by a terminal.
std::string to_text(const GatewayStatus& status);

}  // namespace ferryman
