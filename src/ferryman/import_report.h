#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "admin/message.h"

namespace ferryman {

// What comes of an import: told line by line as it happens, and summed up at the end; or, as JSON, told whole
// at the end. Names are printed so that they may stand on a terminal.
class ImportReport {
 public:
  struct Options {
    bool json = false;
    bool dry_run = false;
  };
  explicit ImportReport(Options options) : options_(options) {}

  bool dry_run() const { return options_.dry_run; }

  // kind: "user" or "service". details: of a dry run, where each is told.
  void added(std::string_view kind, std::string_view name, std::string_view details = {});
  void present(std::string_view name);
  // It was there without keys, and has got them.
  void given_keys(std::string_view name);
  // Not imported, as it should be; and because the service did not want to.
  void skipped(std::string_view name, std::string_view why);
  void refused(std::string_view name, std::string_view text);
  // What has not become of it what it was.
  void noted(std::string_view name, std::string_view text);
  // More of the summary: a member of JSON, its label, and what it means, where it is not zero.
  void counted(const char* member, std::size_t count, std::string_view label, std::string_view text);

  // The summary. The exit code: exit_refused where the service refused any.
  int finish();

 private:
  void tell_line(std::string_view what, std::string_view name, std::string_view text) const;

  const Options options_;
  std::size_t users_ = 0, services_ = 0, present_ = 0, given_keys_ = 0;
  std::size_t skipped_count_ = 0, refused_count_ = 0;
  // Of JSON alone.
  admin::Json added_ = admin::Json::array(), skipped_ = admin::Json::array(), refused_ = admin::Json::array(),
              notes_ = admin::Json::array(), more_ = admin::Json::object();
  std::string more_lines_;
};

}  // namespace ferryman
