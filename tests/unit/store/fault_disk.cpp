#include "tests/unit/store/fault_disk.h"

#include <algorithm>

namespace mz {

class FaultDisk::OpenFile final : public File {
 public:
  OpenFile(FaultDisk& disk, std::string path, std::shared_ptr<Inode> inode)
      : disk_(disk), path_(std::move(path)), inode_(std::move(inode)) {}

  Result<void> append(std::span<const std::uint8_t> bytes) override {
    if (auto stepped = disk_.step(path_); !stepped) {
      const auto part = bytes.first(bytes.size() / 2);
      inode_->bytes.insert(inode_->bytes.end(), part.begin(), part.end());
      return stepped;
    }
    inode_->bytes.insert(inode_->bytes.end(), bytes.begin(), bytes.end());
    return {};
  }

  Result<void> sync() override {
    if (auto stepped = disk_.step(path_); !stepped) return stepped;
    inode_->synced = inode_->bytes.size();
    return {};
  }

  Result<void> make_read_only() override {
    if (auto stepped = disk_.step(path_); !stepped) return stepped;
    inode_->read_only = true;
    return {};
  }

 private:
  FaultDisk& disk_;
  std::string path_;
  std::shared_ptr<Inode> inode_;
};

class FaultDisk::Lock final : public DiskLock {
 public:
  Lock(FaultDisk& disk, std::string path) : disk_(disk), path_(std::move(path)), generation_(disk.generation_) {}
  ~Lock() override {
    if (generation_ == disk_.generation_) disk_.locks_.erase(path_);
  }

 private:
  FaultDisk& disk_;
  std::string path_;
  std::uint64_t generation_;
};

Result<void> FaultDisk::step(const std::string& path) {
  const int operation = operations_++;
  if (fault_ == Fault::none || operation < fault_at_) return {};
  if (fault_ == Fault::disk_full && operation > fault_at_) return {};
  return Error{ErrorKind::failure, "Cannot write " + path + ": injected fault."};
}

void FaultDisk::crash(std::uint64_t seed) {
  Rng rng(seed);
  fault_ = Fault::none;
  operations_ = 0;
  ++generation_;
  locks_.clear();
  // Unsynced changes of names: each folder entry independently kept or undone, as journals of file systems may do.
  std::set<std::string> paths;
  for (const auto& [path, inode] : seen_) paths.insert(path);
  for (const auto& [path, inode] : durable_) paths.insert(path);
  Names after;
  for (const std::string& path : paths) {
    const auto now = seen_.find(path);
    const auto old = durable_.find(path);
    const bool same = now != seen_.end() && old != durable_.end() && now->second == old->second;
    const bool keep_new = same || rng.chance(1, 2);
    if (keep_new && now != seen_.end()) after[path] = now->second;
    if (!keep_new && old != durable_.end()) after[path] = old->second;
  }
  for (auto& [path, inode] : after) {
    // Two names may share an inode now (old and new name of a lost rename): give each its own.
    inode = std::make_shared<Inode>(*inode);
    const std::size_t loose = inode->bytes.size() - inode->synced;
    if (loose == 0) continue;
    const auto kept = static_cast<std::size_t>(rng.below(static_cast<std::uint32_t>(loose) + 1));
    inode->bytes.resize(inode->synced + kept);
    if (rng.chance(1, 2)) {
      for (std::size_t i = inode->synced; i < inode->bytes.size(); ++i)
        inode->bytes[i] = static_cast<std::uint8_t>(rng.next());
    }
    inode->synced = inode->bytes.size();
  }
  seen_ = after;
  durable_ = std::move(after);
}

void FaultDisk::mutate(const std::string& path, const std::function<void(std::vector<std::uint8_t>&)>& change) {
  change(seen_.at(path)->bytes);
}

std::vector<std::string> FaultDisk::files() const {
  std::vector<std::string> paths;
  for (const auto& [path, inode] : seen_) paths.push_back(path);
  return paths;
}

bool FaultDisk::read_only(const std::string& path) const { return seen_.at(path)->read_only; }

Result<std::unique_ptr<File>> FaultDisk::create(const std::string& path) {
  if (auto stepped = step(path); !stepped) return stepped.error();
  if (seen_.contains(path)) return Error{ErrorKind::refused, path + " exists."};
  auto inode = std::make_shared<Inode>();
  seen_[path] = inode;
  return std::unique_ptr<File>(std::make_unique<OpenFile>(*this, path, inode));
}

Result<std::vector<std::uint8_t>> FaultDisk::read(const std::string& path, std::uint64_t max_bytes) {
  const auto found = seen_.find(path);
  if (found == seen_.end()) return Error{ErrorKind::not_found, path + " does not exist."};
  if (found->second->bytes.size() > max_bytes) return Error{ErrorKind::corrupt, path + " is too long."};
  return found->second->bytes;
}

Result<std::uint64_t> FaultDisk::size(const std::string& path) {
  const auto found = seen_.find(path);
  if (found == seen_.end()) return Error{ErrorKind::not_found, path + " does not exist."};
  return found->second->bytes.size();
}

Result<std::vector<std::string>> FaultDisk::list(const std::string& directory) {
  std::set<std::string> names;
  const std::string prefix = directory + "/";
  const auto add = [&](const std::string& path) {
    if (path.starts_with(prefix))
      names.insert(path.substr(prefix.size(), path.find('/', prefix.size()) - prefix.size()));
  };
  for (const auto& [path, inode] : seen_) add(path);
  return std::vector<std::string>(names.begin(), names.end());
}

Result<void> FaultDisk::make_directories(const std::string& directory) {
  if (directories_.contains(directory)) return {};
  if (auto stepped = step(directory); !stepped) return stepped;
  directories_.insert(directory);
  return {};
}

Result<void> FaultDisk::rename(const std::string& from, const std::string& to) {
  if (auto stepped = step(to); !stepped) return stepped;
  const auto found = seen_.find(from);
  if (found == seen_.end()) return Error{ErrorKind::not_found, from + " does not exist."};
  seen_[to] = found->second;
  seen_.erase(from);
  return {};
}

Result<void> FaultDisk::sync_directory(const std::string& directory) {
  if (auto stepped = step(directory); !stepped) return stepped;
  const auto inside = [&](const std::string& path) { return parent_directory(path) == directory; };
  std::erase_if(durable_, [&](const auto& entry) { return inside(entry.first) && !seen_.contains(entry.first); });
  for (const auto& [path, inode] : seen_) {
    if (inside(path)) durable_[path] = inode;
  }
  return {};
}

Result<void> FaultDisk::remove(const std::string& path) {
  if (auto stepped = step(path); !stepped) return stepped;
  if (seen_.erase(path) == 0) return Error{ErrorKind::not_found, path + " does not exist."};
  return {};
}

Result<std::unique_ptr<DiskLock>> FaultDisk::lock(const std::string& path, const std::string& when_held) {
  if (!locks_.insert(path).second) return Error{ErrorKind::refused, when_held};
  return std::unique_ptr<DiskLock>(std::make_unique<Lock>(*this, path));
}

Result<std::uint64_t> FaultDisk::free_space(const std::string&) { return std::uint64_t{1} << 40; }

}  // namespace mz
