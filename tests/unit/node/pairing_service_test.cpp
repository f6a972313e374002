#include "node/pairing_service.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "p2p/base32.h"
#include "tests/unit/node/paired_machines.h"

namespace mz {
namespace {

using nlohmann::json;
using test::comes_true;
using test::Machine;

class PairingServiceTest : public test::PairedMachines {
 protected:
  // A hello as the machine would send it on a connection with that binding.
  static PairingHello hello_of(const Machine& machine, std::uint8_t channel, const std::string& sender = "192.0.2.1") {
    PairingHello hello;
    hello.channel.fill(channel);
    hello.sender = sender;
    hello.request = make_request(machine.trust->key()).value();
    hello.commitment = pairing_commitment(PairingSide::joiner, hello.channel, nonce_of(channel));
    hello.proof = prove_pairing_key(machine.trust->key(), hello.channel, hello.request, hello.commitment).value();
    hello.name = "machine";
    hello.cluster = cluster_id_text(machine.trust->cluster_id());
    hello.founded = machine.trust->authority().not_before();
    hello.by_person = true;
    return hello;
  }
  static PairingNonce nonce_of(std::uint8_t mark) {
    PairingNonce nonce{};
    nonce.fill(mark);
    return nonce;
  }
  static std::size_t open_requests(const Machine& machine) {
    const auto all = machine.pairing->requests();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [](const PairingRequest& each) { return is_open(each.state); }));
  }
};

TEST_F(PairingServiceTest, ARequestEndsAfterTenMinutesOnBothMachines) {
  Machine& admin = machine("admin");
  Machine& joiner = machine("joiner");
  const auto asked = joiner.pairing->start(admin.address());
  ASSERT_TRUE(asked.ok()) << asked.error().text;
  EXPECT_EQ(asked->expires - asked->since, kPairingLifeSeconds);
  ASSERT_TRUE(admin.sees(joiner, PairingState::waiting));
  admin.advance(kPairingLifeSeconds);
  EXPECT_TRUE(admin.sees(joiner, PairingState::expired));
  EXPECT_TRUE(joiner.sees(admin, PairingState::expired));
  EXPECT_EQ(admin.confirm(joiner, *asked->digits).error().kind, ErrorKind::refused);
  EXPECT_TRUE(joiner.is_alone());
}

TEST_F(PairingServiceTest, AMachineThatFallsSilentLosesItsRequest) {
  Machine& admin = machine("admin");
  Machine& joiner = machine("joiner");
  const PairingHello hello = hello_of(joiner, 1);
  ASSERT_TRUE(admin.pairing->hello(hello).ok());
  ASSERT_TRUE(admin.pairing->reveal(hello.channel, nonce_of(1)).ok());
  ASSERT_TRUE(admin.sees(joiner, PairingState::waiting));
  admin.advance(kPairingSilenceSeconds - 1);
  EXPECT_TRUE(admin.pairing->poll(hello.channel, false, false).ok());
  admin.advance(kPairingSilenceSeconds);
  EXPECT_TRUE(admin.sees(joiner, PairingState::failed));
}

TEST_F(PairingServiceTest, NothingIsShownToPeopleBeforeThereAreDigits) {
  Machine& admin = machine("admin");
  Machine& joiner = machine("joiner");
  const PairingHello hello = hello_of(joiner, 1);
  ASSERT_TRUE(admin.pairing->hello(hello).ok());
  EXPECT_TRUE(admin.pairing->requests().empty());
  EXPECT_FALSE(admin.pairing->poll(hello.channel, true, false).ok()) << "nor is there anything to ask for";
  EXPECT_EQ(admin.pairing->reveal(hello.channel, nonce_of(2)).error().kind, ErrorKind::refused) << "another nonce";
  EXPECT_FALSE(admin.pairing->reveal(hello.channel, nonce_of(1)).ok()) << "no second try";
  EXPECT_TRUE(admin.pairing->requests().empty());
}

