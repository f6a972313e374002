#include "api/metrics.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <map>

namespace mz {
namespace {

// What a metric's samples are written from.
struct Reading {
  const NodeSnapshot& node;
  const NodeState& state;
};

// Writes the samples of one metric.
class Samples {
 public:
  Samples(std::string& out, std::string_view name) : out_(out), name_(name) {}
  void add(double value, const std::string& labels = "") {
    std::array<char, 40> number{};
    std::snprintf(number.data(), number.size(), "%.15g", value);
    out_ += std::string(name_) + (labels.empty() ? "" : "{" + labels + "}") + " " + number.data() + "\n";
  }
  void add(std::uint64_t value, const std::string& labels = "") {
    out_ += std::string(name_) + (labels.empty() ? "" : "{" + labels + "}") + " " + std::to_string(value) + "\n";
  }

 private:
  std::string& out_;
  std::string_view name_;
};

std::string labels_of(const GameConfig& config) {
  return "board=\"" + config.board + "\",game=\"" + config.game + "\",seats=\"" + std::to_string(config.seats) + "\"";
}

template <class Member>
void per_configuration(const Reading& reading, Samples& samples, Member member) {
  for (const ConfigurationStatus& status : reading.node.configurations)
    samples.add(status.*member, labels_of(status.configuration));
}

struct Definition {
  Metric metric;
  void (*write)(const Reading&, Samples&);
};

constexpr std::string_view kPerConfiguration = "board,game,seats";

constexpr Definition kDefinitions[] = {
    {{"meshzero_games_total", "counter", kPerConfiguration, "Games that are stored."},
     [](const Reading& r, Samples& s) { per_configuration(r, s, &ConfigurationStatus::games); }},
    {{"meshzero_distinct_games", "gauge", kPerConfiguration, "Stored games that differ in their moves."},
     [](const Reading& r, Samples& s) { per_configuration(r, s, &ConfigurationStatus::distinct_games); }},
    {{"meshzero_plies_total", "counter", kPerConfiguration, "Plies of the stored games."},
     [](const Reading& r, Samples& s) { per_configuration(r, s, &ConfigurationStatus::plies); }},
    {{"meshzero_games_per_hour", "gauge", kPerConfiguration,
      "Games handed in by workers, per hour, over the last minutes."},
     [](const Reading& r, Samples& s) { per_configuration(r, s, &ConfigurationStatus::games_per_hour); }},
    {{"meshzero_games_target", "gauge", kPerConfiguration, "Games wanted."},
     [](const Reading& r, Samples& s) { per_configuration(r, s, &ConfigurationStatus::target); }},
    {{"meshzero_games_played_total", "counter", "", "Games handed in by workers since the start of the node."},
     [](const Reading& r, Samples& s) { s.add(r.node.played); }},
    {{"meshzero_games_stored_total", "counter", "", "Of the games played since the start, those that are durable."},
     [](const Reading& r, Samples& s) { s.add(r.node.stored); }},
    {{"meshzero_games_pending", "gauge", "", "Of the games played since the start, those not yet durable."},
     [](const Reading& r, Samples& s) { s.add(r.node.pending); }},
    {{"meshzero_workers", "gauge", "state", "Worker processes by state."},
     [](const Reading& r, Samples& s) {
       std::map<std::string, std::uint64_t> count{
           {"starting", 0}, {"playing", 0}, {"idle", 0}, {"backoff", 0}, {"stopped", 0}};
       for (const WorkerStatus& worker : r.node.workers) ++count[worker.state];
       for (const auto& [state, number] : count) s.add(number, "state=\"" + state + "\"");
     }},
    {{"meshzero_worker_restarts_total", "counter", "", "Worker processes that ended unasked and were replaced."},
     [](const Reading& r, Samples& s) {
       std::uint64_t restarts = 0;
       for (const WorkerStatus& worker : r.node.workers) restarts += worker.restarts;
       s.add(restarts);
     }},
    {{"meshzero_disk_free_bytes", "gauge", "", "Free disk where the data lies."},
     [](const Reading& r, Samples& s) { s.add(r.node.disk_free_bytes); }},
    {{"meshzero_disk_floor_bytes", "gauge", "", "Playing pauses when less disk than this is free."},
     [](const Reading& r, Samples& s) { s.add(r.node.disk_floor_bytes); }},
    {{"meshzero_store_bytes", "gauge", "", "Disk used by the stored games."},
     [](const Reading& r, Samples& s) { s.add(r.node.games_bytes); }},
    {{"meshzero_resident_bytes", "gauge", "", "Memory of the control process."},
     [](const Reading& r, Samples& s) { s.add(r.node.resident_bytes); }},
    {{"meshzero_workers_resident_bytes", "gauge", "", "Memory of all worker processes."},
     [](const Reading& r, Samples& s) { s.add(r.node.workers_resident_bytes); }},
    {{"meshzero_uptime_seconds", "gauge", "", "Time since the start of the node."},
     [](const Reading& r, Samples& s) { s.add(r.node.uptime_s); }},
    {{"meshzero_control_loop_age_seconds", "gauge", "", "Time since the last iteration of the control loop."},
     [](const Reading& r, Samples& s) { s.add(r.state.age_s(Loop::control)); }},
    {{"meshzero_store_loop_age_seconds", "gauge", "", "Time since the last iteration of the store loop."},
     [](const Reading& r, Samples& s) { s.add(r.state.age_s(Loop::store)); }},
    {{"meshzero_agreement_loop_age_seconds", "gauge", "",
      "Time since the last iteration of the loop that agrees with other nodes."},
     [](const Reading& r, Samples& s) { s.add(r.state.age_s(Loop::agreement)); }},
    {{"meshzero_heartbeat_late_seconds", "gauge", "",
      "The longest that a heartbeat to other nodes waited for a core, over the last half to whole minute."},
     [](const Reading& r, Samples& s) { s.add(r.state.heartbeat_late_s.value()); }},
    {{"meshzero_cluster_disk_loop_age_seconds", "gauge", "",
      "Time since the loop that writes for the agreement showed that it lives."},
     [](const Reading& r, Samples& s) { s.add(r.state.age_s(Loop::cluster_disk)); }},
};

constexpr auto kMetrics = [] {
  std::array<Metric, std::size(kDefinitions)> list{};
  for (std::size_t i = 0; i < list.size(); ++i) list[i] = kDefinitions[i].metric;
  return list;
}();

}  // namespace

std::span<const Metric> metrics() { return kMetrics; }

std::string metrics_text(const NodeState& state) {
  const auto snapshot = state.snapshot();
  const Reading reading{*snapshot, state};
  std::string out;
  for (const Definition& definition : kDefinitions) {
    const Metric& metric = definition.metric;
    out += "# HELP " + std::string(metric.name) + " " + std::string(metric.help) + "\n";
    out += "# TYPE " + std::string(metric.name) + " " + std::string(metric.type) + "\n";
    Samples samples(out, metric.name);
    definition.write(reading, samples);
  }
  return out;
}

}  // namespace mz
