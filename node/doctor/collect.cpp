#include "node/doctor/collect.h"

#include <sys/file.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include <nlohmann/json.hpp>

#include "api/loopback_client.h"
#include "api/status_json.h"
#include "node/configuration_flags.h"
#include "node/control_client.h"
#include "node/doctor/system.h"
#include "node/node_membership.h"
#include "node/platform.h"
#include "node/supervisor.h"
#include "node/version.h"
#include "p2p/trust/node_trust.h"
#include "p2p/trust/private_file.h"

namespace mz::doctor {
namespace {

using nlohmann::json;
using State = NodeFacts::State;
namespace fs = std::filesystem;

constexpr std::chrono::seconds kNodeLimit{10};
constexpr std::size_t kMaxLineBytes = 300;
constexpr std::size_t kMaxAlerts = 20;
constexpr double kBytesInGb = 1e9;

// For a terminal: no control characters, not too long.
std::string one_line(std::string text) {
  text.resize(std::min(text.size(), kMaxLineBytes));
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return text;
}

std::string text_in(const json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() && found->is_string() ? one_line(found->get<std::string>()) : "";
}

json list_in(const json& object, const char* name) {
  const json list = object.is_object() ? object.value(name, json()) : json();
  return list.is_array() ? list : json::array();
}

std::vector<std::string> texts_in(const json& object, const char* name) {
  std::vector<std::string> texts;
  for (const json& each : list_in(object, name)) {
    if (each.is_string()) texts.push_back(one_line(each.get<std::string>()));
  }
  return texts;
}

void read_discovery(const json& answer, NodeFacts& node) {
  const json discovery = answer.value("discovery", json());
  node.discovery_state = text_in(discovery, "state");
  node.discovery_text = text_in(discovery, "text");
  const std::string no_route = std::strerror(EHOSTUNREACH);
  for (const json& candidate : list_in(answer, "candidates")) {
    if (text_in(candidate, "reason").find(no_route) != std::string::npos) ++node.candidates_without_route;
  }
}

// A node's record whose process is gone; who holds the lock; why the last start failed.
void read_remains(const DataDirectory& data, NodeFacts& node) {
  std::error_code error;
  node.record_left = fs::exists(data.path() / "node.json", error);
  // A shared lock for the time of this function: an exclusive one is a node or a command at work.
  const Descriptor lock(::open((data.path() / "lock").c_str(), O_RDONLY | O_CLOEXEC));
  node.locked = lock.valid() && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  // The crash file grows; its end counts only when the log has nothing younger.
  const auto crashed = fs::last_write_time(data.crash_file(), error);
  if (error) return;
  const auto logged = fs::last_write_time(data.log_file(), error);
  if (!error && logged > crashed) return;
  std::string text = text_of_file(data.crash_file());
  while (!text.empty() && text.back() == '\n') text.pop_back();
  node.failed_start = one_line(text.substr(text.rfind('\n') + 1));
}

std::uint64_t floor_of(const Configuration& configuration, std::uint64_t total) {
  if (!configuration.is_auto("disk_floor_gb")) {
    return static_cast<std::uint64_t>(configuration.number("disk_floor_gb") * kBytesInGb);
  }
  return std::max(kDiskFloorBytes, total / 100 * kDiskFloorPercent);
}

std::uint64_t disk_total(const fs::path& directory) {
  std::error_code error;
  const auto space = fs::space(directory, error);
  return error ? 0 : space.capacity;
}

std::string program_file() {
  std::error_code error;
  const auto path = platform::executable_path();
  return path ? fs::canonical(*path, error).string() : "";
}

}  // namespace

std::vector<MemberToVisit> read_status(const json& status, Facts& facts) {
  facts.node.health = text_in(status, "status");
  facts.node.version = text_in(status, "version");
  facts.node.frozen = text_in(status, "role") == "frozen";
  for (const json& alert : list_in(status, "alerts")) {
    const std::string text = text_in(alert, "text");
    facts.node.put_out = facts.node.put_out || text == kPutOutAlert;
    // There are findings of their own for these.
    if (text == kFrozenAlert || text == kPutOutAlert || text.find(kOtherProtocolWords) != text.npos) continue;
    if (facts.node.alerts.size() < kMaxAlerts) facts.node.alerts.push_back(text);
  }
  const json limits = status.value("limits", json());
  const json floor = limits.is_object() ? limits.value("disk_floor_bytes", json()) : json();
  if (floor.is_number_unsigned()) facts.disk.floor_bytes = floor.get<std::uint64_t>();
  const std::string self = text_in(status, "node_id");
  std::vector<MemberToVisit> members;
  for (const json& each : list_in(status, "members")) {
    const auto roles = texts_in(each, "roles");
    const bool admin = std::find(roles.begin(), roles.end(), "admin") != roles.end();
    const std::string id = text_in(each, "node_id");
    if (id == self) facts.self_admin = admin;
    if (id == self || text_in(each, "state") == "left" || !NodeId::parse(id)) continue;
    members.push_back(
        {.facts = {.id = id, .name = text_in(each, "name"), .state = text_in(each, "state"), .admin = admin},
         .addresses = texts_in(each, "addresses")});
  }
  return members;
}

std::vector<MemberToVisit> read_node(const DataDirectory& data, Facts& facts) {
  NodeFacts& node = facts.node;
  const auto running = data.find_running();
  if (!running) {
    node.state = State::down;
    read_remains(data, node);
    return remembered_members(data);
  }
  node.pid = running->pid;
  node.port = running->port;
  const auto status = ask_node(data, {.path = "/api/v1/status"}, kNodeLimit);
  if (!status || !status->is_object()) {
    // Of another user: nothing says that it does not answer those whom it should.
    const bool refused = !status && status.error().kind == ErrorKind::refused;
    node.state = refused ? State::refused : State::silent;
    node.reason = status ? "its answer is not what this version understands." : status.error().text;
    return remembered_members(data);
  }
  node.state = State::up;
  if (const auto answer = ask_node(data, {.path = "/api/v1/discovery"}, kNodeLimit); answer && answer->is_object()) {
    read_discovery(*answer, node);
  }
  node.port_answers = http_get(node.port, "/health", kNodeLimit).ok();
  return read_status(*status, facts);
}

std::vector<MemberToVisit> remembered_members(const DataDirectory& data) {
  const auto bytes = read_private_file(data.cluster() / kAddressFile, NodeMembership::kMaxAddressFile);
  if (!bytes) return {};
  Candidates known;
  known.add_known_text(std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size()));
  std::vector<MemberToVisit> members;
  for (const auto& [address, candidate] : known.all()) {
    const std::string id = candidate.node.text();
    auto found =
        std::find_if(members.begin(), members.end(), [&](const MemberToVisit& each) { return each.facts.id == id; });
    if (found == members.end()) found = members.insert(members.end(), {.facts = {.id = id}, .addresses = {}});
    found->addresses.push_back(address.text());
  }
  return members;
}

