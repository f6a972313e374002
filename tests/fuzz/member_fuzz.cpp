// A member that says anything at all, with signatures that hold: the state machine of membership and election gets whatever
// messages the bytes decode to, at whatever times, while its writes fail or succeed.
//
// Checked besides: a message that is accepted has one spelling, what the node sends keeps the limits and can be read, it
// never knows more members than the limit, and it starts again from whatever it wrote.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "p2p/agreement/agreement.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// Takes every signature for good: what may a member do that has the keys?
class TrustingSigner : public mz::Signer {
 public:
  mz::Signature sign(std::span<const std::uint8_t>) override { return mz::Signature(64, 1); }
  bool verify(const mz::NodeId&, std::span<const std::uint8_t>, const mz::Signature&) override { return true; }
  mz::Signature sign_card(std::span<const std::uint8_t>) override { return mz::Signature(64, 2); }
  bool verify_card(const mz::NodeId&, std::span<const std::uint8_t>, const mz::Signature&) override { return true; }
};

constexpr std::size_t kNodes = 4;  // the node under test is the first

mz::NodeId node(std::size_t index) {
  const auto key = static_cast<std::uint8_t>(index);
  return mz::NodeId::of_public_key({&key, 1});
}

class Subject {
 public:
  explicit Subject(FuzzedDataProvider& data) : data_(data) {
    config_.self = node(0);
    config_.boot_id = 1;
    config_.seed = 2;
    config_.name = "subject";
    config_.addresses = {"192.0.2.1:8765"};
    config_.policy = data.ConsumeBool() ? mz::Policy::majority : mz::Policy::available;
    for (std::size_t i = 0; i < kNodes; ++i) config_.voters.push_back(node(i));
    start();
    for (std::size_t i = 1; i < kNodes; ++i) agreement_->introduce(node(i), "192.0.2.2:8765", now_);
    take_output();
  }

  void step() {
    const auto passed = data_.ConsumeIntegralInRange<mz::Duration>(0, 4 * mz::kLease);
    now_.boot += passed;
    if (data_.ConsumeIntegralInRange(0, 15) != 0) now_.awake += passed;
    const std::size_t who = data_.ConsumeIntegralInRange<std::size_t>(0, kNodes - 1);
    switch (data_.ConsumeIntegralInRange(0, 7)) {
      case 0:
        agreement_->tick(now_);
        break;
      case 1:
        agreement_->undeliverable(node(who), now_);
        break;
      case 2:
        agreement_->record("topic", data_.ConsumeRandomLengthString(40), now_);
        break;
      case 3:
        agreement_->release(now_, false);
        break;
      case 4:
        disk_works_ = data_.ConsumeBool();
        break;
      case 5:
        ++config_.boot_id;
        start();
        break;
      default:
        receive(who, data_.ConsumeRandomLengthString(4000));
    }
    take_output();
  }

 private:
  void start() {
    auto started = mz::Agreement::start(config_, files_, signer_, now_);
    require(static_cast<bool>(started));
    agreement_ = std::move(*started);
  }

  void receive(std::size_t from, const std::string& text) {
    const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    auto message = mz::decode_cluster_message(bytes);
    if (!message) return;
    const auto again = mz::encode_cluster_message(*message);
    require(again.size() == bytes.size() && std::equal(again.begin(), again.end(), bytes.begin()));
    message->from = node(from);  // which the connection proves
    message->to = node(0);
    agreement_->receive(*message, now_);
  }

  // Until nothing more is written: each end of a write may lead to another.
  void take_output() {
    for (;;) {
      for (const mz::Send& send : agreement_->take_sends()) check(send);
      const auto writes = agreement_->take_writes();
      if (writes.empty()) break;
      for (const mz::Write& write : writes) {
        if (disk_works_) keep(write);
        agreement_->written(write.file, disk_works_, now_);
      }
    }
    require(agreement_->members(now_).size() <= mz::Roster::kMaxMembers + 1);
    static_cast<void>(agreement_->standing());
    static_cast<void>(agreement_->wake_at());
  }

  static void check(const mz::Send& send) {
    const auto bytes = mz::encode_cluster_message(send.message);
    require(bytes.size() <= mz::ClusterMessage::kMaxBytes);
    const auto read = mz::decode_cluster_message(bytes);
    require(read && mz::encode_cluster_message(*read) == bytes);
  }

  void keep(const mz::Write& write) {
    auto& file = write.file == mz::Write::File::promise ? files_.promise
                 : write.file == mz::Write::File::cards ? files_.cards
                                                        : files_.events;
    if (!write.append) file.clear();
    file.insert(file.end(), write.bytes.begin(), write.bytes.end());
  }

  FuzzedDataProvider& data_;
  TrustingSigner signer_;
  mz::AgreementConfig config_;
  mz::AgreementFiles files_;
  mz::Now now_{mz::kLease, mz::kLease};
  bool disk_works_ = true;
  std::unique_ptr<mz::Agreement> agreement_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider provider(data, size);
  Subject subject(provider);
  while (provider.remaining_bytes() > 0) subject.step();
  return 0;
}
