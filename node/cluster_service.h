// Runs the agreement of the cluster (p2p/agreement) on real clocks, files and connections.
//
// Threads: "agreement" owns the state machine, reads no file, waits for nobody and takes no lock that anybody holds for long,
// so that load on the machine delays no heartbeat; "cluster-disk" writes what must survive; one line for each member carries
// messages (peer_lines.h). Other threads hand in work by a queue and look at a picture that is swapped as a whole.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/cluster.h"
#include "api/membership.h"
#include "node/agreement_inbox.h"
#include "node/cluster_changes.h"
#include "node/cluster_files.h"
#include "node/etcd_registrar.h"
#include "node/peer_lines.h"
#include "p2p/agreement/agreement.h"
#include "p2p/trust/node_trust.h"

namespace mz {

// Signs with the node's key. A signature carries the public key, whose hash is the id of the author; that of a card carries the
// author's certificate instead. An expired certificate will do: whoever let it expire is a member all the same, if a silent
// one, and TLS lets it do nothing but renew.
class NodeSigner final : public Signer {
 public:
  explicit NodeSigner(const NodeTrust& trust) : trust_(trust), key_(trust.key()), spki_(key_.public_key().spki()) {}
  Signature sign(std::span<const std::uint8_t> bytes) override;
  bool verify(const NodeId& author, std::span<const std::uint8_t> bytes, const Signature& signature) override;
  Signature sign_card(std::span<const std::uint8_t> bytes) override;
  bool verify_card(const NodeId& author, std::span<const std::uint8_t> bytes, const Signature& signature) override;

 private:
  const NodeTrust& trust_;
  PrivateKey key_;
  Bytes spki_;
};

// The members as the cards of a node say that does not run; `directory` is its DATA/cluster.
Result<Roster> stored_roster(const NodeTrust& trust, const std::filesystem::path& directory);

class ClusterService final : public Cluster {
 public:
  static constexpr std::chrono::milliseconds kAnswerWithin{500};    // for a request with messages
  static constexpr std::chrono::milliseconds kGoodByeWithin{1000};  // to hand over before the end
  static constexpr std::chrono::milliseconds kRestWithin{900};      // the same before sleep

  struct Options {
    std::filesystem::path directory;  // DATA/cluster
    std::string name;
    std::string version;                                  // of the program
    std::function<std::vector<std::string>()> addresses;  // of this node
    EtcdRegistrar* etcd = nullptr;                        // policy etcd when there is one
    std::vector<NodeId> voters;                           // otherwise: policy majority; none: policy available
    std::function<Fitness()> fitness;                     // of this machine to lead
    std::function<void(const char*)> name_thread;
    std::function<void()> beat;               // the agreement moves
    std::function<void(Duration)> late;       // by how much it did what was due at a time
    std::function<void()> disk_beat;          // and so does what writes for it
    Journal* journal = nullptr;               // for what changes; none: nothing is noted
    std::function<void()> save_journal = {};  // called in the disk thread when there is something new
  };

  ClusterService(NodeTrust& trust, Options options);
  ~ClusterService() override;
  ClusterService(const ClusterService&) = delete;
  ClusterService& operator=(const ClusterService&) = delete;

  // Reads the files and begins. `known`: members that are known from elsewhere.
  Result<void> start(const std::vector<MemberAddress>& known);
  // Hands leadership over and never takes it again; does not wait.
  void hand_over();
  // The same, and ends all threads.
  void stop();
  // Before sleep: hands leadership over and takes none for a while. Returns when the others have been told, or when there is
  // no time left for that.
  void rest();
  // No sleep came, or it is over.
  void resume();

  [[nodiscard]] std::shared_ptr<const ClusterPicture> picture() const override;
  Result<std::string> receive(const NodeId& from, std::string_view messages) override;
  void speaks_otherwise(const NodeId& member, std::uint32_t protocol) override;

  // For node/node_membership.h.
  [[nodiscard]] std::vector<MemberAddress> others() const;
  [[nodiscard]] std::vector<NodeId> alive() const;   // members that answer, this node not among them
  [[nodiscard]] std::vector<NodeId> admins() const;  // other members that say that they hold the signing key
  void entered();                                    // the node is in another cluster now
  void leaving();
  void exclude(const NodeId& node);
  void introduce(const MemberAddress& member);
  // For a process at another address that has proved to hold this node's key: what to say to it, empty when there was no time,
  // and what it answered. Tells whether it is a copy of this node and not this node itself. Both may then freeze.
  [[nodiscard]] std::string card_message();
  bool met_own_key(std::string_view answer);
  // This node may have other addresses: looks them up and tells the others.
  void describe();

 private:
  // What somebody waits for whom the agreement thread answers.
  class Reply {
   public:
    // False when nobody waits any more.
    bool give(std::string body);
    // Empty when that took too long.
    std::string wait(Deadline end);

   private:
    std::mutex mutex_;  // guards the rest
    std::condition_variable changed_;
    std::string body_;
    bool given_ = false;
    bool given_up_ = false;
  };
  // Messages that go back by the request of that member.
  struct Returned {
    NodeId to;
    std::vector<std::vector<std::uint8_t>> messages;
  };

  void run();
  void run_disk();
  [[nodiscard]] Result<std::unique_ptr<Agreement>> open();
  // For whoever waits for what the input adds to the reply; empty when that took too long.
  std::string put_and_wait(const std::function<void(Agreement&, Now, std::string&)>& input);
  void enqueue_disk(std::function<void()> job);
  void drain(Returned* returned);
  void settle(Deadline end);
  void ask_etcd(const RegistrarQuestion& question);
  void write(Write write);
  void begin_anew(std::uint64_t entry);
  void publish(bool force);
  void understood(const NodeId& member);
  [[nodiscard]] std::vector<std::string> addresses_of(const NodeId& node) const;

  NodeTrust& trust_;
  const Options options_;
  NodeSigner signer_;
  ClusterFiles files_;  // of the disk thread once it runs
  PeerLines lines_;

  std::atomic<bool> save_waits_{false};  // in the queue of the disk thread

  // Of the agreement thread once it runs.
  ClusterChanges changes_;
  std::unique_ptr<Agreement> machine_;  // null while the files change clusters
  std::uint64_t generation_ = 0;        // of machine_
  std::string cluster_;                 // the id of its cluster
  bool promise_under_way_ = false;      // a write of it, on which messages wait
  std::vector<std::shared_ptr<Reply>> settling_;
  Instant published_at_ = 0;
  Part published_part_ = Part::starting;
  Ballot published_ballot_;

  AgreementInbox inbox_;

  std::mutex disk_mutex_;  // guards disk_jobs_ and disk_stopping_
  std::condition_variable disk_changed_;
  std::deque<std::function<void()>> disk_jobs_;
  bool disk_stopping_ = false;

  mutable std::mutex picture_mutex_;  // guards what follows; held for a copy
  std::shared_ptr<const ClusterPicture> picture_;
  std::map<NodeId, std::vector<std::string>> hints_;  // addresses from elsewhere
  std::map<NodeId, std::uint32_t> other_protocols_;   // of members, until a message of theirs is understood again

  std::thread thread_;
  std::thread disk_thread_;
};

}  // namespace mz
