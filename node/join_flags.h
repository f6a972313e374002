// The flags by which a machine finds and enters a cluster, for `up` and `join`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "node/verb.h"
#include "p2p/candidates.h"
#include "p2p/trust/join_token.h"

namespace mz {

// A token as it is given on the command line: itself, @FILE, or - for standard input.
Result<JoinToken> read_join_token(const std::string& given);

using PeerFlags = std::shared_ptr<std::vector<std::string>>;
PeerFlags add_peer_flag(CLI::App& verb);
Result<std::vector<PeerAddress>> parse_peers(const std::vector<std::string>& texts);

// A secret of a person: the first line of a file, or of standard input for "-". The terminal is asked when nothing is named.
Result<std::string> read_secret(const std::string& file, const std::string& question);
// The same for a new one: on the terminal it is asked for twice, since nobody sees what he types.
Result<std::string> read_new_secret(const std::string& file, const std::string& question);

}  // namespace mz
