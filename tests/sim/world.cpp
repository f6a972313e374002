#include "tests/sim/world.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "engine/base/sha256.h"

namespace mz::sim {
namespace {

const char* body_name(const Body& body) {
  static constexpr const char* kNames[] = {"heartbeat", "heartbeat answer", "ask", "answer", "release", "cards", "have",
                                           "events"};
  return kNames[body.index()];
}

[[noreturn]] void broken(const char* what) {
  std::fprintf(stderr, "the simulator itself is broken: %s\n", what);
  std::abort();
}

// What a crash leaves of an append: nothing, all, or some bytes, the last of which may be garbage.
void tear(std::vector<std::uint8_t>& file, const std::vector<std::uint8_t>& bytes, Rng& rng) {
  const auto size = rng.below(static_cast<std::uint32_t>(bytes.size() + 1));
  file.insert(file.end(), bytes.begin(), bytes.begin() + size);
  if (size > 0 && size < bytes.size() && rng.chance(1, 2)) file.back() ^= 0x55;
}

std::vector<std::uint8_t>& file_of(AgreementFiles& files, Write::File file) {
  switch (file) {
    case Write::File::promise:
      return files.promise;
    case Write::File::cards:
      return files.cards;
    case Write::File::events:
      return files.events;
  }
  broken("an unknown file");
}

}  // namespace

Signature SimSigner::make(const NodeId& author, std::span<const std::uint8_t> bytes) {
  std::uint64_t hash = 0;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3ULL;
  ByteWriter out;
  out.u64(mix64(hash ^ std::hash<NodeId>{}(author)));
  return out.take();
}

World::World(std::uint64_t seed, bool trace) : rng(seed), trace_(trace) {}

void World::trace(const std::string& line) const {
  if (trace_) std::printf("%9.3f  %s\n", static_cast<double>(time_) / kSecond, line.c_str());
}

NodeId World::identity(int index) {
  const std::string key = "key of host " + std::to_string(index);
  return NodeId::of_public_key({reinterpret_cast<const std::uint8_t*>(key.data()), key.size()});
}

Host& World::add_host() {
  auto host = std::make_unique<Host>();
  host->index = static_cast<int>(hosts_.size());
  host->id = identity(host->index);
  host->signer = std::make_unique<SimSigner>(host->id);
  if (rng.chance(1, 2)) host->fitness = static_cast<Fitness>(rng.below(static_cast<int>(Fitness::best) + 1));
  host->rate_ppm = 1'000'000 - skew_ppm + rng.below(static_cast<std::uint32_t>(2 * skew_ppm + 1));
  host->since = time_;
  host->base.boot = static_cast<Instant>(rng.below(1'000'000)) * kMillisecond;
  host->base.awake = host->base.boot;
  hosts_.push_back(std::move(host));
  for (auto& row : links_) row.emplace_back();
  links_.emplace_back(hosts_.size());
  return *hosts_.back();
}

Host& World::clone_host(const Host& original) {
  const AgreementFiles files = original.disk.files;
  const NodeId id = original.id;
  Host& copy = add_host();
  copy.id = id;
  copy.signer = std::make_unique<SimSigner>(id);
  copy.disk.files = files;
  copy.cloned = true;
  return copy;
}

Now World::now(const Host& host) const {
  const Instant passed = (time_ - host.since) * host.rate_ppm / 1'000'000;
  Now now = host.base;
  if (host.rest != Rest::suspended) now.boot += passed;
  if (host.rest == Rest::none || host.rest == Rest::paused) now.awake += passed;
  return now;
}

Part World::part_of(const Host& host) const {
  return host.running() ? part(host.process->standing(), now(host).boot) : Part::starting;
}

void World::start(Host& host) {
  if (host.running()) return;
  ++host.life;
  host.boot_id = rng.next();
  AgreementConfig config;
  config.self = host.id;
  config.boot_id = host.boot_id;
  config.seed = rng.next();
  config.name = "host" + std::to_string(host.index);
  config.addresses = {std::to_string(host.index)};
  config.fitness = host.fitness;
  config.roles = host.index == 0 ? Card::kWorker | Card::kAdmin : Card::kWorker;  // it founds the cluster
  config.policy = settings.policy;
  config.voters = settings.voters;
  auto process = Agreement::start(config, host.disk.files, *host.signer, now(host));
  if (!process) broken("a file of promises is damaged");
  host.process = std::move(*process);
  for (const NodeId& id : settings.revoked) host.process->exclude(id, now(host));
  trace("host " + std::to_string(host.index) + " starts, incarnation " +
        std::to_string(host.process->card().life.incarnation));
  if (observer != nullptr) observer->started(host);
  drain(host);
}

void World::crash(Host& host) {
  if (!host.running()) return;
  if (host.rest != Rest::none) wake(host);
  trace("host " + std::to_string(host.index) + " crashes");
  if (observer != nullptr) observer->crashed(host);
  host.process.reset();
  ++host.life;
  // Of the writes under way the disk may have done the first ones, the next one in part.
  for (const Host::Pending& pending : host.writes) {
    std::vector<std::uint8_t>& file = file_of(host.disk.files, pending.write.file);
    if (host.disk.full || rng.chance(1, 2)) continue;
    if (pending.write.append) {
      tear(file, pending.write.bytes, rng);
    } else {
      file = pending.write.bytes;
    }
  }
  host.writes.clear();
  host.backlog.clear();
}

void World::rest(Host& host, Rest kind) {
  if (!host.running() || host.rest != Rest::none || kind == Rest::none) return;
  static constexpr const char* kNames[] = {"", "pauses", "falls asleep", "is suspended"};
  trace("host " + std::to_string(host.index) + " " + kNames[static_cast<int>(kind)]);
  host.base = now(host);
  host.since = time_;
  host.rest = kind;
}

void World::wake(Host& host) {
  if (host.rest == Rest::none) return;
  trace("host " + std::to_string(host.index) + " goes on");
  const Rest was = host.rest;
  const Duration slept = time_ - host.since;
  host.base = now(host);
  host.since = time_;
  host.rest = Rest::none;
  host.overflows = false;
  if (was == Rest::asleep && observer != nullptr) observer->woke(host, slept);
  auto backlog = std::move(host.backlog);
  host.backlog.clear();
  for (const auto& action : backlog) action();
  schedule_tick(host);
}

void World::drift(Host& host, Instant rate_ppm) {
  if (host.rest != Rest::none) return;
  host.base = now(host);
  host.since = time_;
  host.rate_ppm = rate_ppm;
  schedule_tick(host);
}

void World::command(Host& host, const std::function<void(Agreement&, Now)>& action) {
  if (host.running() && host.rest == Rest::none) input(host, host.life, action);
}

void World::introduce(Host& host, const Host& other) {
  command(host,
          [&other](Agreement& process, Now now) { process.introduce(other.id, std::to_string(other.index), now); });
}

void World::at(Instant when, std::function<void()> action) {
  queue_.push_back({.when = std::max(when, time_), .number = ++number_, .action = std::move(action)});
  std::push_heap(queue_.begin(), queue_.end(), later);
}

void World::run_until(Instant end) {
  while (!queue_.empty() && queue_.front().when <= end) {
    std::pop_heap(queue_.begin(), queue_.end(), later);
    const Item item = std::move(queue_.back());
    queue_.pop_back();
    time_ = item.when;
    item.action();
  }
  time_ = end;
}

void World::input(Host& host, std::uint64_t life, const std::function<void(Agreement&, Now)>& action) {
  if (host.life != life || !host.running()) return;
  if (host.rest != Rest::none) {
    host.backlog.emplace_back([this, &host, life, action] { input(host, life, action); });
    return;
  }
  action(*host.process, now(host));
  drain(host);
}

void World::drain(Host& host) {
  for (Write& write : host.process->take_writes()) this->write(host, std::move(write));
  for (const Send& send : host.process->take_sends()) transmit(host, send);
  for (const RegistrarQuestion& question : host.process->take_questions()) ask_registrar(host, question);
  host.answering = -1;
  schedule_tick(host);
  trace_standing(host);
  if (observer != nullptr) observer->stepped(host);
}

void World::trace_standing(Host& host) const {
  if (!trace_) return;
  const Standing standing = host.process->standing();
  const auto name = [](const Ballot& ballot) {
    return "(" + std::to_string(ballot.term) + ", " + ballot.node.short_text() + ")";
  };
  std::string line = "host " + std::to_string(host.index) + " (" + host.id.short_text() + ") is " +
                     part_name(part_of(host)) + ", follows " + name(standing.following) + ", promised " +
                     name(standing.promised);
  if (line == host.last_standing) return;
  trace(line);
  host.last_standing = std::move(line);
}

void World::schedule_tick(Host& host) {
  if (!host.running()) return;
  const std::uint64_t token = ++host.tick_token;
  const std::uint64_t life = host.life;
  const Instant wait = std::max<Instant>(0, host.process->wake_at() - now(host).boot);
  at(time_ + wait * 1'000'000 / host.rate_ppm + 10, [this, &host, token, life] {
    if (token != host.tick_token || life != host.life || host.rest != Rest::none) return;
    input(host, life, [](Agreement& process, Now now) { process.tick(now); });
  });
}

void World::write(Host& host, Write write) {
  const std::uint64_t number = ++number_;
  host.writes.push_back({.write = std::move(write), .life = host.life, .number = number});
  const std::uint64_t life = host.life;
  at(time_ + host.disk.delay / 2 + static_cast<Instant>(rng.below(static_cast<std::uint32_t>(host.disk.delay))),
     [this, &host, number, life] {
       if (life == host.life) write_done(host, number);
     });
}

void World::write_done(Host& host, std::uint64_t number) {
  const auto found = std::find_if(host.writes.begin(), host.writes.end(),
                                  [number](const Host::Pending& pending) { return pending.number == number; });
  if (found == host.writes.end()) return;
  const Write write = std::move(found->write);
  host.writes.erase(found);
  std::vector<std::uint8_t>& file = file_of(host.disk.files, write.file);
  const bool ok = !host.disk.full;
  if (ok && write.append) {
    file.insert(file.end(), write.bytes.begin(), write.bytes.end());
  } else if (ok) {
    file = write.bytes;
  } else if (write.append) {
    tear(file, write.bytes, rng);
  }
  input(host, host.life, [file = write.file, ok](Agreement& process, Now now) { process.written(file, ok, now); });
}

void World::transmit(Host& host, const Send& send) {
  if (observer != nullptr) observer->sent(host, send.message);
  const Member* member = host.process->roster().find(send.to);
  if (member == nullptr || member->card.addresses.empty()) return;
  // What waited for the disk has missed the answer to the request that it belongs to.
  const bool back = send.back && host.answering >= 0;
  const int to = back ? host.answering : std::atoi(member->card.addresses.front().c_str());
  if (to < 0 || to >= static_cast<int>(hosts_.size())) return;
  const Link& there = link(host.index, to);
  const Link& here = link(to, host.index);
  const std::uint64_t life = host.life;
  const Host& receiver = this->host(to);
  // Nobody listens there, or somebody else: the connection is refused, if the network carries that back.
  if (there.up && here.up && (!receiver.running() || receiver.id != send.to)) {
    if (rng.chance(1, 2)) return;
    at(time_ + there.delay + here.delay, [this, &host, life, id = send.to] {
      input(host, life, [id](Agreement& process, Now now) { process.undeliverable(id, now); });
    });
    return;
  }
  if (!there.up && rng.chance(1, 4)) {  // the network says that there is no way
    at(time_ + static_cast<Instant>(rng.below(kSecond)), [this, &host, life, id = send.to] {
      input(host, life, [id](Agreement& process, Now now) { process.undeliverable(id, now); });
    });
  }
  if (!there.up || rng.chance(there.loss, 1000)) return;
  auto bytes = std::make_shared<const std::vector<std::uint8_t>>(encode_cluster_message(send.message));
  if (trace_) trace(std::to_string(host.index) + " -> " + std::to_string(to) + " " + body_name(send.message.body));
  const int copies = rng.chance(there.doubling, 1000) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    const Instant delay = there.delay + static_cast<Instant>(rng.below(static_cast<std::uint32_t>(there.spread + 1)));
    at(time_ + delay, [this, from = host.index, to, id = send.to, bytes] { deliver(from, to, id, bytes); });
  }
}