TEST_F(PairingServiceTest, AHelloIsGoodOnItsOwnConnectionOnly) {
  Machine& admin = machine("admin");
  Machine& joiner = machine("joiner");
  PairingHello hello = hello_of(joiner, 1);
  hello.channel.fill(2);  // caught on the way and handed in elsewhere
  EXPECT_EQ(admin.pairing->hello(hello).error().kind, ErrorKind::refused);
  ASSERT_TRUE(admin.pairing->hello(hello_of(joiner, 3)).ok());
  EXPECT_FALSE(admin.pairing->hello(hello_of(joiner, 3)).ok()) << "once for a connection";
  PairingNonce nonce = nonce_of(3);
  ChannelBinding other{};
  other.fill(4);
  EXPECT_FALSE(admin.pairing->reveal(other, nonce).ok());
}

TEST_F(PairingServiceTest, OneAddressAsksFiveTimesAMinuteAndANetworkCountsAsOne) {
  Machine& admin = machine("admin");
  Machine& joiner = machine("joiner");
  for (std::uint8_t i = 1; i <= 5; ++i) {
    EXPECT_TRUE(admin.pairing->hello(hello_of(joiner, i, "2001:db8:1:2::" + std::to_string(i))).ok()) << int{i};
  }
  const auto sixth = admin.pairing->hello(hello_of(joiner, 6, "2001:db8:1:2:ffff::1"));
  EXPECT_EQ(sixth.error().kind, ErrorKind::unreachable);
  EXPECT_TRUE(admin.pairing->hello(hello_of(joiner, 7, "2001:db8:1:3::1")).ok());
  admin.advance(FailureLimit::kWindowSeconds);
  EXPECT_TRUE(admin.pairing->hello(hello_of(joiner, 8, "2001:db8:1:2::1")).ok());
}

TEST_F(PairingServiceTest, AFloodOfRequestsIsBoundedInAllAndPerAddress) {
  Machine& admin = machine("admin");
  Machine& joiner = machine("joiner");
  std::size_t taken = 0;
  std::size_t refused = 0;
  for (std::uint8_t i = 1; i <= 60; ++i) {
    // A machine of its own each, from an address with three others.
    const PrivateKey key = PrivateKey::generate().value();
    PairingHello hello = hello_of(joiner, i, "192.0.2." + std::to_string(i % 3));
    if (i > 12) hello.sender = "198.51.100." + std::to_string(i);
    hello.request = make_request(key).value();
    hello.proof = prove_pairing_key(key, hello.channel, hello.request, hello.commitment).value();
    const auto said = admin.pairing->hello(hello);
    if (said) (void)admin.pairing->reveal(hello.channel, nonce_of(i));
    taken += said.ok() ? 1 : 0;
    refused += !said && said.error().kind == ErrorKind::unreachable ? 1 : 0;
    if (i == 12) {
      EXPECT_EQ(taken, 3 * kMaxPairingFromAddress);
    }
  }
  EXPECT_EQ(taken, kMaxPairingRequests);
  EXPECT_EQ(refused, 60 - kMaxPairingRequests);
  EXPECT_EQ(admin.pairing->requests().size(), kMaxPairingRequests);
  admin.advance(kPairingSilenceSeconds);
  EXPECT_TRUE(comes_true([&] { return open_requests(admin) == 0; })) << "they fell silent";
}

TEST_F(PairingServiceTest, WhenBothAreAloneTheNewerClusterAsksTheOlder) {
  Machine& older = machine("older", {.founded_before = 500});
  Machine& newer = machine("newer");
  newer.pairing->sighted(older.advert());
  ASSERT_TRUE(older.sees(newer, PairingState::waiting));
  ASSERT_TRUE(newer.sees(older, PairingState::waiting));
  EXPECT_TRUE(older.request(newer)->incoming);
  EXPECT_EQ(older.request(newer)->digits, newer.request(older)->digits);
}

