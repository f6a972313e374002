// The listener as a node runs it: which certificate it shows, whom it recognises, how far it reaches.
//
// Unless the configuration says otherwise the node listens on loopback as long as it is alone and nobody can find it: once a
// discovery daemon announces it, from the first join token on, and while it belongs to a cluster with others, it listens
// everywhere. Nothing but /health is ever answered to other computers
// without TLS.
#pragma once

#include <mutex>
#include <optional>

#include "api/listener.h"
#include "api/services.h"
#include "api/sessions.h"
#include "p2p/trust/node_trust.h"

namespace mz {

class FrontDoor {
 public:
  // `trust` and what `services` points to outlive this; `services` is completed with what is known here.
  FrontDoor(Listener& listener, NodeServices& services, NodeTrust& trust, std::optional<Reach> reach);

  // The reach that membership asks for now. Thread-safe.
  [[nodiscard]] static Reach wanted_reach(const NodeServices& services);

  void start();
  // After something changed that the wanted reach depends on. Thread-safe; before start it does nothing.
  void adjust_reach();

 private:
  // Operators' tokens and revocations, as the node's trust has them.
  class TrustedCredentials : public Credentials {
   public:
    explicit TrustedCredentials(const NodeTrust& trust) : trust_(trust) {}
    [[nodiscard]] std::optional<Principal> verify(std::string_view token) const override;
    [[nodiscard]] bool is_member(const Digest& cluster, const NodeId& node) const override {
      return trust_.is_member(cluster, node);
    }
    [[nodiscard]] bool was_put_out(const Digest& cluster, const NodeId& node) const override {
      return trust_.was_put_out(cluster, node);
    }

   private:
    const NodeTrust& trust_;
  };

  HttpResponse answer(const Route& route, const Request& request);

  Listener& listener_;
  NodeServices& services_;
  NodeTrust& trust_;
  const std::optional<Reach> configured_;
  TrustedCredentials credentials_;
  Sessions sessions_;
  std::mutex reach_mutex_;  // held while the listener changes its reach; guards what follows
  bool started_ = false;
  std::optional<Reach> reach_;  // the last one asked for
};

}  // namespace mz
