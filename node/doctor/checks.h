// Judges facts. Pure: the same facts, the same findings, in the same order.
#pragma once

#include <vector>

#include "node/doctor/facts.h"
#include "node/doctor/finding.h"

namespace mz::doctor {

using Findings = std::vector<Finding>;

Findings check_node(const Facts& facts);        // whether it runs and is healthy, what earlier runs left
Findings check_port(const Facts& facts);        // who has it
Findings check_firewall(const Facts& facts);    // who keeps others away from it
Findings check_discovery(const Facts& facts);   // the daemon
Findings check_interfaces(const Facts& facts);  // the way out
Findings check_members(const Facts& facts);     // both ways
Findings check_clock(const Facts& facts);       // here and there
Findings check_versions(const Facts& facts);
Findings check_certificates(const Facts& facts);
Findings check_admins(const Facts& facts);
Findings check_disk(const Facts& facts);
Findings check_sleep(const Facts& facts);
Findings check_power(const Facts& facts);
Findings check_open_files(const Facts& facts);
Findings check_sight(const Facts& facts);  // what could not be looked at

// All of them.
Findings diagnose(const Facts& facts);

}  // namespace mz::doctor
