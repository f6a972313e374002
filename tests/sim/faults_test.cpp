// Is the simulator worth anything? Each deliberate fault in the code of the cluster must be noticed by several of the seeds
// that the quick test runs, and without a fault nothing is.
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

constexpr std::uint64_t kSeeds = 2000;
constexpr std::uint64_t kEtcdSeeds = 500;
constexpr int kNoticedBy = 3;  // seeds: by one alone it may be chance, and gone with the next change of anything

struct Case {
  Fault fault;
  const char* name;
  std::uint64_t seeds = kSeeds;
  std::optional<Policy> policy = {};
};

class DeliberateFault : public testing::TestWithParam<Case> {
 protected:
  void TearDown() override { chosen = Fault::none; }
};

TEST_P(DeliberateFault, IsNoticed) {
  chosen = GetParam().fault;
  int noticed = 0;
  for (std::uint64_t seed = 1; seed <= GetParam().seeds && noticed < kNoticedBy; ++seed) {
    const Outcome outcome = run_seed(seed, false, GetParam().policy);
    if (!outcome.violation) continue;
    ++noticed;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), outcome.violation->c_str());
  }
  EXPECT_EQ(noticed, kNoticedBy) << "noticed by that many of " << GetParam().seeds << " seeds";
}

INSTANTIATE_TEST_SUITE_P(
    All, DeliberateFault,
    testing::Values(Case{Fault::answer_before_sync, "AnswerBeforeSync"},
                    Case{Fault::forget_incarnation, "ForgetIncarnation"}, Case{Fault::vote_twice, "VoteTwice"},
                    Case{Fault::accept_lower_ballot, "AcceptLowerBallot"},
                    Case{Fault::take_despite_leader, "TakeDespiteLeader"},
                    Case{Fault::vote_despite_leader, "VoteDespiteLeader"},
                    Case{Fault::vote_after_start, "VoteAfterStart"}, Case{Fault::vote_after_sleep, "VoteAfterSleep"},
                    Case{Fault::lease_from_receipt, "LeaseFromReceipt"}, Case{Fault::ignore_sleep, "IgnoreSleep"},
                    Case{Fault::keep_leading, "KeepLeading"}, Case{Fault::follow_the_deaf, "FollowTheDeaf"},
                    Case{Fault::append_to_torn_file, "AppendToTornFile"}, Case{Fault::pull_no_events, "PullNoEvents"},
                    Case{Fault::ignore_clone, "IgnoreClone"},
                    /* by one seed in 500 */ Case{Fault::lead_unannounced, "LeadUnannounced", 3 * kSeeds},
                    Case{Fault::count_absent_voters, "CountAbsentVoters"}, Case{Fault::half_is_enough, "HalfIsEnough"},
                    Case{Fault::count_old_answers, "CountOldAnswers"}, Case{Fault::count_pre_votes, "CountPreVotes"},
                    Case{Fault::lead_too_long, "LeadTooLong"}, Case{Fault::hear_earlier_lives, "HearEarlierLives"},
                    Case{Fault::accuse_when_late, "AccuseWhenLate"}, Case{Fault::ask_when_late, "AskWhenLate"},
                    Case{Fault::lease_from_receipt, "LeaseFromReceiptOfTheRegistrar", kEtcdSeeds, Policy::etcd},
                    Case{Fault::accept_stale_grant, "AcceptStaleGrant", kEtcdSeeds, Policy::etcd},
                    Case{Fault::count_whole_lease, "CountWholeLease", kEtcdSeeds, Policy::etcd},
                    Case{Fault::claim_any_term, "ClaimAnyTerm", kEtcdSeeds, Policy::etcd}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(NoFault, NothingIsNoticed) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    EXPECT_FALSE(run_seed(seed, false).violation) << seed;
    EXPECT_FALSE(run_seed(seed, false, Policy::etcd).violation) << seed;
  }
}

}  // namespace
}  // namespace sim
}  // namespace mz
