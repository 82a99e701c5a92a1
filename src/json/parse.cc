#include "json/parse.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "base/secret.h"

namespace ferryman::json {
namespace {

// Builds the value as it is read, so that what is wrong is refused where it stands: nlohmann's own builder
// keeps the last of two members with one name, and knows no limit of depth.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(std::size_t max_depth) : max_depth_(max_depth) {}

  Json& root() { return root_; }

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override {
    const bool done = put(value);
    wipe_text(value);  // it is the reader's own buffer
    return done;
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    Json& object = *inside_.back();
    if (object.contains(name)) return false;
    member_ = &object[name];
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  Json* place(Json value) {
    if (inside_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (inside_.back()->is_array()) {
      inside_.back()->push_back(std::move(value));
      return &inside_.back()->back();
    }
    *member_ = std::move(value);
    return member_;
  }
  template <typename T>
  bool put(const T& value) {
    place(value);
    return true;
  }
  bool open(Json value) {
    if (inside_.size() == max_depth_) return false;
    inside_.push_back(place(std::move(value)));
    return true;
  }
  bool close() {
    inside_.pop_back();
    return true;
  }

  std::size_t max_depth_;
  Json root_;
  std::vector<Json*> inside_;  // the objects and lists that are open; a list does not grow meanwhile
  Json* member_ = nullptr;
};

}  // namespace

std::optional<Json> parse_object(std::string_view text, std::size_t max_depth) {
  // To nlohmann a zero octet is the end, and a byte order mark before the value is none of it.
  if (!text.starts_with('{') || text.find('\0') != text.npos) return std::nullopt;
  Builder builder(max_depth);
  if (!Json::sax_parse(text, &builder)) {
    wipe_texts(builder.root());
    return std::nullopt;
  }
  return std::move(builder.root());
}

const Json* member(const Json& object, const char* name, Json::value_t type) {
  const auto found = object.find(name);
  return found != object.end() && found->type() == type ? &*found : nullptr;
}

const std::string* text_member(const Json& object, const char* name) {
  const Json* text = member(object, name, Json::value_t::string);
  return text == nullptr ? nullptr : text->get_ptr<const std::string*>();
}

void wipe_text(std::string& text) noexcept {
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

void wipe_texts(Json& json) noexcept {
  if (json.is_string()) wipe_text(json.get_ref<std::string&>());
  if (json.is_structured())
    for (Json& each : json) wipe_texts(each);
}

}  // namespace ferryman::json