TEST_F(PairingServiceTest, ANodeThatIsAskedTheWrongWayRoundAsksBack) {
  Machine& older = machine("older", {.founded_before = 500});
  Machine& newer = machine("newer");
  older.pairing->sighted(newer.advert());  // the newer one hears no adverts itself
  ASSERT_TRUE(older.sees(newer, PairingState::waiting));
  ASSERT_TRUE(newer.sees(older, PairingState::waiting));
  EXPECT_TRUE(older.request(newer)->incoming);
  EXPECT_FALSE(newer.request(older)->incoming);
  EXPECT_EQ(open_requests(older), 1U);
}

TEST_F(PairingServiceTest, APersonMayAskTheNewerOne) {
  Machine& older = machine("older", {.founded_before = 500});
  Machine& newer = machine("newer");
  newer.pairing->sighted(older.advert());
  ASSERT_TRUE(older.sees(newer, PairingState::waiting));
  ASSERT_TRUE(newer.sees(older, PairingState::waiting));
  const auto twice = older.pairing->start(newer.address());
  EXPECT_EQ(twice.error().kind, ErrorKind::refused) << "it asks already";
  ASSERT_TRUE(newer.pairing->refuse(newer.request(older)->id).ok());
  ASSERT_TRUE(older.sees(newer, PairingState::refused));
  const auto asked = older.pairing->start(newer.address());
  ASSERT_TRUE(asked.ok()) << asked.error().text;
  EXPECT_TRUE(newer.confirm(older, *asked->digits).ok());
  EXPECT_TRUE(older.confirm(newer, *asked->digits).ok());
  ASSERT_TRUE(older.sees(newer, PairingState::done));
  EXPECT_EQ(older.trust->cluster_id(), newer.trust->cluster_id());
}

TEST_F(PairingServiceTest, AClusterThatWasRefusedIsNotAskedAgainByItself) {
  Machine& older = machine("older", {.founded_before = 500});
  Machine& newer = machine("newer");
  newer.pairing->sighted(older.advert());
  ASSERT_TRUE(older.sees(newer, PairingState::waiting));
  ASSERT_TRUE(newer.sees(older, PairingState::waiting));
  ASSERT_TRUE(older.pairing->refuse(older.request(newer)->id).ok());
  ASSERT_TRUE(newer.sees(older, PairingState::refused));
  newer.advance(3600);
  newer.pairing->sighted(older.advert());
  // Another cluster is asked, so the thread that begins requests has looked at both.
  Machine& third = machine("third", {.founded_before = 900});
  newer.pairing->sighted(third.advert());
  ASSERT_TRUE(third.sees(newer, PairingState::waiting));
  EXPECT_EQ(older.request(newer)->state, PairingState::refused);
  EXPECT_EQ(older.pairing->requests().size(), 1U);
}

TEST_F(PairingServiceTest, ANodeAsksFourClustersAtOnceByItself) {
  Machine& joiner = machine("joiner");
  std::vector<Machine*> others;
  for (int i = 0; i < 6; ++i) others.push_back(&machine("other" + std::to_string(i), {.founded_before = 500}));
  for (const Machine* other : others) joiner.pairing->sighted(other->advert());
  ASSERT_TRUE(comes_true([&] { return open_requests(joiner) == kMaxPairingAskedByItself; }));
  const auto asked = joiner.pairing->requests();
  ASSERT_TRUE(joiner.pairing->refuse(asked.front().id).ok());
  ASSERT_TRUE(comes_true([&] { return joiner.pairing->requests().size() == kMaxPairingAskedByItself + 1; }));
  EXPECT_EQ(open_requests(joiner), kMaxPairingAskedByItself) << "the next one's turn has come";
}

