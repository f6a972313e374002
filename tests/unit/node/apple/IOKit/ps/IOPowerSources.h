// As CoreFoundation.h beside it.
#pragma once

#include <CoreFoundation/CoreFoundation.h>

extern "C" CFTypeRef IOPSCopyPowerSourcesInfo(void);
extern "C" CFStringRef IOPSGetProvidingPowerSourceType(CFTypeRef sources);
