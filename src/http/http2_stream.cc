#include "http/http2_stream.h"

#include <array>
#include <utility>

#include "base/recycled.h"

namespace ferryman::http {
namespace {

// What a worker keeps: streams of ordinary size, up to some hundred KiB in all.
constexpr std::size_t max_octets = 4096, max_text = 256;

// Without a destructor, as in Recycled.
struct Spare {
  std::array<Http2Stream*, 128> streams;
  std::size_t count;
};
constinit thread_local Spare spare{};

void keep(std::unique_ptr<Http2Stream> stream) {
  if (!recycles || spare.count == spare.streams.size() || stream->octets.capacity() > max_octets ||
      stream->method.capacity() + stream->path.capacity() + stream->authority.capacity() > max_text) {
    return;
  }
  stream->method.clear();
  stream->path.clear();
  stream->authority.clear();
  if (stream->wants_fields) {
    stream->query = {};
    stream->kept_fields.clear();
  }
  stream->octets.clear();
  stream->fields = stream->answered = 0;
  stream->complete = stream->responded = stream->refused = stream->wants_fields = false;
  spare.streams[spare.count++] = stream.release();
}

}  // namespace

Http2Stream& Http2Streams::open(std::int32_t id) {
  std::unique_ptr<Http2Stream> stream(spare.count == 0 ? new Http2Stream : spare.streams[--spare.count]);
  stream->id = id;
  stream->place = streams_.size();
  streams_.push_back(std::move(stream));
  return *streams_.back();
}

void Http2Streams::close(Http2Stream& stream) {
  const std::size_t place = stream.place;
  std::swap(streams_[place], streams_.back());
  streams_[place]->place = place;
  keep(std::move(streams_.back()));
  streams_.pop_back();
}

}  // namespace ferryman::http
