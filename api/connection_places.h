// Who holds a place among the connections, and who has to give his up.
//
// Strangers share few places, at most some per address; members share many. At a cap the newcomer is never the one refused: a
// connection goes that has no complete request, the oldest first, so that held sockets lock nobody out.
// Used by the reactor only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace mz {

class ConnectionPlaces {
 public:
  struct Caps {
    std::size_t strangers = 0;    // in all
    std::size_t per_address = 0;  // of strangers; programs on this computer are not counted by address
    std::size_t members = 0;
  };
  using Id = std::uint64_t;  // ascending with age: the smaller, the older

  explicit ConnectionPlaces(Caps caps) : caps_(caps) {}

  // A new connection of a stranger; an empty group is not capped by itself.
  void enter(Id id, const std::string& group);
  // It has proven who it is.
  void become_member(Id id);
  void leave(Id id);
  // Whether it has a complete request in the works.
  void set_busy(Id id, bool busy);

  // Who has to go before one more stranger of this group may enter; nothing when there is room.
  [[nodiscard]] std::optional<Id> to_evict(const std::string& group) const;
  // Who has to go because there are too many members.
  [[nodiscard]] std::optional<Id> surplus_member() const;
  // The oldest without a complete request, whoever it is: when descriptors run out.
  [[nodiscard]] std::optional<Id> oldest_idle() const;

  [[nodiscard]] std::size_t strangers() const { return strangers_.size(); }
  [[nodiscard]] std::size_t members() const { return members_.size(); }

 private:
  [[nodiscard]] std::optional<Id> victim(const std::set<Id>& among) const;

  Caps caps_;
  std::set<Id> strangers_;
  std::set<Id> members_;
  std::set<Id> busy_;
  std::map<std::string, std::set<Id>> by_group_;
  std::map<Id, std::string> group_of_;
};

// What counts as one address: an IPv4 address, the /64 network of an IPv6 address, whatever its scope; empty on this computer.
std::string address_group(const std::string& address, bool loopback);

}  // namespace mz
