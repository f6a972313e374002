// What the control process and a worker say to each other over a socket pair.
//
// A frame is a length (4 bytes, little-endian, of what follows), a kind (1 byte) and the fields of that kind: integers
// little-endian, texts and byte strings with a 4-byte length. Both ends are the same binary, yet a worker may have been hit by
// anything, so the control process reads as from a stranger: every limit is checked before memory is taken.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/result.h"
#include "engine/game.h"
#include "engine/record.h"

namespace mz {

inline constexpr std::uint32_t kMaxMessageBytes = static_cast<std::uint32_t>(GameRecord::kMaxBytes) + 1024;
inline constexpr std::uint32_t kMaxMessageTextBytes = 4096;
inline constexpr std::uint32_t kMaxMessageOptions = 64;

// Control to worker: play games first_index .. first_index + count - 1; the seed of game i is selfplay_seed(seed, i).
struct PlayUnit {
  std::uint64_t unit = 0;
  GameConfig config;
  std::string engine;  // specification of the player on every seat
  std::uint64_t seed = 0;
  std::uint64_t first_index = 0;
  std::uint32_t count = 0;
  friend bool operator==(const PlayUnit&, const PlayUnit&) = default;
};

// Control to worker: exit. What is being played is given up.
struct Stop {
  friend bool operator==(const Stop&, const Stop&) = default;
};

// Worker to control: ready for units.
struct Ready {
  friend bool operator==(const Ready&, const Ready&) = default;
};

// Worker to control: one finished game of a unit.
struct GameFinished {
  std::uint64_t unit = 0;
  std::uint32_t plies = 0;
  std::vector<std::uint8_t> record;  // encode_record
  friend bool operator==(const GameFinished&, const GameFinished&) = default;
};

// Worker to control: the unit is over; `error` is empty, or says why games are missing.
struct UnitFinished {
  std::uint64_t unit = 0;
  std::string error;
  friend bool operator==(const UnitFinished&, const UnitFinished&) = default;
};

using Message = std::variant<PlayUnit, Stop, Ready, GameFinished, UnitFinished>;

std::vector<std::uint8_t> encode_message(const Message& message);

// Cuts a stream of bytes into messages. After an error the stream is useless and the other end is to be given up.
class MessageReader {
 public:
  void feed(const std::uint8_t* bytes, std::size_t count) { buffer_.insert(buffer_.end(), bytes, bytes + count); }
  // Takes the next complete message into `out`. False when more bytes are needed; an error says what is wrong with the stream.
  Result<bool> next(Message& out);

 private:
  std::vector<std::uint8_t> buffer_;
  std::size_t used_ = 0;  // of buffer_, by earlier messages
};

}  // namespace mz
