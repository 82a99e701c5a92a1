#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "machine/userdb.h"

namespace {

using namespace ferryman::machine;

std::shared_ptr<const UserTable> table() {
  Accounts accounts;
  accounts.users = {{"id", "alice", "", "Alice", 5000, 6000, false, {6000, 6001}},
                    {"id", "bob", "", "", 5001, 6000, false, {6000}}};
  accounts.groups = {{"users of us", 6000}, {"staff", 6001}};
  Config config;
  config.groups = {"users of us"};
  return std::make_shared<UserTable>(accounts, config, LocalNames{});
}

}  // namespace

// Whatever is asked, the answer is a few whole messages, of which the last says that it is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto users = table();
  const auto call = parse_call({reinterpret_cast<const char*>(data), size});
  if (!call) return 0;
  Replies replies = Replies::to(*call, users);
  std::string out;
  replies.write(out, std::string::npos);
  if (!replies.done() || out.empty() != call->oneway) std::abort();
  if (!out.empty() && out.back() != '\0') std::abort();
  for (std::size_t at = 0; at < out.size();) {
    const std::size_t end = out.find('\0', at);
    const auto message = nlohmann::json::parse(out.substr(at, end - at));
    at = end + 1;
    if (message.value("continues", false) != (at < out.size())) std::abort();
  }
  return 0;
}
