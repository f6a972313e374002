#include "p2p/agreement/registration.h"

#include <algorithm>
#include <utility>

#include "p2p/agreement/fault.h"

namespace mz {
namespace {

constexpr Duration kLookForOne = kHeartbeat / 2;  // while there is no leader
constexpr Duration kLookAtOne = kLease;           // while there is one
constexpr Duration kRenewEvery = kHeartbeat;
constexpr Duration kAskAgain = kHeartbeat / 8;  // what is being given back this moment

}  // namespace

void Registration::ask(RegistrarQuestion::Kind kind, Instant now) {
  RegistrarQuestion question{.kind = kind, .number = ++counter_, .above = 0, .lease = 0};
  if (kind == RegistrarQuestion::Kind::claim && !faulty(Fault::claim_any_term)) question.above = wish_.above;
  if (kind == RegistrarQuestion::Kind::renew) question.lease = lease_;
  open_ = Open{.question = question, .sent_at = now};
  ask_at_ = now + (kind == RegistrarQuestion::Kind::renew ? kRenewEvery : wish_.lead ? kLookForOne : kLookAtOne);
  questions_.push_back(question);
}

void Registration::release(std::uint64_t lease) {
  questions_.push_back({.kind = RegistrarQuestion::Kind::release, .number = ++counter_, .above = 0, .lease = lease});
}

void Registration::tick(const Wish& wish, Instant now) {
  if (wish.lead && !wish_.lead) ask_at_ = std::min(ask_at_, now);
  wish_ = wish;
  if (lease_ != 0 && now >= until_) let_go(now);
  if (open_ && now >= open_->sent_at + kRegistrarPatience) open_.reset();
  if (open_) return;
  if (lease_ != 0) {
    if (now >= ask_at_) ask(RegistrarQuestion::Kind::renew, now);
  } else if (wish.lead && free_ && now >= claim_at_) {
    free_ = false;
    ask(RegistrarQuestion::Kind::claim, now);
  } else if (now >= ask_at_) {
    ask(RegistrarQuestion::Kind::look, now);
  }
}

Instant Registration::next_wake() const {
  Instant wake = lease_ != 0 ? std::min(until_, ask_at_) : ask_at_;
  if (open_) wake = lease_ != 0 ? until_ : INT64_MAX;
  if (open_) return std::min(wake, open_->sent_at + kRegistrarPatience);
  return lease_ == 0 && wish_.lead && free_ ? std::min(wake, claim_at_) : wake;
}

Instant Registration::end_of(const Open& asked, const RegistrarAnswer& answer, Instant now) const {
  const Duration life = std::clamp<Duration>(answer.life, 0, kLease);
  const Instant from = faulty(Fault::lease_from_receipt) ? now : asked.sent_at;
  return from + (faulty(Fault::count_whole_lease) ? life : life * 8 / 10);
}

void Registration::answered(const RegistrarAnswer& answer, Instant now) {
  const bool current = open_ && answer.number == open_->question.number;
  if (!current && !(open_ && faulty(Fault::accept_stale_grant))) {
    if (answer.granted && answer.lease != lease_) release(answer.lease);
    return;
  }
  const Open asked = *std::exchange(open_, std::nullopt);
  if (!answer.answered) {
    ask_at_ = now + kLookForOne;
    return;
  }
  named_term_ = std::max(named_term_, answer.holder.term);
  if (answer.granted) return take(asked, answer, now);
  lease_ = 0;  // what was to be renewed is somebody else's, or nobody's
  ballot_ = {};
  see(answer, now);
}

void Registration::take(const Open& asked, const RegistrarAnswer& answer, Instant now) {
  const Instant end = end_of(asked, answer, now);
  if (lease_ == 0) {
    // Too late to be worth anything, or a number that others have promised before: it is somebody else's turn.
    if (now >= end || answer.holder.node != self_ || answer.holder.term <= asked.question.above) {
      ask_at_ = now + kLookForOne;
      return release(answer.lease);
    }
    lease_ = answer.lease;
    ballot_ = answer.holder;
    until_ = end;
    return;
  }
  until_ = std::max(until_, end);
}

void Registration::see(const RegistrarAnswer& answer, Instant now) {
  if (answer.holder.none()) {
    if (!free_) {
      const Duration lag = static_cast<int>(Fitness::best) - static_cast<int>(wish_.fitness);
      const auto spread = static_cast<Duration>(rng_.below(static_cast<std::uint32_t>(kHeartbeat)));
      claim_at_ = now < hurried_until_ ? now : now + spread + lag * kFitnessDelay;
    }
    free_ = true;
    return;
  }
  free_ = false;
  if (answer.holder.node == self_) {
    // Of an earlier life of this node, or of a claim whose answer was lost: nobody acts on it.
    release(answer.lease);
    ask_at_ = now + kAskAgain;
  } else if (now < hurried_until_) {
    ask_at_ = now + kAskAgain;
  }
}

void Registration::hurry(Instant now) {
  hurried_until_ = now + kReach;
  free_ = true;
  claim_at_ = now;
}

void Registration::let_go(Instant now) {
  if (lease_ != 0) {
    release(std::exchange(lease_, 0));
    ballot_ = {};
    ask_at_ = now + kAskAgain;
  }
  if (open_ && open_->question.kind != RegistrarQuestion::Kind::look) open_.reset();
  free_ = false;
}

std::vector<RegistrarQuestion> Registration::take_questions() { return std::exchange(questions_, {}); }

}  // namespace mz
