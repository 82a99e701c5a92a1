#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "client/loop.h"

struct ares_channeldata;

namespace ferryman::client {

enum class RecordType : std::uint16_t { srv = 33, uri = 256 };

struct DnsReply {
  bool failed = false;                // no word from the servers, as against their word that there is nothing
  std::vector<std::uint8_t> message;  // raw; empty when there is none
};

// c-ares on the client's loop.
class Dns {
 public:
  using Done = std::function<void(const DnsReply&)>;

  // servers: "127.0.0.1:5353"; empty: the system's.
  Dns(Loop& loop, const std::vector<std::string>& servers);
  ~Dns();

  // One question, asked as it stands. done is called once, never from within this call, and not after the
  // Dns is gone.
  void query(const std::string& name, RecordType type, Done done);

  // Every question's done has been called.
  bool is_idle() const { return asked_ == 0 && early_.empty(); }

 private:
  struct Question;
  // An answer that came while the question was being asked.
  struct Early {
    Done done;
    DnsReply reply;
    Loop::Source source;
  };
  static void on_message(void* question, int status, int, unsigned char* message, int size);
  static void on_socket_state(void* self, int descriptor, int read, int write);
  void schedule();

  Loop& loop_;
  ares_channeldata* channel_ = nullptr;
  std::map<int, Loop::Source> watches_;
  Loop::Source timer_;
  std::list<Early> early_;
  bool asking_ = false;
  std::size_t asked_ = 0;  // questions that c-ares has
};

}  // namespace ferryman::client
