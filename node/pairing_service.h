// Pairing of this node with others (api/pairing.h): what it answers machines that want in, and what it asks elsewhere while it
// is alone.
//
// Who asks whom: only a node without other members asks. By itself it asks clusters that it saw on the network (`sighted`); when
// both are alone the one whose authority is newer asks, ties going by id, and a node that is asked the wrong way round says so
// and asks back. A node that was started to enter a given cluster asks only nodes whose authority has exactly that hash, and
// those have to approve it. A person may name any machine.
//
// A machine that was asked knows the digits a moment before this one shows them. One that sits in between and likes them not
// could break off and hope that it is asked again, so requests that others end before a person here has decided are counted:
// after kMaxBrokenOff within an hour this node asks nobody by itself until the hour is over.
//
// Threads: "pairing" ends what is too old and begins what is due; one "pair-ask" for each machine that is being asked. One
// mutex guards the requests of both directions, so that this node never takes somebody into a cluster that it is leaving.
// Requests live in memory only: they end with their connection.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "api/journal.h"
#include "api/pairing.h"
#include "node/node_membership.h"
#include "node/pairing_book.h"
#include "node/pairing_call.h"
#include "node/pairing_targets.h"
#include "p2p/trust/failure_limit.h"

namespace mz {

// A node of another cluster that was seen on the network.
struct PairingSighting {
  std::string cluster;  // the first characters of its id, as many as an advert shows
  std::vector<PeerAddress> addresses;
  bool open = false;  // it says that it pairs
};

class PairingService final : public Pairing {
 public:
  static constexpr std::size_t kMaxNoted = 256;  // machines whose coming and going was told already
  // Machines that are set up together end each other's requests whenever one of them is taken in, so it is not fewer.
  static constexpr std::size_t kMaxBrokenOff = 50;
  static constexpr std::int64_t kBrokenOffSeconds = 3600;

  struct Options {
    bool open = true;  // the setting `pairing`
    std::string name;  // of this machine
    std::uint16_t port = 0;
    std::optional<ClusterId> wanted = {};              // the cluster to enter by approval
    std::vector<PeerAddress> peers = {};               // where it may be
    std::function<std::vector<std::string>()> admins;  // where admins of this cluster are
    std::function<void()> members_changed = [] {};     // this node was taken in, or took somebody in
    std::function<void(const char*)> name_thread = {};
    WallClock clock = system_wall_clock();                  // for what people see
    std::function<std::int64_t()> steady = steady_seconds;  // for the rest: it counts sleep and does not go back
  };
  static std::int64_t steady_seconds();

  PairingService(NodeTrust& trust, NodeMembership& membership, Journal& journal, Options options);
  ~PairingService() override;
  PairingService(const PairingService&) = delete;
  PairingService& operator=(const PairingService&) = delete;

  void start_threads();
  // Ends all threads; open requests end with their connections.
  void stop();

  // Thread-safe, does not wait.
  void sighted(const PairingSighting& sighting);

  [[nodiscard]] bool open() const override { return options_.open; }
  [[nodiscard]] std::vector<PairingRequest> requests() const override;
  Result<PairingRequest> start(const PeerAddress& peer) override;
  Result<PairingRequest> confirm(std::string_view id, std::string_view digits) override;
  Result<PairingRequest> refuse(std::string_view id) override;
  Result<std::optional<PairingRequest>> approve(std::string_view node) override;

  Result<PairingWelcome> hello(const PairingHello& hello) override;
  Result<PairingNonce> reveal(const ChannelBinding& channel, const PairingNonce& nonce) override;
  Result<PairingProgress> poll(const ChannelBinding& channel, bool confirmed, bool refused) override;

 private:
  // One machine, or one cluster, that is being asked.
  struct Errand {
    std::string cluster;  // as sighted; empty when a person named the machine
    std::vector<PeerAddress> addresses;
    bool by_person = false;
    std::optional<Digest> authority = {};      // of the machine that sent us to others: they must have it too
    bool broken_off = false;                   // by the other side, which knew the digits
    std::optional<Result<std::string>> begun;  // the id of the request, or why there is none
    bool finished = false;
    std::thread thread;
  };

  [[nodiscard]] std::int64_t now() const { return options_.steady(); }
  [[nodiscard]] PairingRequest for_people(PairingRequest request) const;
  [[nodiscard]] bool alone() const { return membership_.others().empty(); }
  [[nodiscard]] bool waits_for_approval() const;
  void note(const PairingEntry& entry);

  void run();
  void end_unfit();
  void begin_due();
  void begin(std::shared_ptr<Errand> errand);
  std::vector<std::thread> take_finished();

  void run_errand(Errand& errand);
  PairingOutcome ask(Errand& errand);
  // Nothing: try the next address.
  std::optional<PairingOutcome> ask_at(Errand& errand, const PeerAddress& address, Error& last,
                                       std::vector<PeerAddress>& elsewhere);
  std::optional<Error> unfit_to_ask(const Errand& errand, const PairingCall& call);
  PairingOutcome follow(Errand& errand, const std::string& id, PairingCall& call);
  void count_broken_off(const Errand& errand);
  // What the other machine said; true when the request has ended.
  bool heard(const std::string& id, Result<PairingCall::Progress> progress, std::unique_lock<std::mutex>& lock);
  void enter(const std::string& id, const Admitted& admitted, std::unique_lock<std::mutex>& lock);

  // Nobody is asked by itself before that time.
  [[nodiscard]] std::int64_t asks_again_at() const;
  Result<PublicKey> check_hello(const PairingHello& hello);
  bool turns_around(const PairingHello& hello, const NodeId& node);
  [[nodiscard]] bool is_approved(const NodeId& node) const;

  NodeTrust& trust_;
  NodeMembership& membership_;
  Journal& journal_;
  const Options options_;

  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  PairingBook book_;
  PairingTargets targets_;
  FailureLimit hellos_;
  std::deque<std::int64_t> broken_off_;            // when, the latest kMaxBrokenOff
  std::map<std::string, std::int64_t> approvals_;  // beginnings of ids, and when they end
  std::set<NodeId> noted_;
  std::vector<std::shared_ptr<Errand>> errands_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace mz
