// Through logind, on the system bus: a "delay" inhibitor is a descriptor that we hold, and closing it says that we are ready
// (https://systemd.io/INHIBITOR_LOCKS). libdbus only carries messages here; nothing waits for an answer, so a bus that hangs
// holds up nobody.
#include <dbus/dbus.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <spdlog/spdlog.h>

#include "api/wake_pipe.h"
#include "node/sleep_notice.h"

namespace mz {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr char kLogin[] = "org.freedesktop.login1";
constexpr char kLoginPath[] = "/org/freedesktop/login1";
constexpr char kLoginManager[] = "org.freedesktop.login1.Manager";
// The bus sends us these signals of logind alone. Anybody on the bus can address others to us, so the sender is looked at too.
constexpr char kSleepRule[] =
    "type='signal',sender='org.freedesktop.login1',path='/org/freedesktop/login1',"
    "interface='org.freedesktop.login1.Manager',member='PrepareForSleep'";
constexpr char kOwnerRule[] =
    "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',interface='org.freedesktop.DBus',"
    "member='NameOwnerChanged',arg0='org.freedesktop.login1'";

constexpr char kConsequence[] =
    "so this node does not hear before this computer sleeps, and the other members notice by its silence, within "
    "seconds";

struct Unref {
  void operator()(DBusMessage* message) const { dbus_message_unref(message); }
};
using Message = std::unique_ptr<DBusMessage, Unref>;

// What went wrong, in the words of the library or of the bus.
class BusError {
 public:
  BusError() { dbus_error_init(&error_); }
  ~BusError() { dbus_error_free(&error_); }
  BusError(const BusError&) = delete;
  BusError& operator=(const BusError&) = delete;

  DBusError* out() { return &error_; }
  [[nodiscard]] std::string text() const { return error_.message != nullptr ? error_.message : "no reason given"; }

 private:
  DBusError error_{};
};

// As libdbus itself finds the bus. Its own function for that waits for the answer of the bus.
std::string system_bus_address() {
  const char* address = std::getenv("DBUS_SYSTEM_BUS_ADDRESS");
  return address != nullptr && *address != '\0' ? address : "unix:path=/var/run/dbus/system_bus_socket";
}

// One connection to the bus. What is sent is queued, what came is taken one by one.
class Bus {
 public:
  explicit Bus(const std::string& address) {
    dbus_connection_set_change_sigpipe(FALSE);  // the process has its own rule for that signal
    connection_ = dbus_connection_open_private(address.c_str(), error_.out());
    if (connection_ == nullptr) return;
    dbus_connection_set_exit_on_disconnect(connection_, FALSE);
    const auto add = [](DBusWatch* watch, void* self) -> dbus_bool_t {
      static_cast<Bus*>(self)->watches_.push_back(watch);
      return TRUE;
    };
    const auto remove = [](DBusWatch* watch, void* self) { std::erase(static_cast<Bus*>(self)->watches_, watch); };
    dbus_connection_set_watch_functions(connection_, add, remove, nullptr, this, nullptr);
  }
  ~Bus() {
    if (connection_ == nullptr) return;
    dbus_connection_close(connection_);
    dbus_connection_unref(connection_);
  }
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  [[nodiscard]] bool connected() const {
    return connection_ != nullptr && dbus_connection_get_is_connected(connection_) != FALSE;
  }
  // Why it never was.
  [[nodiscard]] std::string error() const { return error_.text(); }

  // Calls a method whose arguments are strings; the serial number of the call, 0 when there is no memory for it.
  std::uint32_t call(const char* service, const char* path, const char* interface, const char* method,
                     const std::vector<const char*>& arguments) {
    const Message message(dbus_message_new_method_call(service, path, interface, method));
    if (!message) return 0;
    dbus_message_set_auto_start(message.get(), FALSE);
    for (const char* argument : arguments) {
      if (dbus_message_append_args(message.get(), DBUS_TYPE_STRING, &argument, DBUS_TYPE_INVALID) == FALSE) return 0;
    }
    std::uint32_t serial = 0;
    return dbus_connection_send(connection_, message.get(), &serial) != FALSE ? serial : 0;
  }
  std::uint32_t call_bus(const char* method, const std::vector<const char*>& arguments = {}) {
    return call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, method, arguments);
  }

  [[nodiscard]] Message next() { return Message(dbus_connection_pop_message(connection_)); }

