#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "ferryman/exit_codes.h"
#include "ferryman/realm_master_key.h"
#include "ferryman/realm_objects.h"
#include "ferryman/realm_output.h"
#include "ferryman/realm_prompt.h"

namespace ferryman {
namespace {

using admin::Json;

struct RotationOptions {
  bool forget_former = false, yes = false;
};

void add_options(const RealmTree::Command& command, RotationOptions& wanted, const char* forget_former) {
  command.app->add_flag("--forget-former", wanted.forget_former, forget_former);
  command.app->add_flag("--yes", wanted.yes, "Do not ask, which --forget-former does");
}

// Asks where tickets end by it. arguments: of the command.
int prepare(const RotationOptions& wanted, Json& arguments, const std::string& question) {
  if (!wanted.forget_former) return exit_ok;
  arguments["forget_former"] = true;
  return wanted.yes ? exit_ok : confirm(question);
}

std::string kvnos_of(const Json& result) {
  std::string text;
  for (const Json& kvno : result.at("former"))
    text += fmt::format("{}{}", text.empty() ? "" : ", ", kvno.get<std::uint32_t>());
  return text;
}

int rotate_krbtgt(RealmService& service, Json& arguments, const RotationOptions& wanted) {
  const int asked = prepare(wanted, arguments, "End all tickets, so that everybody has to log on anew?");
  if (asked != exit_ok) return asked;
  return service.show("rotate.krbtgt", std::move(arguments), [](const Json& krbtgt) {
    print_line("account", text_of(krbtgt, "name"));
    print_line("kvno", text_of(krbtgt, "kvno"));
    print_line("former kvnos", kvnos_of(krbtgt));
  });
}

int rotate_service(RealmService& service, Json& arguments, const RotationOptions& wanted) {
  const int asked =
      prepare(wanted, arguments, "Leave its former keys out of the next keytab, so that their tickets end?");
  if (asked != exit_ok) return asked;
  const auto result = service.call("service.rotate", std::move(arguments));
  if (!result) return result.error();
  const int code = service.print(*result, [](const Json& rotated) {
    print_line("service", text_of(rotated, "name"));
    print_line("kvno", text_of(rotated, "kvno"));
    print_line("etypes", texts_of(rotated, "etypes"));
    print_line("former kvnos", kvnos_of(rotated));
    print_line("in keytabs until", time_of(rotated, "former_until"));
  });
  const std::string name = text_of(*result, "name");
  return tell(code,
              fmt::format("{} gets tickets of kvno {} from now on, which its present keytab does not open",
                          name, text_of(*result, "kvno")),
              fmt::format("Get a new one: ferryman realm service keytab {} -o FILE", name));
}

}  // namespace

void add_service_rotation(RealmTree& tree, CLI::App& services) {
  auto wanted = std::make_shared<RotationOptions>();
  const auto rotate = tree.command(services, "rotate", "Give a service new keys, beside the former ones",
                                   [wanted](RealmService& service, Json& arguments) {
                                     return rotate_service(service, arguments, *wanted);
                                   });
  RealmTree::positional(rotate, "NAME", "name", "The service, or one of its SPNs");
  add_options(rotate, *wanted, "Keep none of them: its next keytab has the new ones alone");
}

void add_rotate_commands(RealmTree& tree) {
  CLI::App& rotate = tree.branch("rotate", "New keys in place of the KDC's, or of the master key");
  auto wanted = std::make_shared<RotationOptions>();
  const auto krbtgt =
      tree.command(rotate, "krbtgt", "Give the KDC of a tenant new keys; tickets from before stay good",
                   [wanted](RealmService& service, Json& arguments) {
                     return rotate_krbtgt(service, arguments, *wanted);
                   });
  add_options(krbtgt, *wanted, "Keep no key of before: all tickets end, and everybody logs on anew");
  tree.command(rotate, "master-key",
               "Seal all keys in the database under a new master key, while it is served",
               [&options = tree.options()](RealmService& service, Json&) {
                 return rotate_master_key(service, options);
               });
}

}  // namespace ferryman
