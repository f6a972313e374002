// Who made a certificate.
#pragma once

#include "p2p/trust/certificate.h"

namespace mz {

// Whether the authority made this certificate, whenever that was: it may have expired.
bool is_signed_by(const Certificate& certificate, const Certificate& authority);

}  // namespace mz
