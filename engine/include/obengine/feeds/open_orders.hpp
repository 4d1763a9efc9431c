// The open orders of a feed or of an event log, by symbol and id.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "obengine/io/messages.hpp"

namespace obengine {

struct OpenOrder {
    OrderId id = 0;
    Ticks price = 0;
    std::uint64_t mark = 0;  // what the owner of the table keeps with the order
    std::uint32_t lots = 0;  // 0: an empty cell
    std::uint16_t symbol = 0;
    std::uint8_t side = 0;
};
static_assert(sizeof(OpenOrder) == 32);

// An open-addressing table; the cells behind a removed order move up, so that memory is that of the most open orders.
class OpenOrders {
public:
    OpenOrders() : cells_(first_cells) {}

    void prefetch(OrderId id) const noexcept { __builtin_prefetch(&cells_[place(id)]); }

    // nullptr if the order is not open. The address is valid until the next change.
    [[nodiscard]] OpenOrder* find(std::uint16_t symbol, OrderId id) noexcept {
        OpenOrder& cell = cells_[search(symbol, id)];
        return cell.lots == 0 ? nullptr : &cell;
    }

    // Has no effect if the order is open.
    void add(const OpenOrder& order) {
        if (2 * (used_ + 1) > cells_.size()) grow();
        OpenOrder& cell = cells_[search(order.symbol, order.id)];
        if (cell.lots != 0) return;
        cell = order;
        ++used_;
    }

    void remove(OpenOrder* order) noexcept {
        const std::size_t mask = cells_.size() - 1;
        auto hole = static_cast<std::size_t>(order - cells_.data());
        for (std::size_t at = (hole + 1) & mask; cells_[at].lots != 0; at = (at + 1) & mask) {
            // A cell may move to the hole unless its own place lies behind the hole.
            if (((at - place(cells_[at].id)) & mask) < ((at - hole) & mask)) continue;
            cells_[hole] = cells_[at];
            hole = at;
        }
        cells_[hole] = OpenOrder{};
        --used_;
    }

    [[nodiscard]] std::vector<OpenOrder> all() const {
        std::vector<OpenOrder> found;
        found.reserve(used_);
        for (const OpenOrder& cell : cells_) {
            if (cell.lots != 0) found.push_back(cell);
        }
        return found;
    }

private:
    static constexpr std::size_t first_cells = std::size_t{1} << 12;

    [[nodiscard]] std::size_t place(OrderId id) const noexcept {
        const std::uint64_t mixed = id * 0x9E37'79B9'7F4A'7C15;
        return static_cast<std::size_t>((mixed ^ mixed >> 32) * 0x9E37'79B9'7F4A'7C15 >> shift_);
    }

    [[nodiscard]] std::size_t search(std::uint16_t symbol, OrderId id) const noexcept {
        std::size_t at = place(id);
        while (cells_[at].lots != 0 && (cells_[at].id != id || cells_[at].symbol != symbol)) at = (at + 1) & (cells_.size() - 1);
        return at;
    }

    void grow() {
        std::vector<OpenOrder> old(cells_.size() * 2);
        old.swap(cells_);
        --shift_;
        for (const OpenOrder& cell : old) {
            if (cell.lots != 0) cells_[search(cell.symbol, cell.id)] = cell;
        }
    }

    std::vector<OpenOrder> cells_;
    unsigned shift_ = 64 - static_cast<unsigned>(std::countr_zero(first_cells));
    std::size_t used_ = 0;
};

}  // namespace obengine
