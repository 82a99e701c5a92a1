#include "ferryman/import_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/import_report.h"
#include "ferryman/input_file.h"
#include "ferryman/user_table.h"

namespace ferryman {
namespace {

using admin::Json;

constexpr std::size_t max_table = std::size_t{256} << 20;

// Refusals of one user, and not of whoever comes next, too.
constexpr std::array<std::string_view, 4> own_reasons{"already_exists", "invalid", "not_found",
                                                      admin::reason::weak_password};

bool is_own(const admin::Failure& failure) {
  return std::find(own_reasons.begin(), own_reasons.end(), failure.reason) != own_reasons.end();
}

class CsvImport {
 public:
  CsvImport(RealmService& service, bool dry_run) : service_(service), report_({service.json(), dry_run}) {}

  int run(UserTable& table) {
    // What is wrong with all of it, such as the tenant, is not told of each user.
    if (const auto there = service_.call("user.list", {{"limit", 1}}); !there) return there.error();
    int code = exit_ok;
    table.each([&](UserTable::User user) { return (code = take(std::move(user))) == exit_ok; });
    if (code == exit_ok) {
      report_.counted("without_password", without_password_, "without password",
                      "\"ferryman realm user password NAME\" gives one");
      return report_.finish();
    }
    return tell(code, "the import has stopped: users that were added before stay",
                "Call it again when that is put right: who is there already is passed over.");
  }

 private:
  int take(UserTable::User user) {
    const auto name = user.arguments.at("name").get<std::string>();
    const bool has_password = user.arguments.contains("password");
    if (report_.dry_run()) user.arguments["dry_run"] = true;
    const auto reply = service_.try_call("user.add", std::move(user.arguments));
    if (!reply) return reply.error();
    if (*reply) {
      report_.added("user", name);
      if (!has_password) ++without_password_;
      return exit_ok;
    }
    return refused(user.line, name, reply->error());
  }

  int refused(std::size_t line, const std::string& name, const admin::Failure& failure) {
    if (!is_own(failure)) return service_.told("user.add", failure);
    if (failure.reason == "already_exists") {
      const auto there = service_.try_call("user.show", {{"name", name}});
      if (!there) return there.error();
      if (*there && (*there)->value("name", "") == name) {
        report_.present(name);
        return exit_ok;
      }
    }
    report_.refused(name, fmt::format("line {}: {}", line, failure.text));
    return exit_ok;
  }

  RealmService& service_;
  ImportReport report_;
  std::size_t without_password_ = 0;
};

}  // namespace

int import_csv(RealmService& service, const CsvImportOptions& options) {
  const auto text = read_input(options.file, max_table);
  if (!text) return text.error();
  UserTable table(as_text(text->bytes()));
  const auto mistakes = table.mistakes();
  for (const std::string& each : mistakes) tell(exit_failed, each);
  if (!mistakes.empty())
    return tell(exit_failed, "nothing has been done", "ferryman-realm(1) tells what the columns are.");
  if (table.has_passwords()) warn_of_readers(options.file, "passwords");
  return CsvImport(service, options.dry_run).run(table);
}

}  // namespace ferryman
