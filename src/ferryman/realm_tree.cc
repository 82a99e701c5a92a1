#include "ferryman/realm_tree.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <ctime>
#include <numeric>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_output.h"
#include "ferryman/realm_prompt.h"
#include "ferryman/secret_input.h"

namespace ferryman {
namespace {

constexpr const char* footer =
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by the service, 5 the service is not reached.\n"
    "See ferryman-realm(1).";

using Json = admin::Json;

// "ferryman realm user".
std::string path_of(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return (parent == nullptr ? "" : path_of(*parent) + " ") + app.get_name();
}

// How many letters have to be changed, put in or left out.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({changed, row[j] + 1, row[j + 1] + 1}));
    }
  }
  return row.back();
}

// What other programs call a command.
constexpr std::pair<std::string_view, std::string_view> other_words[] = {
    {"delete", "remove"},   {"del", "remove"},      {"rm", "remove"},  {"create", "add"},
    {"new", "add"},         {"make", "add"},        {"modify", "set"}, {"change", "set"},
    {"edit", "set"},        {"ls", "list"},         {"get", "show"},   {"info", "show"},
    {"passwd", "password"}, {"lock", "disable"},    {"log", "events"}, {"addmember", "join"},
    {"host", "service"},    {"computer", "service"}};

std::string meant(const std::vector<std::string>& names, std::string_view word) {
  for (const auto& [other, name] : other_words)
    if (word == other && std::find(names.begin(), names.end(), name) != names.end()) return std::string(name);
  for (const std::string& name : names)
    if (distance(word, name) <= 2 && std::min(word.size(), name.size()) > 2) return name;
  for (const std::string& name : names)
    if (name.starts_with(word)) return name;
  return {};
}

int tell_unknown_word(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* each : app.get_subcommands({})) names.push_back(each->get_name());
  const bool is_option = word.starts_with('-');
  const std::string close = is_option ? "" : meant(names, word);
  fmt::print(stderr, "{}: no {} \"{}\"{}\nCommands: {}.\n", path_of(app), is_option ? "option" : "command",
             printable(word), close.empty() ? "" : fmt::format("; did you mean {}?", close),
             fmt::join(names, ", "));
  return exit_usage;
}

// What people call an object of the service's commands.
std::string word_for(const std::string& object) {
  return object == "rodc" ? "read-only domain controller" : object;
}

// By its own name: another one, such as an SPN, may have been said.
int confirm_removal(RealmService& service, const std::string& object, const Json& arguments) {
  const auto there = service.call(object + ".show", {{"name", arguments.at("name")}});
  if (!there) return there.error();
  const std::string said = text_of(arguments, "name"), own = text_of(*there, "name");
  if (!can_ask()) return confirm("");
  std::string besides = said == own || own.empty() ? "" : fmt::format(" (it is {})", own);
  if (object == "tenant") besides += ", with all users, groups and services,";
  return confirm(fmt::format("Remove the {} {}{} for good?", word_for(object), said, besides));
}

// What is wrong with a command line, by the command whose words they are.
std::string usage_text(const CLI::App& top, const CLI::Error& error) {
  const CLI::App* app = &top;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  std::string text = error.what();
  for (const CLI::Option* option : app->get_options())  // all of its names
    if (text == option->get_name() + " is required") text = option->get_name(true, true) + " is required";
  const std::vector<std::string> unknown = app->remaining();
  if (!unknown.empty() && unknown.front().starts_with('-'))
    text += fmt::format(". \"{}\" is no option, and no name begins with \"-\"", unknown.front());
  return fmt::format("{}: {}\n\"{} --help\" tells more.\n", path_of(*app), harmless(text), path_of(*app));
}

}  // namespace

RealmTree::RealmTree(CLI::App& app, std::function<int()>& run)
    : run_(run),
      options_(std::make_shared<RealmOptions>()),
      root_(&child(app, "realm", "Set up a Kerberos realm of this machine, and administer it")) {
  expect_command(*root_);
  app.failure_message([](const CLI::App* top, const CLI::Error& error) {
    return top->got_subcommand("realm") ? usage_text(*top, error) : CLI::FailureMessage::simple(top, error);
  });
}

void RealmTree::add_shared_options(CLI::App& app) {
  app.add_option("-c,--config", options_->config, "realm.toml, which says where the service's socket is")
      ->capture_default_str();
  app.add_option("--socket", options_->socket, "The socket, whatever realm.toml says")->type_name("PATH");
  app.add_option("--tenant", options_->tenant,
                 "A tenant's name, one of its domains, or its GUID; by default realm.toml's default_tenant")
      ->type_name("TENANT");
  app.add_flag("--json", options_->json, "Print JSON");
}

CLI::App& RealmTree::child(CLI::App& parent, const std::string& name, const std::string& description) {
  CLI::App& app = *parent.add_subcommand(name, description);
  add_shared_options(app);
  app.footer(footer);
  app.allow_extras(false);  // which is inherited
  return app;
}

// Where a word is missing or unknown, the words that may follow are told.
void RealmTree::expect_command(CLI::App& app) {
  app.require_subcommand(0, 1);
  app.allow_extras();
  app.callback([this_app = &app, &run = run_] {
    const std::vector<std::string> unknown = this_app->remaining();
    if (!unknown.empty()) {
      run = [this_app, word = unknown.front()] { return tell_unknown_word(*this_app, word); };
    } else if (!run && this_app->get_subcommands().empty()) {
      run = [this_app] {
        fmt::print(stderr, "{}: no command\n{}", path_of(*this_app), this_app->help());
        return exit_usage;
      };
    }
  });
}

