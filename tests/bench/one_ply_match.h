// Matches between one-ply players inside one process, for measuring the evaluation by hand. Several times faster than matches between
// registered engines, and the weights need no file.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "engine/ringrift/geometry.h"
#include "engine/ringrift/state.h"
#include "engine/ringrift/weights.h"

namespace mz::ringrift {

// `counts` plays the evaluation that came before the present one (a few counts of the header, one ply), `random` any move.
struct OnePlyContestant {
  std::string name;
  Weights weights = default_weights();
  std::uint64_t nodes = 6000;  // the members of OnePlyEffort
  int behind_move = 64;
  int behind_placement = 8;
};

struct OnePlyTally {
  double score = 0;    // of A; 0.5 means that A wins as often as a seat should
  double seconds = 0;  // processor time of the deciding
  std::uint64_t nodes = 0;
  std::uint64_t games = 0;
  std::uint64_t plies = 0;
  std::array<int, kEndingNames.size()> endings{};
};

// `pairs` openings of four random plies, each played with A in every seat against B in all others.
OnePlyTally one_ply_match(Board board, const Setup& setup, const OnePlyContestant& a, const OnePlyContestant& b,
                          std::uint64_t pairs, std::uint64_t seed);

// A weight file, a profile name, `counts` or `random`; an effort may follow as NAME@NODES,BEHIND_MOVE,BEHIND_PLACEMENT. Leaves the
// program when there is no such thing.
OnePlyContestant one_ply_contestant(std::string name);

}  // namespace mz::ringrift
