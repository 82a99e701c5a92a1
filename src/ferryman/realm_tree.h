#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ferryman/realm_service.h"

namespace CLI {
class App;
}

namespace ferryman {

// The commands of `ferryman realm`. Options that all of them have may stand behind any word of a command.
class RealmTree {
 public:
  // What a command asks of the service: options write their values into arguments.
  struct Command {
    CLI::App* app;
    std::shared_ptr<admin::Json> arguments;
  };
  using Action = std::function<int(RealmService&, admin::Json& arguments)>;

  RealmTree(CLI::App& app, std::function<int()>& run);

  CLI::App& root() { return *root_; }
  RealmOptions& options() { return *options_; }

  // A word that only others follow: behind `realm`, where there may be one of that name already, or another.
  CLI::App& branch(const std::string& name, const std::string& description);
  CLI::App& branch(CLI::App& parent, const std::string& name, const std::string& description);
  // Has the exit code of action, which tells of failures itself.
  Command command(CLI::App& parent, const std::string& name, const std::string& description, Action action);
  // "remove" of an object, "user": asks before it does its work, and shows the name that it has itself.
  Command removal(CLI::App& parent, const std::string& object, const std::string& description);
  // One that needs no service.
  CLI::App& local_command(const std::string& name, const std::string& description,
                          std::function<int(const RealmOptions&)> action);

  // Options that write the member.
  static void positional(const Command& command, const std::string& shown, const std::string& member,
                         const std::string& description);
  static void text(const Command& command, const std::string& option, const std::string& member,
                   const std::string& description);
  static void texts(const Command& command, const std::string& option, const std::string& member,
                    const std::string& description);
  static void time(const Command& command, const std::string& option, const std::string& member,
                   const std::string& description);
  static void flag(const Command& command, const std::string& option, const std::string& member,
                   const std::string& description);
  // --NAME and --no-NAME.
  static void either(const Command& command, const std::string& name, const std::string& member,
                     const std::string& description);
  // A uid or gid; none: the word that stands for null, if there is one.
  static void id(const Command& command, const std::string& option, const std::string& member,
                 const std::string& description, const std::string& none = {});

 private:
  // What is printed has to get out, or the command has failed.
  static int run_checked(const std::function<int()>& action);
  void add_shared_options(CLI::App& app);
  void expect_command(CLI::App& app);
  CLI::App& child(CLI::App& parent, const std::string& name, const std::string& description);

  std::function<int()>& run_;
  std::shared_ptr<RealmOptions> options_;
  CLI::App* root_;
};

}  // namespace ferryman