void World::deliver(int from, int to, const NodeId& id, std::shared_ptr<const std::vector<std::uint8_t>> bytes) {
  Host& receiver = host(to);
  if (!link(from, to).up || !receiver.running() || receiver.id != id) return;
  if (receiver.rest == Rest::asleep || receiver.rest == Rest::suspended) return;
  if (receiver.rest == Rest::paused && receiver.overflows) return;
  input(receiver, receiver.life, [this, &receiver, from, bytes](Agreement& process, Now now) {
    const auto message = decode_cluster_message(*bytes);
    if (!message) broken("a message cannot be read");
    receiver.answering = from;
    if (observer != nullptr) observer->received(receiver, *message);
    process.receive(*message, now);
  });
}

// --- the registrar --------------------------------------------------------------------------------------------------

// A question takes two requests, one after the other, as with a real one: what the first found may have changed at the second.
void World::ask_registrar(Host& host, const RegistrarQuestion& question) {
  const Link& link = host.to_registrar;
  const auto on_the_way = [&link, this] {
    return link.delay + static_cast<Instant>(rng.below(static_cast<std::uint32_t>(link.spread + 1)));
  };
  const std::uint64_t life = host.life;
  const Instant asked_at = time_;
  RegistrarAnswer none;
  none.number = question.number;
  if (!link.up || !registrar.up()) {  // refused at once, or nobody answers in time
    const Instant after = rng.chance(1, 2) ? link.delay : kRegistrarPatience;
    return at(time_ + after, [this, &host, life, none, asked_at] { registrar_answers(host, life, none, asked_at); });
  }
  if (rng.chance(link.loss, 1000)) {
    return at(time_ + kRegistrarPatience,
              [this, &host, life, none, asked_at] { registrar_answers(host, life, none, asked_at); });
  }
  const bool lost = rng.chance(link.loss, 1000);
  const int copies = rng.chance(link.doubling, 1000) ? 2 : 1;
  const Instant first = time_ + on_the_way();
  const Instant second = first + on_the_way();
  const Instant back = second + on_the_way();
  at(first, [=, this, &host] {
    if (!registrar.up()) return;
    const Registrar::Lease lease = registrar.begin(question, time_);
    at(second, [=, this, &host] {
      RegistrarAnswer answer = none;
      if (registrar.up() && !lost) answer = registrar.finish(question, lease, host.id, time_);
      for (int i = 0; i < copies; ++i) {
        at(back + i * kHeartbeat, [=, this, &host] { registrar_answers(host, life, answer, asked_at); });
      }
    });
  });
}

void World::registrar_answers(Host& host, std::uint64_t life, const RegistrarAnswer& answer, Instant asked_at) {
  if (host.rest == Rest::asleep || host.rest == Rest::suspended) return;
  if (trace_ && host.life == life) {
    trace("registrar -> " + std::to_string(host.index) + " number " + std::to_string(answer.number) + " after " +
          std::to_string((time_ - asked_at) / kMillisecond) + " ms: " +
          (!answer.answered       ? "nothing"
           : answer.granted       ? "granted"
           : answer.holder.none() ? "nobody"
                                  : "somebody") +
          ", term " + std::to_string(answer.holder.term) + ", lease " + std::to_string(answer.lease));
  }
  input(host, life, [answer](Agreement& process, Now now) { process.registrar_answered(answer, now); });
}

}  // namespace mz::sim
