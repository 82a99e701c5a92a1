#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/kept_fields.h"

namespace ferryman::http {

// One HTTP/2 request and its answer. Those that are over are used again by the worker's next ones, with the
// memory that they have, so that a request needs none and a connection without requests holds none.
struct Http2Stream {
  std::int32_t id = 0;
  std::size_t place = 0;  // among its session's streams
  std::string method, path, authority;
  std::string query;  // where fields are wanted
  std::size_t fields = 0;
  KeptFields kept_fields;
  bool wants_fields = false;
  std::vector<std::uint8_t> octets;  // the request's body until it is handed over, then the answer's
  std::size_t answered = 0;
  bool complete = false;  // handed to the handler
  bool responded = false;
  bool refused = false;  // by the session; the rest of the request is ignored

  bool in_work() const { return complete && !responded; }
};

class Http2Streams {
 public:
  bool empty() const { return streams_.empty(); }
  std::size_t size() const { return streams_.size(); }
  auto begin() const { return streams_.begin(); }
  auto end() const { return streams_.end(); }

  Http2Stream& open(std::int32_t id);
  void close(Http2Stream& stream);

 private:
  std::vector<std::unique_ptr<Http2Stream>> streams_;
};

}  // namespace ferryman::http
