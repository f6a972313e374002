// Names by which a request may address this node. A page of another site can point its own name at our address (DNS
// rebinding), but it cannot make the browser send one of these.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mz {

// True for localhost, 127.0.0.1 and [::1], with or without a port.
bool is_loopback_host(std::string_view host);

// True for an IP address, with or without a port: no name that anybody could point elsewhere.
bool is_address_literal(std::string_view host);

// True for one of `names` (lower case), with or without a port.
bool is_one_of(std::string_view host, std::span<const std::string> names);

}  // namespace mz
