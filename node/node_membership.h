// This node as a member: what the routes ask for (api/membership.h), and the steps it takes by itself.
//
// A thread of its own ("membership") renews the certificate when its time has come, exchanges revocations and addresses with
// another member every minute and keeps the addresses that work for the next start. A few threads ("meeting", meetings.cpp) try
// the addresses at which a member may be: those that the user named, those that are announced on the local network, and those of
// members that do not answer.
//
// Who is a member is known to whoever runs the agreement of the cluster; it plugs in with `connect`. Until then, and before
// a member has been heard, the members are those the admin named when this node joined and those of the last run.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "api/dial.h"
#include "api/journal.h"
#include "api/membership.h"
#include "node/data_directory.h"
#include "node/member_steps.h"
#include "p2p/discovery/discovery.h"

namespace mz {

// The trust of the node in that directory, made at the first start.
Result<std::unique_ptr<NodeTrust>> open_trust(const DataDirectory& data);
// The same when its files are damaged: NodeTrust::open_from_backup.
Result<std::unique_ptr<NodeTrust>> open_trust_from_backup(const DataDirectory& data, std::string_view passphrase,
                                                          std::span<const std::uint8_t> backup);

// In DATA/cluster: of which cluster it is, and where members were reached, one address a line (p2p/candidates.h).
inline constexpr char kAddressFile[] = "addresses";

class NodeMembership final : public Membership {
 public:
  static constexpr int kExchangeSeconds = 60;  // between two exchanges
  static constexpr int kJoinSeconds = 10;      // to join by way of addresses that the user named
  static constexpr int kFindSeconds = 20;      // to find the cluster and join it
  static constexpr int kDaemonSeconds = 3;     // of them for a discovery daemon to appear
  static constexpr const char* kNotLooking = "This node does not look for others on the local network.";
  static constexpr int kMeetings = 4;        // addresses that are tried at the same time
  static constexpr int kMeetingSeconds = 4;  // for one of them
  static constexpr std::size_t kMaxAddressFile = 1U << 20;
  static constexpr std::int64_t kTurnedAwaySeconds = 60;  // in which an address is noted once, and so many in all:
  static constexpr std::size_t kMaxTurnedAway = 8;        // who comes from everywhere fills no journal

  // The agreement of the cluster, as far as membership needs it. Called from several threads, never with a lock held.
  struct Agreement {
    std::function<std::vector<MemberAddress>()> others;  // active members but this node
    std::function<std::vector<NodeId>()> alive;          // those of them that answer
    std::function<std::vector<NodeId>()> admins;         // those of them that say that they hold the signing key
    std::function<void()> entered;                       // this node is in another cluster now; begin anew
    std::function<void()> leaving;                       // tell the others
    std::function<void(const NodeId&)> excluded;         // was revoked
    std::function<void(const MemberAddress&)> admitted;  // is a member for sure, and may be there
    // What to say to a process that holds this node's key, and whether what it answered comes from a copy of this node.
    std::function<std::string()> card_message;
    std::function<bool(const std::string&)> met_own_key;
  };

  // `directory` is DATA/cluster. `own` tells this computer's addresses, best first. `fixed` are those that the user named. Steps of this node
  // are noted in the journal.
  NodeMembership(NodeTrust& trust, std::filesystem::path directory, std::function<std::vector<std::string>()> own,
                 const std::vector<PeerAddress>& fixed, Journal& journal);
  ~NodeMembership() override;
  NodeMembership(const NodeMembership&) = delete;
  NodeMembership& operator=(const NodeMembership&) = delete;

  void connect(Agreement agreement);
  // Starts the threads.
  void start(const std::function<void(const char*)>& name_thread);

  // Ends the threads; no function given to connect is called by it afterwards.
  void stop();

  [[nodiscard]] std::vector<MemberAddress> others() const override;
  [[nodiscard]] bool is_entering() const override { return entering_; }
  [[nodiscard]] bool is_put_out() const override { return put_out_; }
  [[nodiscard]] MemberAddress self() const override;
  Result<void> join(const JoinToken& token, const std::vector<PeerAddress>& peers) override;
  // Whether this node has joined the token's cluster.
  [[nodiscard]] bool is_of(const JoinToken& token) const;
  // The last part of joining: goes by what an admin has given it. Refused while this node has other members.
  Result<void> enter(const Admitted& admitted);
  Result<void> leave(bool by_force) override;
  // Whether this node may leave or forget its key: refused while nobody else in its cluster holds the signing key. Without an
  // agreement the files of the last run say who does.
  [[nodiscard]] Result<void> check_key_stays() const;
  Result<void> restore(std::string_view passphrase, std::span<const std::uint8_t> backup) override;
  Result<void> promote(const NodeId& node) override;
  void spread(const Revocation& revocation) override;
  void admitted(const MemberAddress& member) override;
  void turned_away(const std::string& address, const Error& why) override;
  void learn_members(const std::vector<MemberAddress>& members) override;
  Result<std::size_t> learn_revocations(std::span<const std::uint8_t> list) override;

