// Bytes as a game record: refused, or the one spelling of what they decode to; then replayed as an import would.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "engine/record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(data, size);
  const auto record = mz::decode_record(bytes);
  if (!record) return 0;
  const auto encoded = mz::encode_record(*record);
  if (!std::equal(encoded.begin(), encoded.end(), bytes.begin(), bytes.end())) std::abort();
  const auto game = mz::make_game(record->config);
  if (game) static_cast<void>(mz::replay(*record, **game).ok());
  return 0;
}