TEST_F(PairingServiceTest, ANodeWithOtherMembersEndsWhatItAskedAndAsksNobody) {
  Machine& first = machine("first", {.founded_before = 500});
  Machine& second = machine("second", {.founded_before = 500});
  Machine& joiner = machine("joiner");
  joiner.pairing->sighted(first.advert());
  joiner.pairing->sighted(second.advert());
  ASSERT_TRUE(first.sees(joiner, PairingState::waiting));
  ASSERT_TRUE(second.sees(joiner, PairingState::waiting));
  ASSERT_TRUE(joiner.sees(first, PairingState::waiting));
  ASSERT_TRUE(joiner.sees(second, PairingState::waiting));
  const std::string digits = *joiner.request(first)->digits;
  ASSERT_TRUE(joiner.confirm(first, digits).ok());
  ASSERT_TRUE(first.confirm(joiner, digits).ok());
  ASSERT_TRUE(joiner.sees(first, PairingState::done));
  EXPECT_TRUE(joiner.sees(second, PairingState::failed));
  ASSERT_TRUE(second.sees(joiner, PairingState::refused));
  EXPECT_FALSE(second.confirm(joiner, *second.request(joiner)->digits).ok());
  EXPECT_EQ(joiner.pairing->start(second.address()).error().kind, ErrorKind::refused);
  EXPECT_EQ(joiner.trust->cluster_id(), first.trust->cluster_id());
}

TEST_F(PairingServiceTest, ANodeThatTakesSomebodyInDoesNotLeaveAtTheSameTime) {
  Machine& other = machine("other");
  Machine& middle = machine("middle");
  Machine& joiner = machine("joiner");
  const auto out = middle.pairing->start(other.address());
  ASSERT_TRUE(out.ok()) << out.error().text;
  const auto in = joiner.pairing->start(middle.address());
  ASSERT_TRUE(in.ok()) << in.error().text;
  ASSERT_TRUE(middle.confirm(joiner, *in->digits).ok());
  EXPECT_EQ(middle.confirm(other, *out->digits).error().kind, ErrorKind::refused);
  ASSERT_TRUE(joiner.confirm(middle, *in->digits).ok());
  ASSERT_TRUE(joiner.sees(middle, PairingState::done));
  EXPECT_EQ(middle.request(other)->state, PairingState::failed);
}

TEST_F(PairingServiceTest, AWorkerNamesAdminsAndSignsNothing) {
  Machine& admin = machine("admin");
  Machine& worker = machine("worker", {.admins = {admin.address().text()}});
  const auto asked = worker.pairing->start(admin.address());
  ASSERT_TRUE(asked.ok()) << asked.error().text;
  ASSERT_TRUE(admin.confirm(worker, *asked->digits).ok());
  ASSERT_TRUE(worker.confirm(admin, *asked->digits).ok());
  ASSERT_TRUE(worker.sees(admin, PairingState::done));
  Machine& joiner = machine("joiner");
  const auto through = joiner.pairing->start(worker.address());
  ASSERT_TRUE(through.ok()) << through.error().text;
  EXPECT_EQ(through->node, admin.trust->node_id());
  EXPECT_EQ(worker.pairing->approve(joiner.trust->node_id().text()).error().kind, ErrorKind::refused);
}

TEST_F(PairingServiceTest, AWorkerCanOnlySendToAdminsOfItsOwnCluster) {
  Machine& admin = machine("admin");
  Machine& stranger = machine("stranger");
  Machine& worker = machine("worker", {.admins = {stranger.address().text()}});
  const auto asked = worker.pairing->start(admin.address());
  ASSERT_TRUE(asked.ok()) << asked.error().text;
  ASSERT_TRUE(admin.confirm(worker, *asked->digits).ok());
  ASSERT_TRUE(worker.confirm(admin, *asked->digits).ok());
  ASSERT_TRUE(worker.sees(admin, PairingState::done));
  Machine& joiner = machine("joiner");
  EXPECT_FALSE(joiner.pairing->start(worker.address()).ok());
  EXPECT_TRUE(stranger.pairing->requests().empty());
}

