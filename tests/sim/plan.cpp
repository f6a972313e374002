#include "tests/sim/plan.h"

#include <algorithm>

#include "tests/sim/checks.h"
#include "tests/sim/world.h"

namespace mz::sim {
namespace {

constexpr std::size_t kMostHosts = 12;
// News of a leader are asked for each H, so they age by as much with each member that passes them on; as old as L they count no
// more. That is the reach of a leader, seven hops, and nothing that a longer wait before the checks could change.
constexpr int kLongestChain = kLease / kHeartbeat;
constexpr Instant kQuietTime = Checks::kLeaderAfter + 12 * kSecond;
constexpr Instant kLook = 500 * kMillisecond;

class Plan {
 public:
  Plan(std::uint64_t seed, bool trace, std::optional<Policy> policy)
      : world_(seed, trace), checks_(world_), rng_(world_.rng), policy_(policy) {}

  Outcome run() {
    found();
    const int rounds = 1 + static_cast<int>(rng_.below(2));
    for (int round = 0; round < rounds && !checks_.violation(); ++round) {
      wild(10 + rng_.below(25));
      quiet(/*last=*/false);
    }
    if (!checks_.violation()) wild(5 + rng_.below(20));
    quiet(/*last=*/true);
    return {.violation = checks_.violation(),
            .elections = checks_.elections(),
            .checks = checks_.checks(),
            .virtual_seconds = static_cast<double>(world_.time()) / kSecond};
  }

 private:
  Instant milliseconds(std::uint32_t least, std::uint32_t most) {
    return static_cast<Instant>(least + rng_.below(most - least + 1)) * kMillisecond;
  }
  Host& any() { return world_.host(static_cast<int>(rng_.below(static_cast<std::uint32_t>(world_.hosts().size())))); }

  void found() {
    if (rng_.chance(1, 3)) world_.skew_ppm = 100'000;  // two clocks may then differ by a fifth
    const std::uint32_t hosts = rng_.chance(1, 10) ? 8 + rng_.below(5) : 1 + rng_.below(6);
    if (policy_) {
      world_.settings.policy = *policy_;
      if (*policy_ == Policy::etcd) found_registrar();
    } else if (hosts >= 3 && rng_.chance(2, 5)) {
      world_.settings.policy = Policy::majority;
      const std::uint32_t voters = std::min(hosts, 3 + rng_.below(4));
      for (std::uint32_t i = 0; i < voters; ++i) {
        world_.settings.voters.push_back(World::identity(static_cast<int>(i)));
      }
    }
    world_.trace(world_.settings.policy == Policy::majority
                     ? "majority of " + std::to_string(world_.settings.voters.size()) + " voters"
                     : policy_name(world_.settings.policy));
    for (std::uint32_t i = 0; i < hosts; ++i) join();
  }

  // Its numbers may be lower than what the hosts promised while they had another policy.
  void found_registrar() {
    world_.registrar.set_rate(1'000'000 - world_.skew_ppm +
                              rng_.below(static_cast<std::uint32_t>(2 * world_.skew_ppm + 1)));
    world_.registrar.set_revision(1 + rng_.below(3000));
    promised_ = rng_.chance(1, 3) ? rng_.below(6000) : 0;
  }

  // A host that knows one other.
  void join() {
    if (world_.hosts().size() >= kMostHosts) return;
    Host& host = world_.add_host();
    if (promised_ > 0) {
      const Promise before{.incarnation = 1, .ballot = {.term = 1 + rng_.below(promised_), .node = host.id}};
      host.disk.files.promise = before.encode();
    }
    const int index = host.index;
    int contact = -1;
    for (int i = 0; i < index; ++i) {
      if (!world_.host(i).gone && !world_.host(i).cloned && rng_.chance(1, 1 + static_cast<std::uint32_t>(i)))
        contact = i;
    }
    world_.at(world_.time() + milliseconds(0, 3000), [this, index, contact] {
      if (world_.host(index).gone) return;  // a mass restart started it before, and it left
      world_.start(world_.host(index));
      if (contact >= 0) world_.introduce(world_.host(index), world_.host(contact));
      // A token names the member that made it, which therefore learns of the new one.
      if (contact >= 0) world_.introduce(world_.host(contact), world_.host(index));
    });
  }

