#include "node/stop_signal.h"

#include <pthread.h>

#include "node/threads.h"

namespace mz {

StopSignal::StopSignal(const WakePipe& wake) : wake_(wake) {
  sigemptyset(&signals_);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals_, signal);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a closed socket is an error to handle, not a reason to die
  thread_ = std::thread([this] {
    begin_thread("signals");
    while (!ending_) {
      int signal = 0;
      if (sigwait(&signals_, &signal) != 0 || ending_) continue;
      requested_ = true;
      wake_.wake();
    }
  });
}

StopSignal::~StopSignal() {
  ending_ = true;
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

}  // namespace mz
