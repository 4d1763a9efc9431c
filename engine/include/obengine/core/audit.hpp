// Checks the internal invariants of an engine, at O(orders) per call; for tests and fuzzing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "obengine/core/engine.hpp"
#include "obengine/core/matching.hpp"

namespace obengine {

// Numbers counted while auditing one book.
struct AuditCount {
    std::size_t orders = 0;
    std::size_t special_orders = 0;
};

// The first error in the attributes of an order in `queue`, or nullptr.
[[nodiscard]] inline const char* audit_attributes(const OrderAttributes& attributes, const Node& node, Queue queue) noexcept {
    const Order& order = attributes.order;
    if (order.id != node.id || order.side != node.side() || order.price != node.price) return "attributes belong to another order";
    if (order.open == 0 || order.open > max_lots) return "an open order has no lots";
    if (attributes.is_waiting != (queue == Queue::waiting)) return "a resting order is marked as waiting, or the reverse";
    if (attributes.is_waiting) return is_stop(order.kind) ? nullptr : "a waiting order is not a stop";
    if (is_at_auction(order.tif) && order.display != 0) return "an order for an auction has a peak";
    if (order.queue() != queue || is_stop(order.kind)) return "an order is in the wrong queue";
    if (order.is_plain()) return "a plain order has attributes";
    const std::uint32_t most = order.display != 0 && order.display < order.open ? order.display : order.open;
    return attributes.shown != 0 && attributes.shown <= most ? nullptr : "an order shows more lots than it may";
}

// The first broken invariant of a ladder, or nullptr.
[[nodiscard]] inline const char* audit_ladder(const SharedState& shared, const SymbolBook& book, const Ladder& ladder,
                                              std::uint32_t side, Queue queue, AuditCount& count) {
    const NodePool& pool = shared.pool;
    Key previous_key = no_key;
    for (Key key = ladder.best(); key != no_key; key = ladder.below(key)) {
        if (previous_key != no_key && key >= previous_key) return "levels are not ordered by price";
        previous_key = key;
        const Level& level = ladder.at(key);
        if (level.head == null_slot) return "an empty level is visible";
        Slot before = null_slot;
        for (Slot slot = level.head; slot != null_slot; slot = pool[slot].next) {
            const Node& order = pool[slot];
            if (order.prev != before) return "the links of a queue are inconsistent";
            if (order.side() != side || key_of(order.price, side) != key) return "an order is on the wrong level";
            if (book.ids().find(pool, order.id) != slot) return "an open order is not found by its id";
            if (order.qty() == 0) {
                ++count.special_orders;
                if (const char* broken = audit_attributes(shared.attributes_pool[pool.owner(slot)], order, queue)) return broken;
            } else if (queue != Queue::displayed) {
                return "a plain order is not displayed";
            }
            before = slot;
            ++count.orders;
        }
        if (level.tail != before) return "the tail of a level is not its last order";
    }
    return nullptr;
}

// The first broken invariant of the orders outside the levels: waiting stops, or those that wait for an auction.
template <class Arrivals>
[[nodiscard]] const char* audit_arrivals(const SharedState& shared, const SymbolBook& book, const Arrivals& arrivals,
                                         std::uint32_t side, Queue queue, AuditCount& count) {
    Slot before = null_slot;
    for (Slot slot = arrivals.oldest(side); slot != null_slot;) {
        const Node& node = shared.pool[slot];
        if (node.qty() != 0) return "an order outside the levels has no attributes";
        const OrderAttributes& attributes = shared.attributes_pool[shared.pool.owner(slot)];
        if (const char* broken = audit_attributes(attributes, node, queue)) return broken;
        if (attributes.older != before || node.side() != side) return "a list by arrival is inconsistent";
        if (book.ids().find(shared.pool, node.id) != slot) return "an order outside the levels is not found by its id";
        before = slot;
        slot = attributes.newer;
        ++count.orders;
        ++count.special_orders;
    }
    return nullptr;
}

[[nodiscard]] inline const char* audit_book(const SharedState& shared, const SymbolBook& book, AuditCount& count) {
    const SpecialQueues* const special = book.special();
    for (std::uint32_t side = 0; side < 2; ++side) {
        if (const char* broken = audit_ladder(shared, book, book.ladder(side), side, Queue::displayed, count)) return broken;
        if (special == nullptr) continue;
        if (const char* broken = audit_ladder(shared, book, special->hidden[side], side, Queue::hidden, count)) return broken;
        if (const char* broken = audit_ladder(shared, book, special->conditional[side], side, Queue::conditional, count))
            return broken;
        if (const char* broken = audit_arrivals(shared, book, special->stops, side, Queue::waiting, count)) return broken;
        if (const char* broken = audit_arrivals(shared, book, special->on_open, side, Queue::on_open, count)) return broken;
        if (const char* broken = audit_arrivals(shared, book, special->on_close, side, Queue::on_close, count)) return broken;
    }
    const Key bid = best_firm_key(book, 0);
    const Key ask = best_firm_key(book, 1);
    const bool crossed = bid != no_key && ask != no_key && bid >= -ask;
    if (crossed && book.state == TradingState::open) return "the book is crossed";
    if (count.orders != book.ids().count(shared.pool)) return "the id table and the queues differ";
    if (count.special_orders != book.special_orders) return "special orders are miscounted";
    return book.counted_as_plain == book.is_plain() ? nullptr : "a plain book is counted as special, or the reverse";
}

// The first broken invariant of the engine, or nullptr.
[[nodiscard]] inline const char* audit(const Engine& engine) {
    AuditCount all;
    std::size_t special_books = 0;
    for (std::size_t symbol = 0; symbol < engine.symbols(); ++symbol) {
        AuditCount count;
        if (const char* broken = audit_book(engine.shared(), engine.book(symbol), count)) return broken;
        all.orders += count.orders;
        all.special_orders += count.special_orders;
        special_books += !engine.book(symbol).is_plain();
    }
    if (special_books != engine.state().special_books) return "special books are miscounted";
    if (all.special_orders != engine.shared().attributes_pool.in_use()) return "the attributes pool and the books differ";
    return all.orders == engine.open_orders() ? nullptr : "the node pool and the books differ";
}

}  // namespace obengine
