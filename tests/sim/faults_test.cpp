// Is the simulator worth anything? Each deliberate fault in the code of the cluster must be noticed within a stated number
// of seeds, and without a fault nothing is.
#include <gtest/gtest.h>

#include "p2p/agreement/fault.h"
#include "tests/sim/plan.h"

namespace mz {
namespace {

Fault chosen = Fault::none;

}  // namespace

bool faulty(Fault fault) { return fault == chosen; }

namespace sim {
namespace {

struct Case {
  Fault fault;
  const char* name;
  std::uint64_t seeds;  // within so many it is noticed
};

class DeliberateFault : public testing::TestWithParam<Case> {
 protected:
  void TearDown() override { chosen = Fault::none; }
};

TEST_P(DeliberateFault, IsNoticed) {
  chosen = GetParam().fault;
  for (std::uint64_t seed = 1; seed <= GetParam().seeds; ++seed) {
    const Outcome outcome = run_seed(seed, false);
    if (!outcome.violation) continue;
    RecordProperty("seed", static_cast<int>(seed));
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), outcome.violation->c_str());
    return;
  }
  FAIL() << "nothing noticed in " << GetParam().seeds << " seeds";
}

INSTANTIATE_TEST_SUITE_P(All, DeliberateFault,
                         testing::Values(Case{Fault::answer_before_sync, "AnswerBeforeSync", 2000},
                                         Case{Fault::forget_incarnation, "ForgetIncarnation", 2000},
                                         Case{Fault::vote_twice, "VoteTwice", 2000},
                                         Case{Fault::accept_lower_ballot, "AcceptLowerBallot", 2000},
                                         Case{Fault::depose_live_leader, "DeposeLiveLeader", 2000},
                                         Case{Fault::vote_after_start, "VoteAfterStart", 5000},
                                         Case{Fault::lease_from_receipt, "LeaseFromReceipt", 2000},
                                         Case{Fault::ignore_sleep, "IgnoreSleep", 2000},
                                         Case{Fault::keep_leading, "KeepLeading", 2000},
                                         Case{Fault::follow_the_deaf, "FollowTheDeaf", 2000},
                                         Case{Fault::append_to_torn_file, "AppendToTornFile", 2000},
                                         Case{Fault::pull_no_events, "PullNoEvents", 2000},
                                         Case{Fault::ignore_clone, "IgnoreClone", 2000},
                                         Case{Fault::count_absent_voters, "CountAbsentVoters", 2000}),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(NoFault, NothingIsNoticed) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) EXPECT_FALSE(run_seed(seed, false).violation) << seed;
}

}  // namespace
}  // namespace sim
}  // namespace mz
