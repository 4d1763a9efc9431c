// Invariants of an engine, checked from the outside: for tests and fuzzing, at O(orders) a call.
#pragma once

#include <cstddef>
#include <cstdint>

#include "obengine/engine.hpp"
#include "obengine/views.hpp"

namespace obengine {

// The first broken invariant of a side in words, or nullptr. Adds the orders seen to `orders`.
[[nodiscard]] inline const char* audit_side(const NodePool& pool, const SymbolBook& book, std::uint32_t side,
                                            std::size_t& orders) {
    const Ladder& ladder = book.ladder(side);
    Key previous_key = no_key;
    for (Key key = ladder.best(); key != no_key; key = ladder.below(key)) {
        if (previous_key != no_key && key >= previous_key) return "levels are not in order of price";
        previous_key = key;
        const Level& level = ladder.at(key);
        if (level.head == null_slot) return "a level without orders is visible";
        Slot before = null_slot;
        for (Slot slot = level.head; slot != null_slot; slot = pool[slot].next) {
            const Node& order = pool[slot];
            if (order.prev != before) return "a queue's links disagree";
            if (order.qty() == 0) return "an open order has no lots";
            if (order.side() != side || key_of(order.price, side) != key) return "an order stands on the wrong level";
            if (book.ids().find(pool, order.id) != slot) return "an open order is not found by its id";
            before = slot;
            ++orders;
        }
        if (level.tail != before) return "a level's tail is not its last order";
    }
    return nullptr;
}

// The first broken invariant in words, or nullptr.
[[nodiscard]] inline const char* audit(const Engine& engine) {
    std::size_t open = 0;
    for (std::size_t symbol = 0; symbol < engine.symbols(); ++symbol) {
        const SymbolBook& book = engine.book(symbol);
        std::size_t orders = 0;
        for (std::uint32_t side = 0; side < 2; ++side) {
            if (const char* broken = audit_side(engine.pool(), book, side, orders)) return broken;
        }
        const Key bid = book.ladder(0).best();
        const Key ask = book.ladder(1).best();
        if (bid != no_key && ask != no_key && bid >= -ask) return "the book is crossed";
        if (orders != book.ids().count(engine.pool())) return "the id table and the queues disagree";
        open += orders;
    }
    return open == engine.open_orders() ? nullptr : "the pool and the books disagree";
}

}  // namespace obengine
