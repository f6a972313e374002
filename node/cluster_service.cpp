#include "node/cluster_service.h"

#include <algorithm>
#include <array>
#include <ctime>

#include <spdlog/spdlog.h>

#include "node/platform.h"
#include "p2p/protocol.h"
#include "p2p/trust/signed_by.h"

namespace mz {
namespace {

static_assert(Roster::kMaxExcluded >= RevocationSet::kMaxEntries, "whoever was put out is known to the agreement");

constexpr Duration kPictureEvery = kHeartbeat / 2;
constexpr Duration kDescribeEvery = 20 * kHeartbeat;  // addresses and fitness of this node are looked up again
constexpr std::size_t kMaxHints = 16;

Now clock_now() {
  const platform::ClusterTime time = platform::cluster_time();
  return {.boot = time.boot, .awake = time.awake};
}

Result<std::uint64_t> random_number() {
  std::array<std::uint8_t, 8> bytes{};
  if (auto random = random_bytes(bytes); !random) return random.error();
  return ByteReader(bytes).u64();
}

std::uint8_t role_bits(const NodeTrust& trust) {
  return static_cast<std::uint8_t>(trust.is_admin() ? Card::kWorker | Card::kAdmin : Card::kWorker);
}

std::vector<std::string> role_words(std::uint8_t bits) {
  std::vector<std::string> words;
  if ((bits & Card::kAdmin) != 0) words.emplace_back("admin");
  if ((bits & Card::kWorker) != 0) words.emplace_back("worker");
  return words;
}

Leadership leadership_of(const Ballot& ballot) { return {.node = ballot.node, .term = ballot.term}; }

void add_own_card(std::string& body, const Card& card) {
  const ClusterMessage message{.from = card.id,
                               .to = card.id,
                               .life = card.life,
                               .known = {},
                               .roster_digest = 0,
                               .events_digest = 0,
                               .body = Cards{{card}}};
  add_frame(body, encode_cluster_message(message));
}

// Nothing when the body is not a list of messages of that member.
std::optional<std::vector<ClusterMessage>> read_messages(std::string_view body, const NodeId& from) {
  std::vector<ClusterMessage> messages;
  bool good = true;
  const bool whole = read_frames(body, [&](std::span<const std::uint8_t> bytes) {
    auto message = decode_cluster_message(bytes);
    good = good && message && message->from == from;
    if (good) messages.push_back(std::move(*message));
  });
  if (!whole || !good) return std::nullopt;
  return messages;
}

std::string left_because(const MemberView& view) {
  if (view.state != MemberState::left) return "";
  if (view.excluded) return "revoked";
  return view.card.presence == Presence::cloned ? "cloned" : "leave";
}

}  // namespace

Signature NodeSigner::sign(std::span<const std::uint8_t> bytes) {
  auto signature = key_.sign(bytes);
  if (!signature) return {};  // nobody will take it, and the log of the others says so
  ByteWriter out;
  out.blob(spki_);
  out.raw(*signature);
  return out.take();
}

bool NodeSigner::verify(const NodeId& author, std::span<const std::uint8_t> bytes, const Signature& signature) {
  ByteReader in(signature);
  const auto spki = in.blob(kMaxSignatureBytes);
  if (!in.good() || NodeId::of_public_key(spki) != author) return false;
  const auto key = PublicKey::from_spki(spki);
  return key.ok() && key->verify(bytes, in.raw(in.remaining()));
}

Signature NodeSigner::sign_card(std::span<const std::uint8_t> bytes) {
  auto signature = key_.sign(bytes);
  if (!signature) return {};
  ByteWriter out;
  out.blob(trust_.certificate().der());
  out.raw(*signature);
  return out.take();
}

bool NodeSigner::verify_card(const NodeId& author, std::span<const std::uint8_t> bytes, const Signature& signature) {
  ByteReader in(signature);
  const auto der = in.blob(kMaxCardSignatureBytes);
  if (!in.good()) return false;
  const auto certificate = Certificate::from_der(der);
  return certificate.ok() && certificate->node_id() == author && certificate->role() &&
         is_signed_by(*certificate, trust_.authority()) &&
         certificate->public_key().verify(bytes, in.raw(in.remaining()));
}

Result<Roster> stored_roster(const NodeTrust& trust, const std::filesystem::path& directory) {
  auto cards = ClusterFiles(directory).cards(cluster_id_text(trust.cluster_id()));
  if (!cards) return cards.error();
  NodeSigner signer(trust);
  AgreementConfig config;
  config.self = trust.node_id();
  auto machine =
      Agreement::start(config, {.promise = {}, .cards = std::move(*cards), .events = {}}, signer, clock_now());
  if (!machine) return machine.error();
  for (const NodeId& node : trust.revoked_nodes()) (*machine)->exclude(node, clock_now());
  return (*machine)->roster();
}

ClusterService::ClusterService(NodeTrust& trust, Options options)
    : trust_(trust),
      options_(std::move(options)),
      signer_(trust),
      files_(options_.directory),
      lines_({.context = [this] { return trust_.client_context(); },
              .addresses = [this](const NodeId& node) { return addresses_of(node); },
              .came_back =
                  [this](const NodeId& from, const std::string& body) {
                    auto messages = read_messages(body, from);
                    if (!messages) return;
                    understood(from);
                    inbox_.put_message([this, messages = std::move(*messages)](Agreement& machine, Now now) {
                      for (const ClusterMessage& message : messages) {
                        machine.receive(message, now);
                        drain(nullptr);
                      }
                    });
                  },
              .failed =
                  [this](const NodeId& to) {
                    inbox_.put([to](Agreement& machine, Now now) { machine.undeliverable(to, now); });
                  },
              .spoke_otherwise = [this](const NodeId& to, std::uint32_t protocol) { speaks_otherwise(to, protocol); },
              .name_thread = options_.name_thread}),
      changes_(options_.journal),
      picture_(std::make_shared<ClusterPicture>()) {}

ClusterService::~ClusterService() { stop(); }

Result<std::unique_ptr<Agreement>> ClusterService::open() {
  auto files = files_.load(cluster_id_text(trust_.cluster_id()));
  if (!files) return files.error();
  auto boot_id = random_number();
  auto seed = random_number();
  if (!boot_id || !seed) return Error{ErrorKind::failure, "The system gives no random numbers."};
  AgreementConfig config;
  config.self = trust_.node_id();
  config.boot_id = *boot_id;
  config.seed = *seed;
  config.name = options_.name;
  config.version = options_.version;
  config.addresses = options_.addresses();
  config.roles = role_bits(trust_);
  config.policy = options_.etcd != nullptr  ? Policy::etcd
                  : options_.voters.empty() ? Policy::available
                                            : Policy::majority;
  config.voters = options_.voters;
  config.fitness = options_.fitness();
  auto machine = Agreement::start(config, *files, signer_, clock_now());
  if (!machine) return machine;
  for (const NodeId& node : trust_.revoked_nodes()) (*machine)->exclude(node, clock_now());
  return machine;
}

Result<void> ClusterService::start(const std::vector<MemberAddress>& known) {
  auto machine = open();
  if (!machine) return machine.error();
  machine_ = std::move(*machine);
  cluster_ = cluster_id_text(trust_.cluster_id());
  publish(true);
  for (const MemberAddress& member : known) introduce(member);
  disk_thread_ = std::thread([this] {
    if (options_.name_thread) options_.name_thread("cluster-disk");
    options_.disk_beat();
    run_disk();
  });
  thread_ = std::thread([this] {
    if (options_.name_thread) options_.name_thread("agreement");
    run();
  });
  return {};
}

void ClusterService::hand_over() {
  inbox_.put([](Agreement& machine, Now now) { machine.release(now, true); });
}

void ClusterService::stop() {
  if (!thread_.joinable()) return;
  const Deadline end = within(kGoodByeWithin);
  hand_over();
  inbox_.stop();
  thread_.join();
  lines_.drain(end);
  lines_.stop();
  if (options_.etcd != nullptr) {
    options_.etcd->drain(end);
    options_.etcd->stop();
  }
  {
    const std::lock_guard lock(disk_mutex_);
    disk_stopping_ = true;
  }
  disk_changed_.notify_all();
  disk_thread_.join();
}

// --- the agreement thread -------------------------------------------------------------------------------------------

void ClusterService::run() {
  Instant described_at = clock_now().boot;
  std::uint8_t described_roles = role_bits(trust_);
  for (;;) {
    const Instant wake = machine_ ? machine_->wake_at() : INT64_MAX;
    const Duration longest = std::clamp<Duration>(wake - clock_now().boot, 0, kHeartbeat);
    AgreementInbox::Turn turn = inbox_.take(machine_ != nullptr, std::chrono::microseconds(longest));
    if (turn.opened) {
      machine_ = std::move(turn.opened);
      cluster_ = cluster_id_text(trust_.cluster_id());
    }
    for (const AgreementInbox::Input& input : turn.inputs) {
      input(*machine_, clock_now());
      drain(nullptr);
    }
    if (turn.stopping) return;
    if (turn.entered) begin_anew(turn.entry);
    if (!machine_) continue;  // and no beat: a node that takes no part in its cluster is not well
    options_.beat();
    if (const Now now = clock_now(); now.boot >= machine_->wake_at()) {
      options_.late(now.boot - machine_->wake_at());
      machine_->tick(now);
      drain(nullptr);
    }
    publish(false);
    // With the role of the cluster that this machine is of: another one is entered in a moment.
    const std::uint8_t roles = role_bits(trust_);
    const bool new_role = roles != described_roles && cluster_id_text(trust_.cluster_id()) == cluster_;
    if (const Instant now = clock_now().boot; new_role || now - described_at >= kDescribeEvery) {
      described_at = now;
      described_roles = roles;
      describe();
    }
  }
}

// Looking takes files, so the disk thread does it.
void ClusterService::describe() {
  enqueue_disk([this] {
    options_.disk_beat();
    inbox_.put([addresses = options_.addresses(), roles = role_bits(trust_), fitness = options_.fitness()](
                   Agreement& machine, Now at) {
      machine.become(fitness, at);
      machine.describe(addresses, roles, at);
    });
  });
}

void ClusterService::drain(Returned* returned) {
  for (Write& write : machine_->take_writes()) this->write(std::move(write));
  for (const Send& send : machine_->take_sends()) {
    auto bytes = encode_cluster_message(send.message);
    // Without a request of its receiver the message is late, for it waited for the disk, or it answers an answer: then our
    // line to that member is the right one.
    const bool with_answer = send.back && returned != nullptr && returned->to == send.to;
    if (with_answer && returned->messages.size() < PeerLines::kMaxMessages) {
      returned->messages.push_back(std::move(bytes));
    } else {
      lines_.send(send.to, std::move(bytes));
    }
  }
  for (const RegistrarQuestion& question : machine_->take_questions()) ask_etcd(question);
  if (promise_under_way_) return;
  for (const std::shared_ptr<Reply>& settled : std::exchange(settling_, {})) settled->give("");
}

void ClusterService::ask_etcd(const RegistrarQuestion& question) {
  options_.etcd->ask(question, cluster_, trust_.node_id(),
                     [this, generation = generation_](const RegistrarAnswer& answer) {
                       inbox_.put([this, generation, answer](Agreement& machine, Now now) {
                         if (generation == generation_) machine.registrar_answered(answer, now);
                       });
                     });
}

void ClusterService::write(Write write) {
  if (write.file == Write::File::promise) promise_under_way_ = true;
  enqueue_disk([this, generation = generation_, write = std::move(write)] {
    const auto done = files_.write(write);
    if (!done) spdlog::error("cluster: {}", done.error().text);
    inbox_.put([this, generation, file = write.file, ok = done.ok()](Agreement& machine, Now now) {
      if (generation != generation_) return;
      if (file == Write::File::promise) promise_under_way_ = false;
      machine.written(file, ok, now);
    });
  });
}

// The files of the old cluster are put away by the disk thread, behind everything that was still to be written.
void ClusterService::begin_anew(std::uint64_t entry) {
  machine_.reset();
  promise_under_way_ = false;
  changes_.begin_anew();
  ++generation_;
  enqueue_disk([this, entry] {
    auto machine = open();
    if (!machine) {
      spdlog::error("cluster: {} The node takes part again after a restart.", machine.error().text);
      return;
    }
    inbox_.open(std::move(*machine), entry);
  });
}

void ClusterService::publish(bool force) {
  const Now now = clock_now();
  const Standing standing = machine_->standing();
  const Part part = mz::part(standing, now.boot);
  const bool news = part != published_part_ || standing.following != published_ballot_;
  if (!force && !news && now.boot - published_at_ < kPictureEvery) return;
  published_at_ = now.boot;
  published_part_ = part;
  published_ballot_ = standing.following;
  const std::time_t wall = std::time(nullptr);  // for people; nothing is decided by it
  const auto on_the_wall = [&](Instant at) { return wall - (now.boot - at) / 1'000'000; };
  auto picture = std::make_shared<ClusterPicture>();
  picture->self = standing.self;
  picture->role = part_name(part);
  picture->policy = policy_name(standing.policy);
  if (options_.etcd != nullptr) {
    if (const auto trouble = options_.etcd->trouble()) {
      picture->etcd_silent = EtcdSilence{.since = trouble->since, .why = trouble->text};
    }
  }
  if (part == Part::leading || part == Part::following) {
    picture->leader = leadership_of(standing.following);
  }
  if (!machine_->promised().none()) picture->promised = leadership_of(machine_->promised());
  if (!machine_->released().none()) picture->released = leadership_of(machine_->released());
  const auto other_protocols = [this] {
    const std::lock_guard lock(picture_mutex_);
    return other_protocols_;
  }();
  for (const MemberView& view : machine_->members(now)) {
    if (view.card.life.incarnation == 0 && view.state == MemberState::left) continue;
    picture->members.push_back({.node = view.card.id,
                                .name = view.card.name,
                                .state = member_state_name(view.state),
                                .left_because = left_because(view),
                                .roles = role_words(view.card.roles),
                                .addresses = view.card.addresses,
                                .version = view.card.version,
                                .incarnation = view.card.life.incarnation,
                                .since = on_the_wall(view.since),
                                .heard = view.heard ? std::optional(on_the_wall(*view.heard)) : std::nullopt});
    const auto other = other_protocols.find(view.card.id);
    if (other != other_protocols.end() && view.state != MemberState::left) {
      picture->members.back().other_protocol = other->second;
    }
  }
  for (const auto& [ballot, rival] : machine_->rivals()) {
    if (!picture->leader) break;
    picture->rivals.push_back(leadership_of(ballot));
    const std::int64_t since = on_the_wall(rival.first);
    picture->partition_since = std::min(picture->partition_since.value_or(since), since);
  }
  picture->crowded = machine_->crowded(now);
  picture->rivals_met = machine_->rivals_met();
  picture->last_rival = leadership_of(machine_->last_rival());
  picture->facts = machine_->events().size();
  {
    const std::lock_guard lock(picture_mutex_);
    picture_ = picture;
  }
  changes_.note(picture, now.boot / 1'000'000);
  if (options_.journal == nullptr || !options_.journal->has_unsaved() || save_waits_.exchange(true)) return;
  enqueue_disk([this] {
    save_waits_ = false;
    options_.save_journal();
  });
}

// --- the disk thread ------------------------------------------------------------------------------------------------

void ClusterService::run_disk() {
  for (;;) {
    std::function<void()> job;
    {
      std::unique_lock lock(disk_mutex_);
      disk_changed_.wait(lock, [this] { return disk_stopping_ || !disk_jobs_.empty(); });
      if (disk_jobs_.empty()) return;
      job = std::move(disk_jobs_.front());
      disk_jobs_.pop_front();
    }
    job();
  }
}

void ClusterService::enqueue_disk(std::function<void()> job) {
  {
    const std::lock_guard lock(disk_mutex_);
    disk_jobs_.push_back(std::move(job));
  }
  disk_changed_.notify_one();
}

// --- from other threads ---------------------------------------------------------------------------------------------

bool ClusterService::Reply::give(std::string body) {
  const std::lock_guard lock(mutex_);
  if (given_up_) return false;
  body_ = std::move(body);
  given_ = true;
  changed_.notify_all();
  return true;
}

std::string ClusterService::Reply::wait(Deadline end) {
  std::unique_lock lock(mutex_);
  given_up_ = !changed_.wait_until(lock, end, [this] { return given_; });
  return std::move(body_);
}

std::shared_ptr<const ClusterPicture> ClusterService::picture() const {
  const std::lock_guard lock(picture_mutex_);
  return picture_;
}

Result<std::string> ClusterService::receive(const NodeId& from, std::string_view messages) {
  auto received = read_messages(messages, from);
  if (!received) {
    return Error{ErrorKind::usage, "The body is not a list of messages of the node whose certificate came with it."};
  }
  understood(from);
  const auto reply = std::make_shared<Reply>();
  inbox_.put_message([this, from, received = std::move(*received), reply](Agreement& machine, Now now) {
    Returned returned{.to = from, .messages = {}};
    for (const ClusterMessage& message : received) {
      machine.receive(message, now);
      drain(&returned);
    }
    std::string body;
    // This node itself, or a copy of it: each shows the other what it is.
    if (from == machine.card().id) add_own_card(body, machine.card());
    for (const std::vector<std::uint8_t>& message : returned.messages) add_frame(body, message);
    if (reply->give(std::move(body))) return;
    for (std::vector<std::uint8_t>& message : returned.messages) lines_.send(from, std::move(message));
  });
  return reply->wait(within(kAnswerWithin));
}

void ClusterService::speaks_otherwise(const NodeId& member, std::uint32_t protocol) {
  // Who does not say in which version it speaks says so in its own requests.
  if (protocol == 0 || protocol == protocol_version() || member == trust_.node_id()) return;
  const std::lock_guard lock(picture_mutex_);
  if (picture_->member(member) != nullptr) other_protocols_[member] = protocol;
}

void ClusterService::understood(const NodeId& member) {
  const std::lock_guard lock(picture_mutex_);
  other_protocols_.erase(member);
}

std::vector<MemberAddress> ClusterService::others() const {
  std::vector<MemberAddress> members;
  const auto now = picture();
  for (const ClusterMember& member : now->members) {
    if (member.node == now->self || member.state == "left" || trust_.is_revoked(member.node)) continue;
    members.push_back({.node = member.node, .addresses = addresses_of(member.node)});
  }
  // Those who were introduced a moment ago are not in the picture yet.
  const std::lock_guard lock(picture_mutex_);
  for (const auto& [node, addresses] : hints_) {
    if (now->member(node) == nullptr && !trust_.is_revoked(node))
      members.push_back({.node = node, .addresses = addresses});
  }
  return members;
}

std::vector<NodeId> ClusterService::alive() const {
  std::vector<NodeId> nodes;
  const auto now = picture();
  for (const ClusterMember& member : now->members) {
    if (member.node != now->self && member.state == "alive") nodes.push_back(member.node);
  }
  return nodes;
}

std::vector<NodeId> ClusterService::admins() const {
  std::vector<NodeId> nodes;
  const auto now = picture();
  for (const ClusterMember& member : now->members) {
    if (member.node == now->self || member.state == "left" || trust_.is_revoked(member.node)) continue;
    if (member.is_admin()) nodes.push_back(member.node);
  }
  return nodes;
}

std::vector<std::string> ClusterService::addresses_of(const NodeId& node) const {
  std::vector<std::string> addresses;
  const std::lock_guard lock(picture_mutex_);
  if (const ClusterMember* member = picture_->member(node)) addresses = member->addresses;
  if (const auto hints = hints_.find(node); hints != hints_.end()) {
    for (const std::string& hint : hints->second) {
      if (std::find(addresses.begin(), addresses.end(), hint) == addresses.end()) addresses.push_back(hint);
    }
  }
  return addresses;
}

std::string ClusterService::put_and_wait(const std::function<void(Agreement&, Now, std::string&)>& input) {
  const auto reply = std::make_shared<Reply>();
  inbox_.put([this, input, reply](Agreement& machine, Now now) {
    std::string body;
    input(machine, now, body);
    drain(nullptr);
    reply->give(std::move(body));
  });
  return reply->wait(within(kAnswerWithin));
}

std::string ClusterService::card_message() {
  return put_and_wait([](Agreement& machine, Now, std::string& body) { add_own_card(body, machine.card()); });
}

bool ClusterService::met_own_key(std::string_view answer) {
  const auto cards = read_messages(answer, trust_.node_id());
  if (!cards) return false;
  const std::string copy = put_and_wait([cards](Agreement& machine, Now now, std::string& body) {
    for (const ClusterMessage& message : *cards) {
      if (message.life.boot_id == machine.card().life.boot_id) continue;
      body = "copy";
      machine.receive(message, now);
    }
  });
  return !copy.empty();
}

void ClusterService::introduce(const MemberAddress& member) {
  if (member.node == trust_.node_id() || trust_.is_revoked(member.node) || member.addresses.empty()) return;
  {
    const std::lock_guard lock(picture_mutex_);
    if (hints_.size() >= Roster::kMaxMembers && !hints_.contains(member.node)) {
      const auto is_shown = [this](const auto& hint) { return picture_->member(hint.first) != nullptr; };
      const auto gone = std::find_if_not(hints_.begin(), hints_.end(), is_shown);
      if (gone == hints_.end()) return;
      hints_.erase(gone);
    }
    // The newest first, for machines move; the oldest is forgotten.
    std::vector<std::string>& hints = hints_[member.node];
    for (const std::string& address : member.addresses) {
      std::erase(hints, address);
      hints.insert(hints.begin(), address);
    }
    if (hints.size() > kMaxHints) hints.resize(kMaxHints);
  }
  inbox_.put([member](Agreement& machine, Now now) {
    if (machine.roster().find(member.node) == nullptr) machine.introduce(member.node, member.addresses.front(), now);
  });
}

void ClusterService::exclude(const NodeId& node) {
  inbox_.put([node](Agreement& machine, Now now) { machine.exclude(node, now); });
}

void ClusterService::leaving() {
  inbox_.put([](Agreement& machine, Now now) { machine.leave(now); });
  settle(within(kGoodByeWithin));
  lines_.drain(within(kGoodByeWithin));
}

void ClusterService::rest() {
  const Deadline end = within(kRestWithin);
  inbox_.put([](Agreement& machine, Now now) { machine.rest(now); });
  settle(end);
  lines_.drain(end);
  if (options_.etcd != nullptr) options_.etcd->drain(end);
}

void ClusterService::resume() {
  inbox_.put([](Agreement& machine, Now now) { machine.resume(now); });
}

// Waits until the messages of what was handed in before are on their lines: some rest on a promise, which may have to wait for
// the write of an earlier one.
void ClusterService::settle(Deadline end) {
  const auto settled = std::make_shared<Reply>();
  inbox_.put([this, settled](Agreement&, Now) { settling_.push_back(settled); });
  settled->wait(end);
}

void ClusterService::entered() {
  {
    const std::lock_guard lock(picture_mutex_);
    hints_.clear();
    other_protocols_.clear();
    auto nobody = std::make_shared<ClusterPicture>();
    nobody->self = trust_.node_id();
    nobody->role = part_name(Part::starting);
    picture_ = std::move(nobody);
  }
  inbox_.enter();
}

}  // namespace mz
