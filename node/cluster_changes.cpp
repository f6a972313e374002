#include "node/cluster_changes.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "p2p/agreement/roster.h"

namespace mz {
namespace {

std::string called(const ClusterPicture& picture, const NodeId& node) {
  const ClusterMember* member = picture.member(node);
  return member != nullptr ? called(*member) : "the node " + node.short_text();
}

std::string sentence(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z' && text.starts_with("the ")) text.front() = 'T';
  return text + ".";
}

std::string in_term(const Leadership& leader) { return ", term " + std::to_string(leader.term); }

// Hours and minutes as this machine's people have them.
std::string time_of_day(std::int64_t at) {
  const auto seconds = static_cast<std::time_t>(at);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  std::array<char, 8> text{};
  std::strftime(text.data(), text.size(), "%H:%M", &local);
  return text.data();
}

// How a leader before this one came to lead no more, as far as it can be seen.
std::string end_of(const ClusterPicture& picture, const Leadership& former) {
  const ClusterMember* member = picture.member(former.node);
  if (member == nullptr || member->state == "left") return called(picture, former.node) + " is no member any more";
  if (member->state == "alive") return "before it " + called(*member) + ", term " + std::to_string(former.term);
  return called(*member) + " does not answer";
}

std::string why_nobody_leads(const ClusterPicture& picture) {
  if (picture.policy == "majority") return "There is no leader: fewer than half of the voters answer here.";
  if (picture.policy != "etcd") return "There is no leader. The members cannot agree on one yet.";
  if (!picture.etcd_silent) return "There is no leader. etcd answers, but names none that can be reached from here.";
  return "There is no leader: etcd does not answer since " + time_of_day(picture.etcd_silent->since) +
         ". Games are played on.";
}

}  // namespace

void ClusterChanges::note(const std::shared_ptr<const ClusterPicture>& picture, std::int64_t now) {
  if (journal_ == nullptr) return;
  if (before_) note_self(*before_, *picture);
  if (picture->role == "frozen") {  // nobody talks to it, which says nothing of the others
    before_ = picture;
    return;
  }
  if (before_) {
    for (const ClusterMember& member : picture->members) {
      if (member.incarnation == 0) continue;  // hearsay: it has not been heard of by its own word
      const ClusterMember* before = before_->member(member.node);
      if (before != nullptr && before->incarnation == 0) before = nullptr;
      if (member.node != picture->self) note_member(before, member);
      note_protocol(before, member);
      note_admin(before, member);
    }
  }
  note_etcd(*picture, now);
  note_leader(*picture, now);
  note_partition(*picture, now);
  before_ = picture;
}

void ClusterChanges::note_self(const ClusterPicture& before, const ClusterPicture& picture) {
  if (picture.crowded && !before.crowded) {
    journal_->add(JournalKind::member, JournalLevel::error, std::nullopt,
                  "A machine finds no place in the cluster: it has " + std::to_string(Roster::kMaxMembers) +
                      " members already, those included that are switched off. Put out those that will not come back: "
                      "meshzero revoke.");
  }
  if (picture.role != "frozen" || before.role == "frozen") return;
  journal_->add(
      JournalKind::clone, JournalLevel::error, picture.self,
      "Another machine runs with the identity of this node, so both are frozen. Stop this node, run `meshzero "
      "identity reset` and let it join again.");
}

void ClusterChanges::note_member(const ClusterMember* before, const ClusterMember& member) {
  const auto add = [&](JournalLevel level, const std::string& what) {
    journal_->add(JournalKind::member, level, member.node, sentence(called(member) + what));
  };
  if (before == nullptr) {
    if (member.state != "left") add(JournalLevel::info, " is a member now");
    return;
  }
  if (before->state == member.state) return;
  if (member.state == "suspect") {
    add(JournalLevel::warn, " does not answer");
  } else if (member.state == "dead") {
    add(JournalLevel::error, " is taken for dead: it has not answered for seconds");
  } else if (member.state == "alive") {
    add(JournalLevel::info, before->state == "left" ? " is back in the cluster" : " answers again");
  } else if (member.left_because == "cloned") {
    journal_->add(JournalKind::clone, JournalLevel::error, member.node,
                  sentence("Two machines run with the identity of " + called(member) + ", so both are frozen"));
  } else if (member.left_because == "leave") {
    add(JournalLevel::info, " left the cluster");
  }  // a revocation is noted where it is learnt, with who did it
}

void ClusterChanges::note_admin(const ClusterMember* before, const ClusterMember& member) {
  if (before == nullptr || before->is_admin() || !member.is_admin()) return;
  journal_->add(JournalKind::admin, JournalLevel::warn, member.node, sentence(called(member) + " is an admin now"));
}

void ClusterChanges::note_protocol(const ClusterMember* before, const ClusterMember& member) {
  if (member.other_protocol == (before != nullptr ? before->other_protocol : 0) || member.other_protocol == 0) return;
  journal_->add(JournalKind::member, JournalLevel::warn, member.node, other_protocol_text({&member}));
}

void ClusterChanges::note_etcd(const ClusterPicture& picture, std::int64_t now) {
  if (picture.etcd_silent) {
    if (!etcd_silent_since_) etcd_silent_since_ = now;
    if (etcd_silence_noted_ || now - *etcd_silent_since_ < kSilentSeconds) return;
    etcd_silence_noted_ = true;
    journal_->add(
        JournalKind::leader, JournalLevel::warn, std::nullopt,
        "etcd does not answer since " + time_of_day(picture.etcd_silent->since) + ". " + picture.etcd_silent->why);
    return;
  }
  if (etcd_silence_noted_) journal_->add(JournalKind::leader, JournalLevel::info, std::nullopt, "etcd answers again.");
  etcd_silent_since_.reset();
  etcd_silence_noted_ = false;
}

void ClusterChanges::note_leader(const ClusterPicture& picture, std::int64_t now) {
  if (!picture.leader) {
    if (!leaderless_since_) leaderless_since_ = now;
    if (leaderless_noted_ || !leader_ || picture.role != "looking" || now - *leaderless_since_ < kLeaderlessSeconds) {
      return;
    }
    leaderless_noted_ = true;
    journal_->add(JournalKind::leader, JournalLevel::error, std::nullopt, why_nobody_leads(picture));
    return;
  }
  leaderless_since_.reset();
  leaderless_noted_ = false;
  const Leadership leader = *picture.leader;
  if (leader_ == leader) return;
  std::string text;
  if (!leader_) {
    text = called(picture, leader.node) + " leads" + in_term(leader);
  } else if (leader_->node == leader.node) {
    text = called(picture, leader.node) + " leads on" + in_term(leader);
  } else if (picture.released == leader_) {
    text =
        called(picture, leader_->node) + " handed leadership over to " + called(picture, leader.node) + in_term(leader);
  } else {
    text = called(picture, leader.node) + " leads now" + in_term(leader) + ": " + end_of(picture, *leader_);
  }
  const bool lost = leader_ && leader_->node != leader.node && picture.released != leader_;
  journal_->add(JournalKind::leader, lost ? JournalLevel::warn : JournalLevel::info, leader.node, sentence(text));
  leader_ = leader;
}

void ClusterChanges::note_partition(const ClusterPicture& picture, std::int64_t now) {
  if (picture.partition_since && !parted_since_) {
    parted_since_ = now;
    std::string others;
    for (const Leadership& rival : picture.rivals) {
      others += (others.empty() ? "" : " and ") + called(picture, rival.node) + in_term(rival);
    }
    journal_->add(JournalKind::partition, JournalLevel::warn, std::nullopt,
                  std::to_string(picture.rivals.size() + 1) + " leaders: here " +
                      called(picture, picture.leader->node) + in_term(*picture.leader) + ", elsewhere " + others + ".");
  } else if (before_ && !parted_since_ && picture.leader && picture.rivals_met > before_->rivals_met) {
    // Parts that meet settle within milliseconds who leads. In the part that gives way the other leader is ours by now.
    const auto loser = picture.last_rival == *picture.leader ? before_->leader : std::optional(picture.last_rival);
    if (!loser || loser == picture.leader) return;
    journal_->add(JournalKind::partition, JournalLevel::warn, picture.leader->node,
                  "2 leaders met: " + called(picture, loser->node) + in_term(*loser) + ", leads no more; " +
                      called(picture, picture.leader->node) + in_term(*picture.leader) + ", leads on.");
  } else if (!picture.partition_since && parted_since_ && picture.leader) {
    journal_->add(JournalKind::partition, JournalLevel::info, picture.leader->node,
                  "One leader again: " + called(picture, picture.leader->node) + in_term(*picture.leader) +
                      ". Several led for " + std::to_string(now - *parted_since_) + " s, as seen from here.");
    parted_since_.reset();
  }
}

}  // namespace mz
