#pragma once

#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace ferryman::kerberos {

// For tests: messages that are nearly valid, made by changing valid ones in one place.

using Octets = std::vector<std::uint8_t>;
using Random = std::minstd_rand;

// A message as a tree of TLVs, so that it can be bent and still be well-formed around the bend.
struct Node {
  std::uint8_t tag = 0;
  Octets value;  // of a primitive
  std::vector<Node> children;
  bool constructed() const { return (tag & 0x20) != 0; }
};

inline std::vector<Node> read_nodes(Bytes bytes) {
  std::vector<Node> nodes;
  while (bytes.size() >= 2) {
    std::size_t at = 2, size = bytes[1];
    if (size & 0x80U) {
      for (size &= 0x7f; at < 2 + (bytes[1] & 0x7fU); ++at) size = (at == 2 ? 0 : size << 8) | bytes[at];
    }
    Node node;
    node.tag = bytes[0];
    const Bytes content = bytes.subspan(at, size);
    if (node.constructed()) {
      node.children = read_nodes(content);
    } else {
      node.value.assign(content.begin(), content.end());
    }
    nodes.push_back(std::move(node));
    bytes = bytes.subspan(at + size);
  }
  return nodes;
}

inline Octets written(const Node& node) {
  Octets content = node.value;
  for (const Node& child : node.children) {
    const Octets octets = written(child);
    content.insert(content.end(), octets.begin(), octets.end());
  }
  Octets out{node.tag};
  if (content.size() < 0x80) {
    out.push_back(static_cast<std::uint8_t>(content.size()));
  } else if (content.size() < 0x100) {
    out.insert(out.end(), {0x81, static_cast<std::uint8_t>(content.size())});
  } else {
    out.insert(out.end(), {0x82, static_cast<std::uint8_t>(content.size() >> 8),
                           static_cast<std::uint8_t>(content.size())});
  }
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

inline std::size_t count(const Node& node) {
  std::size_t nodes = 1;
  for (const Node& child : node.children) nodes += count(child);
  return nodes;
}

inline Node* at(Node& node, std::size_t& index) {
  if (index-- == 0) return &node;
  for (Node& child : node.children) {
    if (Node* found = at(child, index)) return found;
  }
  return nullptr;
}

// One change in one place.
inline void bend(Node& root, Random& random) {
  std::size_t index = random() % count(root);
  Node& node = *at(root, index);
  static constexpr std::uint8_t tags[] = {0x02, 0x03, 0x04, 0x0c, 0x18, 0x1b, 0x30, 0x31, 0x61, 0x80, 0xa0,
                                          0xa1, 0xa2, 0xa3, 0xa4, 0xa9, 0xab, 0xac, 0xad, 0xbe, 0x24, 0x3b};
  switch (random() % 9) {
    case 0:
      node.tag = tags[random() % std::size(tags)];
      break;
    case 1:
      if (!node.value.empty()) node.value[random() % node.value.size()] = static_cast<std::uint8_t>(random());
      break;
    case 2:
      node.value.resize(random() % 7, static_cast<std::uint8_t>(random()));
      break;
    case 3:
      if (!node.children.empty()) {
        node.children.erase(node.children.begin() +
                            static_cast<std::ptrdiff_t>(random() % node.children.size()));
      }
      break;
    case 4:
      if (!node.children.empty()) node.children.push_back(node.children[random() % node.children.size()]);
      break;
    case 5:
      if (node.children.size() > 1) std::swap(node.children.front(), node.children.back());
      break;
    case 6:
      node.value.insert(node.value.begin(), static_cast<std::uint8_t>(random() % 2 == 0 ? 0 : 0xff));
      break;
    case 7:  // a further field
      node.children.push_back({tags[random() % std::size(tags)], {1}, {}});
      break;
    default:
      node.value.push_back(static_cast<std::uint8_t>(random()));
      break;
  }
}

inline std::string hex(const Octets& octets) {
  std::string text;
  for (const std::uint8_t octet : octets) {
    text += "0123456789abcdef"[octet >> 4];
    text += "0123456789abcdef"[octet & 15];
  }
  return text;
}

}  // namespace ferryman::kerberos
