#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "admin/client.h"
#include "admin/message.h"

namespace ferryman {

inline constexpr const char* default_realm_config = "/etc/ferryman/realm.toml";

// What all commands of `ferryman realm` have.
struct RealmOptions {
  std::string config = default_realm_config;
  std::string socket, tenant;  // empty: as realm.toml says
  bool json = false;
};

// Says to standard error what went wrong, and what to do next; returns the exit code.
int tell(int exit_code, std::string_view what, std::string_view next = {});
// What the service says has its names escaped already: only what a terminal would obey is here, so that
// nothing is escaped twice.
std::string harmless(std::string_view text);
// exit_failed, told, where what has been printed did not get out; else the code.
int check_output(int code);

// The ferryman-realm that runs, by its administration socket. Connects when it is first called.
class RealmService {
 public:
  explicit RealmService(const RealmOptions& options) : options_(options) {}

  bool json() const { return options_.json; }
  const std::string& tenant() const { return options_.tenant; }  // as it was named

  // The result, or the exit code of a failure that has been told. Texts of arguments are wiped.
  tl::expected<admin::Json, int> call(const std::string& command,
                                      admin::Json arguments = admin::Json::object());

  // The same; but what the service refuses is not told: its failure is what is returned.
  tl::expected<admin::Reply, int> try_call(const std::string& command, admin::Json arguments);

  // As call(); but where the service has answered before and has ended since, there is nothing to tell:
  // nothing.
  tl::expected<std::optional<admin::Json>, int> call_until_it_ends(const std::string& command,
                                                                   admin::Json arguments);

  // Hands on every item of the lists `key` of page after page, and what each page has besides; stops where
  // each says so.
  int call_paged(const std::string& command, const admin::Json& arguments, const std::string& key,
                 const std::function<void(const admin::Json& page)>& each);

  // As JSON, or by print. Returns exit_ok.
  int print(const admin::Json& result, const std::function<void(const admin::Json&)>& print) const;
  // One call whose result is printed: as JSON, or by print.
  int show(const std::string& command, admin::Json arguments,
           const std::function<void(const admin::Json&)>& print);

  // Ends the connection; the next call makes another one. For who may say nothing for longer than the service
  // waits.
  void hang_up() { client_.reset(); }

  // Tells a failure of a command, and what to do next; its exit code.
  int told(const std::string& command, const admin::Failure& failure) const;

 private:
  tl::expected<std::string, int> socket() const;
  int connect();
  admin::Reply ask(const std::string& command, admin::Json arguments);
  std::string next_step(const std::string& command, const admin::Failure& failure) const;

  const RealmOptions& options_;
  std::optional<admin::Client> client_;
};

}  // namespace ferryman