int RealmTree::run_checked(const std::function<int()>& action) {
  try {
    return check_output(action());
  } catch (const Json::exception&) {  // a member of another type than the protocol's
    return tell(exit_failed,
                "The service's answer is not understood. Are ferryman and ferryman-realm of one version?");
  } catch (const std::system_error& error) {
    return tell(exit_failed, fmt::format("standard output cannot be written: {}", error.code().message()));
  }
}

CLI::App& RealmTree::branch(const std::string& name, const std::string& description) {
  return branch(*root_, name, description);
}

CLI::App& RealmTree::branch(CLI::App& parent, const std::string& name, const std::string& description) {
  for (CLI::App* each : parent.get_subcommands({}))
    if (each->get_name() == name) return *each;
  CLI::App& app = child(parent, name, description);
  expect_command(app);
  return app;
}

RealmTree::Command RealmTree::command(CLI::App& parent, const std::string& name,
                                      const std::string& description, Action action) {
  CLI::App& app = child(parent, name, description);
  Command command{&app, std::make_shared<Json>(Json::object())};
  app.callback([options = options_, arguments = command.arguments, action = std::move(action), &run = run_] {
    run = [options, arguments, action] {
      return run_checked([&] {
        RealmService service(*options);
        return action(service, *arguments);
      });
    };
  });
  return command;
}

RealmTree::Command RealmTree::removal(CLI::App& parent, const std::string& object,
                                      const std::string& description) {
  auto yes = std::make_shared<bool>(false);
  Command removing =
      command(parent, "remove", description, [yes, object](RealmService& service, Json& arguments) {
        if (!*yes)
          if (const int code = confirm_removal(service, object, arguments); code != exit_ok) return code;
        return service.show(object + ".remove", std::move(arguments), [](const Json& removed) {
          if (removed.contains("name")) print_line("removed", text_of(removed, "name"));
        });
      });
  positional(removing, "NAME", "name", "The " + word_for(object));
  removing.app->add_flag("--yes", *yes, "Do not ask");
  return removing;
}

CLI::App& RealmTree::local_command(const std::string& name, const std::string& description,
                                   std::function<int(const RealmOptions&)> action) {
  CLI::App& app = child(*root_, name, description);
  app.callback([options = options_, action = std::move(action), &run = run_] {
    run = [options, action] { return run_checked([&] { return action(*options); }); };
  });
  return app;
}

void RealmTree::positional(const Command& command, const std::string& shown, const std::string& member,
                           const std::string& description) {
  text(command, shown, member, description);
  command.app->get_option(shown)->required();
}

void RealmTree::text(const Command& command, const std::string& option, const std::string& member,
                     const std::string& description) {
  command.app->add_option_function<std::string>(
      option,
      [arguments = command.arguments, member](const std::string& value) { (*arguments)[member] = value; },
      description);
}

void RealmTree::texts(const Command& command, const std::string& option, const std::string& member,
                      const std::string& description) {
  command.app
      ->add_option_function<std::vector<std::string>>(
          option,
          [arguments = command.arguments, member](const std::vector<std::string>& values) {
            (*arguments)[member] = values;
          },
          description)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void RealmTree::time(const Command& command, const std::string& option, const std::string& member,
                     const std::string& description) {
  command.app
      ->add_option_function<std::string>(
          option,
          [arguments = command.arguments, option, member](const std::string& value) {
            const auto time = parse_time(value);
            if (!time) throw CLI::ValidationError(option, time.error());
            if (*time && **time <= std::time(nullptr))
              fmt::print(stderr, "ferryman realm: warning: {} {} is in the past\n", option, printable(value));
            (*arguments)[member] = *time ? Json(**time) : Json();
          },
          description)
      ->type_name("TIME|never");
}

void RealmTree::flag(const Command& command, const std::string& option, const std::string& member,
                     const std::string& description) {
  command.app->add_flag_callback(
      option, [arguments = command.arguments, member] { (*arguments)[member] = true; }, description);
}

void RealmTree::either(const Command& command, const std::string& name, const std::string& member,
                       const std::string& description) {
  const auto set = [arguments = command.arguments, member](bool value) { (*arguments)[member] = value; };
  auto* yes = command.app->add_flag_callback(
      "--" + name, [set] { set(true); }, description);
  command.app
      ->add_flag_callback(
          "--no-" + name, [set] { set(false); }, "The contrary")
      ->excludes(yes);
}

void RealmTree::id(const Command& command, const std::string& option, const std::string& member,
                   const std::string& description, const std::string& none) {
  command.app
      ->add_option_function<std::string>(
          option,
          [arguments = command.arguments, option, member, none](const std::string& value) {
            std::uint32_t number = 0;
            if (!none.empty() && value == none) {
              (*arguments)[member] = nullptr;
            } else if (CLI::detail::lexical_cast(value, number)) {
              (*arguments)[member] = number;
            } else {
              throw CLI::ValidationError(option, fmt::format("\"{}\" is no number", printable(value)));
            }
          },
          description)
      ->type_name(none.empty() ? "NUMBER" : "NUMBER|" + none);
}

}  // namespace ferryman
