// A line as a recording: refused, or compared with the rules without harm.
#include <cstdint>
#include <string_view>

#include "node/recording.h"

namespace {

template <class Recorded>
void compare_with_rules(const Recorded& recorded) {
  const auto game = mz::make_game(recorded.config);
  if (game) static_cast<void>(mz::compare(recorded, **game));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto recording = mz::parse_recording({reinterpret_cast<const char*>(data), size});
  if (!recording) return 0;
  if (const auto* game = std::get_if<mz::RecordedGame>(&*recording)) compare_with_rules(*game);
  if (const auto* vector = std::get_if<mz::RecordedVector>(&*recording)) compare_with_rules(*vector);
  return 0;
}
