// Ratings from all games ever played, per configuration.
//
// Model: engine/stats/elo.h - the winner of a game is drawn in proportion to the strengths on its seats; a game that nobody
// won gives every seat an equal share of a win. The ratings are those under which the recorded results are likeliest, with
// one addition: every participant also plays one imaginary shared game, split over its opponents as its real games are.
// Without it a perfect record would have no finite rating; with it such a record gets a cautious one. It pulls a
// participant with N games towards its opponents about as much as one game more or less does.
//
// 95 % intervals come from the curvature of the likelihood (observed information) and measure the difference to the
// reference of the group. Where the results bound a rating on one side only (it never lost a share to anybody connected
// with the reference, or never took one) the other end is absent. Participants without any chain of games to the reference
// form groups of their own: numbers of different groups must not be compared.
//
// The result depends on the set of games only: not on their order, and a game given twice counts once. Advantages of a
// seat are not modelled; seat-balanced cycles cancel them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/sha256.h"
#include "engine/rules.h"

namespace mz {

struct RatedGame {
  std::string configuration;       // results are never mixed across different texts
  std::vector<std::string> seats;  // participant (content hash) on each seat; 2 to 4
  int winner = kNobody;            // seat, or kNobody: shared
  Digest play_hash{};
};

struct Rating {
  std::string participant;
  double elo = 0;             // difference to the reference of its group
  std::optional<double> low;  // absent: not bounded by the results. Equal to elo for the reference itself
  std::optional<double> high;
  std::uint64_t games = 0;  // distinct games against others
  double score = 0;         // mean score per occupied seat, a shared game being 1/seats
};

struct RatingGroup {
  std::string reference;        // rated 0: the anchor, or else the participant with most games
  bool anchored = false;        // the reference is the anchor that was asked for
  std::vector<Rating> ratings;  // strongest first, equal ones by name
};

// The group of the anchor first, the others by the name of their reference.
using RatingTable = std::vector<RatingGroup>;

inline constexpr std::size_t kMaxRatedParticipants = 2000;  // per configuration; the work grows with the third power

// By configuration. Refuses malformed games and two records of one play by the same participants with different winners.
Result<std::map<std::string, RatingTable>> rate(std::span<const RatedGame> games, const std::string& anchor);

}  // namespace mz
