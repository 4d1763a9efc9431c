// How good a price is, as one number for both sides.
#pragma once

#include <cstdint>

#include "obengine/io/messages.hpp"

namespace obengine {

// How good a price is for its own side: the price of a bid, the negated price of an ask. Best is
// greatest on both sides, so one ladder serves both; no_price stays the worst of all.
using Key = Ticks;

inline constexpr Key no_key = no_price;

[[nodiscard]] inline Key key_of(Ticks price, std::uint32_t side) noexcept {
    const auto sign = static_cast<std::uint64_t>(0) - side;
    return static_cast<Key>((static_cast<std::uint64_t>(price) ^ sign) - sign);
}

}  // namespace obengine