  // Until there is something to read or to write, or `wake` is readable.
  void wait(int wake) {
    std::vector<pollfd> polled{{wake, POLLIN, 0}};
    const std::vector<DBusWatch*> watches = watches_;
    for (DBusWatch* watch : watches) {
      const unsigned wanted = dbus_watch_get_flags(watch);
      const int events =
          ((wanted & DBUS_WATCH_READABLE) != 0 ? POLLIN : 0) | ((wanted & DBUS_WATCH_WRITABLE) != 0 ? POLLOUT : 0);
      const bool enabled = dbus_watch_get_enabled(watch) != FALSE;
      polled.push_back({enabled ? dbus_watch_get_unix_fd(watch) : -1, static_cast<short>(events), 0});
    }
    if (::poll(polled.data(), static_cast<nfds_t>(polled.size()), -1) <= 0) return;
    for (std::size_t i = 0; i < watches.size(); ++i) {
      const int came = polled[i + 1].revents;
      const unsigned flags = ((came & POLLIN) != 0 ? unsigned{DBUS_WATCH_READABLE} : 0U) |
                             ((came & POLLOUT) != 0 ? unsigned{DBUS_WATCH_WRITABLE} : 0U) |
                             ((came & (POLLERR | POLLNVAL)) != 0 ? unsigned{DBUS_WATCH_ERROR} : 0U) |
                             ((came & POLLHUP) != 0 ? unsigned{DBUS_WATCH_HANGUP} : 0U);
      const bool there = std::find(watches_.begin(), watches_.end(), watches[i]) != watches_.end();
      if (flags != 0 && there) dbus_watch_handle(watches[i], flags);
    }
  }

 private:
  BusError error_;
  DBusConnection* connection_ = nullptr;
  std::vector<DBusWatch*> watches_;
};

class LogindNotice final : public SleepNotice {
 public:
  explicit LogindNotice(Callbacks callbacks) : callbacks_(std::move(callbacks)), address_(system_bus_address()) {
    if (wake_.valid()) thread_ = std::thread([this] { run(); });
  }
  ~LogindNotice() override {
    stopping_ = true;
    wake_.wake();
    if (thread_.joinable()) thread_.join();
  }
  LogindNotice(const LogindNotice&) = delete;
  LogindNotice& operator=(const LogindNotice&) = delete;

 private:
  void run();
  void serve(Bus& bus);
  void take(Bus& bus, DBusMessage* message);
  void take_answer(Bus& bus, DBusMessage* message);
  void logind_is(Bus& bus, const char* owner);
  void inhibit(Bus& bus);
  void prepare(Bus& bus, bool for_sleep);
  void end_sleep();
  void say(const std::string& text);

  const Callbacks callbacks_;
  const std::string address_;
  const WakePipe wake_;
  std::atomic<bool> stopping_{false};

  // Of the thread.
  std::string logind_;            // its own name on the bus; empty: it is not there
  std::uint32_t owner_call_ = 0;  // under way
  std::uint32_t inhibit_call_ = 0;
  Descriptor inhibitor_;
  bool sleeping_ = false;  // or about to
  std::string said_;

  std::thread thread_;
};

void LogindNotice::run() {
  if (callbacks_.name_thread) callbacks_.name_thread("sleep-notice");
  milliseconds pause = kFirstRetry;
  while (!stopping_) {
    const auto began = Clock::now();
    {
      Bus bus(address_);
      if (bus.connected()) {
        serve(bus);
      } else {
        say("the system bus cannot be reached (" + bus.error() + "), " + kConsequence);
      }
    }
    logind_.clear();
    inhibitor_.reset();
    end_sleep();
    if (Clock::now() - began > kLongestRetry) pause = kFirstRetry;  // it had worked
    pollfd wake{wake_.poll_descriptor(), POLLIN, 0};
    if (!stopping_) ::poll(&wake, 1, static_cast<int>(pause.count()));
    pause = std::min<milliseconds>(2 * pause, kLongestRetry);
  }
}

// To the end of the connection, or of the node.
void LogindNotice::serve(Bus& bus) {
  bus.call_bus("Hello");
  bus.call_bus("AddMatch", {kSleepRule});
  bus.call_bus("AddMatch", {kOwnerRule});
  inhibit_call_ = 0;
  owner_call_ = bus.call_bus("GetNameOwner", {kLogin});
  while (!stopping_) {
    while (const Message message = bus.next()) take(bus, message.get());
    if (!bus.connected()) return say(std::string("the system bus ended the connection, ") + kConsequence);
    bus.wait(wake_.poll_descriptor());
  }
}

