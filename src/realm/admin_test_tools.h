#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "directory/test_tools.h"
#include "realm/administration.h"

namespace ferryman::realm {

using admin::Json;

inline constexpr Caller caller{1234, 77};
inline const std::string good_password = "vK8#qLz2!mWx7", other_password = "Tr0ub4&Zqf9-plum";

// The administration of a real directory that has the tenant "example" of the realm EXAMPLE.COM.
class AdministrationTest : public directory::DirectoryTest {
 protected:
  AdministrationTest() {
    telemetry::LogOptions options;
    options.format = telemetry::Format::json;
    options.destination = telemetry::Destination::file;
    options.file = file("log");
    log_ = std::make_unique<telemetry::Log>(options);
    administration_ = std::make_unique<Administration>(
        Administration::Surroundings{*directory_, *directory_, history_, *log_, [this] { return policy_; },
                                     [] { return std::string("example"); }, [this] { return takes_codes_; },
                                     [this](const directory::ObjectId& id) { forgotten_.push_back(id); },
                                     [] {
                                       return Json{{"realm", "EXAMPLE.COM"}};
                                     },
                                     [this] { return BackupCopy::make(*directory_, file("copy")); },
                                     [this](std::string_view asked) {
                                       FixedConfig config;
                                       config.database = file();
                                       config.master_key = "file:" + file("master.key");
                                       return change_master_key(*directory_, config, asked);
                                     }});
  }

  admin::Reply ask(std::string command, Json arguments = Json::object(), std::string tenant = {}) {
    return administration_->answer({std::move(command), std::move(tenant), std::move(arguments)}, session_,
                                   now_);
  }
  // What has to be done.
  Json do_it(const std::string& command, Json arguments = Json::object(), std::string tenant = {}) {
    auto reply = ask(command, std::move(arguments), std::move(tenant));
    EXPECT_TRUE(reply) << command << ": " << (reply ? "" : reply.error().text);
    return reply.value_or(Json::object());
  }
  // The reason of what has to be refused, and its text behind a blank.
  std::string refused(const std::string& command, Json arguments = Json::object(), std::string tenant = {}) {
    const auto reply = ask(command, std::move(arguments), std::move(tenant));
    return reply ? "done" : reply.error().reason + " " + reply.error().text;
  }
  std::vector<Json> events() const { return history_.after(0, EventHistory::capacity).events; }
  Json last_event() const {
    const auto all = events();
    return all.empty() ? Json() : all.back();
  }
  std::vector<int> event_ids() const {
    std::vector<int> ids;
    for (const Json& event : events()) ids.push_back(event.value("event_id", 0));
    return ids;
  }
  // All of it; nothing more is written.
  std::string log_text() {
    log_.reset();
    std::ifstream stream(file("log"));
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  directory::Principal principal(const std::string& name) {
    const auto account = directory_->find_account(tenant_, name);
    EXPECT_TRUE(account) << name;
    return directory_->principal(tenant_, account->id).value();
  }

  std::int64_t now_ = directory::now;
  account::Policy policy_;
  bool takes_codes_ = true;
  std::vector<directory::ObjectId> forgotten_;  // whose failures the process no longer counts
  EventHistory history_;
  Session session_{caller};
  std::unique_ptr<telemetry::Log> log_;
  std::unique_ptr<Administration> administration_;
};

}  // namespace ferryman::realm
