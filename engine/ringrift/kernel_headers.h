// Everything kernel.inl needs from outside, to be included before any target pragma.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/rng.h"
#include "engine/erased.h"
#include "engine/game.h"
#include "engine/ringrift/kernel.h"
#include "engine/ringrift/moves.h"
#include "engine/ringrift/state.h"
#include "engine/ringrift/weights.h"
#include "engine/rules.h"
#include "engine/score.h"
#include "engine/search/fixed_point.h"
#include "engine/search/score.h"
#include "engine/search/transposition_table.h"