void LogindNotice::take(Bus& bus, DBusMessage* message) {
  const int type = dbus_message_get_type(message);
  if (type == DBUS_MESSAGE_TYPE_METHOD_RETURN || type == DBUS_MESSAGE_TYPE_ERROR) return take_answer(bus, message);
  if (dbus_message_is_signal(message, DBUS_INTERFACE_DBUS, "NameOwnerChanged") != FALSE) {
    const char* name = nullptr;
    const char* before = nullptr;
    const char* owner = nullptr;
    const bool read = dbus_message_has_sender(message, DBUS_SERVICE_DBUS) != FALSE &&
                      dbus_message_get_args(message, nullptr, DBUS_TYPE_STRING, &name, DBUS_TYPE_STRING, &before,
                                            DBUS_TYPE_STRING, &owner, DBUS_TYPE_INVALID) != FALSE;
    if (read && std::string_view(name) == kLogin) logind_is(bus, owner);
  } else if (dbus_message_is_signal(message, kLoginManager, "PrepareForSleep") != FALSE) {
    dbus_bool_t for_sleep = FALSE;
    const bool read =
        !logind_.empty() && dbus_message_has_sender(message, logind_.c_str()) != FALSE &&
        dbus_message_get_args(message, nullptr, DBUS_TYPE_BOOLEAN, &for_sleep, DBUS_TYPE_INVALID) != FALSE;
    if (read) prepare(bus, for_sleep != FALSE);
  }
}

void LogindNotice::take_answer(Bus& bus, DBusMessage* message) {
  BusError error;
  const std::uint32_t call = dbus_message_get_reply_serial(message);
  const bool refused = dbus_set_error_from_message(error.out(), message) != FALSE;
  if (call == 0) return;
  if (call == owner_call_) {
    owner_call_ = 0;
    const char* owner = "";
    if (!refused) dbus_message_get_args(message, nullptr, DBUS_TYPE_STRING, &owner, DBUS_TYPE_INVALID);
    return logind_is(bus, owner);
  }
  if (call != inhibit_call_) return;
  inhibit_call_ = 0;
  int descriptor = -1;
  if (!refused) dbus_message_get_args(message, error.out(), DBUS_TYPE_UNIX_FD, &descriptor, DBUS_TYPE_INVALID);
  Descriptor held(descriptor);
  if (!held.valid()) {
    return say("logind does not wait for this node before this computer sleeps (" + error.text() +
               "). It hands leadership over all the same, if there is time.");
  }
  if (!sleeping_) inhibitor_ = std::move(held);
  say("this node hands leadership over before this computer sleeps");
}

void LogindNotice::logind_is(Bus& bus, const char* owner) {
  inhibitor_.reset();
  end_sleep();
  logind_ = owner;
  if (!logind_.empty()) return inhibit(bus);
  say(std::string("there is no logind on the system bus, ") + kConsequence);
}

void LogindNotice::inhibit(Bus& bus) {
  inhibit_call_ = bus.call(kLogin, kLoginPath, kLoginManager, "Inhibit",
                           {"sleep", "MeshZero", "Another node must lead while this one sleeps.", "delay"});
}

void LogindNotice::prepare(Bus& bus, bool for_sleep) {
  if (!for_sleep) {
    end_sleep();
    if (!inhibitor_.valid() && inhibit_call_ == 0) inhibit(bus);
    return;
  }
  if (sleeping_) return;
  sleeping_ = true;
  const auto began = Clock::now();
  callbacks_.about_to_sleep();
  const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
  spdlog::info("sleep: this computer is about to sleep; the node is ready after {} ms", took.count());
  inhibitor_.reset();
}

void LogindNotice::end_sleep() {
  if (!std::exchange(sleeping_, false)) return;
  spdlog::info("sleep: this computer is awake");
  callbacks_.woke();
}

void LogindNotice::say(const std::string& text) {
  if (std::exchange(said_, text) != text) spdlog::info("sleep: {}", text);
}

}  // namespace

std::unique_ptr<SleepNotice> watch_for_sleep(SleepNotice::Callbacks callbacks) {
  return std::make_unique<LogindNotice>(std::move(callbacks));
}

}  // namespace mz
