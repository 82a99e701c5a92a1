#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "der/reader.h"
#include "der/writer.h"

namespace ferryman::kerberos {

// Each structure of the protocol is one struct for both ways, with two functions beside it:
//
//   void read(der::Reader& reader, T& out);              // the next element; faults go to the reader's
//   Status void write(der::Writer& writer, const T& value);     // in front of what is written already
//
// Reading makes views: a T holds no octets, and lives as long as the message that it was read from, or, to
// be written, as what its members were set to. It is total, bounded by kerberos/limits.h, strict DER, and
// takes every SEQUENCE as extensible, as libkrb5 does. What was read and is written gives the same octets,
// but for extensions, which are left out, and flags, which are always written as 32 bits.
//
// Secrets (keys, new passwords) go straight from where the caller has them into the buffer that the caller
// gave; no function here keeps or leaves a copy. Who wipes that buffer has wiped them all.

// A whole T and nothing behind it.
template <typename T>
Result<T> parse(Bytes bytes) {
  der::Status status;
  der::Reader reader(bytes, status);
  Result<T> result;
  read(reader, *result);
  reader.finish();
  if (!status.ok()) return tl::unexpected(status.error());
  return result;
}

// How many octets a value takes.
template <typename T>
std::size_t encoded_size(const T& value) {
  der::Writer writer({});
  write(writer, value);
  return writer.size();
}

// Into a buffer of the caller's; the encoding stands at its end. Fault::no_space: the buffer is smaller than
// encoded_size(). Other faults: the value has none, such as a time after 9999.
template <typename T>
Result<Bytes> encode_into(std::span<std::uint8_t> buffer, const T& value) {
  der::Writer writer(buffer);
  write(writer, value);
  return writer.finish();
}

// Into a vector of just that size, which was never reallocated. Empty if the value has no encoding.
template <typename T>
std::vector<std::uint8_t> encode(const T& value) {
  std::vector<std::uint8_t> octets(encoded_size(value));
  if (!encode_into(octets, value)) octets.clear();
  return octets;
}

}  // namespace ferryman::kerberos
