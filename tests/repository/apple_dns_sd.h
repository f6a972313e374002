// What Apple's dns_sd.h declares beyond Avahi's copy of an older one, as far as discovery uses it: for dns_sd_compiles.sh.
#pragma once

#include <dns_sd.h>
#include <sys/socket.h>

enum { kDNSServiceFlagsShareConnection = 0x4000 };
enum { kDNSServiceProtocol_IPv4 = 0x01, kDNSServiceProtocol_IPv6 = 0x02 };

typedef uint32_t DNSServiceProtocol;
typedef void (*DNSServiceGetAddrInfoReply)(DNSServiceRef, DNSServiceFlags, uint32_t interface, DNSServiceErrorType,
                                           const char* host, const struct sockaddr* address, uint32_t ttl,
                                           void* context);
extern "C" DNSServiceErrorType DNSServiceGetAddrInfo(DNSServiceRef*, DNSServiceFlags, uint32_t interface,
                                                     DNSServiceProtocol, const char* host, DNSServiceGetAddrInfoReply,
                                                     void* context);
