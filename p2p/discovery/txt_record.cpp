#include "p2p/discovery/txt_record.h"

#include <algorithm>
#include <charconv>

#include "p2p/node_id.h"

namespace mz {
namespace {

bool is_id_prefix(std::string_view text) {
  return text.size() == kAdvertIdLength &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7'); });
}

// The first string with the key counts, as the standard says.
std::optional<std::string_view> value_of(std::span<const std::string> strings, std::string_view key) {
  for (const std::string& text : strings) {
    if (text.size() > key.size() && text.starts_with(key) && text[key.size()] == '=') {
      return std::string_view(text).substr(key.size() + 1);
    }
  }
  return std::nullopt;
}

}  // namespace

const char* discovery_state_word(DiscoveryState state) {
  switch (state) {
    case DiscoveryState::off:
      return "off";
    case DiscoveryState::starting:
      return "starting";
    case DiscoveryState::running:
      return "running";
    case DiscoveryState::unavailable:
      return "unavailable";
  }
  return "unavailable";
}

std::vector<std::string> txt_strings(const Advert& advert) {
  return {"txtvers=1", "cl=" + advert.cluster, "id=" + advert.node, "pv=" + std::to_string(advert.protocol),
          std::string("po=") + (advert.pairing_open ? "1" : "0")};
}

std::optional<Advert> read_txt(std::span<const std::string> strings) {
  std::size_t bytes = 0;
  for (const std::string& text : strings) bytes += text.size();
  if (strings.size() > kMaxTxtStrings || bytes > kMaxTxtBytes) return std::nullopt;
  const auto cluster = value_of(strings, "cl");
  const auto node = value_of(strings, "id");
  const auto protocol = value_of(strings, "pv");
  if (value_of(strings, "txtvers") != "1" || !cluster || !is_id_prefix(*cluster) || !node || !is_id_prefix(*node) ||
      !protocol) {
    return std::nullopt;
  }
  Advert advert;
  const auto [end, error] = std::from_chars(protocol->data(), protocol->data() + protocol->size(), advert.protocol);
  if (error != std::errc() || end != protocol->data() + protocol->size()) return std::nullopt;
  advert.cluster = *cluster;
  advert.node = *node;
  advert.pairing_open = value_of(strings, "po") == "1";
  return advert;
}

std::optional<std::vector<std::string>> split_txt(std::span<const std::uint8_t> bytes) {
  std::vector<std::string> strings;
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::size_t size = bytes[at++];
    if (size > bytes.size() - at || strings.size() == kMaxTxtStrings) return std::nullopt;
    const auto part = bytes.subspan(at, size);
    if (size > 0) strings.emplace_back(part.begin(), part.end());
    at += size;
  }
  return strings;
}

std::vector<std::uint8_t> join_txt(std::span<const std::string> strings) {
  std::vector<std::uint8_t> bytes;
  for (const std::string& text : strings) {
    const std::string part = text.substr(0, 255);
    bytes.push_back(static_cast<std::uint8_t>(part.size()));
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

std::string instance_name(std::string_view host, std::string_view node) {
  const std::string tail = " " + std::string(node.substr(0, NodeId::kShortLength));
  std::string name;
  for (const char c : host.substr(0, host.find('.'))) {
    name += static_cast<unsigned char>(c) < ' ' || c == 0x7f ? ' ' : c;
  }
  if (name.size() + tail.size() > kMaxInstanceBytes) {
    name.resize(kMaxInstanceBytes - tail.size());
    // Not in the middle of a character.
    while (!name.empty() && (static_cast<unsigned char>(name.back()) & 0xc0U) == 0x80U) name.pop_back();
    if (!name.empty() && static_cast<unsigned char>(name.back()) >= 0xc0U) name.pop_back();
  }
  return name + tail;
}

}  // namespace mz
