// Through the power sources of IOKit (https://developer.apple.com/documentation/iokit/iopowersources_h).
#include <CoreFoundation/CoreFoundation.h>
#include <IOKit/ps/IOPSKeys.h>
#include <IOKit/ps/IOPowerSources.h>

#include "node/fitness.h"

namespace mz {

Fitness machine_fitness(const std::filesystem::path& /*root*/) {
  const CFTypeRef sources = IOPSCopyPowerSourcesInfo();
  if (sources == nullptr) return Fitness::best;
  // Belongs to the sources. What is not mains, a battery or a UPS without its mains, is used up.
  const CFStringRef providing = IOPSGetProvidingPowerSourceType(sources);
  const bool mains = providing == nullptr || CFEqual(providing, CFSTR(kIOPSACPowerValue)) != 0;
  CFRelease(sources);
  return mains ? Fitness::best : Fitness::on_battery;
}

}  // namespace mz
