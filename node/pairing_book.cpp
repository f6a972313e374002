#include "node/pairing_book.h"

#include <algorithm>
#include <array>

#include "p2p/base32.h"

namespace mz {
namespace {

constexpr std::size_t kIdBytes = 5;  // eight characters

std::string waiting_text(const PairingEntry& entry) {
  const PairingRequest& request = entry.request;
  const std::string asks =
      request.incoming
          ? "The machine " + PairingBook::who(request) + " at " + request.address + " asks to join this cluster."
          : "This node asks " + PairingBook::who(request) + " at " + request.address + " to take it in.";
  if (request.kind == PairingKind::approval) {
    return asks + (request.incoming ? " Approve it with: meshzero approve " + request.node.text()
                                    : " A person has to approve it there.");
  }
  return asks + " If " + spaced_digits(*request.digits) + " is what the other machine shows too, confirm on both.";
}

std::string state_text(const PairingEntry& entry) {
  const PairingRequest& request = entry.request;
  if (request.kind == PairingKind::approval && request.incoming && entry.here) {
    return "Approved. The machine " + PairingBook::who(request) + " joins when it asks the next time, within a second.";
  }
  switch (request.state) {
    case PairingState::confirmed_here:
      return "Confirmed here. The person at " + PairingBook::who(request) + " has to confirm " +
             spaced_digits(*request.digits) + " there.";
    case PairingState::confirmed_there:
      return "Confirmed at " + PairingBook::who(request) + ". If it shows " + spaced_digits(*request.digits) +
             ", confirm here too.";
    default:
      return waiting_text(entry);
  }
}

}  // namespace

std::string PairingBook::who(const PairingRequest& request) {
  const std::string id = request.node.short_text();
  return request.name.empty() ? id : request.name + " (" + id + ")";
}

std::string spaced_digits(std::string_view digits) {
  if (digits.size() != 6) return std::string(digits);
  return std::string(digits.substr(0, 3)) + " " + std::string(digits.substr(3));
}

void PairingBook::say(PairingEntry& entry) {
  if (is_open(entry.request.state)) {
    // An approval has one person only, so there is nothing between waiting and the end.
    const bool one_person = entry.request.kind == PairingKind::approval;
    entry.request.state = one_person    ? PairingState::waiting
                          : entry.here  ? PairingState::confirmed_here
                          : entry.there ? PairingState::confirmed_there
                                        : PairingState::waiting;
    entry.request.text = state_text(entry);
  }
  if (entry.shown) changed_(entry);
}

Result<PairingEntry*> PairingBook::add(PairingEntry entry, std::int64_t now) {
  std::array<std::uint8_t, kIdBytes> id{};
  if (auto random = random_bytes(id); !random) return random.error();
  entry.request.id = to_base32(id);
  entry.request.since = now;
  entry.request.expires = now + kPairingLifeSeconds;
  entry.heard = now;
  entries_.push_back(std::move(entry));
  return &entries_.back();
}

Result<PairingEntry*> PairingBook::add_incoming(PairingEntry entry, std::int64_t now) {
  tick(now);
  const std::size_t all = count_open([](const PairingEntry& other) { return other.request.incoming; });
  const std::size_t near =
      count_open([&entry](const PairingEntry& other) { return other.request.incoming && other.group == entry.group; });
  if (all >= kMaxPairingRequests || near >= kMaxPairingFromAddress) {
    return Error{
        ErrorKind::unreachable,
        "Too many machines ask this node for pairing at the moment. Try again in some minutes, or join by a token."};
  }
  entry.request.incoming = true;
  return add(std::move(entry), now);
}

Result<PairingEntry*> PairingBook::add_own(PairingEntry entry, std::int64_t now) {
  tick(now);
  if (count_open([](const PairingEntry& other) { return !other.request.incoming; }) >= kMaxPairingAsked) {
    return Error{ErrorKind::refused, "This node asks " + std::to_string(kMaxPairingAsked) +
                                         " machines already. Confirm or refuse one first: meshzero pair."};
  }
  entry.request.incoming = false;
  entry.here = entry.request.kind == PairingKind::approval;
  auto added = add(std::move(entry), now);
  if (added) show(**added, (*added)->request.digits, now);
  return added;
}

void PairingBook::show(PairingEntry& entry, std::optional<std::string> digits, std::int64_t now) {
  entry.request.digits = std::move(digits);
  entry.shown = true;
  entry.heard = now;
  say(entry);
}

Result<void> PairingBook::check_direction(const PairingEntry& entry) const {
  const bool incoming = entry.request.incoming;
  const bool crossed = count_open([incoming](const PairingEntry& other) {
                         return other.shown && other.here && other.request.incoming != incoming;
                       }) > 0;
  if (!crossed) return {};
  return Error{ErrorKind::refused,
               incoming ? "This node is about to enter another cluster itself and takes nobody in. Refuse that first: "
                          "meshzero pair list."
                        : "This node is about to take a machine in and cannot enter another cluster. Refuse that "
                          "first: meshzero pair list."};
}

Result<PairingEntry*> PairingBook::confirm(std::string_view id, std::string_view digits, std::int64_t now) {
  tick(now);
  PairingEntry* entry = find(id);
  if (entry == nullptr || !entry->shown) {
    return Error{ErrorKind::not_found,
                 "There is no request for pairing " + std::string(id.substr(0, 64)) + ". See `meshzero pair list`."};
  }
  if (!is_open(entry->request.state)) {
    return Error{ErrorKind::refused, "This request has ended: " + entry->request.text};
  }
  if (entry->request.kind == PairingKind::approval) {
    return Error{ErrorKind::refused, "This request has no digits. The admin approves it with: meshzero approve " +
                                         entry->request.node.text()};
  }
  if (entry->here) return entry;
  std::string typed;
  std::copy_if(digits.begin(), digits.end(), std::back_inserter(typed), [](char c) { return c != ' '; });
  if (typed.size() != 6 || typed.find_first_not_of("0123456789") != std::string::npos) {
    return Error{ErrorKind::usage, "Give the six digits that the other machine shows, for example 482913."};
  }
  if (typed != *entry->request.digits) {
    if (++entry->wrong >= kMaxWrongDigits) {
      end(*entry, PairingState::failed,
          "Other digits were typed " + std::to_string(kMaxWrongDigits) +
              " times. Start again; if the machines never show the same digits, somebody "
              "sits between them.",
          now);
    }
    return Error{ErrorKind::refused,
                 "These are not the digits that this machine shows for the request. Compare the screens: when the two "
                 "machines show different digits, somebody may sit between them, so refuse."};
  }
  if (auto allowed = check_direction(*entry); !allowed) return allowed.error();
  entry->here = true;
  say(*entry);
  return entry;
}

Result<PairingEntry*> PairingBook::refuse(std::string_view id, std::int64_t now) {
  tick(now);
  PairingEntry* entry = find(id);
  if (entry == nullptr || !entry->shown) {
    return Error{ErrorKind::not_found,
                 "There is no request for pairing " + std::string(id.substr(0, 64)) + ". See `meshzero pair list`."};
  }
  if (!is_open(entry->request.state) || entry->adopting) {
    return Error{ErrorKind::refused, entry->adopting ? "It is too late: this node enters that cluster."
                                                     : "This request has ended: " + entry->request.text};
  }
  end(*entry, PairingState::refused, "Refused here. Start again with `meshzero pair start`.", now);
  return entry;
}

Result<void> PairingBook::approve(PairingEntry& entry) {
  if (auto allowed = check_direction(entry); !allowed) return allowed;
  entry.here = true;
  say(entry);
  return {};
}

void PairingBook::confirmed_there(PairingEntry& entry) {
  if (entry.there || !is_open(entry.request.state)) return;
  entry.there = true;
  if (!entry.here) say(entry);
}

void PairingBook::end(PairingEntry& entry, PairingState state, std::string text, std::int64_t now) {
  if (!is_open(entry.request.state)) return;
  entry.request.state = state;
  entry.request.text = std::move(text);
  entry.request.expires = now;
  entry.exchange.reset();
  say(entry);
}

void PairingBook::tick(std::int64_t now) {
  for (PairingEntry* entry : open_ones([](const PairingEntry& each) { return !each.adopting; })) {
    if (now >= entry->request.expires) {
      end(*entry, PairingState::expired, "Nobody confirmed within ten minutes. Start again with `meshzero pair start`.",
          now);
    } else if (entry->request.incoming && now >= entry->heard + kPairingSilenceSeconds) {
      end(*entry, PairingState::failed,
          "The connection to " + who(entry->request) +
              " broke. It may ask again, with "
              "other digits.",
          now);
    }
  }
  forget_ended(now);
}

// Those that were never shown at once, the others when there are too many or ten minutes are over.
void PairingBook::forget_ended(std::int64_t now) {
  const auto ended = [](const PairingEntry& entry) { return !is_open(entry.request.state); };
  entries_.remove_if([&](const PairingEntry& entry) {
    return ended(entry) && (!entry.shown || now >= entry.request.expires + kPairingLifeSeconds);
  });
  while (static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), ended)) > kMaxPairingEnded) {
    entries_.erase(std::find_if(entries_.begin(), entries_.end(), ended));
  }
}

PairingEntry* PairingBook::find(std::string_view id) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [id](const PairingEntry& entry) { return entry.request.id == id; });
  return found == entries_.end() ? nullptr : &*found;
}

PairingEntry* PairingBook::find(const ChannelBinding& channel) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&channel](const PairingEntry& entry) {
    return entry.request.incoming && equal_secrets(entry.channel, channel);
  });
  return found == entries_.end() ? nullptr : &*found;
}

std::vector<PairingEntry*> PairingBook::open_ones(const std::function<bool(const PairingEntry&)>& which) {
  std::vector<PairingEntry*> out;
  for (PairingEntry& entry : entries_) {
    if (is_open(entry.request.state) && which(entry)) out.push_back(&entry);
  }
  return out;
}

std::size_t PairingBook::count_open(const std::function<bool(const PairingEntry&)>& which) const {
  return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), [&](const PairingEntry& entry) {
    return is_open(entry.request.state) && which(entry);
  }));
}

std::vector<PairingRequest> PairingBook::shown() const {
  std::vector<PairingRequest> out;
  for (const PairingEntry& entry : entries_) {
    if (entry.shown) out.push_back(entry.request);
  }
  return out;
}

}  // namespace mz
