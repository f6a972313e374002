// As CoreFoundation.h beside it.
#pragma once

#define kIOPSACPowerValue "AC Power"