TEST_F(PairingServiceTest, ARequestThatWasApprovedBeforeMayBreakAndComeAgain) {
  Machine& admin = machine("admin");
  Machine& joiner = machine("joiner");
  ASSERT_TRUE(admin.pairing->approve(joiner.trust->node_id().text()).ok());
  for (const std::uint8_t channel : {std::uint8_t{1}, std::uint8_t{2}}) {
    PairingHello hello = hello_of(joiner, channel);
    hello.kind = PairingKind::approval;
    ASSERT_TRUE(admin.pairing->hello(hello).ok());
    ASSERT_TRUE(admin.pairing->reveal(hello.channel, nonce_of(channel)).ok());
    if (channel == 1) continue;  // the answer never arrived
    EXPECT_EQ(admin.pairing->poll(hello.channel, true, false)->state, PairingState::done);
  }
}

TEST_F(PairingServiceTest, AnOlderMachineThatCannotBeReachedIsLetInByTheNewerOne) {
  Machine& older = machine("older", {.founded_before = 500});
  Machine& newer = machine("newer");
  std::uint8_t channel = 0;
  const auto ask = [&] {
    PairingHello hello = hello_of(older, ++channel, "127.0.0.1");
    hello.by_person = false;
    hello.port = 1;  // nobody listens there
    newer.advance(61);
    return newer.pairing->hello(hello)->kind;
  };
  EXPECT_EQ(ask(), PairingWelcome::Kind::turn_around);
  EXPECT_TRUE(comes_true([&] { return ask() == PairingWelcome::Kind::accepted; }));
}

TEST_F(PairingServiceTest, ANewSettingOfTheClockEndsNothingAndDelaysNothing) {
  Machine& admin = machine("admin");
  Machine& joiner = machine("joiner");
  for (std::uint8_t i = 1; i <= 5; ++i) ASSERT_TRUE(admin.pairing->hello(hello_of(joiner, i)).ok());
  ASSERT_TRUE(admin.pairing->reveal(hello_of(joiner, 5).channel, nonce_of(5)).ok());
  admin.set_clock(-7200);
  EXPECT_EQ(admin.request(joiner)->since, admin.wall_time());
  admin.set_clock(7200);
  EXPECT_EQ(admin.request(joiner)->state, PairingState::waiting);
  EXPECT_EQ(admin.request(joiner)->expires, admin.wall_time() + kPairingLifeSeconds);
  admin.set_clock(-7200);
  admin.advance(FailureLimit::kWindowSeconds);
  EXPECT_TRUE(admin.pairing->hello(hello_of(joiner, 6)).ok());
}

TEST_F(PairingServiceTest, ARevokedNodeMayNotEvenAsk) {
  Machine& admin = machine("admin");
  Machine& joiner = machine("joiner");
  ASSERT_TRUE(admin.trust->revoke(joiner.trust->node_id()).ok());
  EXPECT_EQ(joiner.pairing->start(admin.address()).error().kind, ErrorKind::refused);
  EXPECT_TRUE(admin.pairing->requests().empty());
}

TEST_F(PairingServiceTest, WhoPairsKnowsAtOnceWhoWasPutOutBefore) {
  Machine& admin = machine("admin");
  Machine& joiner = machine("joiner");
  const NodeId outcast = NodeId::of_public_key(Bytes{1});
  ASSERT_TRUE(admin.trust->revoke(outcast).ok());
  const auto asked = joiner.pairing->start(admin.address());
  ASSERT_TRUE(asked.ok()) << asked.error().text;
  ASSERT_TRUE(admin.sees(joiner, PairingState::waiting));
  ASSERT_TRUE(admin.confirm(joiner, *asked->digits).ok());
  ASSERT_TRUE(joiner.confirm(admin, *asked->digits).ok());
  ASSERT_TRUE(joiner.sees(admin, PairingState::done));
  EXPECT_EQ(joiner.trust->cluster_id(), admin.trust->cluster_id());
  EXPECT_TRUE(joiner.trust->is_revoked(outcast));
}

