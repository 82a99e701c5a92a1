#include "telemetry/event_info.h"

#include <gtest/gtest.h>

namespace ferryman::telemetry {
namespace {

constexpr EventInfo events[] = {{"refused", Level::warning, 403, "Too many.", "Wait."},
                                {"ready", Level::info, 0, "It serves.", ""}};

TEST(EventTable, HasThreeForms) {
  EXPECT_EQ(event_table(events, "text"),
            "refused  [warning, 403]\n    Too many.\n    To do: Wait.\nready  [info]\n    It serves.\n");
  EXPECT_EQ(event_table(events, "json"),
            R"({"name":"refused","level":"warning","event_id":403,"when":"Too many.","advice":"Wait."})"
            "\n"
            R"({"name":"ready","level":"info","when":"It serves."})"
            "\n");
  EXPECT_EQ(event_table(events, "markdown"),
            "| event or message | level | event_id | when | what to do |\n|---|---|---|---|---|\n"
            "| refused | warning | 403 | Too many. | Wait. |\n| ready | info |  | It serves. |  |\n");
  EXPECT_EQ(event_table(events, "xml"), "");
}

}  // namespace
}  // namespace ferryman::telemetry
