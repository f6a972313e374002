#include "engine/stats/ratings.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "engine/base/portable_math.h"
#include "engine/stats/elo.h"

namespace mz {
namespace {

constexpr double kEloPerUnit = 400 / kLn10;  // Elo of a factor e in strength
constexpr double kTwoSided95 = 1.959963984540054;
constexpr int kMaxNewtonSteps = 200;
constexpr double kConverged = 1e-11;  // largest component of a Newton step, in units of kEloPerUnit
constexpr double kLongestStep = 3;    // of one component of a Newton step

// Games with the same participants (sorted, with repetition) and the same winner.
struct Lineup {
  std::vector<std::size_t> seats;  // indices of participants, ascending
  std::size_t winner;              // index of a participant, or kShared
  // Not <=>: libc++ gained it for vectors late.
  friend bool operator<(const Lineup& a, const Lineup& b) {
    return std::tie(a.seats, a.winner) < std::tie(b.seats, b.winner);
  }
};
constexpr std::size_t kShared = static_cast<std::size_t>(-1);

// Everything the likelihood of one configuration needs, in an order fixed by the participants' names.
struct Record {
  std::vector<std::string> names;
  std::map<Lineup, double> lineups;
  // Imaginary shared games, and real meetings, by pair (smaller index first).
  std::map<std::pair<std::size_t, std::size_t>, double> imaginary;
  std::map<std::pair<std::size_t, std::size_t>, double> meetings;
  std::vector<std::uint64_t> games;
  std::vector<double> points;
  std::vector<double> seats_taken;
};

using GameKey = std::pair<Digest, std::vector<std::string>>;

Result<Record> collect(const std::map<GameKey, int>& games) {
  Record record;
  std::map<std::string, std::size_t> index;
  for (const auto& [key, winner] : games) {
    for (const std::string& name : key.second) index.emplace(name, 0);
  }
  if (index.size() > kMaxRatedParticipants) {
    return Error{ErrorKind::refused, "Ratings are computed for at most " + std::to_string(kMaxRatedParticipants) +
                                         " participants of a configuration, not " + std::to_string(index.size()) +
                                         "; leave out old ones."};
  }
  for (auto& [name, i] : index) {
    i = record.names.size();
    record.names.push_back(name);
  }
  const std::size_t count = record.names.size();
  record.games.assign(count, 0);
  record.points.assign(count, 0);
  record.seats_taken.assign(count, 0);

  for (const auto& [key, winner] : games) {
    Lineup lineup{{}, kShared};
    for (const std::string& name : key.second) lineup.seats.push_back(index.at(name));
    if (winner != kNobody) lineup.winner = lineup.seats[static_cast<std::size_t>(winner)];
    std::sort(lineup.seats.begin(), lineup.seats.end());
    if (lineup.seats.front() == lineup.seats.back()) continue;  // against itself: says nothing about strength
    const double share = break_even(static_cast<int>(lineup.seats.size()));
    for (std::size_t s = 0; s < lineup.seats.size(); ++s) {
      const std::size_t i = lineup.seats[s];
      record.seats_taken[i] += 1;
      if (lineup.winner == kShared) record.points[i] += share;
      if (s > 0 && i == lineup.seats[s - 1]) continue;
      ++record.games[i];
      if (lineup.winner == i) record.points[i] += 1;
      for (std::size_t t = s + 1; t < lineup.seats.size(); ++t) {
        const std::size_t j = lineup.seats[t];
        if (j != i && j != lineup.seats[t - 1]) record.meetings[{i, j}] += 1;
      }
    }
    record.lineups[lineup] += 1;
  }
  std::vector<double> total(count, 0);
  for (const auto& [pair, n] : record.meetings) {
    total[pair.first] += n;
    total[pair.second] += n;
  }
  for (const auto& [pair, n] : record.meetings) {
    record.imaginary[pair] = 0.5 * (n / total[pair.first] + n / total[pair.second]);
  }
  return record;
}

// Members of connected sets, each ascending, ordered by their first member.
std::vector<std::vector<std::size_t>> connected_sets(const Record& record) {
  const std::size_t count = record.names.size();
  std::vector<std::size_t> root(count);
  for (std::size_t i = 0; i < count; ++i) root[i] = i;
  const auto find = [&](std::size_t i) {
    while (root[i] != i) i = root[i] = root[root[i]];
    return i;
  };
  for (const auto& [pair, n] : record.meetings) root[find(pair.second)] = find(pair.first);
  std::map<std::size_t, std::vector<std::size_t>> sets;
  for (std::size_t i = 0; i < count; ++i) sets[find(i)].push_back(i);
  std::vector<std::vector<std::size_t>> out;
  out.reserve(sets.size());
  for (auto& [r, members] : sets) out.push_back(std::move(members));
  return out;
}

// Who can be reached from `start` by steps from a participant to one that it took a share of a win from (took[a] lists
// whom a took from), or against the steps.
std::vector<bool> reachable(const std::vector<std::vector<std::size_t>>& took, std::size_t start) {
  std::vector<bool> seen(took.size(), false);
  std::vector<std::size_t> todo{start};
  seen[start] = true;
  while (!todo.empty()) {
    const std::size_t i = todo.back();
    todo.pop_back();
    for (const std::size_t j : took[i]) {
      if (seen[j]) continue;
      seen[j] = true;
      todo.push_back(j);
    }
  }
  return seen;
}

// Cholesky factor of a symmetric positive definite matrix in the lower triangle, row by row.
class Cholesky {
 public:
  explicit Cholesky(std::vector<double> matrix, std::size_t size) : n_(size), l_(std::move(matrix)) {
    for (std::size_t i = 0; i < n_; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        double sum = at(i, j);
        for (std::size_t k = 0; k < j; ++k) sum -= at(i, k) * at(j, k);
        // Positive in exact arithmetic: the imaginary games connect every member with the reference.
        at(i, j) = i == j ? std::sqrt(std::max(sum, 1e-300)) : sum / at(j, j);
      }
    }
  }