  void wild(std::uint32_t seconds) {
    world_.trace("--- wild");
    checks_.stir();
    weather();
    const Instant end = world_.time() + seconds * kSecond;
    while (world_.time() < end && !checks_.violation()) {
      act();
      world_.run_until(std::max(undisturbed_until_, world_.time() + milliseconds(20, 1500)));
    }
  }

  // An ambush strikes after `wait`, and nothing else happens until it has had its effect.
  void strike(Instant wait, std::function<void()> action) {
    undisturbed_until_ = world_.time() + wait + kLease;
    world_.at(world_.time() + wait, std::move(action));
  }

  // How the network is in general.
  void weather() {
    const std::uint32_t loss = rng_.chance(1, 2) ? rng_.below(20) : rng_.below(300);
    const Instant delay = milliseconds(0, rng_.chance(1, 3) ? 300 : 10);
    const Instant spread = rng_.chance(1, 4) ? milliseconds(100, 4000) : milliseconds(0, 20);
    for_links([&](Link& link) {
      link.loss = loss;
      link.doubling = rng_.below(50);
      link.delay = delay;
      link.spread = spread;
    });
  }

  template <class Action>
  void for_links(const Action& action) {
    const int hosts = static_cast<int>(world_.hosts().size());
    for (int a = 0; a < hosts; ++a) {
      for (int b = 0; b < hosts; ++b) action(world_.link(a, b));
    }
  }

