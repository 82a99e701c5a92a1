#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_keytab.h"
#include "ferryman/realm_objects.h"
#include "ferryman/realm_output.h"
#include "ferryman/realm_prompt.h"

namespace ferryman {
namespace {

using admin::Json;

// As keytabs have it, and as programs print it that take it for a signed integer.
std::string kvno_text(const Json& rodc) {
  const auto kvno = rodc.at("kvno").get<std::uint32_t>();
  const auto as_signed = static_cast<std::int32_t>(kvno);
  return as_signed < 0 ? fmt::format("{} ({})", kvno, as_signed) : std::to_string(kvno);
}

void print_rodc(const Json& rodc) {
  print_line("account", text_of(rodc, "name"));
  print_line("number", text_of(rodc, "number"));
  print_line("key version", text_of(rodc, "version"));
  print_line("kvno", kvno_text(rodc));
  print_line("allowed groups", texts_of(rodc, "allowed"));
  print_line("denied groups", texts_of(rodc, "denied"));
  print_line("created", time_of(rodc, "created"));
  print_line("key changed", time_of(rodc, "key_changed"));
}

std::string rodc_line(const Json& rodc) {
  return fmt::format("{:<14}  {:>7}  {:<20}  {}", text_of(rodc, "name"), text_of(rodc, "version"),
                     time_of(rodc, "key_changed"), texts_of(rodc, "allowed"));
}

// Of a command by which it gets a key, which leaves the service this once.
int get_key(RealmService& service, const std::string& command, Json& arguments, const std::string& file) {
  if (const int code = check_no_keytab(file); code != exit_ok) return code;
  auto result = service.call(command, std::move(arguments));
  if (!result) return result.error();
  if (const int code = write_keytab(*result, file); code != exit_ok)
    return tell(code, fmt::format("the new key of {} is lost", text_of(*result, "name")),
                fmt::format("\"ferryman realm ad rodc rotate {} -o FILE\" makes another one.",
                            text_of(*result, "number")));
  service.print(*result, [&file](const Json& rodc) {
    print_rodc(rodc);
    print_line("keytab", printable(file));
  });
  return exit_ok;
}

// Where none is named.
std::string usual_file(const Json& arguments) {
  const std::string name = text_of(arguments, "name");
  return (name.starts_with("krbtgt_") ? name : "krbtgt_" + name) + ".keytab";
}

struct KeyOptions {
  std::string file;  // empty: the usual one
  bool forget_former = false, yes = false;
};

CLI::Option& add_output(const RealmTree::Command& command, KeyOptions& wanted) {
  return *command.app
              ->add_option("-o,--output", wanted.file,
                           "The file for its key, which must not be there yet; mode 0600")
              ->type_name("FILE");
}

void add_rodc_add(RealmTree& tree, CLI::App& rodcs) {
  auto wanted = std::make_shared<KeyOptions>();
  const auto add =
      tree.command(rodcs, "add", "Take partial TGTs of a read-only domain controller, and make its key",
                   [wanted](RealmService& service, Json& arguments) {
                     const std::string file = wanted->file.empty() ? usual_file(arguments) : wanted->file;
                     return get_key(service, "rodc.add", arguments, file);
                   });
  RealmTree::positional(add, "NUMBER", "name", "From 1 to 65535, the upper half of its tickets' kvno");
  RealmTree::texts(add, "--allow", "allow", "A group for whose members it may vouch; may be repeated");
  RealmTree::texts(add, "--deny", "deny", "A group for whose members it may never; may be repeated");
  add_output(add, *wanted);
}

int rotate(RealmService& service, Json& arguments, const KeyOptions& wanted) {
  if (wanted.forget_former) {
    arguments["forget_former"] = true;
    const int asked = wanted.yes ? exit_ok : confirm("Take no TGT any more that it has made so far?");
    if (asked != exit_ok) return asked;
  }
  return get_key(service, "rodc.rotate", arguments, wanted.file);
}

void add_rodc_changes(RealmTree& tree, CLI::App& rodcs) {
  const auto set = tree.command(rodcs, "set", "Change for whom a read-only domain controller may vouch",
                                [](RealmService& service, Json& arguments) {
                                  if (arguments.size() == 1)
                                    return tell(exit_usage, "nothing to set",
                                                "Say --allow, --deny, --remove-allow or --remove-deny.");
                                  return service.show("rodc.set", std::move(arguments), print_rodc);
                                });
  RealmTree::positional(set, "NUMBER", "name", "Its number");
  RealmTree::texts(set, "--allow", "allow", "A group for whose members it may vouch; may be repeated");
  RealmTree::texts(set, "--deny", "deny", "A group for whose members it may never; may be repeated");
  RealmTree::texts(set, "--remove-allow", "remove_allow",
                   "A group that is allowed no longer; may be repeated");
  RealmTree::texts(set, "--remove-deny", "remove_deny", "A group that is denied no longer; may be repeated");
  auto wanted = std::make_shared<KeyOptions>();
  const auto rotation = tree.command(
      rodcs, "rotate", "Give a read-only domain controller a new key, beside the former ones",
      [wanted](RealmService& service, Json& arguments) { return rotate(service, arguments, *wanted); });
  RealmTree::positional(rotation, "NUMBER", "name", "Its number");
  add_output(rotation, *wanted).required();
  rotation.app->add_flag("--forget-former", wanted->forget_former, "Keep none of them");
  rotation.app->add_flag("--yes", wanted->yes, "Do not ask, which --forget-former does");
}

}  // namespace

void add_rodc_commands(RealmTree& tree, CLI::App& branch) {
  CLI::App& rodcs = tree.branch(branch, "rodc", "Read-only domain controllers, and for whom they may vouch");
  add_rodc_add(tree, rodcs);
  tree.command(rodcs, "list", "All read-only domain controllers", [](RealmService& service, Json&) {
    const std::string header =
        fmt::format("{:<14}  {:>7}  {:<20}  {}", "ACCOUNT", "VERSION", "KEY CHANGED", "ALLOWED GROUPS");
    return print_list(service, {"rodc.list", "rodcs", header, rodc_line});
  });
  const auto show = tree.command(rodcs, "show", "All about a read-only domain controller",
                                 [](RealmService& service, Json& arguments) {
                                   return service.show("rodc.show", std::move(arguments), print_rodc);
                                 });
  RealmTree::positional(show, "NUMBER", "name", "Its number");
  add_rodc_changes(tree, rodcs);
  tree.removal(rodcs, "rodc", "Take no TGT of a read-only domain controller any more, and forget its key");
}

}  // namespace ferryman
