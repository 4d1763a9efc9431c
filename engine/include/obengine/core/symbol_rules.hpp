// The rules of a symbol that RULE commands set (sections 4.10 to 4.13 of the specification).
#pragma once

#include <cstdint>
#include <optional>

#include "obengine/core/pro_rata.hpp"
#include "obengine/core/step_table.hpp"
#include "obengine/io/messages.hpp"

namespace obengine {

// A limit state of a side, or a pause (no_side), that lasts until a time.
struct Timer {
    std::uint8_t side;
    std::uint64_t until_ns;
};

// The prices at which a symbol may trade; the times of a band of mode pause, else 0.
struct Band {
    BandMode mode = BandMode::none;
    Ticks reference = 0;
    Ticks width = 0;
    std::uint32_t limit_ms = 0;
    std::uint32_t pause_ms = 0;

    [[nodiscard]] bool is_set() const noexcept { return mode != BandMode::none; }
    [[nodiscard]] Ticks lower() const noexcept { return reference < min_price + width ? min_price : reference - width; }
    [[nodiscard]] Ticks upper() const noexcept { return reference > max_price - width ? max_price : reference + width; }
    // The worst price at which an order of a side may trade.
    [[nodiscard]] Ticks worst(std::uint32_t side) const noexcept { return side != 0 ? lower() : upper(); }
    // Whether a limit of a side is outside the band.
    [[nodiscard]] bool is_outside(std::uint32_t side, Ticks limit) const noexcept {
        return is_set() && (side != 0 ? limit < lower() : limit > upper());
    }
};

struct SymbolRules {
    Band band;
    StepTable steps;
    std::optional<Timer> timer;
    std::optional<ProRata> pro_rata;

    [[nodiscard]] bool any() const noexcept { return band.is_set() || timer || pro_rata || !steps.is_default(); }
};

// The rules of a symbol for which none are set.
inline const SymbolRules no_rules;

}  // namespace obengine