  [[nodiscard]] std::vector<double> solve(std::vector<double> b) const {
    for (std::size_t i = 0; i < n_; ++i) {
      for (std::size_t k = 0; k < i; ++k) b[i] -= at(i, k) * b[k];
      b[i] /= at(i, i);
    }
    for (std::size_t i = n_; i-- > 0;) {
      for (std::size_t k = i + 1; k < n_; ++k) b[i] -= at(k, i) * b[k];
      b[i] /= at(i, i);
    }
    return b;
  }

  // Diagonal of the inverse: squared lengths of the columns of the inverse factor.
  [[nodiscard]] std::vector<double> inverse_diagonal() const {
    std::vector<double> out(n_, 0);
    std::vector<double> column(n_);
    for (std::size_t c = 0; c < n_; ++c) {
      for (std::size_t i = c; i < n_; ++i) {
        double sum = i == c ? 1 : 0;
        for (std::size_t k = c; k < i; ++k) sum -= at(i, k) * column[k];
        column[i] = sum / at(i, i);
        out[c] += column[i] * column[i];
      }
    }
    return out;
  }

 private:
  double& at(std::size_t i, std::size_t j) { return l_[i * n_ + j]; }
  [[nodiscard]] double at(std::size_t i, std::size_t j) const { return l_[i * n_ + j]; }
  std::size_t n_;
  std::vector<double> l_;
};

// The likelihood of one connected set as a function of the logarithms of strength, the reference held at zero.
class Fit {
 public:
  Fit(const Record& record, const std::vector<std::size_t>& members, std::size_t reference)
      : slot_(record.names.size(), kNone), theta_(members.size(), 0) {
    // Slots 0..n-2 are free, slot n-1 is the reference.
    std::size_t next = 0;
    for (const std::size_t i : members) {
      if (i != reference) slot_[i] = next++;
    }
    slot_[reference] = next;
    for (const auto& [lineup, n] : record.lineups) {
      if (slot_[lineup.seats.front()] == kNone) continue;
      Term term;
      term.weight = n;
      for (const std::size_t i : lineup.seats) {
        const double share = lineup.winner == kShared ? break_even(static_cast<int>(lineup.seats.size())) : 0;
        if (term.seats.empty() || term.seats.back().slot != slot_[i]) {
          term.seats.push_back({slot_[i], 0, lineup.winner == i ? 1.0 : 0.0});
        }
        term.seats.back().copies += 1;
        term.seats.back().won += share;
      }
      terms_.push_back(std::move(term));
    }
    for (const auto& [pair, weight] : record.imaginary) {
      if (slot_[pair.first] == kNone) continue;
      terms_.push_back({weight, {{slot_[pair.first], 1, 0.5}, {slot_[pair.second], 1, 0.5}}});
    }
    maximise();
  }

