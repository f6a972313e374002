#include "node/node.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <random>

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/spdlog.h>

#include "api/dial_back.h"
#include "api/journal.h"
#include "api/listener.h"
#include "api/loopback_client.h"
#include "api/member_list.h"
#include "node/cluster_service.h"
#include "node/configuration_flags.h"
#include "node/data_directory.h"
#include "node/discovery_service.h"
#include "node/etcd_registrar.h"
#include "node/fitness.h"
#include "node/front_door.h"
#include "node/journal_file.h"
#include "node/look_around.h"
#include "node/node_membership.h"
#include "node/own_addresses.h"
#include "node/pairing_service.h"
#include "node/platform.h"
#include "node/service_notice.h"
#include "node/sleep_notice.h"
#include "node/stderr_log.h"
#include "node/stop_signal.h"
#include "node/threads.h"
#include "node/version.h"
#include "p2p/trust/private_file.h"

namespace mz {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kGigabyte = 1'000'000'000;
constexpr std::size_t kLogBytes = 5U << 20;  // of one log file
constexpr std::size_t kLogFiles = 4;
constexpr const char* kEngine = "heuristic";
constexpr std::chrono::milliseconds kFirstAnswer{3000};  // of an etcd, at the start

Result<void> open_log(const DataDirectory& data, bool also_stderr) {
  try {
    std::vector<spdlog::sink_ptr> sinks;
    sinks.push_back(
        std::make_shared<spdlog::sinks::rotating_file_sink_mt>(data.log_file().string(), kLogBytes, kLogFiles));
    sinks.back()->set_pattern(kLogPattern);
    if (also_stderr) sinks.push_back(stderr_log());
    auto logger = std::make_shared<spdlog::logger>("node", sinks.begin(), sinks.end());
    logger->flush_on(spdlog::level::info);  // few lines, and the last ones matter most
    spdlog::set_default_logger(std::move(logger));
  } catch (const spdlog::spdlog_ex& error) {
    return Error{ErrorKind::failure,
                 "The log " + data.log_file().string() + " cannot be written: " + error.what() + "."};
  }
  return {};
}

void save_and_log(JournalFile& file, Journal& journal) {
  const auto added = file.save(journal);
  if (!added) return spdlog::error("events: {}", added.error().text);
  for (const JournalEntry& entry : *added) {
    const auto level = entry.level == JournalLevel::info   ? spdlog::level::info
                       : entry.level == JournalLevel::warn ? spdlog::level::warn
                                                           : spdlog::level::err;
    spdlog::log(level, "{}: {}", journal_kind_word(entry.kind), entry.text);
  }
}

// This computer's own programs reach the node when nobody else does; elsewhere that address meets another node or none.
std::vector<std::string> card_addresses(std::uint16_t port) {
  std::vector<std::string> addresses = own_addresses(port);
  const std::string loopback = "127.0.0.1:" + std::to_string(port);
  if (addresses.size() >= Card::kMaxAddresses) addresses.resize(Card::kMaxAddresses - 1);
  if (std::find(addresses.begin(), addresses.end(), loopback) == addresses.end()) addresses.push_back(loopback);
  return addresses;
}

// Where members that hold the signing key are reached, those that live first.
std::vector<std::string> admin_addresses(const ClusterPicture& picture) {
  std::vector<std::string> addresses;
  for (const bool alive : {true, false}) {
    for (const ClusterMember& member : picture.members) {
      if (member.node == picture.self || (member.state == "alive") != alive || member.state == "left") continue;
      if (std::find(member.roles.begin(), member.roles.end(), "admin") == member.roles.end()) continue;
      for (const std::string& address : member.addresses) {
        if (addresses.size() < kMaxListedAddresses) addresses.push_back(address);
      }
    }
  }
  return addresses;
}

// A node with this identity ran here, and what it kept of its cluster is gone as a whole. Nothing tells whether it ever voted
// beside others, so it may start. An identity that is younger than the log was made since the last run.
bool has_lost_votes(const DataDirectory& data) {
  std::error_code error;
  if (fs::exists(data.cluster(), error)) return false;
  const auto made = fs::last_write_time(data.identity() / "node.key", error);
  if (error) return false;
  const auto ran = fs::last_write_time(data.log_file(), error);
  return !error && made < ran;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

// As two clocks tell that nobody sets.
std::int64_t slept_microseconds() {
  const platform::ClusterTime now = platform::cluster_time();
  return now.boot - now.awake;
}

std::string member_name(const ClusterService& cluster, const NodeId& node) {
  const auto picture = cluster.picture();
  const ClusterMember* member = picture->member(node);
  return member != nullptr ? member->name : "";
}

// Fresh for each start, so that no game is played twice; each record carries its own seed.
std::uint64_t entropy() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

// The boards of all games in the order their families list them, with each number of seats.
std::vector<GameConfig> all_configurations() {
  std::vector<GameConfig> list;
  for (const GameFamily* family : game_families()) {
    for (const std::string& board : family->boards()) {
      for (const int seats : family->seat_counts()) {
        list.push_back({.game = std::string(family->name()), .board = board, .seats = seats, .options = {}});
      }
    }
  }
  return list;
}

// An etcd that does not let this node in is a mistake in the settings, so the node does not start. One that does not answer may
// come back: the node starts, and nobody leads before that.
Result<std::optional<EtcdClient>> open_etcd(const std::optional<EtcdSettings>& settings, const NodeTrust& trust) {
  if (!settings) return std::optional<EtcdClient>();
  auto client = EtcdClient::create(*settings);
  if (!client) return client.error();
  const auto answer = client->ask({.kind = RegistrarQuestion::Kind::look}, cluster_id_text(trust.cluster_id()),
                                  trust.node_id(), within(kFirstAnswer));
  if (!answer && answer.error().kind == ErrorKind::refused) return answer.error();
  return std::optional(std::move(*client));
}

}  // namespace

Result<NodeOptions> node_options(const Configuration& configuration) {
  NodeOptions options;
  auto data = data_path(configuration);
  if (!data) return data.error();
  options.data = *data;
  options.port = static_cast<std::uint16_t>(configuration.integer("port"));
  if (!configuration.is_auto("listen")) {
    options.reach = configuration.text("listen") == "everywhere" ? Reach::everywhere : Reach::loopback;
  }
  options.limits.workers = configuration.is_auto("workers")
                               ? std::max(1, static_cast<int>(platform::usable_cores()) - 1)
                               : static_cast<int>(configuration.integer("workers"));
  options.limits.memory_bytes = configuration.is_auto("memory_gb")
                                    ? platform::installed_memory_bytes() / 2
                                    : static_cast<std::uint64_t>(configuration.number("memory_gb") * kGigabyte);
  if (!configuration.is_auto("disk_floor_gb")) {
    options.limits.disk_floor_bytes = static_cast<std::uint64_t>(configuration.number("disk_floor_gb") * kGigabyte);
  }
  options.discovery = configuration.is_auto("discovery");
  options.lead_last = !configuration.is_auto("lead");
  auto etcd = etcd_settings(configuration);
  if (!etcd) return etcd.error();
  options.etcd = std::move(*etcd);
  options.pairing = configuration.text("pairing") == "on";
  options.limits.target = static_cast<std::uint64_t>(configuration.integer("target"));
  return options;
}

Result<void> run_node(const NodeOptions& options, const std::function<void(std::uint16_t)>& on_ready) {
  auto notice = ServiceNotice::from_environment();
  if (!notice) return notice.error();
  auto data = DataDirectory::create_or_open(options.data);
  if (!data) return data.error();
  auto lock = data->lock();
  if (!lock) return lock.error();
  platform::raise_descriptor_limit();
  auto listener = Listener::bind({.reach = options.reach.value_or(Reach::loopback),
                                  .port = options.port,
                                  .control_socket = data->control_socket()});
  if (!listener) return listener.error();
  const bool lost_votes = has_lost_votes(*data);
  auto trust = open_trust(*data);
  if (!trust) return trust.error();
  if (auto made = make_private_directory(data->cluster()); !made) return made.error();
  if (auto log = open_log(*data, options.foreground); !log) return log.error();

  const WakePipe wake;
  if (!wake.valid()) return Error{ErrorKind::failure, "The process has no file descriptors left."};
  const StopSignal signals(wake);
  auto etcd = open_etcd(options.etcd, **trust);
  if (!etcd) return etcd.error();
  const NodeIdentity identity{.version = std::string(version()),
                              .name = host_name(),
                              .data_dir = data->path().string(),
                              .port = (*listener)->port(),
                              .started_at = std::time(nullptr)};
  const RunningNode self{.pid = ::getpid(),
                         .start_time = platform::process_start_time(::getpid()),
                         .port = identity.port,
                         .started_at = identity.started_at};
  if (auto written = data->write_running(self); !written) return written.error();
  const std::uint16_t port = identity.port;
  Journal journal;
  JournalFile journal_file(data->cluster() / "journal");
  auto remembered = journal_file.load();
  if (!remembered) spdlog::warn("events: {} They begin anew.", remembered.error().text);
  if (remembered) journal.restore(std::move(*remembered));
  journal.add(JournalKind::node, JournalLevel::info, (*trust)->node_id(),
              "This node started, with MeshZero " + identity.version + ".");
  if (lost_votes) {
    journal.add(JournalKind::node, JournalLevel::warn, (*trust)->node_id(),
                data->cluster().string() +
                    " was gone when this node started, and with it the record of its votes: it may vote twice. If it "
                    "was in a cluster with others, stop it, run `meshzero identity reset` and join again.");
  }
  NodeMembership membership(
      **trust, data->cluster(), [port] { return own_addresses(port); }, options.peers, journal);
  if (options.enter && (*trust)->cluster_id() != *options.enter && !membership.others().empty()) {
    data->remove_running();
    return Error{ErrorKind::refused,
                 "This node is in another cluster with other members than --cluster names. Leave it first: "
                 "meshzero leave."};
  }
  if (options.join) {
    std::optional<LookAround> look;
    if (options.discovery) look.emplace(membership);
    if (auto joined = membership.join(*options.join, options.peers); !joined) {
      // A service is started with its token each time, also when it is the first of its cluster to come up.
      if (!membership.is_of(*options.join) || joined.error().kind != ErrorKind::unreachable) {
        data->remove_running();
        return joined.error();
      }
      spdlog::warn("{} This node has joined that cluster before and starts as a member of it.", joined.error().text);
    }
  }
  spdlog::info("meshzero {} starts on {} with {} workers, {}", identity.version, identity.data_dir,
               options.limits.workers, page_address(identity.port));

  NodeState state;
  Intake intake(identity.data_dir, state, [&wake] { wake.wake(); });
  Supervisor supervisor(options.limits, identity, all_configurations(), kEngine, entropy(), state, intake, wake,
                        signals.requested());
  NodeServices services{.state = &state};
  services.membership = &membership;
  std::unique_ptr<EtcdRegistrar> registrar;
  if (*etcd) registrar = std::make_unique<EtcdRegistrar>(std::move(**etcd), platform::name_thread);
  ClusterService cluster(
      **trust, {.directory = data->cluster(),
                .name = identity.name,
                .version = identity.version,
                .addresses = [port] { return card_addresses(port); },
                .etcd = registrar.get(),
                .voters = options.voters,
                .fitness = [last = options.lead_last] { return last ? Fitness::last_resort : machine_fitness(); },
                .name_thread = begin_thread,
                .beat = [&state] { state.beat(Loop::agreement); },
                .late = [&state](Duration late) { state.heartbeat_late_s.note(static_cast<double>(late) / 1e6); },
                .disk_beat = [&state] { state.beat(Loop::cluster_disk); },
                .journal = &journal,
                .save_journal = [&] { save_and_log(journal_file, journal); }});
  if (auto started = cluster.start(membership.others()); !started) {
    data->remove_running();
    return started.error();
  }
  // These call each other.
  std::optional<FrontDoor> front_door;
  std::optional<PairingService> pairing;
  DiscoveryService discovery(
      **trust, membership,
      {.enabled = options.discovery,
       .announced = options.reach != Reach::loopback,
       .host = identity.name,
       .port = port,
       .addresses = [port] { return own_addresses(port); },
       .slept_us = [] { return slept_microseconds(); },
       .pairing_open = [&pairing] { return pairing->open(); },
       .pairings = [&pairing] { return pairing->requests(); },
       .member_name = [&cluster](const NodeId& node) { return member_name(cluster, node); },
       .stranger =
           [&pairing](const Sighting& seen) {
             pairing->sighted(
                 {.cluster = seen.advert.cluster, .addresses = seen.addresses, .open = seen.advert.pairing_open});
           },
       .network_changed = [&cluster] { cluster.describe(); },
       .daemon_found = [&front_door] { front_door->adjust_reach(); },
       .name_thread = begin_thread});
  membership.connect({.others = [&cluster] { return cluster.others(); },
                      .alive = [&cluster] { return cluster.alive(); },
                      .admins = [&cluster] { return cluster.admins(); },
                      .entered =
                          [&cluster, &discovery] {
                            cluster.entered();
                            discovery.announce_again();
                          },
                      .leaving = [&cluster] { cluster.leaving(); },
                      .excluded = [&cluster](const NodeId& node) { cluster.exclude(node); },
                      .admitted = [&cluster](const MemberAddress& member) { cluster.introduce(member); },
                      .card_message = [&cluster] { return cluster.card_message(); },
                      .met_own_key = [&cluster](const std::string& answer) { return cluster.met_own_key(answer); }});
  services.cluster = &cluster;
  services.journal = &journal;
  DialBack dial_back;
  services.dial_back = &dial_back;
  services.discovery = &discovery;
  front_door.emplace(**listener, services, **trust, options.reach);
  pairing.emplace(**trust, membership, journal,
                  PairingService::Options{.open = options.pairing,
                                          .name = identity.name,
                                          .port = port,
                                          .wanted = options.enter,
                                          .peers = options.peers,
                                          .admins = [&cluster] { return admin_addresses(*cluster.picture()); },
                                          .members_changed = [&front_door] { front_door->adjust_reach(); },
                                          .name_thread = begin_thread});
  services.pairing = &*pairing;
  front_door->start();
  membership.start(begin_thread);
  pairing->start_threads();
  discovery.start();
  auto sleep_notice = watch_for_sleep({.about_to_sleep = [&cluster] { cluster.rest(); },
                                       .woke =
                                           [&cluster, &discovery] {
                                             cluster.resume();
                                             discovery.announce_again();
                                           },
                                       .name_thread = begin_thread});
  on_ready(identity.port);
  if (const auto told = notice->ready(page_address(identity.port)); !told) spdlog::error("{}", told.error().text);
  // From the control loop itself, so that its silence is heard; and only while the cluster's loop is alive too, the other
  // one that a new start may heal. A slow disk is not healed by one.
  const auto turn = [&](Supervisor::Time now) {
    if (!state.is_late(Loop::agreement, now)) notice->alive(now);
  };
  supervisor.run(turn, [&] {
    notice->stopping();
    cluster.hand_over();  // first, so that somebody else leads at once
    journal.add(JournalKind::node, JournalLevel::info, (*trust)->node_id(), "This node stops.");
  });
  sleep_notice.reset();
  discovery.stop();
  cluster.stop();
  const Result<void> stored = intake.stop();
  pairing->stop();
  membership.stop();
  listener->reset();
  save_and_log(journal_file, journal);
  data->remove_running();
  spdlog::info("stopped");
  spdlog::shutdown();
  return stored;
}

}  // namespace mz