  void act() {
    Host& host = any();
    Host& other = any();
    if (world_.settings.policy == Policy::majority && rng_.chance(1, 6)) return ambush();
    if (world_.settings.policy == Policy::etcd && rng_.chance(1, 4)) return disturb_registrar();
    switch (rng_.below(29)) {
      case 0:
      case 1:
        return world_.crash(host);
      case 2:  // and back at once
        world_.crash(host);
        return restart(host, milliseconds(1, 1500));
      case 3:
      case 4:
        return restart(host, 0);
      case 5:
        return doze(host, Rest::paused, milliseconds(100, 9000));
      case 6: {
        const Instant length = milliseconds(500, 40'000);
        // Half of the machines hear of it before.
        if (length / kMillisecond % 2 == 0) {
          world_.command(host, [](Agreement& process, Now now) { process.rest(now); });
        }
        return doze(host, Rest::asleep, length);
      }
      case 7:
        // A machine that stands still unknowingly breaks what leases rest on; the other policy must bear it.
        if (world_.settings.policy == Policy::available) doze(host, Rest::suspended, milliseconds(500, 20'000));
        return;
      case 8:
      case 9:
        world_.link(host.index, other.index).up = false;  // one direction
        return;
      case 10:
        world_.link(host.index, other.index).up = world_.link(other.index, host.index).up = false;
        return;
      case 11:
      case 12:
        return shape();
      case 13:
        return for_links([](Link& link) { link.up = true; });
      case 14:
        return weather();
      case 15:
        host.disk.full = !host.disk.full;
        return;
      case 16:
        host.disk.delay = rng_.chance(1, 2) ? milliseconds(1, 20) : milliseconds(100, 3000);
        return;
      case 17:
        return world_.command(host, [](Agreement& process, Now now) { process.release(now, false); });
      case 18:
        if (rng_.chance(1, 3)) return mass_restart();
        return;
      case 19:
        if (rng_.chance(1, 2)) join();
        return;
      case 20:
        if (rng_.chance(1, 4)) leave(host);
        return;
      case 21:
        if (rng_.chance(1, 8)) clone(host);
        return;
      case 22:
      case 23:
        return ambush();
      case 24:  // plugged in, unplugged
        if (host.rest != Rest::none) return;
        host.fitness = static_cast<Fitness>(rng_.below(static_cast<int>(Fitness::best) + 1));
        return world_.command(host, [&host](Agreement& process, Now now) { process.become(host.fitness, now); });
      case 25:
        return world_.command(host, [this, &host](Agreement& process, Now now) {
          process.describe({std::to_string(host.index)}, rng_.chance(1, 2) ? Card::kAdmin : Card::kWorker, now);
        });
      case 26:
        if (rng_.chance(1, 4)) revoke(host);
        return;
      default:
        return world_.command(host, [this](Agreement& process, Now now) {
          (void)process.record("note", std::to_string(rng_.below(1'000'000)), now);
        });
    }
  }

  // What the lease of a leader, and the patience with its registrar, have to withstand.
  void disturb_registrar() {
    Host& host = any();
    Host* leader = nullptr;
    for (const auto& one : world_.hosts()) {
      if (world_.part_of(*one) == Part::leading) leader = one.get();
    }
    switch (rng_.below(9)) {
      case 0:
      case 1:
        world_.registrar.go_away(world_.time());
        return;
      case 2:
      case 3:
        return world_.registrar.come_back(world_.time());
      case 4:
        host.to_registrar.up = !host.to_registrar.up;
        return;
      case 5:  // some ask slowly
        for (const auto& one : world_.hosts()) {
          if (!rng_.chance(1, 2)) continue;
          one->to_registrar = {.up = true,
                               .loss = rng_.below(300),
                               .doubling = rng_.below(300),
                               .delay = milliseconds(0, 1500),
                               .spread = milliseconds(0, 1500)};
        }
        return;
      case 6:
        for (const auto& one : world_.hosts()) one->to_registrar = {};
        return;
      default: {
        // What the leader hears of its registrar is late, then nothing: the others must not be granted it before the
        // leader knows that its time is over.
        if (leader == nullptr) return;
        world_.registrar.come_back(world_.time());
        for (const auto& one : world_.hosts()) one->to_registrar = {};
        leader->to_registrar.delay = milliseconds(100, 700);
        if (rng_.chance(1, 2)) {
          world_.drift(*leader, 1'000'000 - world_.skew_ppm);
          world_.registrar.set_rate(1'000'000 + world_.skew_ppm);
        }
        return strike(milliseconds(200, 4000), [this, led = leader->index] {
          world_.host(led).to_registrar.up = false;
          for (const auto& one : world_.hosts()) {
            world_.link(led, one->index).up = world_.link(one->index, led).up = one->index == led;
          }
        });
      }
    }
  }

  void restart(Host& host, Instant after) {
    world_.at(world_.time() + after, [this, index = host.index] {
      Host& again = world_.host(index);
      if (!again.gone) world_.start(again);
    });
  }

  void doze(Host& host, Rest kind, Instant length) {
    host.overflows = kind == Rest::paused && rng_.chance(1, 2);
    world_.rest(host, kind);
    world_.at(world_.time() + length, [this, index = host.index, life = host.life] {
      Host& sleeper = world_.host(index);
      if (sleeper.life == life) world_.wake(sleeper);
    });
  }

  void mass_restart() {
    for (const auto& host : world_.hosts()) {
      world_.crash(*host);
      restart(*host, milliseconds(1, 800));
    }
  }

  void leave(Host& host) {
    const auto& voters = world_.settings.voters;
    if (!host.running() || host.rest != Rest::none || host.cloned) return;
    if (std::find(voters.begin(), voters.end(), host.id) != voters.end()) return;
    world_.command(host, [](Agreement& process, Now now) { process.leave(now); });
    host.gone = true;
    world_.trace("host " + std::to_string(host.index) + " leaves");
  }

  // A host is put out and stopped. The others hear of it one after the other, and later ones when they start.
  void revoke(Host& host) {
    const auto& voters = world_.settings.voters;
    if (host.gone || host.cloned || std::find(voters.begin(), voters.end(), host.id) != voters.end()) return;
    world_.trace("host " + std::to_string(host.index) + " is put out");
    world_.crash(host);
    host.gone = true;
    world_.settings.revoked.push_back(host.id);
    for (const auto& other : world_.hosts()) {
      if (other.get() != &host)
        world_.at(world_.time() + milliseconds(0, 1000), [this, &other = *other, id = host.id] { tell(other, id); });
    }
  }

  void tell(Host& host, const NodeId& revoked) {
    if (host.rest != Rest::none) {
      return world_.at(world_.time() + 100 * kMillisecond, [this, &host, revoked] { tell(host, revoked); });
    }
    world_.command(host, [revoked](Agreement& process, Now now) { process.exclude(revoked, now); });
  }

  // The disk of a host that is down or running is copied, and the copy started.
  void clone(Host& host) {
    if (host.gone || host.cloned || world_.hosts().size() >= kMostHosts || host.disk.files.promise.empty()) return;
    world_.trace("host " + std::to_string(host.index) + " is copied");
    checks_.cloned(host.id);
    Host& copy = world_.clone_host(host);
    copy.cloned = true;
    host.cloned = true;
    world_.start(copy);
  }

  // What a leader's lease has to withstand: its voters forget that they hear it, or what they said arrives late.
  void ambush() {
    Host* leader = nullptr;
    for (const auto& host : world_.hosts()) {
      if (world_.part_of(*host) == Part::leading) leader = host.get();
    }
    if (leader == nullptr || world_.hosts().size() < 3) return;
    const int hosts = static_cast<int>(world_.hosts().size());
    const int led = leader->index;
    const std::uint32_t kind = rng_.below(6);
    if (kind <= 1) return hear_nobody(led);
    if (kind == 2) return halve();
    if (kind == 3) return answer_late(led);
    if (kind == 4) {
      // Half of the others lose the leader; when they ask, the rest restarts and loses it too.
      const int kept = (hosts - 1) / 2;
      int met = 0;
      for (int i = 0; i < hosts; ++i) {
        if (i != led && ++met > kept) world_.link(i, led).up = world_.link(led, i).up = false;
      }
      strike(milliseconds(4000, 8000), [this, led] {
        for (const auto& host : world_.hosts()) {
          if (!world_.link(led, host->index).up || host->index == led) continue;
          world_.crash(*host);
          restart(*host, milliseconds(1, 200));
          world_.link(led, host->index).up = world_.link(host->index, led).up = false;
        }
      });
    } else {
      // All answers to the leader are slow, then its own voice is lost.
      for (int i = 0; i < hosts; ++i) world_.link(i, led).delay = milliseconds(1500, 3100);
      strike(milliseconds(200, 4000), [this, led, hosts] {
        for (int i = 0; i < hosts; ++i) world_.link(led, i).up = i == led;
      });
    }
  }

  // Two halves, of voters as well, that do not hear each other and both ask.
  void halve() {
    const int hosts = static_cast<int>(world_.hosts().size());
    for (int a = 0; a < hosts; ++a) {
      for (int b = 0; b < hosts; ++b) world_.link(a, b).up = a % 2 == b % 2;
    }
    strike(milliseconds(4000, 8000), [this] { for_links([](Link& link) { link.up = true; }); });
  }

  // The leader is gone, and what the others say to each other takes longer than a campaign, now and then: an answer may find
  // another campaign than the one it belongs to.
  void answer_late(int led) {
    for_links([this](Link& link) {
      link = {.up = true, .loss = 0, .doubling = 300, .delay = 0, .spread = milliseconds(300, 2500)};
    });
    world_.crash(world_.host(led));
    strike(milliseconds(4000, 8000), [this] { for_links([](Link& link) { link = {}; }); });
  }

  // One host hears nobody and asks and asks. Then it is heard, by hosts that the leader counts on but that have lost it this
  // moment, and perhaps started anew or slept: they must not vote before the lease that they gave is over.
  void hear_nobody(int led) {
    const int hosts = static_cast<int>(world_.hosts().size());
    const int deaf = (led + 1 + static_cast<int>(rng_.below(static_cast<std::uint32_t>(hosts - 1)))) % hosts;
    for (int i = 0; i < hosts; ++i) {
      if (i != deaf) world_.link(i, deaf).up = world_.link(deaf, i).up = false;
    }
    if (rng_.chance(1, 2)) {  // its lease and their patience are as far apart as clocks may be
      for (const auto& host : world_.hosts())
        world_.drift(*host, 1'000'000 + (host->index == led ? -world_.skew_ppm : world_.skew_ppm));
    }
    enum : std::uint8_t { anew, asleep, awake };
    const std::uint32_t voters = std::min<std::uint32_t>(rng_.below(4), awake);
    strike(milliseconds(5000, 8000), [this, led, deaf, voters] {
      for (const auto& host : world_.hosts()) {
        const int i = host->index;
        if (i == led) continue;
        if (i != deaf && voters == anew) {
          world_.crash(*host);
          restart(*host, milliseconds(1, 200));
        } else if (i != deaf && voters == asleep) {
          doze(*host, Rest::asleep, milliseconds(300, 3000));
        }
        world_.link(led, i).up = world_.link(i, led).up = false;
        if (i != deaf) world_.link(i, deaf) = world_.link(deaf, i) = {};
      }
    });
  }

  // Some stable form of a broken network.
  void shape() {
    const int hosts = static_cast<int>(world_.hosts().size());
    for_links([](Link& link) { link.up = true; });
    const auto cut = [this](int a, int b) { world_.link(a, b).up = false; };
    const int pivot = static_cast<int>(rng_.below(static_cast<std::uint32_t>(hosts)));
    switch (rng_.below(5)) {
      case 0:  // two parts
        for (int a = 0; a < hosts; ++a) {
          for (int b = 0; b < hosts; ++b) {
            if ((a < pivot) != (b < pivot)) cut(a, b);
          }
        }
        return;
      case 1:  // two parts and a bridge
        for (int a = 0; a < hosts; ++a) {
          for (int b = 0; b < hosts; ++b) {
            if (a != pivot && b != pivot && (a < pivot) != (b < pivot)) cut(a, b);
          }
        }
        return;
      case 2:  // a chain
        if (hosts > kLongestChain) return;
        for (int a = 0; a < hosts; ++a) {
          for (int b = 0; b < hosts; ++b) {
            if (std::abs(a - b) > 1) cut(a, b);
          }
        }
        return;
      case 3:  // one that nobody hears
        for (int b = 0; b < hosts; ++b) cut(pivot, b);
        return;
      default:  // one that hears nobody
        for (int a = 0; a < hosts; ++a) cut(a, pivot);
        return;
    }
  }

  void quiet(bool last) {
    world_.trace("--- quiet");
    for_links([](Link& link) { link = {}; });
    world_.registrar.come_back(world_.time());
    for (const auto& host : world_.hosts()) {
      host->to_registrar = {};
      host->disk.full = false;
      host->disk.delay = 4 * kMillisecond;
      world_.wake(*host);
      if (!host->gone && (last || rng_.chance(7, 8))) world_.start(*host);
    }
    // Those who knew only hosts that are gone are told of another; then a while for everybody to hear of everybody.
    if (last || rng_.chance(1, 2)) reunite();
    world_.run_until(world_.time() + 3 * kSecond);
    if (!last && rng_.chance(2, 3)) shape();
    if (!last && world_.settings.policy == Policy::etcd && rng_.chance(1, 4)) {
      world_.registrar.go_away(world_.time());
    }
    checks_.settle();
    if (!last && rng_.chance(1, 2)) {
      // Whatever form the network has, it finds another leader, and never two.
      watch(Checks::kOneLeaderAfter + milliseconds(0, 4000));
      for (const auto& host : world_.hosts()) {
        if (world_.part_of(*host) == Part::leading) world_.crash(*host);
      }
      checks_.lost_hosts();
    }
    watch(kQuietTime);
    if (last) checks_.look_at_the_end();
    if (!checks_.violation() && checks_.united()) absence();
  }

  // One is away for a while, and comes back to a cluster that had a leader all the time.
  void absence() {
    std::vector<Host*> others;
    Host* leader = nullptr;
    for (const auto& host : world_.hosts()) {
      if (host->cloned) return;
      if (!host->running() || host->gone) continue;
      if (world_.part_of(*host) == Part::leading) {
        leader = host.get();
      } else {
        others.push_back(host.get());
      }
    }
    // Whoever should not lead may hand over at any time.
    if (leader == nullptr || others.empty() || !should_lead(leader->fitness)) return;
    Host& away = *others[rng_.below(static_cast<std::uint32_t>(others.size()))];
    if (!led_without(away)) return;
    world_.trace("--- absence");
    checks_.stir();
    const bool quorum = world_.settings.policy != Policy::available;
    const Instant length = milliseconds(100, 12'000);
    enum : std::uint8_t { pausing, sleeping, off_leader, off_all, deaf, mute };
    const std::uint32_t kind = rng_.below(quorum ? 6 : others.size() > 1 ? 3 : 2);
    if (!quorum && rng_.chance(1, 4)) {
      // The leader itself; still within L of followers whose clocks are fast, and who heard it an H before.
      checks_.goes_away(*leader, *leader, /*cut_off=*/false);
      doze(*leader, Rest::paused, milliseconds(2000, 3000));
    } else if (kind == pausing || kind == sleeping) {
      checks_.goes_away(*leader, away, /*cut_off=*/false);
      doze(away, kind == pausing ? Rest::paused : Rest::asleep, length);
    } else {
      checks_.goes_away(*leader, away, /*cut_off=*/kind != off_leader);
      for (const auto& host : world_.hosts()) {
        if (host.get() == &away || (kind == off_leader && host.get() != leader)) continue;
        if (kind != mute) world_.link(host->index, away.index).up = false;
        if (kind != deaf) world_.link(away.index, host->index).up = false;
      }
      world_.at(world_.time() + length, [this] { for_links([](Link& link) { link.up = true; }); });
    }
    world_.run_until(world_.time() + length + 2 * kLease);
    checks_.came_back();
  }

  // Whether those who count are enough without that host.
  [[nodiscard]] bool led_without(const Host& away) const {
    if (world_.settings.policy != Policy::majority) return true;
    const auto& voters = world_.settings.voters;
    const auto present = std::count_if(world_.hosts().begin(), world_.hosts().end(), [&](const auto& host) {
      return host.get() != &away && host->running() && !host->gone &&
             std::find(voters.begin(), voters.end(), host->id) != voters.end();
    });
    return 2 * static_cast<std::size_t>(present) > voters.size();
  }

  void watch(Duration length) {
    const Instant end = world_.time() + length;
    while (world_.time() < end && !checks_.violation()) {
      world_.run_until(std::min(end, world_.time() + kLook));
      checks_.look();
    }
  }

  void reunite() {
    const Host* first = nullptr;
    for (const auto& host : world_.hosts()) {
      if (!host->running() || host->gone || host->cloned) continue;
      if (first == nullptr) {
        first = host.get();
      } else if (first->process->roster().find(host->id) == nullptr) {
        world_.introduce(*host, *first);
        world_.introduce(world_.host(first->index), *host);
      }
    }
  }

  World world_;
  Checks checks_;
  Rng& rng_;
  const std::optional<Policy> policy_;
  std::uint32_t promised_ = 0;  // by hosts before they ask a registrar: up to this term
  Instant undisturbed_until_ = 0;
};

}  // namespace

Outcome run_seed(std::uint64_t seed, bool trace, std::optional<Policy> policy) {
  return Plan(seed, trace, policy).run();
}

}  // namespace mz::sim
