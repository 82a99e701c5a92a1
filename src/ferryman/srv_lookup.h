#pragma once

#include <string>
#include <vector>

#include "discovery/dns_records.h"

namespace ferryman {

struct SrvAnswer {
  bool failed = false;  // DNS has not answered, as against its answer that there is nothing
  std::vector<discovery::SrvRecord> records;  // by priority, of one priority the weightiest first
};

// Asks the system's DNS servers, and waits for as long as they are given.
SrvAnswer look_up_srv(const std::string& name);

}  // namespace ferryman
