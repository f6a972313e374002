// Through the power management of IOKit, which waits for every program that registered, up to thirty seconds
// (https://developer.apple.com/library/archive/qa/qa1340). It calls on a queue of ours, one call at a time; the
// threads of that are the system's, and we name none.
#include <IOKit/IOKitLib.h>
#include <IOKit/IOMessage.h>
#include <IOKit/pwr_mgt/IOPMLib.h>
#include <dispatch/dispatch.h>

#include <chrono>
#include <cstdint>
#include <utility>

#include <spdlog/spdlog.h>

#include "node/sleep_notice.h"

namespace mz {
namespace {

class PowerNotice final : public SleepNotice {
 public:
  explicit PowerNotice(Callbacks callbacks)
      : callbacks_(std::move(callbacks)), queue_(dispatch_queue_create("sleep-notice", DISPATCH_QUEUE_SERIAL)) {
    // On the queue as well, so that no call comes before port_ and root_ are set.
    dispatch_sync_f(queue_, this, [](void* self) { static_cast<PowerNotice*>(self)->begin(); });
  }
  ~PowerNotice() override {
    // On the queue, so that no call is under way.
    dispatch_sync_f(queue_, this, [](void* self) { static_cast<PowerNotice*>(self)->end(); });
    dispatch_sync_f(queue_, nullptr, [](void*) {});  // a call that was queued before has come, and found no root_
    dispatch_release(queue_);
  }
  PowerNotice(const PowerNotice&) = delete;
  PowerNotice& operator=(const PowerNotice&) = delete;

 private:
  void begin();
  void end();
  void take(std::uint32_t message, void* argument);

  const Callbacks callbacks_;
  dispatch_queue_t queue_;
  IONotificationPortRef port_ = nullptr;
  io_object_t notifier_ = IO_OBJECT_NULL;
  io_connect_t root_ = IO_OBJECT_NULL;  // of all power domains
  bool sleeping_ = false;               // or about to
};

void PowerNotice::begin() {
  const auto taken = [](void* self, io_service_t, std::uint32_t message, void* argument) {
    static_cast<PowerNotice*>(self)->take(message, argument);
  };
  root_ = IORegisterForSystemPower(this, &port_, taken, &notifier_);
  if (root_ == IO_OBJECT_NULL) {
    return spdlog::info(
        "sleep: macOS does not tell this node before this computer sleeps; the other members notice by its silence, "
        "within seconds");
  }
  IONotificationPortSetDispatchQueue(port_, queue_);
  spdlog::info("sleep: this node hands leadership over before this computer sleeps");
}

void PowerNotice::end() {
  if (root_ == IO_OBJECT_NULL) return;
  IODeregisterForSystemPower(&notifier_);
  IOServiceClose(std::exchange(root_, IO_OBJECT_NULL));
  IONotificationPortDestroy(port_);
}

void PowerNotice::take(std::uint32_t message, void* argument) {
  if (root_ == IO_OBJECT_NULL) return;
  switch (message) {
    case kIOMessageCanSystemSleep:  // after a time without use; macOS waits for the answer
      IOAllowPowerChange(root_, reinterpret_cast<long>(argument));
      return;
    case kIOMessageSystemWillSleep:
      if (!std::exchange(sleeping_, true)) {
        const auto began = std::chrono::steady_clock::now();
        callbacks_.about_to_sleep();
        const auto took = std::chrono::steady_clock::now() - began;
        spdlog::info("sleep: this computer is about to sleep; the node is ready after {} ms",
                     std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
      }
      IOAllowPowerChange(root_, reinterpret_cast<long>(argument));
      return;
    case kIOMessageSystemWillNotSleep:
    case kIOMessageSystemHasPoweredOn:
      if (!std::exchange(sleeping_, false)) return;
      spdlog::info("sleep: this computer is awake");
      callbacks_.woke();
      return;
    default:
      return;
  }
}

}  // namespace

std::unique_ptr<SleepNotice> watch_for_sleep(SleepNotice::Callbacks callbacks) {
  return std::make_unique<PowerNotice>(std::move(callbacks));
}

}  // namespace mz
