// What changed from one picture of the cluster to the next, as sentences for the journal. The first picture, after the start
// or in another cluster, says how things are and changes nothing.
//
// Belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "api/cluster.h"
#include "api/journal.h"

namespace mz {

class ClusterChanges {
 public:
  static constexpr std::int64_t kSilentSeconds = 5;       // of etcd, likewise
  static constexpr std::int64_t kLeaderlessSeconds = 10;  // until it is worth a line: an election is shorter

  // A null journal notes nothing.
  explicit ClusterChanges(Journal* journal) : journal_(journal) {}

  // `now`: seconds on a clock that nobody sets.
  void note(const std::shared_ptr<const ClusterPicture>& picture, std::int64_t now);
  // The node is in another cluster.
  void begin_anew() { *this = ClusterChanges(journal_); }

 private:
  void note_self(const ClusterPicture& before, const ClusterPicture& picture);
  void note_member(const ClusterMember* before, const ClusterMember& member);
  void note_admin(const ClusterMember* before, const ClusterMember& member);
  void note_protocol(const ClusterMember* before, const ClusterMember& member);
  void note_leader(const ClusterPicture& picture, std::int64_t now);
  void note_etcd(const ClusterPicture& picture, std::int64_t now);
  void note_partition(const ClusterPicture& picture, std::int64_t now);

  Journal* journal_;
  std::shared_ptr<const ClusterPicture> before_;
  std::optional<Leadership> leader_;  // the last one there was
  std::optional<std::int64_t> leaderless_since_;
  bool leaderless_noted_ = false;
  std::optional<std::int64_t> parted_since_;
  std::optional<std::int64_t> etcd_silent_since_;  // on the clock of `now`
  bool etcd_silence_noted_ = false;
};

}  // namespace mz
