#include "node/fitness.h"

#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace mz {
namespace {

namespace fs = std::filesystem;

std::string word_in(const fs::path& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

bool runs_on_battery(const fs::path& supplies) {
  std::error_code error;
  for (fs::directory_iterator at(supplies, error), end; !error && at != end; at.increment(error)) {
    const fs::path& supply = at->path();
    // Mice and the like have batteries too.
    if (word_in(supply / "type") != "Battery" || word_in(supply / "scope") == "Device") continue;
    if (word_in(supply / "status") == "Discharging") return true;
  }
  return false;
}

bool is_wireless(const fs::path& root) {
  std::ifstream routes(root / "proc/net/route");
  std::string line;
  std::getline(routes, line);  // the heading
  while (std::getline(routes, line)) {
    std::istringstream fields(line);
    std::string interface;
    std::string destination;
    std::error_code error;
    if (!(fields >> interface >> destination) || destination != "00000000") continue;
    return interface.find('/') == std::string::npos &&
           fs::exists(root / "sys/class/net" / interface / "wireless", error);
  }
  return false;
}

}  // namespace

Fitness machine_fitness(const fs::path& root) {
  if (runs_on_battery(root / "sys/class/power_supply")) return Fitness::on_battery;
  return is_wireless(root) ? Fitness::wireless : Fitness::best;
}

}  // namespace mz
