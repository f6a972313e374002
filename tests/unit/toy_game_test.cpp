// The toy game through the erased interface, and what a game with chance and hidden cards must guarantee.
#include "tests/unit/toy_game.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>

#include "engine/random_player.h"

namespace mz {
namespace {

std::unique_ptr<Game> toy_game() {
  return make_game({.game = "toy", .board = "3x3", .seats = 2, .options = {}}).value();
}

std::unique_ptr<Position> at(const Game& game, std::string_view text) { return std::move(game.parse(text)).value(); }

std::vector<std::string> move_texts(const Position& position) {
  MoveList list;
  position.moves(list);
  std::vector<std::string> texts;
  for (const Move move : list) texts.push_back(position.move_text(move));
  return texts;
}

TEST(ErasedGame, IsFoundByNameAndRefusesUnknownNamesWithTheChoices) {
  EXPECT_EQ(toy_game()->config().board, "3x3");
  const auto unknown = make_game({.game = "chess", .board = "8x8", .seats = 2, .options = {}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::usage);
  EXPECT_NE(unknown.error().text.find("toy"), std::string::npos);
}

TEST(ErasedGame, StartsAtItsInitialPosition) {
  const auto position = toy_game()->initial();
  EXPECT_EQ(position->text(), "......... --");
  EXPECT_EQ(position->kind(), NodeKind::chance);
  EXPECT_EQ(position->actor(), kNobody);
}

TEST(ErasedGame, PositionsOutliveTheGameTheyCameFrom) {
  std::unique_ptr<Position> position;
  {
    const auto game = toy_game();
    position = game->initial();
  }
  EXPECT_EQ(move_texts(*position), (std::vector<std::string>{"deal plain", "deal joker"}));
}

TEST(ErasedGame, KnowsTheRandomPlayerAndNamesItWhenAskedForAnother) {
  const auto game = toy_game();
  EXPECT_TRUE(game->make_player("random"));
  for (const std::string_view spec : {"best", "random:x", "", ":"}) {
    const auto player = game->make_player(spec);
    ASSERT_FALSE(player) << spec;
    EXPECT_EQ(player.error().kind, ErrorKind::usage);
    EXPECT_NE(player.error().text.find("random"), std::string::npos);
  }
}

// A toy game with one maker, for mcts, that keeps what it is asked for.
ErasedGame<toy::Rules> game_with_mcts(EngineRequest& seen) {
  const PlayerMaker<toy::Rules> maker = [&seen](const std::shared_ptr<const toy::Rules>&,
                                                const EngineRequest& request) {
    seen = request;
    return Result<std::unique_ptr<Player>>(std::make_unique<RandomPlayer>());
  };
  return ErasedGame<toy::Rules>(toy::Rules(1), {.game = "toy", .board = "3x3", .seats = 2, .options = {}}, Digest{},
                                {{EngineKind::mcts, maker}});
}

TEST(MakePlayer, HandsTheParametersToTheMakerOfTheNamedKind) {
  EngineRequest seen;
  const auto game = game_with_mcts(seen);
  EXPECT_TRUE(game.make_player("mcts:sims=800"));
  EXPECT_EQ(seen.spec.sims, 800U);
  EXPECT_EQ(seen.stop, nullptr);
}

TEST(MakePlayer, NamesTheKindsOfThisGameWhenAskedForAnother) {
  EngineRequest seen;
  const auto refused = game_with_mcts(seen).make_player("minimax:nodes=5");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::usage);
  EXPECT_NE(refused.error().text.find("random, mcts"), std::string::npos);
}

TEST(MakePlayer, RefusesMillisecondsWithoutAClock) {
  EngineRequest seen;
  const auto game = game_with_mcts(seen);
  const auto refused = game.make_player("mcts:ms=20");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::refused);
  const std::atomic<bool> stop = false;
  EngineResources resources;
  resources.stop = &stop;
  EXPECT_TRUE(game.make_player("mcts:ms=20", resources));
  EXPECT_EQ(seen.stop, &stop);
}

TEST(MakePlayer, ReadsTheWeightsFileThroughItsOwner) {
  EngineRequest seen;
  const auto game = game_with_mcts(seen);
  EXPECT_TRUE(game.make_player("mcts:sims=1,weights=w.json"));
  EXPECT_EQ(seen.read_weights(seen.spec.weights).error().kind, ErrorKind::refused);
  EngineResources resources;
  resources.read_weights = [](const std::string& file) { return Result<std::string>("text of " + file); };
  EXPECT_TRUE(game.make_player("mcts:sims=1,weights=w.json", resources));
  EXPECT_EQ(*seen.read_weights(seen.spec.weights), "text of w.json");
}

TEST(MakePlayer, HasNoDifficultyForAGameWithoutALadder) {
  EngineRequest seen;
  const auto game = game_with_mcts(seen);
  const auto absent = game.make_player("difficulty:1");
  ASSERT_FALSE(absent);
  EXPECT_NE(absent.error().text.find("no levels of difficulty for toy"), std::string::npos) << absent.error().text;
}

// Always takes the last move.
class LastMove final : public Player {
 public:
  Decision decide(const Position& position, Rng&) override {
    MoveList list;
    position.moves(list);
    Decision decision;
    decision.move = list[list.size() - 1];
    return decision;
  }
};

TEST(BlunderingPlayer, DrawsTheStatedShareOfItsMoves) {
  const auto position = at(*toy_game(), "X........ pj");  // eight moves, the last one is 8
  BlunderingPlayer player(std::make_unique<LastMove>(), 40);
  Rng rng(5);
  int last = 0;
  for (int i = 0; i < 10000; ++i) last += player.decide(*position, rng).move.code == 8 ? 1 : 0;
  // 60 % by choice and an eighth of 40 % by chance; standard deviation 48.
  EXPECT_NEAR(last, 6500, 240);
}

TEST(ErasedPosition, PlaysListedMovesOnlyAndARefusalChangesNothing) {
  const auto game = toy_game();
  const auto position = at(*game, "X........ pj");
  EXPECT_EQ(position->actor(), 1);
  const auto refused = position->play({0});  // occupied
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::refused);
  EXPECT_FALSE(position->play({99}));
  EXPECT_EQ(position->text(), "X........ pj");
  EXPECT_TRUE(position->play({8}));
  EXPECT_EQ(position->text(), "X.......O pj");
}

