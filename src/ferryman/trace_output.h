#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "trace/packet_writer.h"
#include "trace/pcapng.h"
#include "trace/record.h"

namespace ferryman {

struct TraceForm {
  bool json = false, trees = false;
  std::string pcapng;  // a file, "-": standard output; empty: no capture
};

// Where the records of a trace go: standard output as lines, trees or JSON, and a capture. Each record is
// written out before the next is looked at.
class TraceOutput {
 public:
  explicit TraceOutput(TraceForm form) : form_(std::move(form)) {}

  // Makes the capture's file, readable by its owner alone. False, and told, where that fails.
  bool open();
  // Adds what that TLS key log has, and what it gets later. False, and told, where it cannot be read.
  bool add_keys(const std::string& file);

  // False once it cannot be written any more: errno says why.
  bool write(const trace::Record& record);
  bool write(const trace::Lost& lost);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, Close>;

  bool is_capture_on_output() const { return form_.pcapng == "-"; }
  bool print(std::string_view text) const;
  bool flush_capture();
  bool take_keys();

  const TraceForm form_;
  File capture_file_, keys_;
  std::string key_line_;  // begun, and not ended yet
  trace::Pcapng capture_{"ferryman trace"};
  trace::PacketWriter packets_{capture_};
};

}  // namespace ferryman