  [[nodiscard]] double theta(std::size_t participant) const { return theta_[slot_[participant]]; }

  // Standard deviations of theta, zero for the reference, by participant.
  [[nodiscard]] std::vector<double> deviations() const {
    const std::size_t n = theta_.size() - 1;
    std::vector<double> variance = Cholesky(curvature().second, n).inverse_diagonal();
    variance.push_back(0);
    std::vector<double> out(slot_.size(), 0);
    for (std::size_t i = 0; i < slot_.size(); ++i) {
      if (slot_[i] != kNone) out[i] = std::sqrt(variance[slot_[i]]);
    }
    return out;
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  struct Seat {
    std::size_t slot;
    double copies;  // seats of the game taken by this participant
    double won;     // share of the win
  };
  struct Term {
    double weight = 0;  // number of such games
    std::vector<Seat> seats;
  };

  // Probability of winning for each entry of a term; returns the logarithm of the sum of strengths.
  double probabilities(const Term& term, const std::vector<double>& theta, std::vector<double>& p) const {
    double top = theta[term.seats.front().slot];
    for (const Seat& seat : term.seats) top = std::max(top, theta[seat.slot]);
    double sum = 0;
    p.clear();
    for (const Seat& seat : term.seats) {
      p.push_back(seat.copies * portable_exp(theta[seat.slot] - top));
      sum += p.back();
    }
    for (double& value : p) value /= sum;
    return top + portable_log(sum);
  }

  [[nodiscard]] double log_likelihood(const std::vector<double>& theta) const {
    double total = 0;
    std::vector<double> p;
    for (const Term& term : terms_) {
      double value = -probabilities(term, theta, p);
      for (const Seat& seat : term.seats) value += seat.won * theta[seat.slot];
      total += term.weight * value;
    }
    return total;
  }

  // Gradient, and the negative of the matrix of second derivatives, over the free slots.
  [[nodiscard]] std::pair<std::vector<double>, std::vector<double>> curvature() const {
    const std::size_t n = theta_.size() - 1;
    std::vector<double> gradient(n, 0);
    std::vector<double> information(n * n, 0);
    std::vector<double> p;
    for (const Term& term : terms_) {
      probabilities(term, theta_, p);
      for (std::size_t a = 0; a < term.seats.size(); ++a) {
        const std::size_t i = term.seats[a].slot;
        if (i == n) continue;
        gradient[i] += term.weight * (term.seats[a].won - p[a]);
        for (std::size_t b = 0; b < term.seats.size(); ++b) {
          const std::size_t j = term.seats[b].slot;
          if (j == n) continue;
          // p (1 - p) without cancellation on the diagonal.
          double value = -p[a] * p[b];
          if (a == b) {
            value = 0;
            for (std::size_t c = 0; c < p.size(); ++c) {
              if (c != a) value += p[a] * p[c];
            }
          }
          information[i * n + j] += term.weight * value;
        }
      }
    }
    return {std::move(gradient), std::move(information)};
  }

  // Newton's method with halved steps; the function is concave and has its maximum at a finite place.
  void maximise() {
    const std::size_t n = theta_.size() - 1;
    double value = log_likelihood(theta_);
    for (int step = 0; step < kMaxNewtonSteps && n > 0; ++step) {
      auto [gradient, information] = curvature();
      const std::vector<double> direction = Cholesky(std::move(information), n).solve(std::move(gradient));
      double longest = 0;
      for (const double d : direction) longest = std::max(longest, std::fabs(d));
      double scale = longest > kLongestStep ? kLongestStep / longest : 1;
      bool better = false;
      for (int halving = 0; halving < 40 && !better; ++halving, scale *= 0.5) {
        std::vector<double> trial = theta_;
        for (std::size_t i = 0; i < n; ++i) trial[i] += scale * direction[i];
        const double trial_value = log_likelihood(trial);
        if (trial_value >= value) {
          better = true;
          theta_ = std::move(trial);
          value = trial_value;
        }
      }
      if (!better || longest < kConverged) return;
    }
  }

  std::vector<std::size_t> slot_;  // of each participant, kNone outside this set
  std::vector<Term> terms_;
  std::vector<double> theta_;
};

RatingGroup rate_set(const Record& record, const std::vector<std::size_t>& members, const std::string& anchor,
                     const std::vector<std::vector<std::size_t>>& took,
                     const std::vector<std::vector<std::size_t>>& gave) {
  std::size_t reference = members.front();
  for (const std::size_t i : members) {
    if (record.games[i] > record.games[reference]) reference = i;
  }
  for (const std::size_t i : members) {
    if (record.names[i] == anchor) reference = i;
  }
  RatingGroup group;
  group.reference = record.names[reference];
  group.anchored = group.reference == anchor;

  const Fit fit(record, members, reference);
  const std::vector<double> deviations = fit.deviations();
  // A set of participants could rise without limit if nobody outside ever took a share from it. So a rating is bounded
  // above when a chain of taken shares leads from the reference to it, and below when one leads back.
  const std::vector<bool> bounded_above = reachable(took, reference);
  const std::vector<bool> bounded_below = reachable(gave, reference);
  for (const std::size_t i : members) {
    Rating rating;
    rating.participant = record.names[i];
    rating.elo = kEloPerUnit * fit.theta(i);
    const double margin = kEloPerUnit * kTwoSided95 * deviations[i];
    if (bounded_below[i]) rating.low = rating.elo - margin;
    if (bounded_above[i]) rating.high = rating.elo + margin;
    rating.games = record.games[i];
    if (record.seats_taken[i] > 0) rating.score = record.points[i] / record.seats_taken[i];
    group.ratings.push_back(std::move(rating));
  }
  std::stable_sort(group.ratings.begin(), group.ratings.end(),
                   [](const Rating& a, const Rating& b) { return a.elo > b.elo; });
  return group;
}

Result<RatingTable> rate_configuration(const std::map<GameKey, int>& games, const std::string& anchor) {
  auto collected = collect(games);
  if (!collected) return collected.error();
  const Record& record = *collected;
  std::vector<std::vector<std::size_t>> took(record.names.size());
  std::vector<std::vector<std::size_t>> gave(record.names.size());
  for (const auto& [lineup, n] : record.lineups) {
    for (const std::size_t from : lineup.seats) {
      if (lineup.winner != kShared && from != lineup.winner) continue;
      for (const std::size_t to : lineup.seats) {
        if (to == from) continue;
        took[from].push_back(to);
        gave[to].push_back(from);
      }
    }
  }
  RatingTable table;
  for (const auto& members : connected_sets(record)) table.push_back(rate_set(record, members, anchor, took, gave));
  std::stable_sort(table.begin(), table.end(), [](const RatingGroup& a, const RatingGroup& b) {
    return std::tuple(!a.anchored, a.reference) < std::tuple(!b.anchored, b.reference);
  });
  return table;
}

}  // namespace

Result<std::map<std::string, RatingTable>> rate(std::span<const RatedGame> games, const std::string& anchor) {
  std::map<std::string, std::map<GameKey, int>> by_configuration;
  for (const RatedGame& game : games) {
    const auto seats = static_cast<int>(game.seats.size());
    if (seats < kMinRatedSeats || seats > kMaxRatedSeats || game.winner < kNobody || game.winner >= seats) {
      return Error{ErrorKind::corrupt, "A rated game needs 2 to 4 seats and a winner among them; play " +
                                           to_hex(game.play_hash) + " has not."};
    }
    const auto [entry, fresh] =
        by_configuration[game.configuration].emplace(GameKey{game.play_hash, game.seats}, game.winner);
    if (!fresh && entry->second != game.winner) {
      return Error{ErrorKind::corrupt,
                   "Two results are recorded for the same play " + to_hex(game.play_hash) + "; check the match log."};
    }
  }
  std::map<std::string, RatingTable> out;
  for (const auto& [configuration, distinct] : by_configuration) {
    auto table = rate_configuration(distinct, anchor);
    if (!table) return table.error();
    out.emplace(configuration, std::move(table).value());
  }
  return out;
}

}  // namespace mz
