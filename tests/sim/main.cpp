// meshzero-sim: simulated disasters. One seed is one run, the same each time.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/sim/plan.h"

namespace {

constexpr const char* kUsage =
    "usage: meshzero-sim [--policy etcd] --seed N [--trace] | --seeds A..B [--jobs N] [--cpu-seconds N]\n"
    "\n"
    "Runs clusters through loss, partitions, crashes, sleep, full disks and clones, in virtual time, and checks what\n"
    "must hold. With --policy etcd an etcd says who leads, and goes wrong as well. Exit code 1 when something did "
    "not;\n"
    "the seed that shows it is printed. It is 1 as well when all seeds together took more CPU time than --cpu-seconds\n"
    "allows.\n";

std::uint64_t number(const char* text) { return std::strtoull(text, nullptr, 10); }

int run_all(std::uint64_t first, std::uint64_t last, unsigned jobs, std::optional<mz::Policy> policy) {
  std::atomic<std::uint64_t> next{first};
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> elections{0};
  std::atomic<std::uint64_t> checks{0};
  std::atomic<std::uint64_t> seconds{0};
  std::mutex output;
  const auto work = [&] {
    for (std::uint64_t seed = next++; seed <= last; seed = next++) {
      const mz::sim::Outcome outcome = mz::sim::run_seed(seed, false, policy);
      elections += outcome.elections;
      checks += outcome.checks;
      seconds += static_cast<std::uint64_t>(outcome.virtual_seconds);
      if (!outcome.violation) continue;
      ++failures;
      const std::lock_guard lock(output);
      std::printf("seed %llu fails %s\n  replay: meshzero-sim %s--seed %llu --trace\n",
                  static_cast<unsigned long long>(seed), outcome.violation->c_str(), policy ? "--policy etcd " : "",
                  static_cast<unsigned long long>(seed));
      std::fflush(stdout);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < jobs; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  std::printf("%llu seeds, %llu failures; %llu virtual hours, %llu ballots, %llu checks\n",
              static_cast<unsigned long long>(last - first + 1), static_cast<unsigned long long>(failures.load()),
              static_cast<unsigned long long>(seconds / 3600), static_cast<unsigned long long>(elections.load()),
              static_cast<unsigned long long>(checks.load()));
  return failures == 0 ? 0 : 1;
}

// The time of a clock on the wall would say how busy the machine is.
bool within(std::uint64_t cpu_seconds) {
  const double taken = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  std::printf("%.1f s of CPU time\n", taken);
  if (taken <= static_cast<double>(cpu_seconds)) return true;
  std::printf("That is more than the %llu s that these seeds may take: something in the simulation has become slow.\n",
              static_cast<unsigned long long>(cpu_seconds));
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t cpu_seconds = UINT64_MAX;
  bool given = false;
  bool trace = false;
  std::optional<mz::Policy> policy;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  for (int i = 1; i < argc; ++i) {
    const bool more = i + 1 < argc;
    if (std::strcmp(argv[i], "--seed") == 0 && more) {
      first = last = number(argv[++i]);
      given = true;
    } else if (std::strcmp(argv[i], "--seeds") == 0 && more) {
      const char* range = argv[++i];
      const char* dots = std::strstr(range, "..");
      if (dots == nullptr) break;
      first = number(range);
      last = number(dots + 2);
      given = last >= first;
    } else if (std::strcmp(argv[i], "--jobs") == 0 && more) {
      jobs = static_cast<unsigned>(number(argv[++i]));
    } else if (std::strcmp(argv[i], "--cpu-seconds") == 0 && more) {
      cpu_seconds = number(argv[++i]);
    } else if (std::strcmp(argv[i], "--policy") == 0 && more && std::strcmp(argv[i + 1], "etcd") == 0) {
      policy = mz::Policy::etcd;
      ++i;
    } else if (std::strcmp(argv[i], "--trace") == 0) {
      trace = true;
    } else {
      given = false;
      break;
    }
  }
  if (!given) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  if (!trace) {
    const int failed = run_all(first, last, jobs, policy);
    return within(cpu_seconds) ? failed : 1;
  }
  const mz::sim::Outcome outcome = mz::sim::run_seed(first, true, policy);
  if (!outcome.violation) return 0;
  std::printf("seed %llu fails %s\n", static_cast<unsigned long long>(first), outcome.violation->c_str());
  return 1;
}
