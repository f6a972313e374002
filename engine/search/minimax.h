// The engine `minimax`: alpha-beta for two teams; for more, the paranoid alpha-beta or max-n.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "engine/engine_spec.h"
#include "engine/search/alpha_beta.h"
#include "engine/search/max_n.h"
#include "engine/search/search_player.h"

namespace mz {

// Remembers about twice as many positions as a decision looks at, within reason: 64 KiB to 16 MiB for a player.
template <class G>
constexpr std::size_t table_entries_for(const EngineSpec& spec) {
  constexpr std::uint64_t kLeast = 1 << 12;
  constexpr std::uint64_t kMost = 1 << 20;
  return static_cast<std::size_t>(std::clamp(2 * spec.nodes, spec.nodes == 0 ? kMost / 4 : kLeast, kMost));
}

template <class G, class M>
std::unique_ptr<Player> make_minimax(const std::shared_ptr<const G>& rules, M model, const EngineRequest& request,
                                     std::string weights_hash) {
  const EngineSpec& spec = request.spec;
  SearchLimits limits;
  if (spec.depth != 0) limits.depth = static_cast<int>(spec.depth);
  const EffortMix efforts(spec, spec.nodes);
  limits.stop = request.stop;
  limits.compare_within = request.compare_within;
  const std::size_t entries = table_entries_for<G>(spec);
  if (rules->teams() > 2 && spec.variant == MinimaxVariant::maxn) {
    return std::make_unique<SearchPlayer<G, M, MaxN<G, M>>>(rules, std::move(model), limits, efforts,
                                                            std::move(weights_hash), entries);
  }
  const AlphaBetaOptions options{.table_entries = entries, .reductions = true};
  return std::make_unique<SearchPlayer<G, M, AlphaBeta<G, M>>>(rules, std::move(model), limits, efforts,
                                                               std::move(weights_hash), options);
}

}  // namespace mz
