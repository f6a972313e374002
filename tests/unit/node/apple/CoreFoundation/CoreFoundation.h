// What Apple's header of this name declares, as far as node/fitness_macos.cpp uses it. A string is its characters.
#pragma once

using CFTypeRef = const void*;
using CFStringRef = const struct OpaqueString*;
using Boolean = unsigned char;

#define CFSTR(text) reinterpret_cast<CFStringRef>("" text "")

extern "C" Boolean CFEqual(CFTypeRef a, CFTypeRef b);
extern "C" void CFRelease(CFTypeRef object);
