#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "ferrymand/status.h"

namespace ferryman {

// Something that whoever runs the service ought to look at.
struct Finding {
  bool is_error = false;  // somebody is not served; else somebody soon may not be
  std::string text;       // a sentence
};

// Within 14 days, and in the last third of its time: some last but a week.
bool expires_soon(const net::CertificateDates& certificate, std::chrono::system_clock::time_point now);

// What is wrong, errors first; empty where nothing is.
std::vector<Finding> findings(const Status& status);

}  // namespace ferryman
