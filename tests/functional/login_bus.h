// A system bus of the test's own (dbus-daemon), and a logind on it that the test plays. Linux only; one thread.
#pragma once

#include <dbus/dbus.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "store/descriptor.h"
#include "tests/functional/test_node.h"

namespace mz::test {

inline bool dbus_daemon_is_there() { return run_program("dbus-daemon", "--version", "2>/dev/null").code == 0; }

class PrivateBus {
 public:
  // `socket`: where the bus will be.
  explicit PrivateBus(std::string socket) : socket_(std::move(socket)) {}
  ~PrivateBus() { stop(); }
  PrivateBus(const PrivateBus&) = delete;
  PrivateBus& operator=(const PrivateBus&) = delete;

  [[nodiscard]] std::string address() const { return "unix:path=" + socket_; }

  // Returns when it answers.
  void start() {
    std::ofstream(socket_ + ".conf")
        << R"(<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><auth>EXTERNAL</auth><listen>)"
        << address() << R"(</listen><policy context="default"><allow user="*"/><allow own="*"/>
<allow send_destination="*"/><allow eavesdrop="true"/></policy></busconfig>)";
    int ends[2] = {-1, -1};
    ASSERT_EQ(::pipe(ends), 0);
    const Descriptor ours(ends[0]);
    Descriptor theirs(ends[1]);
    for (const int end : ends) set_close_on_exec(end);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(theirs.get(), STDOUT_FILENO);
      ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
      ::execlp("dbus-daemon", "dbus-daemon", ("--config-file=" + socket_ + ".conf").c_str(), "--nofork", "--nopidfile",
               "--print-address=1", static_cast<char*>(nullptr));
      ::_exit(127);
    }
    theirs.reset();
    char byte = 0;
    ASSERT_EQ(::read(ours.get(), &byte, 1), 1) << "dbus-daemon does not start";
  }
  void stop() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, 0), nullptr, 0);
    ::unlink(socket_.c_str());
  }

 private:
  const std::string socket_;
  pid_t pid_ = 0;
};

// Somebody on the bus.
class BusGuest {
 public:
  explicit BusGuest(const PrivateBus& bus) {
    connection_ = dbus_connection_open_private(bus.address().c_str(), nullptr);
    EXPECT_NE(connection_, nullptr);
    if (connection_ == nullptr) return;
    EXPECT_TRUE(dbus_bus_register(connection_, nullptr));
    dbus_connection_set_exit_on_disconnect(connection_, FALSE);
  }
  ~BusGuest() {
    if (connection_ == nullptr) return;
    dbus_connection_close(connection_);
    dbus_connection_unref(connection_);
  }
  BusGuest(const BusGuest&) = delete;
  BusGuest& operator=(const BusGuest&) = delete;

  // To one member of the bus alone. On its way when this returns: what others send to it later comes later.
  void prepare_for_sleep(bool begins, const std::string& to) {
    const Message signal(
        dbus_message_new_signal("/org/freedesktop/login1", "org.freedesktop.login1.Manager", "PrepareForSleep"));
    const dbus_bool_t value = begins ? TRUE : FALSE;
    dbus_message_append_args(signal.get(), DBUS_TYPE_BOOLEAN, &value, DBUS_TYPE_INVALID);
    dbus_message_set_destination(signal.get(), to.c_str());
    dbus_connection_send(connection_, signal.get(), nullptr);
    static_cast<void>(pid_of(to));
  }
  // Of the process behind a name; 0 when there is none.
  [[nodiscard]] pid_t pid_of(const std::string& name) {
    dbus_uint32_t pid = 0;
    const Message question(dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS,
                                                        "GetConnectionUnixProcessID"));
    const char* text = name.c_str();
    dbus_message_append_args(question.get(), DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID);
    const Message answer(dbus_connection_send_with_reply_and_block(connection_, question.get(), -1, nullptr));
    if (answer) dbus_message_get_args(answer.get(), nullptr, DBUS_TYPE_UINT32, &pid, DBUS_TYPE_INVALID);
    return static_cast<pid_t>(pid);
  }

 protected:
  struct Unref {
    void operator()(DBusMessage* message) const { dbus_message_unref(message); }
  };
  using Message = std::unique_ptr<DBusMessage, Unref>;

  DBusConnection* connection_ = nullptr;
};

class FakeLogind : public BusGuest {
 public:
  // Somebody who wants to be waited for before sleep.
  struct Inhibitor {
    std::string holder;  // on the bus
    pid_t pid = 0;
    std::string words;  // its arguments
    Descriptor held;    // hangs up when the holder lets go

    [[nodiscard]] bool let_go_within(std::chrono::milliseconds limit) const {
      pollfd entry{held.get(), 0, 0};
      return ::poll(&entry, 1, static_cast<int>(limit.count())) == 1 && (entry.revents & POLLHUP) != 0;
    }
  };

  explicit FakeLogind(const PrivateBus& bus) : BusGuest(bus) {
    EXPECT_EQ(dbus_bus_request_name(connection_, kName, 0, nullptr), DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER);
  }

  // The next one that is asked for. `refuse`: as a system without polkit does; then nothing is held.
  Inhibitor next(bool refuse = false) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline && dbus_connection_read_write(connection_, 1000) != FALSE) {
      while (const Message message{dbus_connection_pop_message(connection_)}) {
        if (dbus_message_is_method_call(message.get(), "org.freedesktop.login1.Manager", "Inhibit") != FALSE) {
          return answer(message.get(), refuse);
        }
      }
    }
    ADD_FAILURE() << "nobody asked for an inhibitor";
    return {};
  }

 private:
  static constexpr const char* kName = "org.freedesktop.login1";

  Inhibitor answer(DBusMessage* call, bool refuse) {
    Inhibitor made{.holder = dbus_message_get_sender(call), .pid = 0, .words = "", .held = {}};
    const char* words[4] = {};
    EXPECT_TRUE(dbus_message_get_args(call, nullptr, DBUS_TYPE_STRING, &words[0], DBUS_TYPE_STRING, &words[1],
                                      DBUS_TYPE_STRING, &words[2], DBUS_TYPE_STRING, &words[3], DBUS_TYPE_INVALID));
    for (const char* word : words) made.words += std::string(made.words.empty() ? "" : "|") + word;
    Message reply;
    if (refuse) {
      reply.reset(dbus_message_new_error(call, DBUS_ERROR_ACCESS_DENIED, "Permission denied"));
    } else {
      int ends[2] = {-1, -1};
      EXPECT_EQ(::pipe(ends), 0);
      made.held = Descriptor(ends[0]);
      const Descriptor theirs(ends[1]);
      for (const int end : ends) set_close_on_exec(end);
      reply.reset(dbus_message_new_method_return(call));
      dbus_message_append_args(reply.get(), DBUS_TYPE_UNIX_FD, &ends[1], DBUS_TYPE_INVALID);
    }
    dbus_connection_send(connection_, reply.get(), nullptr);
    dbus_connection_flush(connection_);
    reply.reset();  // and with it the copy of the descriptor
    made.pid = pid_of(made.holder);
    return made;
  }
};

}  // namespace mz::test
