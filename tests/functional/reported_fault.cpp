// Does what a sanitizer must report, as told by its argument.
#include <climits>
#include <memory>
#include <string_view>
#include <thread>

int main(int argc, char** argv) {
  const std::string_view fault = argc == 2 ? argv[1] : "";
  const auto numbers = std::make_unique<int[]>(static_cast<std::size_t>(argc));
  if (fault == "race") {
    std::thread other([&numbers] { numbers[0] = 1; });
    numbers[0] = 2;
    other.join();
  } else if (fault == "address") {
    return numbers[static_cast<std::size_t>(argc)];
  } else if (fault == "overflow") {
    numbers[0] = INT_MAX;
    return numbers[0] + argc;
  }
  return 0;
}