  // Somebody is announced on the local network, or no longer. A member of this cluster is met at once; of others only the address
  // is noted. Does not wait.
  void sighted(const Sighting& sighting);
  void vanished(const std::string& instance);
  // Whether the local network is being looked at, and a sentence why not.
  void looking(DiscoveryState state, const std::string& text);
  // This computer has other addresses, or slept: addresses that did not answer may do so now.
  void network_changed();

  // A candidate for people. Times are seconds since 1970.
  struct CandidateView {
    PeerAddress address;
    Candidate candidate;
    std::optional<std::int64_t> last_tried;
    std::optional<std::int64_t> last_worked;
  };
  [[nodiscard]] std::vector<CandidateView> candidates() const;

 private:
  void run();
  [[nodiscard]] std::vector<MemberAddress> those_alive_first(std::vector<MemberAddress> members) const;
  [[nodiscard]] bool is_stopping() const;
  void renew();
  void note_renewal(const Result<void>& renewed, const std::string& by);
  void exchange();
  Result<void> exchange_at(const PeerAddress& address);
  void run_meetings();
  void try_to_meet(const PeerAddress& address);
  [[nodiscard]] std::optional<bool> is_copy_at(const PeerAddress& address) const;
  void note_meeting(const PeerAddress& address, const Meeting& meeting);
  void note_put_out(const std::string& reason);
  Result<void> find_and_enter(const JoinToken& token, const std::vector<PeerAddress>& peers);
  // What members say of this node, whose cluster is that of the token; unknown when none answers or its certificate has ended.
  enum class Standing : std::uint8_t { unknown, member, put_out };
  Standing ask_standing(const JoinToken& token, const std::vector<PeerAddress>& peers);
  using Hosts = std::set<std::string>;
  // Of this computer. Asks the system, so not to be called for each of many addresses, and not with mutex_ held.
  [[nodiscard]] Hosts own_hosts() const;
  void note_advert(const Sighting& sighting, const Hosts& own);  // with mutex_ held
  void withdraw(const std::vector<PeerAddress>& addresses);      // the same
  void fill_again(const Hosts& own);                             // the same
  [[nodiscard]] std::vector<PeerAddress> ways_into(const JoinToken& token) const;
  [[nodiscard]] DiscoveryState look() const;
  [[nodiscard]] Error nobody_found() const;
  void remember();
  void keep_known();                              // the same, with file_mutex_ held
  Result<void> keep_addresses(std::string text);  // with file_mutex_ held
  void add_to(Candidates& known, const std::vector<MemberAddress>& members, CandidateSource source) const;
  void know(const std::vector<MemberAddress>& members, CandidateSource source);
  // Makes `change`, after which only those in `known` are members; with `next` they are on disk before it, as of that cluster.
  Result<void> change_cluster(Candidates known, const ClusterId* next, const std::function<Result<void>()>& change);
  Result<void> adopt(const Admitted& admitted);  // with step_ held
  [[nodiscard]] Agreement agreement() const;
  [[nodiscard]] Result<void> refuse_with_members(const char* what) const;

  NodeTrust& trust_;
  const std::filesystem::path directory_;
  const std::function<std::vector<std::string>()> own_;
  const std::vector<PeerAddress> fixed_;
  Journal& journal_;
  bool renewal_failed_ = false;  // of the thread; said once
  std::mutex step_;              // one change of clusters at a time; held while waiting for other machines
  mutable std::mutex mutex_;     // guards what follows
  std::condition_variable changed_;
  Agreement agreement_;
  Candidates known_;
  std::map<std::string, Sighting> sightings_;  // by instance
  DiscoveryState look_ = DiscoveryState::off;
  std::string look_text_ = kNotLooking;
  std::map<std::string, std::int64_t> turned_away_;  // by address or network: when it was noted, seconds since 1970
  std::set<NodeId> promoted_;                        // by this node; their cards may not say so yet
  bool stopping_ = false;
  bool hurry_ = false;     // there is a revocation to pass on
  std::mutex file_mutex_;  // guards what follows and the file; taken before mutex_
  std::string kept_;       // what the file says
  std::atomic<bool> entering_{false};
  std::atomic<bool> put_out_{false};  // of this cluster, as a member has said
  std::thread thread_;
  std::vector<std::thread> meetings_;
};

}  // namespace mz
