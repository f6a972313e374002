#include "api/status_json.h"

#include <cmath>
#include <map>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/cluster_routes.h"

namespace mz {
namespace {

using nlohmann::json;

double rounded(double value) { return std::round(value * 10) / 10; }

json configuration_json(const GameConfig& config) {
  return {{"game", config.game}, {"board", config.board}, {"seats", config.seats}};
}

json workers_json(const NodeSnapshot& snapshot) {
  json workers = json::array();
  for (const WorkerStatus& worker : snapshot.workers) {
    workers.push_back({{"id", worker.id},
                       {"pid", worker.pid},
                       {"state", worker.state},
                       {"configuration", worker.has_configuration ? configuration_json(worker.configuration) : json()},
                       {"games", worker.games},
                       {"games_per_hour", rounded(worker.games_per_hour)},
                       {"restarts", worker.restarts},
                       {"reason", worker.reason}});
  }
  return workers;
}

json configurations_json(const NodeSnapshot& snapshot) {
  json configurations = json::array();
  for (const ConfigurationStatus& status : snapshot.configurations) {
    json entry = configuration_json(status.configuration);
    entry.update({{"games", status.games},
                  {"distinct_games", status.distinct_games},
                  {"target", status.target},
                  {"games_per_hour", rounded(status.games_per_hour)},
                  {"plies", status.plies},
                  {"bytes", status.bytes},
                  {"state", status.state},
                  {"reason", status.reason}});
    configurations.push_back(std::move(entry));
  }
  return configurations;
}

json history_json(const NodeSnapshot& snapshot) {
  json rows = json::array();
  for (const auto& row : snapshot.history_games_per_hour) {
    json values = json::array();
    for (const double value : row) values.push_back(rounded(value));
    rows.push_back(std::move(values));
  }
  return {{"interval_s", snapshot.history_interval_s}, {"times", snapshot.history_times}, {"games_per_hour", rows}};
}

json alerts_json(const NodeSnapshot& snapshot, const ClusterPicture* cluster, bool put_out) {
  json alerts = json::array();
  if (put_out) alerts.push_back({{"level", "error"}, {"text", kPutOutAlert}});
  if (cluster != nullptr && cluster->role == "frozen") alerts.push_back({{"level", "error"}, {"text", kFrozenAlert}});
  if (cluster != nullptr) {
    std::map<std::uint32_t, std::vector<const ClusterMember*>> by_protocol;
    for (const ClusterMember& member : cluster->members) {
      if (member.other_protocol != 0) by_protocol[member.other_protocol].push_back(&member);
    }
    for (const auto& [protocol, members] : by_protocol) {
      alerts.push_back({{"level", "warn"}, {"text", other_protocol_text(members)}});
    }
  }
  for (const Alert& alert : snapshot.alerts) alerts.push_back({{"level", alert.level}, {"text", alert.text}});
  return alerts;
}

// Paths and host names need not be UTF-8; JSON must.
std::string dump(const json& document) { return document.dump(-1, ' ', false, json::error_handler_t::replace) + "\n"; }

}  // namespace

std::string health_json(Health health, const std::string& version) {
  return dump({{"status", health_word(health)}, {"version", version}});
}

std::string status_json(const NodeSnapshot& snapshot, Health health, const ClusterPicture* cluster, bool put_out) {
  constexpr double kGigabyte = 1e9;
  json status(
      {{"version", snapshot.version},
       {"name", snapshot.name},
       {"pid", snapshot.pid},
       {"status", health_word(health)},
       {"started_at", snapshot.started_at},
       {"uptime_s", rounded(snapshot.uptime_s)},
       {"now", snapshot.now},
       {"data_dir", snapshot.data_dir},
       {"port", snapshot.port},
       {"stopping", snapshot.stopping},
       {"workers", workers_json(snapshot)},
       {"configurations", configurations_json(snapshot)},
       {"history", history_json(snapshot)},
       {"account", {{"played", snapshot.played}, {"stored", snapshot.stored}, {"pending", snapshot.pending}}},
       {"limits",
        {{"workers", snapshot.worker_limit},
         {"memory_gb", static_cast<double>(snapshot.memory_limit_bytes) / kGigabyte},
         {"disk_floor_bytes", snapshot.disk_floor_bytes},
         {"target", snapshot.target}}},
       {"disk",
        {{"free_bytes", snapshot.disk_free_bytes},
         {"total_bytes", snapshot.disk_total_bytes},
         {"games_bytes", snapshot.games_bytes}}},
       {"memory", {{"rss_bytes", snapshot.resident_bytes}, {"workers_rss_bytes", snapshot.workers_resident_bytes}}},
       {"alerts", alerts_json(snapshot, cluster, put_out)}});
  if (cluster != nullptr) status.update(cluster_json(*cluster));
  return dump(status);
}

}  // namespace mz
