#include "node/agreement_inbox.h"

#include <utility>

namespace mz {

void AgreementInbox::put(Input input) {
  {
    const std::lock_guard lock(mutex_);
    inputs_.push_back(std::move(input));
  }
  changed_.notify_all();
}

void AgreementInbox::put_message(Input input) {
  {
    const std::lock_guard lock(mutex_);
    if (inputs_.size() >= kMaxInputs) return;
    inputs_.push_back(std::move(input));
  }
  changed_.notify_all();
}

void AgreementInbox::enter() {
  {
    const std::lock_guard lock(mutex_);
    inputs_.clear();
    opened_.reset();
    entered_ = true;
    ++entry_;
  }
  changed_.notify_all();
}

void AgreementInbox::open(std::unique_ptr<Agreement> machine, std::uint64_t entry) {
  {
    const std::lock_guard lock(mutex_);
    if (entry != entry_) return;
    opened_ = std::move(machine);
  }
  changed_.notify_all();
}

void AgreementInbox::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

AgreementInbox::Turn AgreementInbox::take(bool runs, std::chrono::microseconds longest) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, longest, [&] { return (runs && !inputs_.empty()) || stopping_ || entered_ || opened_; });
  Turn turn{.opened = std::move(opened_),
            .inputs = {},
            .entered = std::exchange(entered_, false),
            .entry = entry_,
            .stopping = stopping_};
  // What came after another cluster was entered, introductions of its members among it, is for that cluster's machine.
  if (!turn.entered && (runs || turn.opened)) turn.inputs.swap(inputs_);
  return turn;
}

}  // namespace mz