TEST_F(PairingServiceTest, AnApprovalIsForOneIdAndOneHour) {
  Machine& admin = machine("admin");
  const std::string given = [&] {
    Machine& other = machine("other");
    return other.trust->node_id().text();
  }();
  ASSERT_TRUE(admin.pairing->approve(given.substr(0, kMinApprovalLength)).ok());
  Machine& joiner = machine("joiner", {.wanted = admin.trust->cluster_id(), .peers = {admin.address()}});
  ASSERT_TRUE(admin.sees(joiner, PairingState::waiting)) << "somebody else was approved";
  EXPECT_FALSE(admin.request(joiner)->digits.has_value());
  EXPECT_EQ(admin.confirm(joiner, "123456").error().kind, ErrorKind::refused);
  EXPECT_EQ(admin.pairing->approve("short").error().kind, ErrorKind::usage);
  ASSERT_TRUE(admin.pairing->approve(joiner.trust->node_id().text().substr(0, kMinApprovalLength)).ok());
  EXPECT_TRUE(joiner.sees(admin, PairingState::done));
  EXPECT_EQ(joiner.trust->cluster_id(), admin.trust->cluster_id());

  Machine& late = machine("late");
  ASSERT_TRUE(admin.pairing->approve(late.trust->node_id().text()).ok());
  admin.advance(kApprovalLifeSeconds);
  PairingHello hello = hello_of(late, 9);
  hello.kind = PairingKind::approval;
  ASSERT_TRUE(admin.pairing->hello(hello).ok());
  ASSERT_TRUE(admin.pairing->reveal(hello.channel, nonce_of(9)).ok());
  EXPECT_EQ(admin.pairing->poll(hello.channel, true, false)->state, PairingState::waiting);
}

// --- somebody in between -------------------------------------------------------------------------------------------------

// Sits between two machines with a key and a cluster of its own: takes the joiner's connection, opens one of its own to the
// admin, and says on each what an honest machine would say there. All that it learns it may use at once.
class Middle {
 public:
  Middle(const std::filesystem::path& folder, PeerAddress admin)
      : trust(NodeTrust::open({.directory = folder, .host = ""}).value()), admin_(std::move(admin)) {
    here = this;
    listener_ = Listener::bind({}).value();
    listener_->start(
        {.admit = [this](const RequestHead& head, const Principal& peer,
                         const Arrival& arrival) { return admit_request(kRoutes, services_, head, peer, arrival); },
         .answer = [this](const Route& route,
                          const Request& request) { return answer_request(services_, route, request); },
         .tls = [this] { return trust->server_context(); },
         .identify = test::principal_of});
  }
  ~Middle() {
    listener_.reset();
    here = nullptr;
  }
  [[nodiscard]] PeerAddress address() const { return {"127.0.0.1", listener_->port()}; }

  [[nodiscard]] PairingSighting advert() const {
    return {cluster_id_text(trust->cluster_id()).substr(0, kShownCluster), {address()}, true};
  }

  std::unique_ptr<NodeTrust> trust;
  std::atomic<bool> lies{false};        // tells the joiner that all is done, with a certificate of its own
  std::atomic<bool> breaks_off{false};  // when it has the joiner's nonce
  std::atomic<unsigned> heard_hello{0};
  std::atomic<unsigned> heard_nonce{0};

