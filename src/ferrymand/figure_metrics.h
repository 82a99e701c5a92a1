#pragma once

#include "ferrymand/metric_page.h"
#include "gateway/figures.h"

namespace ferryman {

// Requests by stage, HTTP, TLS, refusals and faults, as all workers have counted them.
void put_figures(MetricPage& page, const gateway::Figures& total);

}  // namespace ferryman
