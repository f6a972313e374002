// This system's service manager: systemd on Linux (system_service_linux.cpp), launchd on macOS (system_service_macos.cpp).
// Exactly one of them is compiled. Every call may run the manager's own program and wait for it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "engine/base/result.h"
#include "node/service_text.h"

namespace mz {

class SystemService {
 public:
  // With a `root`, files go below it, and nobody is asked to start or stop anything: for images and packages.
  static Result<SystemService> find(ServiceKind kind, const std::filesystem::path& root);

  // Where the service is described. Not ours when a package of the system has brought it.
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }
  [[nodiscard]] bool is_packaged() const { return packaged_; }
  [[nodiscard]] bool is_live() const { return root_.empty(); }

  // Refused or unreachable when this user may not install it, or no manager answers. Always well with a root.
  [[nodiscard]] Result<void> may_change() const;
  // The description for that program. Refused when the service could not run it.
  [[nodiscard]] Result<std::string> text(const std::filesystem::path& program) const;

  // Whether it starts by itself: with the machine, or when the user logs in.
  [[nodiscard]] bool is_enabled() const;
  [[nodiscard]] Result<void> enable() const;
  [[nodiscard]] Result<void> disable() const;

  // Of a live one only. `anew` also ends one that runs, because its description has changed. Returns once the node answers.
  [[nodiscard]] Result<void> start(bool anew) const;
  // Well when it does not run; the manager keeps nothing of it.
  [[nodiscard]] Result<void> stop() const;
  // After the file went: the manager forgets what it read.
  [[nodiscard]] Result<void> forget() const;
  // "running", "stopped", or the manager's own word for what is between.
  [[nodiscard]] Result<std::string> state() const;

  // What else the user should know after an installation, in sentences.
  [[nodiscard]] std::string advice() const;

 private:
  SystemService(ServiceKind kind, std::filesystem::path root) : kind_(kind), root_(std::move(root)) {}

  ServiceKind kind_;
  std::filesystem::path root_;
  std::filesystem::path file_;
  std::filesystem::path home_;  // macOS: of the user whose node it is
  std::string account_;         // macOS: that user's name
  bool packaged_ = false;
};

}  // namespace mz