 private:
  static HttpResponse say(const json& content) {
    HttpResponse response;
    response.body = content.dump();
    return response;
  }
  static std::array<std::uint8_t, 32> bytes_of(const json& body, const char* name) {
    const auto bytes = from_base32(body.value(name, "")).value_or(Bytes(32));
    std::array<std::uint8_t, 32> out{};
    std::copy_n(bytes.begin(), out.size(), out.begin());
    return out;
  }
  static HttpResponse hello(const NodeServices& services, const Request& request) {
    return here->hear_hello(services, request);
  }
  static HttpResponse reveal(const NodeServices&, const Request& request) { return here->hear_reveal(request); }
  static HttpResponse poll(const NodeServices&, const Request&) { return here->hear_poll(); }

  HttpResponse hear_hello(const NodeServices&, const Request& request) {
    ++heard_hello;
    const json body = json::parse(request.body);
    request_ = from_base32(body.value("request", "")).value();
    const auto key = key_of_request(request_).value();
    exchange_ = PairingExchange::begin(PairingSide::admin, {.channel = request.exporter,
                                                            .joiner = key.node_id(),
                                                            .admin = trust->node_id(),
                                                            .authority = trust->authority().fingerprint(),
                                                            .request = sha256(request_)})
                    .value();
    EXPECT_TRUE(exchange_->hear_commitment(bytes_of(body, "commitment")).ok());
    if (breaks_off) return say({{"commitment", to_base32(exchange_->commitment())}, {"name", "admin"}});
    call_.emplace(PairingCall::open(*trust, admin_, within(std::chrono::seconds(30))).value());
    const auto welcome = call_->hello({.name = body.value("name", ""), .addresses = {}, .by_person = true},
                                      within(std::chrono::seconds(30)));
    EXPECT_TRUE(welcome.ok());
    return say({{"commitment", to_base32(exchange_->commitment())}, {"name", "admin"}});
  }
  HttpResponse hear_reveal(const Request& request) {
    ++heard_nonce;
    if (breaks_off) return error_response(403, "refused", "Not these.");
    EXPECT_TRUE(exchange_->hear_nonce(bytes_of(json::parse(request.body), "nonce")).ok());
    EXPECT_TRUE(call_->reveal(within(std::chrono::seconds(30))).ok());
    return say({{"nonce", to_base32(exchange_->reveal().value())}});
  }
  HttpResponse hear_poll() {
    const auto progress = call_->poll(true, false, within(std::chrono::seconds(30)));
    if (lies) {
      const auto key = key_of_request(request_).value();
      return say({{"state", "done"},
                  {"text", ""},
                  {"certificate", trust->admit_confirmed(key).value().pem()},
                  {"revocations", to_base32(trust->revocations())}});
    }
    return say({{"state", progress ? pairing_state_word(progress->state) : "failed"}, {"text", ""}});
  }

  static constexpr Access kAnybody{Caller::encrypted};
  static constexpr Route kRoutes[] = {
      {"POST", "/api/v1/pair/hello", "", kAnybody, Pool::ui, hello, {}, BodyKind::json, 8192},
      {"POST", "/api/v1/pair/reveal", "", kAnybody, Pool::ui, reveal, {}, BodyKind::json, 8192},
      {"POST", "/api/v1/pair/poll", "", kAnybody, Pool::ui, poll, {}, BodyKind::json, 8192},
  };
  static inline Middle* here = nullptr;

  PeerAddress admin_;
  NodeServices services_;
  std::unique_ptr<Listener> listener_;
  std::optional<PairingExchange> exchange_;
  std::optional<PairingCall> call_;
  Bytes request_;
};