DiskFacts look_at_disk(const fs::path& directory) {
  DiskFacts facts;
  facts.looked = true;
  struct statvfs disk {};
  if (::statvfs(directory.c_str(), &disk) == 0) {
    facts.free_bytes = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  }
  std::string name = (directory / "doctor-XXXXXX").string();
  const auto failed = [&](const char* what) {
    facts.unwritable = "The data directory " + directory.string() + " " + what + ": " + std::strerror(errno) + ".";
    return facts;
  };
  Descriptor probe(::mkstemp(name.data()));
  if (!probe.valid()) return failed("cannot be written");
  ::unlink(name.c_str());  // it goes with its descriptor, whatever happens to us
  const std::vector<char> block(4096, 'm');
  const auto start = std::chrono::steady_clock::now();
  if (::write(probe.get(), block.data(), block.size()) != static_cast<ssize_t>(block.size()))
    return failed("takes no more bytes");
  if (::fsync(probe.get()) != 0) return failed("does not keep what is written");
  facts.fsync_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return facts;
}

CertificateFacts certificate_facts(const Result<TlsIdentity>& identity) {
  CertificateFacts facts;
  if (!identity && identity.error().kind == ErrorKind::not_found) return facts;  // made at the first start
  facts.looked = true;
  if (!identity) {
    facts.unreadable = identity.error().text;
    return facts;
  }
  facts.not_before = identity->certificate.not_before();
  facts.not_after = identity->certificate.not_after();
  facts.authority_not_after = identity->authority.not_after();
  return facts;
}

Result<Facts> collect(const Configuration& configuration) {
  Facts facts;
  facts.now = std::time(nullptr);
  facts.node.program = program_file();
  facts.node.program_version = version();
  facts.node.port = static_cast<std::uint16_t>(configuration.integer("port"));
  auto path = data_path(configuration);
  if (!path) return path.error();
  facts.node.data = path->string();
  std::vector<MemberToVisit> members;
  auto data = DataDirectory::open(*path);
  if (!data) {
    facts.node.state = data.error().kind == ErrorKind::not_found ? State::no_data : State::refused;
    facts.node.reason = data.error().text;
  } else {
    members = read_node(*data, facts);
    const std::uint64_t floor =
        facts.node.state == State::up ? facts.disk.floor_bytes : floor_of(configuration, disk_total(*path));
    facts.disk = look_at_disk(data->path());
    facts.disk.floor_bytes = floor;
    const auto identity = NodeTrust::read_identity(data->identity());
    facts.certificate = certificate_facts(identity);
    if (identity) {
      visit_members(*identity, std::move(members), facts);
    } else {
      facts.members_skipped = members.size();
    }
  }
  facts.system = read_system({.port = facts.node.port, .node = facts.node.pid, .program = facts.node.program});
  return facts;
}

}  // namespace mz::doctor
