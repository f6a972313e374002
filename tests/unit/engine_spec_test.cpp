#include "engine/engine_spec.h"

#include <gtest/gtest.h>

namespace mz {
namespace {

EngineSpec parsed(std::string_view text) {
  auto spec = parse_engine_spec(text);
  EXPECT_TRUE(spec) << text << ": " << (spec ? "" : spec.error().text);
  return spec ? *spec : EngineSpec{};
}

TEST(EngineSpec, ReadsEveryDocumentedForm) {
  EXPECT_EQ(parsed("random").kind, EngineKind::random);
  EXPECT_EQ(parsed("heuristic").kind, EngineKind::heuristic);
  EXPECT_EQ(parsed("heuristic:weights=my/w.json").weights, "my/w.json");
  EXPECT_EQ(parsed("minimax:depth=3").depth, 3U);
  EXPECT_EQ(parsed("minimax:nodes=20000").nodes, 20000U);
  EXPECT_EQ(parsed("descent:nodes=500").nodes, 500U);
  EXPECT_EQ(parsed("mcts:sims=800").sims, 800U);
  EXPECT_EQ(parsed("difficulty:7").level, 7U);
  for (const std::string_view kind : {"random", "heuristic", "minimax", "descent", "mcts"}) {
    EXPECT_EQ(parsed(std::string(kind) + ":ms=20").ms, 20U);
  }
  EXPECT_EQ(parsed("difficulty:7,ms=20").ms, 20U);
}

TEST(EngineSpec, JoinsSeveralParametersByCommas) {
  const EngineSpec spec = parsed("minimax:nodes=20000,weights=w.json,variant=paranoid,random=5");
  EXPECT_EQ(spec.nodes, 20000U);
  EXPECT_EQ(spec.weights, "w.json");
  EXPECT_EQ(spec.variant, MinimaxVariant::paranoid);
  EXPECT_EQ(spec.random_percent, 5U);
}

TEST(EngineSpec, WritesEqualEnginesAlike) {
  EXPECT_EQ(to_string(parsed("minimax:weights=w,variant=maxn,nodes=0005,depth=3")),
            "minimax:depth=3,nodes=5,variant=maxn,weights=w");
  EXPECT_EQ(to_string(parsed("mcts:judge=heuristic,random=0,sims=9,root=puct,noise=0")), "mcts:sims=9");
  EXPECT_EQ(to_string(parsed("mcts:full=25,cheap=3,sims=9")), "mcts:sims=9,cheap=3");
  EXPECT_EQ(to_string(parsed("difficulty:4")), "difficulty:4");
  EXPECT_EQ(to_string(parsed("difficulty:level=4,ms=3")), "difficulty:4,ms=3");
  EXPECT_EQ(to_string(parsed("random")), "random");
}

TEST(EngineSpec, ReadsBackWhatItWrites) {
  for (const std::string_view text :
       {"random:ms=5", "heuristic:random=30", "minimax:nodes=7,ms=9", "descent:nodes=1,weights=a b",
        "mcts:sims=10000000,judge=playouts", "mcts:sims=8,root=halving", "mcts:sims=8,ms=3,root=gumbel",
        "mcts:ms=3,noise=25", "minimax:nodes=9,ms=5,cheap=2,full=40", "descent:nodes=3,cheap=2,full=0",
        "difficulty:10"}) {
    EXPECT_EQ(to_string(parsed(text)), text);
    EXPECT_EQ(parsed(to_string(parsed(text))), parsed(text));
  }
}

TEST(EngineSpec, RefusesBadInputWithTheValidChoices) {
  const struct {
    std::string_view text;
    std::string_view mentions;
  } cases[] = {
      {"", "random, heuristic, minimax, descent, mcts, difficulty"},
      {"Minimax:nodes=1", "minimax"},
      {"heuristic ", "heuristic"},
      {"random:x", "with one of: ms."},
      {"random:", "no parameter ''"},
      {"heuristic:", "with one of: ms, random, weights."},
      {"minimax", "minimax:nodes=N"},
      {"minimax:variant=maxn", "minimax:nodes=N"},
      {"minimax:sims=5", "depth, nodes, ms, cheap, full, variant, random, weights"},
      {"minimax:nodes", "depth, nodes"},
      {"minimax:nodes=0", "from 1 to 1000000000"},
      {"minimax:nodes=-1", "whole number"},
      {"minimax:nodes=1e6", "whole number"},
      {"minimax:nodes=99999999999999999999", "whole number"},
      {"minimax:nodes= 5", "whole number"},
      {"minimax:nodes=", "whole number"},
      {"minimax:depth=64", "from 1 to 63"},
      {"minimax:nodes=5,", "no parameter ''"},
      {"minimax:nodes=5,,depth=2", "no parameter ''"},
      {"minimax:nodes=5,nodes=6", "given twice"},
      {"minimax:nodes=5,variant=brs", "auto, paranoid, maxn"},
      {"descent:depth=2", "nodes, ms, cheap, full, random, weights"},
      {"mcts:nodes=5", "sims"},
      {"mcts:sims=5,random=101", "from 0 to 100"},
      {"mcts:sims=5,weights=", "name of a file"},
      {"mcts:sims=5,root=ucb", "puct, halving, gumbel"},
      {"mcts:ms=5,root=halving", "mcts:sims=N,root=halving"},
      {"mcts:sims=5,noise=101", "from 0 to 100"},
      {"mcts:sims=5,root=gumbel,noise=25", "root=puct"},
      {"descent:nodes=5,noise=25", "no parameter 'noise=25'"},
      {"minimax:nodes=5,cheap=5", "minimax:nodes=800,cheap=100"},
      {"minimax:depth=3,cheap=5", "smaller than nodes, which must be given"},
      {"descent:ms=3,cheap=5", "descent:nodes=800,cheap=100"},
      {"mcts:ms=3,cheap=5", "smaller than sims, which must be given"},
      {"mcts:sims=5,cheap=0", "from 1 to"},
      {"mcts:sims=5,cheap=2,full=100", "from 0 to 99"},
      {"mcts:sims=5,full=50", "cheap=N"},
      {"mcts:sims=5,full=25", "cheap=N"},
      {"heuristic:cheap=5", "no parameter 'cheap=5'"},
      {"difficulty:3,cheap=5", "no parameter 'cheap=5'"},
      {"difficulty", "difficulty:N"},
      {"difficulty:0", "from 1 to 10"},
      {"difficulty:11", "from 1 to 10"},
      {"difficulty:3,4", "given twice"},
      {"difficulty:3,level=4", "given twice"},
      {"heuristic:weights=\xc3\xa9", "ASCII"},
  };
  for (const auto& c : cases) {
    const auto spec = parse_engine_spec(c.text);
    ASSERT_FALSE(spec) << c.text;
    EXPECT_EQ(spec.error().kind, ErrorKind::usage) << c.text;
    EXPECT_NE(spec.error().text.find(c.mentions), std::string::npos) << c.text << ": " << spec.error().text;
    EXPECT_EQ(spec.error().text.back(), '.');
  }
}

TEST(EngineSpec, KnowsWhoSearches) {
  for (const std::string_view text : {"minimax:depth=1", "descent:nodes=1", "mcts:sims=1"})
    EXPECT_TRUE(searches(parsed(text)));
  for (const std::string_view text : {"random", "heuristic"}) EXPECT_FALSE(searches(parsed(text)));
}

TEST(EngineSpec, RefusesAnEndlessSpecificationAndRepeatsLittleOfIt) {
  EXPECT_FALSE(parse_engine_spec("heuristic:weights=" + std::string(1000, 'x')));
  EXPECT_LT(parse_engine_spec(std::string(512, 'x')).error().text.size(), 300U);
}

TEST(EngineSpec, ListsTheParametersOfEachKind) {
  for (const EngineKind kind : engine_kinds()) {
    EXPECT_FALSE(engine_parameters(kind).empty());
    for (const EngineParameter& parameter : engine_parameters(kind)) {
      EXPECT_FALSE(parameter.meaning.empty());
      // A nonsense value is refused for its value, so the parameter itself is known.
      const auto spec =
          parse_engine_spec(std::string(engine_kind_name(kind)) + ":" + std::string(parameter.name) + "=");
      EXPECT_EQ(spec.error().text.find("no parameter"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace mz
