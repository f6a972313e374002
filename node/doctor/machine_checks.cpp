#include <cstdio>

#include "node/doctor/checks.h"
#include "p2p/trust/certificate.h"

namespace mz::doctor {
namespace {

using State = NodeFacts::State;

constexpr std::int64_t kRenewalLateSeconds = 3 * kDaySeconds;  // renewal begins when half of 30 days is over
constexpr std::int64_t kAuthoritySeconds = 365 * kDaySeconds;
constexpr double kSlowMilliseconds = 500;
constexpr std::uint64_t kFewFiles = 4096;
constexpr unsigned kLowPercent = 15;
// Logind and all desktops go by these, so it works everywhere.
constexpr char kStayAwake[] = "sudo systemctl mask sleep.target suspend.target hibernate.target hybrid-sleep.target";

std::string gigabytes(std::uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GB", static_cast<double>(bytes) / 1e9);
  return text;
}

std::string days(std::int64_t seconds) {
  const std::int64_t count = seconds / kDaySeconds;
  return std::to_string(count) + (count == 1 ? " day" : " days");
}

}  // namespace

Findings check_node(const Facts& facts) {
  const NodeFacts& node = facts.node;
  Findings findings;
  switch (node.state) {
    case State::no_data:
      return {finding("node.no-data", "There is no data directory " + node.data + ", so no node has run here.")};
    case State::refused:
      return {finding("node.refused", node.reason)};
    case State::silent:
      return {finding("node.silent", "Process " + std::to_string(node.pid) + " is the node of " + node.data +
                                         ", but it does not answer: " + node.reason)};
    case State::down:
      findings.push_back(finding("node.down", "No node runs on " + node.data + "."));
      if (!node.failed_start.empty()) {
        findings.push_back(finding("node.failed-start", "The last start failed: " + node.failed_start));
      }
      if (node.record_left) findings.push_back(finding("node.killed", "The last run was killed, or the power failed."));
      if (node.locked)
        findings.push_back(finding("node.locked", "Another process holds the lock of " + node.data + "."));
      return findings;
    case State::up:
      break;
  }
  const std::string who = "The node (process " + std::to_string(node.pid) + ")";
  if (node.frozen) {
    findings.push_back(finding("identity.cloned", who + " is frozen: another machine uses its identity, so neither of "
                                                        "the two takes part in the cluster."));
  }
  if (node.put_out) {
    findings.push_back(finding("identity.put-out", who + " was put out of its cluster, as a member says."));
  }
  if (node.health == "ok" && !node.frozen && !node.put_out)
    findings.push_back(finding("node.running", who + " runs and is healthy."));
  else if (node.health == "starting")
    findings.push_back(finding("node.starting", who + " is starting."));
  else if (node.health != "ok")
    findings.push_back(finding("node.degraded", who + " runs, but is " + node.health + "."));
  for (const std::string& alert : node.alerts) findings.push_back(finding("node.alert", alert));
  if (!node.version.empty() && node.version != node.program_version) {
    findings.push_back(finding("node.other-version", "The running node is version " + node.version + ", this program " +
                                                         node.program_version + "."));
  }
  return findings;
}

Findings check_certificates(const Facts& facts) {
  const CertificateFacts& certificate = facts.certificate;
  if (!certificate.looked) return {};
  if (!certificate.unreadable.empty()) return {finding("certificate.unreadable", certificate.unreadable)};
  Findings findings;
  const std::int64_t left = certificate.not_after - facts.now;
  if (left <= 0)
    findings.push_back(finding("certificate.expired", "This node's certificate ended " + days(-left) + " ago."));
  else if (left < kRenewalLateSeconds)
    findings.push_back(
        finding("certificate.late", "This node's certificate ends in " + days(left) + " and was not renewed."));
  else
    findings.push_back(finding("certificate.valid", "This node's certificate is good for " + days(left) + "."));
  const std::int64_t authority = certificate.authority_not_after - facts.now;
  if (authority < kAuthoritySeconds) {
    findings.push_back(
        finding("certificate.authority", authority > 0 ? "The authority of the cluster ends in " + days(authority) + "."
                                                       : "The authority of the cluster has ended."));
  }
  return findings;
}

Findings check_admins(const Facts& facts) {
  if (facts.members.empty() || facts.node.state != State::up || facts.node.frozen) return {};
  std::size_t admins = facts.self_admin ? 1 : 0;
  for (const MemberFacts& member : facts.members) admins += member.admin ? 1 : 0;
  if (admins == 0) return {finding("admin.none", "No node of the cluster is known to hold its signing key.")};
  if (admins == 1) {
    return {finding("admin.single", "Only one of " + std::to_string(facts.members.size() + 1) +
                                        " nodes holds the cluster's signing key" +
                                        (facts.self_admin ? ": this one." : "."))};
  }
  return {finding("admin.several", std::to_string(admins) + " nodes hold the cluster's signing key.")};
}

Findings check_disk(const Facts& facts) {
  const DiskFacts& disk = facts.disk;
  if (!disk.looked) return {};
  if (!disk.unwritable.empty()) return {finding("disk.unwritable", disk.unwritable)};
  Findings findings;
  if (disk.free_bytes < disk.floor_bytes) {
    findings.push_back(finding("disk.low", "Only " + gigabytes(disk.free_bytes) + " of disk are free; the floor is " +
                                               gigabytes(disk.floor_bytes) + "."));
  }
  const std::string took = std::to_string(static_cast<long long>(disk.fsync_ms + 0.5)) + " ms";
  if (disk.fsync_ms > kSlowMilliseconds) {
    findings.push_back(finding("disk.slow", "Making one small file durable in the data directory took " + took + "."));
  }
  if (findings.empty()) {
    findings.push_back(finding("disk.fine", gigabytes(disk.free_bytes) +
                                                " of disk are free; making a small file durable takes " + took + "."));
  }
  return findings;
}

Findings check_sleep(const Facts& facts) {
  const SleepFacts& sleep = facts.system.sleep;
  const bool linux_here = facts.system.system == System::on_linux;
  Findings findings;
  if (sleep.idle_minutes.value_or(0) > 0) {
    findings.push_back(
        finding("sleep.idle",
                "This machine goes to sleep after " + std::to_string(*sleep.idle_minutes) + " minutes without use.",
                linux_here ? kStayAwake : "sudo pmset -c sleep 0"));
  } else if (sleep.desktop) {
    findings.push_back(finding("sleep.desktop",
                               "Whether this machine goes to sleep without use is up to the settings of its desktop.",
                               kStayAwake));
  }
  if (sleep.lid) {
    findings.push_back(
        finding("sleep.lid", "This machine sleeps when its lid is closed.",
                linux_here ? "Set HandleLidSwitch=ignore in /etc/systemd/logind.conf and restart systemd-logind."
                           : "Leave the lid open while it works, or connect a display and mains power."));
  }
  if (findings.empty() && sleep.idle_minutes) {
    findings.push_back(finding("sleep.stays-awake", "This machine does not go to sleep by itself."));
  }
  return findings;
}

Findings check_power(const Facts& facts) {
  const PowerFacts& power = facts.system.power;
  if (!power.known) return {};
  if (!power.battery) return {finding("power.mains", "This machine runs on mains power.")};
  const std::string charge = power.percent ? " (" + std::to_string(*power.percent) + " %)" : "";
  if (power.percent.value_or(100) < kLowPercent) {
    return {finding("power.low", "This machine runs on battery, which is nearly empty" + charge + ".")};
  }
  return {finding("power.battery", "This machine runs on battery" + charge + ", so it leads the cluster last.")};
}

Findings check_open_files(const Facts& facts) {
  const std::uint64_t limit = facts.system.open_files;
  if (limit == 0) return {};
  const std::string text = "The node may open " + std::to_string(limit) + " files.";
  return {finding(limit < kFewFiles ? "files.few" : "files.enough", text)};
}

Findings check_sight(const Facts& facts) {
  Findings findings;
  for (const std::string& what : facts.system.unseen) findings.push_back(finding("sight.partial", what));
  return findings;
}

Findings diagnose(const Facts& facts) {
  Findings all;
  for (const auto check : {check_node, check_port, check_firewall, check_discovery, check_interfaces, check_members,
                           check_clock, check_versions, check_certificates, check_admins, check_disk, check_sleep,
                           check_power, check_open_files, check_sight}) {
    for (Finding& each : check(facts)) all.push_back(std::move(each));
  }
  return all;
}

}  // namespace mz::doctor
