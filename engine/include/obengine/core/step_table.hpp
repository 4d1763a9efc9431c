// The table of price steps and lot steps of a symbol (section 4.10 of the specification).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "obengine/io/messages.hpp"

namespace obengine {

// The steps from a price up to the next row.
struct StepRow {
    Ticks from;
    std::uint16_t price_step;
    std::uint16_t lot_step;
};

// How far a price is above the next multiple of a step below it.
[[nodiscard]] constexpr Ticks beyond_step(Ticks price, std::uint16_t step) noexcept {
    const Ticks rest = price % step;
    return rest < 0 ? rest + step : rest;
}

// How far a price is above another; it may be more than the range of prices has above 0.
[[nodiscard]] constexpr std::uint64_t distance(Ticks lower, Ticks upper) noexcept {
    return static_cast<std::uint64_t>(upper) - static_cast<std::uint64_t>(lower);
}

// Rows by price; the first is from the lowest price on.
class StepTable {
public:
    explicit StepTable(std::uint16_t price_step = 1, std::uint16_t lot_step = 1) : rows_{{min_price, price_step, lot_step}} {}

    [[nodiscard]] const std::vector<StepRow>& rows() const noexcept { return rows_; }
    [[nodiscard]] const StepRow& row_of(Ticks price) const noexcept { return rows_[place_of(price)]; }
    [[nodiscard]] bool is_default() const noexcept {
        return rows_.size() == 1 && rows_[0].price_step == 1 && rows_[0].lot_step == 1;
    }

    // Adds a row, or replaces the one from the same price; returns whether there is space for it.
    [[nodiscard]] bool add(const StepRow& row) {
        const std::size_t at = place_of(row.from);
        if (rows_[at].from == row.from) {
            rows_[at] = row;
            return true;
        }
        if (rows_.size() == max_step_rows) return false;
        rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(at) + 1, row);
        return true;
    }

    // The greatest valid price at or below a price.
    [[nodiscard]] std::optional<Ticks> floor(Ticks price) const noexcept {
        for (std::size_t at = place_of(price);; --at) {
            const StepRow& row = rows_[at];
            const Ticks beyond = beyond_step(price, row.price_step);
            if (distance(row.from, price) >= static_cast<std::uint64_t>(beyond)) return price - beyond;
            if (at == 0) return std::nullopt;
            price = row.from - 1;
        }
    }

    // The least valid price at or above a price.
    [[nodiscard]] std::optional<Ticks> ceil(Ticks price) const noexcept {
        for (std::size_t at = place_of(price);; ++at) {
            const Ticks beyond = beyond_step(price, rows_[at].price_step);
            const Ticks missing = beyond == 0 ? 0 : rows_[at].price_step - beyond;
            const bool last = at + 1 == rows_.size();
            const Ticks greatest = last ? max_price : rows_[at + 1].from - 1;
            if (distance(price, greatest) >= static_cast<std::uint64_t>(missing)) return price + missing;
            if (last) return std::nullopt;
            price = rows_[at + 1].from;
        }
    }

private:
    [[nodiscard]] std::size_t place_of(Ticks price) const noexcept {
        const auto next = std::upper_bound(rows_.begin() + 1, rows_.end(), price,
                                           [](Ticks value, const StepRow& row) { return value < row.from; });
        return static_cast<std::size_t>(next - rows_.begin()) - 1;
    }

    std::vector<StepRow> rows_;
};

}  // namespace obengine
