#pragma once

#include <chrono>

#include "ferrymand/metric_page.h"

namespace ferryman {

// Version and start of this process, and what it uses, by the names that Prometheus' own clients have.
void put_process(MetricPage& page, std::chrono::system_clock::time_point started);

}  // namespace ferryman
