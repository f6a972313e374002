// A partition as people on both sides of it see it, each on the page of a node of their own.
#include "tests/functional/lan.h"

namespace {

using mz::test::json;
using mz::test::LanTest;
using mz::test::leader_of;
using mz::test::member_of;
using mz::test::Said;
using mz::test::term_of;

class PageOnLan : public LanTest {
 protected:
  // What a browser beside the node says when its page does not come to show that; empty when it does.
  [[nodiscard]] std::string page_shows(const std::string& name, const json& wanted) const {
    const Said said = lan_->run(at(name), std::string(MESHZERO_NODE_JS) + " " + MESHZERO_PAGE_SHOWS +
                                              " http://127.0.0.1:8765 '" + wanted.dump() + "' 2>&1");
    return said.code == 0 ? "" : "the page of " + name + ": " + said.text;
  }
};

// 3 hosts
TEST_F(PageOnLan, EachSideOfAPartitionShowsItsOwnLeaderAndTheBrokenLinesAndBothShowOneLeaderAgain) {
  hosts(3);
  for (const char* name : {"a", "b", "c"}) {
    const std::vector<std::string> joining =
        *name == 'a' ? std::vector<std::string>{}
                     : std::vector<std::string>{"--join", token_of("a"), "--peer", address_of("a")};
    std::vector<std::string> flags{"--listen", "everywhere"};
    flags.insert(flags.end(), joining.begin(), joining.end());
    start(name, flags);
  }
  agree({"a", "b", "c"});
  for (const std::string name : {"a", "b"}) {
    EXPECT_EQ(
        page_shows(name,
                   {{"title", "3 machines, one leader"},
                    {"lines", {{ids_[name], "self"}, {ids_[name == "a" ? "b" : "a"], "heard"}, {ids_["c"], "heard"}}}}),
        "");
  }

  MUST(lan_->partition({{1}, {2, 3}}));
  EXPECT_EQ(page_shows("a", {{"title", "2 of 3 machines do not answer"},
                             {"leader", ids_["a"]},
                             {"lines", {{ids_["a"], "self"}, {ids_["b"], "lost"}, {ids_["c"], "lost"}}}}),
            "");
  const std::string elsewhere = agree({"b", "c"});
  EXPECT_EQ(page_shows("b", {{"title", "1 of 3 machines does not answer"},
                             {"leader", ids_[elsewhere]},
                             {"lines", {{ids_["a"], "lost"}, {ids_["b"], "self"}, {ids_["c"], "heard"}}}}),
            "");

  MUST(lan_->heal());
  const std::string leader = agree({"a", "b", "c"});
  const std::string loser = leader == "a" ? elsewhere : "a";
  for (const char* name : {"a", "b", "c"}) {
    EXPECT_EQ(page_shows(name, {{"title", "3 machines, one leader"}, {"leader", ids_[leader]}}), "");
  }
  EXPECT_EQ(page_shows(loser, {{"event", "2 leaders"}}), "");
}

}  // namespace
