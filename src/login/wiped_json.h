#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "base/secret.h"
#include "json/parse.h"

namespace ferryman::login {

// JSON with secrets in its texts, which are overwritten when it goes.
class WipedJson {
 public:
  static constexpr std::size_t max_depth = 8;

  // Nothing where it is no object.
  static std::optional<WipedJson> parse(Bytes text) {
    auto parsed = json::parse_object(as_text(text), max_depth);
    if (!parsed) return std::nullopt;
    return WipedJson(std::move(*parsed));
  }

  explicit WipedJson(json::Json json) : json_(std::move(json)) {}
  WipedJson(WipedJson&&) = default;
  WipedJson& operator=(WipedJson&&) = delete;
  ~WipedJson() { json::wipe_texts(json_); }

  const json::Json& operator*() const { return json_; }
  const json::Json* operator->() const { return &json_; }

  // Of a member; nothing where there is no text of that name, or an empty one.
  std::optional<Secret> secret(const char* name) const {
    const std::string* text = json::text_member(json_, name);
    if (text == nullptr || text->empty()) return std::nullopt;
    return Secret(as_bytes(*text));
  }
  Secret dump() const {
    std::string text = json_.dump();
    Secret secret(as_bytes(text));
    json::wipe_text(text);
    return secret;
  }

 private:
  json::Json json_;
};

}  // namespace ferryman::login