TEST(ErasedPosition, ParsesExactlyTheListedMoves) {
  const auto game = toy_game();
  const auto position = at(*game, "X........ pj");
  const auto move = position->parse_move("b1");
  ASSERT_TRUE(move);
  EXPECT_EQ(move->code, 1U);
  for (const std::string_view text : {"a1", "b1 ", "", "deal plain", "d1"})
    EXPECT_FALSE(position->parse_move(text)) << text;
}

TEST(ErasedPosition, ListsNothingOnceTheGameIsOver) {
  const auto game = toy_game();
  const auto position = at(*game, "XXXOO.... pp");
  EXPECT_EQ(position->kind(), NodeKind::terminal);
  EXPECT_TRUE(move_texts(*position).empty());
  EXPECT_FALSE(position->play({5}));
  EXPECT_EQ(position->outcome().winner, 0);
  EXPECT_EQ(position->outcome().reason, "row");
}

TEST(ErasedPosition, PacksAndUnpacks) {
  const auto game = toy_game();
  const auto position = at(*game, "XO....... pj");
  const auto bytes = position->pack();
  const auto back = game->unpack(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ((*back)->text(), position->text());
  const auto torn = game->unpack(std::span(bytes).first(bytes.size() - 1));
  ASSERT_FALSE(torn);
  EXPECT_EQ(torn.error().kind, ErrorKind::corrupt);
}

TEST(ErasedPosition, CloneIsIndependent) {
  const auto position = at(*toy_game(), "......... pp");
  const auto copy = position->clone();
  copy->apply({4});
  EXPECT_EQ(position->text(), "......... pp");
  EXPECT_EQ(copy->text(), "....X.... pp");
}

TEST(ErasedPosition, GivesASearchTheRealStateOfItsOwnGameOnly) {
  const auto position = at(*toy_game(), "......... pj");
  const auto* erased = ErasedPosition<toy::Rules>::from(*position);
  ASSERT_NE(erased, nullptr);
  EXPECT_EQ(erased->state().cards[1], toy::Card::joker);
  EXPECT_EQ(erased->rules().seats(), 2);
}

TEST(RandomPlayer, ChoosesEveryLegalMoveAboutEquallyOften) {
  const auto game = toy_game();
  const auto position = at(*game, "XO....... pp");
  const auto random = game->make_player("random").value();
  Rng rng(7);
  std::map<std::uint32_t, int> count;
  for (int i = 0; i < 7000; ++i) ++count[random->decide(*position, rng).move.code];
  ASSERT_EQ(count.size(), 7U);
  // Binomial with mean 1000 and standard deviation 29.3: five deviations.
  for (const auto& [code, n] : count) EXPECT_NEAR(n, 1000, 150) << code;
}

// Every state that chance and play can reach from `s`, depth first, each once per path through the deal.
template <class Visit>
void walk(const toy::Rules& rules, toy::State& s, int plies, const Visit& visit) {
  visit(s);
  if (plies == 0 || rules.kind(s) == NodeKind::terminal) return;
  MoveList list;
  rules.moves(s, list);
  for (const Move move : list) {
    toy::Rules::Undo undo;
    rules.apply(s, move, undo);
    walk(rules, s, plies - 1, visit);
    rules.undo(s, undo);
  }
}

TEST(ToyChance, ProbabilitiesFollowTheDeckAndSumToOne) {
  for (const int jokers : {0, 1, 2, 3}) {
    const toy::Rules rules(jokers);
    toy::State s;
    rules.initial(s);
    EXPECT_DOUBLE_EQ(rules.chance_probability(s, {toy::Rules::kDealJoker}), jokers / (3.0 + jokers));
    int chance_nodes = 0;
    walk(rules, s, 2, [&](const toy::State& at_node) {
      if (rules.kind(at_node) != NodeKind::chance) return;
      ++chance_nodes;
      MoveList list;
      rules.moves(at_node, list);
      double sum = 0;
      for (const Move move : list) {
        EXPECT_GT(rules.chance_probability(at_node, move), 0);
        sum += rules.chance_probability(at_node, move);
      }
      EXPECT_DOUBLE_EQ(sum, 1);
    });
    EXPECT_EQ(chance_nodes, jokers == 0 ? 2 : 3);
  }
}

TEST(ToyChance, SamplesOutcomesAsOftenAsTheirProbabilitySays) {
  const toy::Rules rules(1);
  toy::State s;
  rules.initial(s);
  Rng rng(3);
  int jokers = 0;
  for (int i = 0; i < 8000; ++i) jokers += rules.sample(s, rng).code == toy::Rules::kDealJoker ? 1 : 0;
  EXPECT_NEAR(jokers, 2000, 194);  // five standard deviations of 38.7
}

TEST(ToyHiddenCard, KeyOfASeatDependsOnItsOwnCardAndNotOnTheOther) {
  const toy::Rules rules(2);
  const auto key = [&](std::string_view text, int seat) { return rules.key(*rules.parse(text), seat); };
  EXPECT_EQ(key("X........ pj", 0), key("X........ pp", 0));
  EXPECT_NE(key("X........ pj", 0), key("X........ jj", 0));
  EXPECT_EQ(key("X........ pj", 1), key("X........ jj", 1));
  EXPECT_NE(key("X........ pj", 1), key("X........ pp", 1));
  EXPECT_NE(key("X........ pj", kNobody), key("X........ pp", kNobody));
  EXPECT_EQ(key("......... p-", 1), key("......... j-", 1));
  EXPECT_NE(key("......... p-", 1), key("......... --", 1));
}

TEST(ToyHiddenCard, ResamplingKeepsWhatTheSeatKnowsAndReachesEveryAlternative) {
  const toy::Rules rules(1);
  Rng rng(11);
  toy::State start;
  rules.initial(start);
  walk(rules, start, 4, [&](const toy::State& s) {
    for (int seat = 0; seat < 2; ++seat) {
      std::map<std::string, int> seen;
      for (int i = 0; i < 40; ++i) {
        toy::State alternative = s;
        const bool hidden = rules.resample(alternative, seat, rng);
        EXPECT_EQ(hidden, s.cards[static_cast<std::size_t>(1 - seat)] != toy::Card::none);
        EXPECT_EQ(rules.key(alternative, seat), rules.key(s, seat));
        std::vector<std::uint8_t> bytes;
        rules.pack(alternative, bytes);
        toy::State unpacked;
        EXPECT_TRUE(rules.unpack(bytes, unpacked)) << rules.text(alternative);
        ++seen[rules.text(alternative)];
      }
      // One joker: its holder knows the other card, everyone else must see both kinds in 40 draws.
      const bool certain = s.cards[static_cast<std::size_t>(1 - seat)] == toy::Card::none ||
                           s.cards[static_cast<std::size_t>(seat)] == toy::Card::joker;
      EXPECT_EQ(seen.size(), certain ? 1U : 2U) << rules.text(s);
    }
  });
}

TEST(ToyJoker, WinsAFullBoardForItsOnlyHolder) {
  const auto game = make_game({.game = "toy", .board = "3x3", .seats = 2, .options = {{"jokers", 2}}}).value();
  EXPECT_EQ(at(*game, "XOXXOOOXX jp")->outcome().winner, 0);
  EXPECT_EQ(at(*game, "XOXXOOOXX pj")->outcome().winner, 1);
  EXPECT_EQ(at(*game, "XOXXOOOXX jj")->outcome().winner, kNobody);
  EXPECT_EQ(at(*game, "XOXXOOOXX pp")->outcome().reason, "draw");
}

}  // namespace
}  // namespace mz
