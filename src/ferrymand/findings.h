#pragma once

#include <string>
#include <vector>

#include "ferrymand/status.h"

namespace ferryman {

// Something that whoever runs the service ought to look at.
struct Finding {
  bool is_error = false;  // somebody is not served; else somebody soon may not be
  std::string text;       // a sentence
};

// What is wrong, errors first; empty where nothing is.
std::vector<Finding> findings(const Status& status);

}  // namespace ferryman
