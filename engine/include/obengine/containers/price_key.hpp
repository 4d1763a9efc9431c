// A price as a key that is greatest for the best price on both sides.
#pragma once

#include <cstdint>

#include "obengine/io/messages.hpp"

namespace obengine {

// The price of a bid, the negated price of an ask. The best price has the greatest key on both sides, so one
// ladder class serves both; no_price remains the worst key.
using Key = Ticks;

inline constexpr Key no_key = no_price;

[[nodiscard]] inline Key key_of(Ticks price, std::uint32_t side) noexcept {
    const auto sign = static_cast<std::uint64_t>(0) - side;
    return static_cast<Key>((static_cast<std::uint64_t>(price) ^ sign) - sign);
}

}  // namespace obengine
