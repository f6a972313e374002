#include "node/message.h"

#include <span>
#include <utility>

namespace mz {
namespace {

enum class Kind : std::uint8_t { play_unit = 1, stop = 2, ready = 3, game_finished = 4, unit_finished = 5 };

constexpr std::size_t kLengthBytes = 4;

class Writer {
 public:
  explicit Writer(Kind kind) : bytes_(kLengthBytes) { bytes_.push_back(static_cast<std::uint8_t>(kind)); }

  void u32(std::uint32_t value) { integer(value, 4); }
  void u64(std::uint64_t value) { integer(value, 8); }
  void text(const std::string& value) {
    u32(static_cast<std::uint32_t>(value.size()));
    bytes_.insert(bytes_.end(), value.begin(), value.end());
  }
  void blob(const std::vector<std::uint8_t>& value) {
    u32(static_cast<std::uint32_t>(value.size()));
    bytes_.insert(bytes_.end(), value.begin(), value.end());
  }
  std::vector<std::uint8_t> frame() && {
    auto length = static_cast<std::uint32_t>(bytes_.size() - kLengthBytes);
    for (std::size_t i = 0; i < kLengthBytes; ++i, length >>= 8) bytes_[i] = static_cast<std::uint8_t>(length);
    return std::move(bytes_);
  }

 private:
  void integer(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i, value >>= 8) bytes_.push_back(static_cast<std::uint8_t>(value));
  }
  std::vector<std::uint8_t> bytes_;
};

// Reads fields; after the first one that does not fit everything reads as zero or empty and ok() is false.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::uint32_t u32() { return static_cast<std::uint32_t>(integer(4)); }
  std::uint64_t u64() { return integer(8); }
  std::string text() {
    const auto field = sized(kMaxMessageTextBytes);
    return {field.begin(), field.end()};
  }
  std::vector<std::uint8_t> blob() {
    const auto field = sized(static_cast<std::uint32_t>(GameRecord::kMaxBytes));
    return {field.begin(), field.end()};
  }
  void fail() { ok_ = false; }
  [[nodiscard]] bool ok() const { return ok_; }
  // Whether everything fitted and nothing is left over.
  [[nodiscard]] bool finished() const { return ok_ && bytes_.empty(); }

 private:
  std::span<const std::uint8_t> take(std::size_t count) {
    if (!ok_ || count > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }
  std::uint64_t integer(std::size_t count) {
    std::uint64_t value = 0;
    int shift = 0;
    for (const std::uint8_t byte : take(count)) {
      value |= std::uint64_t{byte} << shift;
      shift += 8;
    }
    return value;
  }
  std::span<const std::uint8_t> sized(std::uint32_t limit) {
    const std::uint32_t size = u32();
    if (size > limit) ok_ = false;
    return take(size);
  }

  std::span<const std::uint8_t> bytes_;
  bool ok_ = true;
};

void write_config(Writer& out, const GameConfig& config) {
  out.text(config.game);
  out.text(config.board);
  out.u32(static_cast<std::uint32_t>(config.seats));
  out.u32(static_cast<std::uint32_t>(config.options.size()));
  for (const auto& [name, value] : config.options) {
    out.text(name);
    out.u32(static_cast<std::uint32_t>(value));
  }
}

GameConfig read_config(Reader& in) {
  GameConfig config;
  config.game = in.text();
  config.board = in.text();
  config.seats = static_cast<int>(in.u32());
  const std::uint32_t options = in.u32();
  if (options > kMaxMessageOptions) in.fail();
  for (std::uint32_t i = 0; i < options && in.ok(); ++i) {
    std::string name = in.text();
    if (!config.options.empty() && name <= config.options.rbegin()->first) in.fail();  // one spelling per message
    config.options[std::move(name)] = static_cast<int>(in.u32());
  }
  return config;
}

std::vector<std::uint8_t> encode(const PlayUnit& message) {
  Writer out(Kind::play_unit);
  out.u64(message.unit);
  write_config(out, message.config);
  out.text(message.engine);
  out.u64(message.seed);
  out.u64(message.first_index);
  out.u32(message.count);
  return std::move(out).frame();
}

std::vector<std::uint8_t> encode(const Stop&) { return Writer(Kind::stop).frame(); }

std::vector<std::uint8_t> encode(const Ready&) { return Writer(Kind::ready).frame(); }

std::vector<std::uint8_t> encode(const GameFinished& message) {
  Writer out(Kind::game_finished);
  out.u64(message.unit);
  out.u32(message.plies);
  out.blob(message.record);
  return std::move(out).frame();
}

std::vector<std::uint8_t> encode(const UnitFinished& message) {
  Writer out(Kind::unit_finished);
  out.u64(message.unit);
  out.text(message.error.substr(0, kMaxMessageTextBytes));
  return std::move(out).frame();
}

// False for a kind that does not exist.
bool decode(Kind kind, Reader& in, Message& out) {
  switch (kind) {
    case Kind::play_unit: {
      PlayUnit message;
      message.unit = in.u64();
      message.config = read_config(in);
      message.engine = in.text();
      message.seed = in.u64();
      message.first_index = in.u64();
      message.count = in.u32();
      out = std::move(message);
      return true;
    }
    case Kind::stop:
      out = Stop{};
      return true;
    case Kind::ready:
      out = Ready{};
      return true;
    case Kind::game_finished: {
      GameFinished message;
      message.unit = in.u64();
      message.plies = in.u32();
      message.record = in.blob();
      out = std::move(message);
      return true;
    }
    case Kind::unit_finished: {
      UnitFinished message;
      message.unit = in.u64();
      message.error = in.text();
      out = std::move(message);
      return true;
    }
  }
  return false;
}

}  // namespace

std::vector<std::uint8_t> encode_message(const Message& message) {
  return std::visit([](const auto& content) { return encode(content); }, message);
}

Result<bool> MessageReader::next(Message& out) {
  const std::span<const std::uint8_t> rest = std::span(buffer_).subspan(used_);
  std::uint32_t length = 0;
  if (rest.size() >= kLengthBytes) {
    for (std::size_t i = 0; i < kLengthBytes; ++i) length |= std::uint32_t{rest[i]} << (8 * i);
    if (length == 0 || length > kMaxMessageBytes) {
      return Error{ErrorKind::corrupt, "A message of " + std::to_string(length) + " bytes is none of ours."};
    }
  }
  if (length == 0 || rest.size() - kLengthBytes < length) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ = 0;
    return false;
  }
  Reader in(rest.subspan(kLengthBytes + 1, length - 1));
  if (!decode(static_cast<Kind>(rest[kLengthBytes]), in, out) || !in.finished()) {
    return Error{ErrorKind::corrupt, "A message does not have the form of its kind."};
  }
  used_ += kLengthBytes + length;
  return true;
}

}  // namespace mz
