// A disk in memory that fails on purpose. It keeps apart what programs see and what a power cut would leave:
//
//   a file's bytes are durable up to its last sync; of the rest a crash keeps a part, or garbage of the same length
//   a name (creation, rename, removal) is durable after sync_directory of its folder; before that a crash may undo it
//
// Every call that changes something counts as one operation. `fail_at` makes the n-th one (from 0) and, for a crash, all
// later ones fail; `crash` then turns the disk into what is found after the restart. The choices come from a seed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/base/rng.h"
#include "store/disk.h"

namespace mz {

class FaultDisk final : public Disk {
 public:
  enum class Fault { none, crash, disk_full };

  // A disk-full failure of an append writes a part of the bytes first; later operations work again.
  void fail_at(int operation, Fault fault) {
    fault_at_ = operation;
    fault_ = fault;
    operations_ = 0;
  }
  [[nodiscard]] int operations() const { return operations_; }
  // The machine was switched off and on. Open Files and locks must not be used any more.
  void crash(std::uint64_t seed);
  // Changes stored bytes behind everybody's back.
  void mutate(const std::string& path, const std::function<void(std::vector<std::uint8_t>&)>& change);
  [[nodiscard]] std::vector<std::string> files() const;
  [[nodiscard]] bool read_only(const std::string& path) const;

  Result<std::unique_ptr<File>> create(const std::string& path) override;
  Result<std::vector<std::uint8_t>> read(const std::string& path, std::uint64_t max_bytes) override;
  Result<std::uint64_t> size(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<void> make_directories(const std::string& directory) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> sync_directory(const std::string& directory) override;
  Result<void> remove(const std::string& path) override;
  Result<std::unique_ptr<DiskLock>> lock(const std::string& path, const std::string& when_held) override;
  Result<std::uint64_t> free_space(const std::string& directory) override;

 private:
  struct Inode {
    std::vector<std::uint8_t> bytes;
    std::size_t synced = 0;
    bool read_only = false;
  };
  using Names = std::map<std::string, std::shared_ptr<Inode>>;
  class OpenFile;
  class Lock;

  // Counts the operation; an error when it has to fail.
  Result<void> step(const std::string& path);

  Names seen_;     // what programs see
  Names durable_;  // names that survive
  std::set<std::string> locks_;
  std::set<std::string> directories_;
  int operations_ = 0;
  int fault_at_ = -1;
  Fault fault_ = Fault::none;
  std::uint64_t generation_ = 0;  // crashes so far
};

}  // namespace mz
