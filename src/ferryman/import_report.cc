#include "ferryman/import_report.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/realm_service.h"

namespace ferryman {
namespace {

using admin::Json;

constexpr std::string_view summary_line = "{:<24}{}: {}\n";

}  // namespace

void ImportReport::tell_line(std::string_view what, std::string_view name, std::string_view text) const {
  if (options_.json) return;
  fmt::print("{:<8}  {:<36}{}{}\n", what, printable(name), text.empty() ? "" : "  ", harmless(text));
}

void ImportReport::added(std::string_view kind, std::string_view name, std::string_view details) {
  ++(kind == "user" ? users_ : services_);
  if (options_.dry_run)
    tell_line("add", name, fmt::format("{}{}{}", kind, details.empty() ? "" : ", ", details));
  if (options_.json) added_.push_back({{"kind", kind}, {"name", name}});
}

void ImportReport::present(std::string_view name) {
  ++present_;
  tell_line("there", name, "it is there already, and stays as it is");
}

void ImportReport::given_keys(std::string_view name) {
  const std::string_view text = options_.dry_run ? "it is there without keys, and would get these"
                                                 : "it was there without keys, and has them now";
  ++given_keys_;
  tell_line("keys", name, text);
  if (options_.json) notes_.push_back({{"name", name}, {"text", text}});
}

void ImportReport::skipped(std::string_view name, std::string_view why) {
  ++skipped_count_;
  tell_line("skipped", name, why);
  if (options_.json) skipped_.push_back({{"name", name}, {"text", why}});
}

void ImportReport::refused(std::string_view name, std::string_view text) {
  ++refused_count_;
  tell_line("refused", name, text);
  if (options_.json) refused_.push_back({{"name", name}, {"text", text}});
}

void ImportReport::noted(std::string_view name, std::string_view text) {
  tell_line("note", name, text);
  if (options_.json) notes_.push_back({{"name", name}, {"text", text}});
}

void ImportReport::counted(const char* member, std::size_t count, std::string_view label,
                           std::string_view text) {
  more_[member] = count;
  if (count > 0) more_lines_ += fmt::format(summary_line, label, count, text);
}

int ImportReport::finish() {
  const int code = refused_count_ == 0 ? exit_ok : exit_refused;
  counted("given_keys", given_keys_, "given keys", "they were there without any");
  if (options_.json) {
    Json all = std::move(more_);
    all.update({{"dry_run", options_.dry_run},
                {"users", users_},
                {"services", services_},
                {"present", present_},
                {"added", std::move(added_)},
                {"skipped", std::move(skipped_)},
                {"refused", std::move(refused_)},
                {"notes", std::move(notes_)}});
    fmt::print("{}\n", all.dump(2, ' ', true, Json::error_handler_t::replace));
    return code;
  }
  const char* would = options_.dry_run ? " would be added" : " added";
  const std::pair<std::string, std::size_t> lines[] = {{std::string("users") + would, users_},
                                                       {std::string("services") + would, services_},
                                                       {"there already", present_},
                                                       {"skipped", skipped_count_},
                                                       {"refused", refused_count_}};
  for (const auto& [label, count] : lines) fmt::print("{:<24}{}\n", label, count);
  fmt::print("{}", more_lines_);
  return code;
}

}  // namespace ferryman
