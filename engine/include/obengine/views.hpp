// Reading an engine: depth by level and every resting order in the canonical order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "obengine/engine.hpp"
#include "obengine/messages.hpp"

namespace obengine {

struct LevelView {
    Ticks price_ticks;
    std::int64_t qty_lots;
    std::int64_t orders;
};

// Calls visit(key, slot) for each order of a side, best price first, oldest first.
template <class Visit>
void for_each_order(const NodePool& pool, const Ladder& ladder, Visit&& visit) {
    for (Key key = ladder.best(); key != no_key; key = ladder.below(key)) {
        for (Slot slot = ladder.at(key).head; slot != null_slot; slot = pool[slot].next) visit(key, slot);
    }
}

// The best `count` levels of a side, best first.
[[nodiscard]] inline std::vector<LevelView> depth(const Engine& engine, std::size_t symbol, std::uint32_t side,
                                                  std::size_t count) {
    std::vector<LevelView> levels;
    const Ladder& ladder = engine.book(symbol).ladder(side);
    for (Key key = ladder.best(); key != no_key && levels.size() < count; key = ladder.below(key)) {
        LevelView view{key_of(key, side), 0, 0};
        for (Slot slot = ladder.at(key).head; slot != null_slot; slot = engine.pool()[slot].next) {
            view.qty_lots += engine.pool()[slot].qty();
            ++view.orders;
        }
        levels.push_back(view);
    }
    return levels;
}

// Writes engine.open_orders() records: by symbol, bids before asks, best price first, oldest first.
inline void write_snapshot(const Engine& engine, Resting* out) {
    const NodePool& pool = engine.pool();
    for (std::size_t symbol = 0; symbol < engine.symbols(); ++symbol) {
        for (std::uint32_t side = 0; side < 2; ++side) {
            for_each_order(pool, engine.book(symbol).ladder(side), [&](Key, Slot slot) {
                const Node& order = pool[slot];
                *out++ = Resting{static_cast<std::uint16_t>(symbol), static_cast<std::uint8_t>(side), 0,
                                 static_cast<Lots>(order.qty()), pool.owner(slot), 0, order.id, order.price};
            });
        }
    }
}

}  // namespace obengine