TEST_F(PairingServiceTest, AManInTheMiddleShowsAsDifferentDigitsAndNobodyIsTakenIn) {
  Machine& admin = machine("admin");
  Machine& joiner = machine("joiner");
  const ClusterId before = joiner.trust->cluster_id();
  Middle middle(folder_ / "middle", admin.address());
  const auto at_joiner = joiner.pairing->start(middle.address());
  ASSERT_TRUE(at_joiner.ok()) << at_joiner.error().text;
  ASSERT_TRUE(comes_true([&] { return admin.pairing->requests().size() == 1; }));
  const PairingRequest at_admin = admin.pairing->requests().front();
  ASSERT_NE(at_joiner->digits, at_admin.digits) << "an accident with a chance of one in a million";

  // Each person types what the other screen shows.
  EXPECT_EQ(admin.pairing->confirm(at_admin.id, *at_joiner->digits).error().kind, ErrorKind::refused);
  EXPECT_EQ(joiner.pairing->confirm(at_joiner->id, *at_admin.digits).error().kind, ErrorKind::refused);
  EXPECT_TRUE(admin.is_alone());
  EXPECT_TRUE(joiner.is_alone());
  EXPECT_EQ(joiner.trust->cluster_id(), before);
}

TEST_F(PairingServiceTest, WhoBreaksOffAgainAndAgainIsNotAskedForAnHour) {
  Machine& third = machine("third", {.founded_before = 500});
  Machine& joiner = machine("joiner");
  Middle middle(folder_ / "middle", third.address());
  middle.breaks_off = true;
  for (unsigned tries = 1; tries <= PairingService::kMaxBrokenOff; ++tries) {
    ASSERT_TRUE(middle.trust->start_alone().ok());  // a cluster that was never asked need not be waited for
    joiner.pairing->sighted(middle.advert());
    ASSERT_TRUE(comes_true([&] { return middle.heard_nonce == tries; })) << tries;
  }
  const auto warned = [&] {
    const auto events = joiner.journal.after(0, 1000);
    return std::any_of(events.begin(), events.end(),
                       [](const JournalEntry& event) { return event.text.find("trying digits") != std::string::npos; });
  };
  ASSERT_TRUE(comes_true(warned));
  joiner.pairing->sighted(middle.advert());
  joiner.pairing->sighted(third.advert());
  EXPECT_TRUE(joiner.pairing->start(third.address()).ok()) << "a person may name whom he likes";
  EXPECT_EQ(middle.heard_nonce, PairingService::kMaxBrokenOff);
  joiner.advance(PairingService::kBrokenOffSeconds);
  EXPECT_TRUE(comes_true([&] { return middle.heard_nonce > PairingService::kMaxBrokenOff; }));
}

TEST_F(PairingServiceTest, NobodyAnswersInTheNameOfAnotherCluster) {
  Machine& admin = machine("admin", {.founded_before = 500});
  Machine& joiner = machine("joiner");
  Middle middle(folder_ / "middle", admin.address());
  PairingSighting claimed = admin.advert();
  claimed.addresses.push_back(middle.address());  // the newest is tried first
  joiner.pairing->sighted(claimed);
  EXPECT_TRUE(admin.sees(joiner, PairingState::waiting));
  EXPECT_EQ(middle.heard_hello, 0U);
}

TEST_F(PairingServiceTest, WhatAManInTheMiddleSaysIsNotAdoptedWithoutThePersonHere) {
  Machine& admin = machine("admin");
  Machine& joiner = machine("joiner");
  const ClusterId before = joiner.trust->cluster_id();
  Middle middle(folder_ / "middle", admin.address());
  const auto at_joiner = joiner.pairing->start(middle.address());
  ASSERT_TRUE(at_joiner.ok()) << at_joiner.error().text;
  ASSERT_TRUE(comes_true([&] { return admin.pairing->requests().size() == 1; }));
  // A careless person at the admin confirms without looking at the other screen; the one at the joiner does nothing.
  const PairingRequest at_admin = admin.pairing->requests().front();
  middle.lies = true;
  ASSERT_TRUE(admin.pairing->confirm(at_admin.id, *at_admin.digits).ok());
  ASSERT_TRUE(comes_true([&] { return joiner.pairing->requests().front().state == PairingState::failed; }));
  EXPECT_EQ(joiner.trust->cluster_id(), before);
  EXPECT_TRUE(joiner.is_alone());
}

}  // namespace
}  // namespace mz
