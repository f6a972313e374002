#include "node/limits.h"

#include "api/cluster.h"
#include "api/dial_back.h"
#include "api/foreign_json.h"
#include "api/games.h"
#include "api/journal.h"
#include "api/listener.h"
#include "api/member_list.h"
#include "api/pairing.h"
#include "api/request_head.h"
#include "engine/record.h"
#include "node/agreement_inbox.h"
#include "node/configuration.h"
#include "node/engine_protocol.h"
#include "node/etcd_registrar.h"
#include "node/line_reader.h"
#include "node/message.h"
#include "node/node_membership.h"
#include "node/own_addresses.h"
#include "node/pairing_service.h"
#include "node/pairing_targets.h"
#include "node/peer_lines.h"
#include "node/s3/object.h"
#include "node/selfplay_run.h"
#include "p2p/agreement/message.h"
#include "p2p/candidates.h"
#include "p2p/discovery/sightings.h"
#include "p2p/discovery/txt_record.h"
#include "p2p/trust/failure_limit.h"
#include "p2p/trust/node_trust.h"
#include "store/game_store.h"
#include "store/lines.h"
#include "store/match_log_file.h"
#include "store/segment.h"

namespace mz {
namespace {

constexpr const char* kOldestGoes = "the oldest without a whole request is closed";

}  // namespace

std::vector<Limit> limits() {
  return {
      {"one game record", GameRecord::kMaxBytes, "bytes", "the record is refused"},
      {"moves of one game", GameRecord::kMaxMoves, "moves", "the record is refused"},
      {"search statistics of one game", GameRecord::kMaxStatisticsBytes, "bytes", "the record is refused"},
      {"specification of an engine", GameRecord::kMaxSpecBytes, "bytes", "the record is refused"},
      {"options of one game", GameRecord::kMaxOptions, "options", "the record is refused"},
      {"games of one `selfplay`", kMaxSelfplayGames, "games", "the run is refused"},
      {"threads of one `selfplay`", kMaxSelfplayThreads, "threads", "the run is refused"},
      {"games at once of a thread of `selfplay`", kMaxGamesAtOnce, "games", "the run is refused"},
      {"an object in S3", S3Object::kMaxObjectBytes, "bytes", "it is not uploaded"},
      {"a part of an upload to S3", S3Object::kPartBytes, "bytes", "there are further parts"},
      {"parts of an upload to S3", S3Object::kMaxParts, "parts", "each of them is larger"},
      {"attempts of one request to S3", static_cast<std::uint64_t>(S3Object::kAttempts), "attempts",
       "the run ends, its games stay"},
      {"time to connect to S3", static_cast<std::uint64_t>(S3Object::kConnectPatience.count()), "seconds",
       "the attempt has failed"},
      {"time for an answer of S3, besides one second for every 64 KiB",
       static_cast<std::uint64_t>(S3Object::kAnswerPatience.count()), "seconds", "the attempt has failed"},
      {"a message in XML from S3", S3Answer::kMaxBytes, "bytes", "it counts as none"},
      {"the key of an object in S3", S3Address::kMaxKeyBytes, "bytes", "the run is refused"},
      {"a variable with a setting for S3", S3Settings::kMaxVariableBytes, "bytes", "the run is refused"},
      {"a file with certificates for S3", S3Settings::kMaxPemBytes, "bytes", "the run is refused"},
      {"a segment file", SegmentLimits::kMaxFileBytes, "bytes", "the file is refused"},
      {"a segment, unpacked", SegmentLimits::kMaxUnpackedBytes, "bytes", "the file is refused"},
      {"records waiting to be sealed", GameStore::kSealBytes, "bytes", "they are sealed at once"},
      {"time a game waits to be sealed", GameStore::kSealSeconds, "seconds", "it is sealed"},
      {"one line of samples", kMaxLineBytes, "bytes", "the file is refused"},
      {"one line to `meshzero engine`", EngineProtocol::kMaxLineBytes, "bytes",
       "the line is skipped and an error answers it"},
      {"choices listed in an error of `meshzero engine`", EngineProtocol::kMaxChoices, "moves", "the rest is counted"},
      {"one line of a recording", LineReader::kMaxLineBytes, "bytes", "reading the file ends there"},
      {"the match log", kMaxMatchLogBytes, "bytes", "the file is refused"},
      {"a configuration file", Configuration::kMaxFileBytes, "bytes", "the file is refused"},
      {"a message between node and worker", kMaxMessageBytes, "bytes", "the worker is replaced"},
      {"connections of strangers", Listener::kMaxStrangers, "connections", kOldestGoes},
      {"connections of strangers from one address (IPv6: one /64)", Listener::kMaxStrangersPerAddress, "connections",
       kOldestGoes},
      {"connections of members, operators and local programs", Listener::kMaxMembers, "connections", kOldestGoes},
      {"unfinished TLS handshakes", Listener::kMaxHandshakes, "handshakes", "the oldest is closed"},
      {"time for a TLS handshake", Listener::kHandshakeSeconds, "seconds", "the connection is closed"},
      {"head of an HTTP request", kMaxHeadBytes, "bytes", "the request is refused"},
      {"depth of JSON that others send", kMaxJsonDepth, "levels", "the request is refused"},
      {"target of an HTTP request", kMaxTargetBytes, "bytes", "the request is refused"},
      {"header fields of an HTTP request", kMaxHeaders, "fields", "the request is refused"},
      {"time for the head of an HTTP request", Listener::kHeadSeconds, "seconds", "the connection is closed"},
      {"time between two HTTP requests", Listener::kIdleSeconds, "seconds", "the connection is closed"},
      {"time to take an HTTP answer", Listener::kWriteSeconds, "seconds",
       "at least 64 KiB a second must have been taken, or the connection is closed"},
      {"time to read what a refused HTTP client still sends", Listener::kDrainSeconds, "seconds",
       "the connection is closed"},
      {"time before the rate of an HTTP body counts", Listener::kBodyGraceSeconds, "seconds",
       "at least 4 KiB a second must come, or the request is answered with 408"},
      {"HTTP bodies beyond 64 KiB in memory, all together", Listener::kMaxBufferedBodyBytes, "bytes",
       "the request is answered with 503"},
      {"HTTP bodies of one sender in memory", Listener::kMaxSenderBodyBytes, "bytes",
       "the request is answered with 503"},
      {"HTTP answers in memory, all together", Listener::kMaxUnsentBytes, "bytes",
       "a request with an answer beyond 64 KiB is answered with 503"},
      {"HTTP bodies written to disk at once", Listener::kMaxUploads, "bodies", "the request is answered with 503"},
      {"HTTP requests waiting for the cluster's work", Listener::kControlQueue, "requests",
       "the request is answered with 503"},
      {"HTTP requests waiting for the store", Listener::kUiQueue, "requests", "the request is answered with 503"},
      {"HTTP requests waiting that move large bodies", Listener::kBulkQueue, "requests",
       "the request is answered with 503"},
      {"life of a join token", JoinTokenBook::kLifeSeconds, "seconds", "it is worthless"},
      {"nodes of one join token", JoinTokenBook::kMaxUses, "nodes", "the token is refused"},
      {"valid join tokens of a node", JoinTokenBook::kMaxTokens, "tokens", "a new one is refused"},
      {"failed attempts to join from one address in a minute", FailureLimit::kFailures, "attempts", "it must wait"},
      {"time to confirm a request for pairing", kPairingLifeSeconds, "seconds", "it expires"},
      {"silence of a machine that asks for pairing", kPairingSilenceSeconds, "seconds", "its request fails"},
      {"failed attempts to join that are noted in a minute, one of each address", NodeMembership::kMaxTurnedAway,
       "events", "the others are refused without a note"},
      {"requests for pairing from one address in a minute (IPv6: one /64)", FailureLimit::kFailures, "requests",
       "it must wait"},
      {"open requests for pairing at a node", kMaxPairingRequests, "requests", "further ones are refused"},
      {"open requests for pairing from one address (IPv6: one /64)", kMaxPairingFromAddress, "requests",
       "further ones are refused"},
      {"machines that a node asks for pairing at once", kMaxPairingAsked, "machines", "no more are asked"},
      {"clusters that a node asks by itself at once", kMaxPairingAskedByItself, "clusters", "the next one waits"},
      {"clusters seen on the network that may be asked", PairingTargets::kMaxClusters, "clusters",
       "one that is not being asked is forgotten"},
      {"requests for pairing in an hour that others ended before anybody confirmed", PairingService::kMaxBrokenOff,
       "requests", "nobody is asked by itself until the hour is over"},
      {"wrong digits for one request for pairing", kMaxWrongDigits, "times", "the request fails"},
      {"life of an approval that came before its machine", kApprovalLifeSeconds, "seconds", "it is forgotten"},
      {"such approvals", kMaxApprovals, "approvals", "a further one is refused"},
      {"life of an operator token", OperatorTokenBook::kMaxLifeSeconds, "seconds", "the token is refused"},
      {"valid operator tokens of a node", OperatorTokenBook::kMaxTokens, "tokens", "a new one is refused"},
      {"life of a node's certificate", kCertificateLifeSeconds, "seconds", "it is good for renewal only"},
      {"renewal after the end of a certificate", kRenewalGraceSeconds, "seconds", "the node must join again"},
      {"members of a cluster", Roster::kMaxMembers, "members",
       "whoever left, was put out or is known by hearsay is forgotten; then no more are known"},
      {"signed events of one node", EventSet::kMaxPerAuthor, "events", "further ones are refused"},
      {"events of one kind that a node remembers for people", Journal::kMaxPerKind, "events",
       "the oldest is forgotten"},
      {"text of such an event", Journal::kMaxTextBytes, "bytes", "it is cut off"},
      {"events in one answer of `/api/v1/events`", kMaxListedEvents, "events", "the request is refused"},
      {"feeds of signed events", EventSet::kMaxFeeds, "feeds", "further ones are refused"},
      {"feeds of signed events of one node", EventSet::kMaxFeedsPerAuthor, "feeds", "further ones are refused"},
      {"signed events of one node, in bytes", EventSet::kMaxBytesPerAuthor, "bytes", "further ones are refused"},
      {"signed events of all nodes", EventSet::kMaxBytes, "bytes", "further ones are refused"},
      {"a message between members", ClusterMessage::kMaxBytes, "bytes", "the message is refused"},
      {"messages that wait for one member", PeerLines::kMaxQueued, "messages", "the oldest is dropped"},
      {"messages that members send at once", PeerLines::kMaxMessages, "messages", "the request or answer is refused"},
      {"requests and answers with messages that wait", AgreementInbox::kMaxInputs, "bodies",
       "further ones are dropped"},
      {"members of an etcd", EtcdSettings::kMaxEndpoints, "endpoints", "the settings are refused"},
      {"an answer of etcd", EtcdClient::kMaxAnswerBytes, "bytes", "it counts as none"},
      {"time for an answer of etcd", kRegistrarPatience / 1'000'000, "seconds", "it counts as none"},
      {"questions that wait for etcd", EtcdRegistrar::kMaxQueued, "questions", "the oldest is dropped"},
      {"password for etcd", EtcdSettings::kMaxPasswordBytes, "bytes", "the settings are refused"},
      {"a file with certificates for etcd", EtcdSettings::kMaxPemBytes, "bytes", "the settings are refused"},
      {"times a node dials one member back in a minute", DialBack::kPerMinute, "times",
       "the request is answered with 429"},
      {"members that a node dials back at once", DialBack::kMaxAtOnce, "member", "the request is answered with 429"},
      {"nodes put out of a cluster", RevocationSet::kMaxEntries, "nodes", "no more can be put out"},
      {"addresses of other nodes", Candidates::kMaxCandidates, "addresses", "one that never worked is forgotten"},
      {"addresses that are tried at the same time", NodeMembership::kMeetings, "addresses", "the others wait"},
      {"time to try an address", NodeMembership::kMeetingSeconds, "seconds", "it counts as failed"},
      {"addresses of a node that others are told", kMaxListedAddresses, "addresses", "further ones are not told"},
      {"addresses of this computer", kMaxOwnAddresses, "addresses", "further ones are not watched"},
      {"adverts of nodes on the local network, on all interfaces", Sightings::kMaxAdverts, "adverts",
       "further ones are looked at when there is room again"},
      {"addresses of one advert", Sightings::kMaxAddresses, "addresses", "further ones are not looked at"},
      {"text record of an advert", kMaxTxtBytes, "bytes", "the advert is not looked at"},
      {"games on one page of `/api/v1/games`", kMaxListedGames, "games", "the request is refused"},
      {"positions in one `/api/v1/games/{id}`", kMaxShownPositions, "positions", "the request is refused"},
  };
}

}  // namespace mz
