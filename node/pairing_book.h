// The requests for pairing that this node knows: of other machines that want in, and its own elsewhere. What they have in
// common is here: limits, digits, confirmations, ends. What two machines say to each other is not.
//
// Not thread-safe. Times are seconds since 1970 by any clock that is given.
#pragma once

#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/pairing.h"

namespace mz {

struct PairingEntry {
  PairingRequest request;
  bool shown = false;      // to people; from the moment when there are digits
  bool here = false;       // confirmed by the person at this machine
  bool there = false;      // the other side says so
  bool adopting = false;   // this node is about to enter the cluster: too late for anything else
  bool by_person = false;  // of an own one: a person named the machine
  unsigned wrong = 0;      // digits typed
  std::int64_t heard = 0;  // when the other side said something last
  // Of incoming ones.
  ChannelBinding channel{};
  std::string group;  // of addresses that count as one
  std::optional<PairingExchange> exchange;
  std::optional<PublicKey> key;
  std::vector<std::string> addresses;      // where it says it is reached
  std::optional<Certificate> certificate;  // once it is signed
};

class PairingBook {
 public:
  // Called when a shown request appears or its state changes.
  using Changed = std::function<void(const PairingEntry&)>;
  explicit PairingBook(Changed changed) : changed_(std::move(changed)) {}

  // What another machine asks; refused beyond the limits. Not shown yet.
  Result<PairingEntry*> add_incoming(PairingEntry entry, std::int64_t now);
  // What this node asks elsewhere; shown at once. Approvals count as confirmed here.
  Result<PairingEntry*> add_own(PairingEntry entry, std::int64_t now);
  void show(PairingEntry& entry, std::optional<std::string> digits, std::int64_t now);

  // A person's words. The digits are those on the other machine's screen; blanks in them do not count.
  Result<PairingEntry*> confirm(std::string_view id, std::string_view digits, std::int64_t now);
  Result<PairingEntry*> refuse(std::string_view id, std::int64_t now);

  // Confirms a request without digits. Its id was compared, which is as good.
  Result<void> approve(PairingEntry& entry);

  void confirmed_there(PairingEntry& entry);
  // Ends an open one; nothing happens to one that has ended.
  void end(PairingEntry& entry, PairingState state, std::string text, std::int64_t now);
  // Ends what is too old or fell silent, and forgets what ended long ago. Pointers to ended entries are good until then.
  void tick(std::int64_t now);

  [[nodiscard]] PairingEntry* find(std::string_view id);
  [[nodiscard]] PairingEntry* find(const ChannelBinding& channel);
  // Open ones that satisfy this.
  [[nodiscard]] std::vector<PairingEntry*> open_ones(const std::function<bool(const PairingEntry&)>& which);
  [[nodiscard]] std::size_t count_open(const std::function<bool(const PairingEntry&)>& which) const;
  // Its name and the beginning of its id.
  [[nodiscard]] static std::string who(const PairingRequest& request);
  // Those that are shown, newest last.
  [[nodiscard]] std::vector<PairingRequest> shown() const;

 private:
  Result<PairingEntry*> add(PairingEntry entry, std::int64_t now);
  // Whether a person may confirm: this node must not enter a cluster while it takes somebody into its own.
  [[nodiscard]] Result<void> check_direction(const PairingEntry& entry) const;
  void say(PairingEntry& entry);
  void forget_ended(std::int64_t now);

  Changed changed_;
  std::list<PairingEntry> entries_;
};

// The digits as people read them: "482 913".
std::string spaced_digits(std::string_view digits);

}  // namespace mz
