// Gathers the facts: asks the running node over its control socket, looks at the data directory and at this machine, and visits the
// members, as this node, with the key in the data directory. Reads only; a probe of the disk removes its own file.
//
// Takes some seconds where members do not answer: kMaxVisits members at most, kVisitors at a time.
#pragma once

#include <chrono>

#include <nlohmann/json_fwd.hpp>

#include "node/configuration.h"
#include "node/data_directory.h"
#include "node/doctor/facts.h"
#include "p2p/trust/tls.h"

namespace mz::doctor {

inline constexpr std::size_t kMaxVisits = 64;
inline constexpr unsigned kVisitors = 8;
inline constexpr std::chrono::milliseconds kVisitAddress{3000};   // to reach a member at one address
inline constexpr std::chrono::milliseconds kVisitAnswer{12'000};  // longer than a member dials back

Result<Facts> collect(const Configuration& configuration);

// --- its parts -------------------------------------------------------------------------------------------------------------
struct MemberToVisit {
  MemberFacts facts;  // what is known before
  std::vector<std::string> addresses = {};
};

// The node's own account of itself, and the members it knows: those that have not left, without itself.
std::vector<MemberToVisit> read_node(const DataDirectory& data, Facts& facts);
// Members that answered once, for when no node runs.
std::vector<MemberToVisit> remembered_members(const DataDirectory& data);
// Fills in what a status of the running node says.
std::vector<MemberToVisit> read_status(const nlohmann::json& status, Facts& facts);

// At all their addresses but where this node itself is: `facts` knows its port.
void visit_members(const TlsIdentity& self, std::vector<MemberToVisit> members, Facts& facts);

DiskFacts look_at_disk(const std::filesystem::path& directory);
CertificateFacts certificate_facts(const Result<TlsIdentity>& identity);

}  // namespace mz::doctor
