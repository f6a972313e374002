// Deliberate faults, by which tests/sim proves that its simulator notices what matters. The product is compiled without
// MZ_SIMULATED_FAULTS: there each question below is the constant `false` and no switch exists.
#pragma once

namespace mz {

enum class Fault {
  none,
  answer_before_sync,   // messages leave before the ballot they rest on is on disk
  forget_incarnation,   // the incarnation is not written
  vote_twice,           // a second candidate of the same term is granted a vote
  accept_lower_ballot,  // a leader below the promised ballot is followed
  take_despite_leader,  // "I would take you" is said although a leader was heard just now
  vote_despite_leader,  // votes are granted although a leader was heard just now
  vote_after_start,     // a node that has just started votes at once
  vote_after_sleep,     // a node that wakes votes at once, though it has acknowledged a leader before
  lease_from_receipt,   // the lease counts from the arrival of an acknowledgement
  ignore_sleep,         // waking up is not noticed
  keep_leading,         // a leader that meets a higher one stays
  follow_the_deaf,      // a leader that does not hear us is followed
  append_to_torn_file,  // events are appended behind what a crash left half written
  pull_no_events,       // events are sent once and never asked for
  ignore_clone,         // another process with our identity is tolerated
  lead_unannounced,     // a winner leads before the news of it went round
  count_absent_voters,  // a majority is counted among the voters that answered
  half_is_enough,       // of the votes
  count_old_answers,    // an answer to an earlier campaign is counted in this one
  count_pre_votes,      // "I would take you" is counted as a vote
  lead_too_long,        // nothing of a leader's lease is left for clocks that differ
  hear_earlier_lives,   // what a member said before a restart or a wake is still heard
  accuse_when_late,     // a node whose own loop was late calls others dead
  ask_when_late,        // a node whose own loop was late asks to lead at once
  accept_stale_grant,   // what the registrar granted to an earlier question is taken for the answer to the last
  count_whole_lease,    // nothing of the registrar's lease is left for clocks that differ
  claim_any_term,       // a claim does not say which terms are promised already
};

#ifdef MZ_SIMULATED_FAULTS
bool faulty(Fault fault);  // defined by the simulator
#else
constexpr bool faulty(Fault) { return false; }
#endif

}  // namespace mz
