#include "logon/attempts.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "json/parse.h"
#include "login/state_directory.h"

namespace ferryman::logon {
namespace {

constexpr char file[] = "attempts.json";
using json::Json;

std::int64_t seconds(std::chrono::milliseconds time) {
  return std::chrono::floor<std::chrono::seconds>(time).count();
}

std::int64_t number(const Json& json, const char* name) {
  const Json* value = json::member(json, name, Json::value_t::number_unsigned);
  return value == nullptr ? 0 : std::max<std::int64_t>(value->get<std::int64_t>(), 0);
}

login::Outcome<Attempts> read(const std::string& path) {
  const auto directory = login::StateDirectory::find(path);
  if (!directory) return tl::unexpected(directory.error());
  if (!*directory) return Attempts{};
  const auto text = (*directory)->read(file);
  if (!text) return tl::unexpected(text.error());
  const auto json = *text ? json::parse_object(as_text((*text)->bytes()), 2) : std::nullopt;
  if (!json) return Attempts{};
  const auto wrong =
      std::min<std::int64_t>(number(*json, "wrong_pins"), std::numeric_limits<std::int32_t>::max());
  return Attempts{number(*json, "signed_in"), static_cast<std::uint32_t>(wrong), number(*json, "last_wrong")};
}

}  // namespace

std::int64_t Attempts::pause_left(const machine::Config& config, std::int64_t now) const {
  if (wrong_pins < config.wrong_pins) return 0;
  return std::max<std::int64_t>(std::min(last_wrong, now) + seconds(config.pause) - now, 0);
}

bool Attempts::may_be_offline(const machine::Config& config, std::int64_t now) const {
  return signed_in > 0 && now >= signed_in && now - signed_in < seconds(config.offline);
}

login::Outcome<Attempts> read_attempts(const login::Accounts& accounts, std::int64_t now) {
  auto attempts = read(accounts.path());
  if (!attempts || attempts->last_wrong <= now) return attempts;
  attempts->last_wrong = now;
  if (auto written = write_attempts(accounts, *attempts); !written) return tl::unexpected(written.error());
  return attempts;
}

login::Outcome<void> write_attempts(const login::Accounts& accounts, const Attempts& attempts) {
  return accounts.write(file, Json{{"signed_in", attempts.signed_in},
                                   {"wrong_pins", attempts.wrong_pins},
                                   {"last_wrong", attempts.last_wrong}}
                                      .dump() +
                                  "\n");
}

}  // namespace ferryman::logon
