#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace ferryman::trace {

// Writes a capture of IP packets (draft-ietf-opsawg-pcapng): a section header, one interface of LINKTYPE_RAW,
// then packets and TLS secrets as they come. What has been written gathers until it is taken.
class Pcapng {
 public:
  explicit Pcapng(std::string_view application);

  // At a time since 1970. comment: UTF-8; empty: none.
  void packet(std::chrono::microseconds time, Bytes packet, std::string_view comment);
  // Lines of a TLS key log (SSLKEYLOGFILE), for what comes behind them.
  void secrets(std::string_view key_log);

  std::string take();

 private:
  void block(std::uint32_t type, std::string_view body);

  std::string out_;
};

}  // namespace ferryman::trace
