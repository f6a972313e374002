// Games collected from several sources before anything is written: a temporary file beside the destination, so that memory
// does not grow with the number of games. Holds each game once, in the order of ids, whatever the order of arrival: of two
// records of one game (they can differ in their statistics only) the longer one stays, or the later one in byte order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/sha256.h"
#include "store/checked_game.h"

namespace mz {

class Staging {
 public:
  // The temporary file gets a name made from `destination` and disappears with the object.
  static Result<std::unique_ptr<Staging>> create(const std::string& destination);
  ~Staging();

  Result<void> add(const CheckedGame& game);
  [[nodiscard]] std::uint64_t games() const;
  // Records in ascending order of game ids.
  Result<void> for_each(const std::function<Result<void>(std::span<const std::uint8_t> record)>& visit);
  Result<GameRecord> find(const Digest& id);

 private:
  struct Impl;
  explicit Staging(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mz
