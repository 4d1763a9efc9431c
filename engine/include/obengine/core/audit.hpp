// Invariants of an engine, checked from the outside: for tests and fuzzing, at O(orders) a call.
#pragma once

#include <cstddef>
#include <cstdint>

#include "obengine/core/engine.hpp"
#include "obengine/core/matching.hpp"

namespace obengine {

// What an audit has counted in one book.
struct AuditCount {
    std::size_t orders = 0;
    std::size_t tickets = 0;
};

// The first thing wrong with the ticket of an order in `queue`, or nullptr.
[[nodiscard]] inline const char* audit_ticket(const Ticket& ticket, const Node& node, Queue queue) noexcept {
    const Order& order = ticket.order;
    if (order.id != node.id || order.side != node.side() || order.price != node.price) return "a ticket is of another order";
    if (order.open == 0 || order.open > max_lots) return "an open order has no lots";
    if (ticket.waits != (queue == Queue::waiting)) return "a stop waits among resting orders";
    if (ticket.waits) return is_stop(order.kind) ? nullptr : "an order that is no stop waits";
    if (order.queue() != queue || is_stop(order.kind)) return "an order stands in the wrong queue";
    if (order.is_plain()) return "a plain order has a ticket";
    const std::uint32_t most = order.display != 0 && order.display < order.open ? order.display : order.open;
    return ticket.shown != 0 && ticket.shown <= most ? nullptr : "an order shows what it has not";
}

// The first broken invariant of a ladder in words, or nullptr.
[[nodiscard]] inline const char* audit_ladder(const Shared& shared, const SymbolBook& book, const Ladder& ladder,
                                              std::uint32_t side, Queue queue, AuditCount& count) {
    const NodePool& pool = shared.pool;
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
            if (order.side() != side || key_of(order.price, side) != key) return "an order stands on the wrong level";
            if (book.ids().find(pool, order.id) != slot) return "an open order is not found by its id";
            if (order.qty() == 0) {
                ++count.tickets;
                if (const char* broken = audit_ticket(shared.tickets[pool.owner(slot)], order, queue)) return broken;
            } else if (queue != Queue::displayed) {
                return "a plain order is not displayed";
            }
            before = slot;
            ++count.orders;
        }
        if (level.tail != before) return "a level's tail is not its last order";
    }
    return nullptr;
}

[[nodiscard]] inline const char* audit_stops(const Shared& shared, const SymbolBook& book, std::uint32_t side,
                                             AuditCount& count) {
    Slot before = null_slot;
    for (Slot slot = book.special()->stops.oldest(side); slot != null_slot;) {
        const Node& node = shared.pool[slot];
        if (node.qty() != 0) return "a waiting stop has no ticket";
        const Ticket& ticket = shared.tickets[shared.pool.owner(slot)];
        if (const char* broken = audit_ticket(ticket, node, Queue::waiting)) return broken;
        if (ticket.older != before || node.side() != side) return "the list of waiting stops disagrees";
        if (book.ids().find(shared.pool, node.id) != slot) return "a waiting stop is not found by its id";
        before = slot;
        slot = ticket.newer;
        ++count.orders;
        ++count.tickets;
    }
    return nullptr;
}

[[nodiscard]] inline const char* audit_book(const Shared& shared, const SymbolBook& book, AuditCount& count) {
    const SpecialQueues* const special = book.special();
    for (std::uint32_t side = 0; side < 2; ++side) {
        if (const char* broken = audit_ladder(shared, book, book.ladder(side), side, Queue::displayed, count)) return broken;
        if (special == nullptr) continue;
        if (const char* broken = audit_ladder(shared, book, special->hidden[side], side, Queue::hidden, count)) return broken;
        if (const char* broken = audit_ladder(shared, book, special->conditional[side], side, Queue::conditional, count))
            return broken;
        if (const char* broken = audit_stops(shared, book, side, count)) return broken;
    }
    const Key bid = firm_front(book, 0);
    const Key ask = firm_front(book, 1);
    const bool crossed = bid != no_key && ask != no_key && bid >= -ask;
    if (crossed && book.state == TradingState::open) return "the book is crossed";
    if (count.orders != book.ids().count(shared.pool)) return "the id table and the queues disagree";
    if (count.tickets != book.special_orders) return "special orders are miscounted";
    return book.counted_as_plain == book.is_plain() ? nullptr : "the book's kind is miscounted";
}

// The first broken invariant in words, or nullptr.
[[nodiscard]] inline const char* audit(const Engine& engine) {
    AuditCount all;
    std::size_t special_books = 0;
    for (std::size_t symbol = 0; symbol < engine.symbols(); ++symbol) {
        AuditCount count;
        if (const char* broken = audit_book(engine.shared(), engine.book(symbol), count)) return broken;
        all.orders += count.orders;
        all.tickets += count.tickets;
        special_books += !engine.book(symbol).is_plain();
    }
    if (special_books != engine.state().special_books) return "special books are miscounted";
    if (all.tickets != engine.shared().tickets.in_use()) return "the tickets and the books disagree";
    return all.orders == engine.open_orders() ? nullptr : "the pool and the books disagree";
}

}  // namespace obengine
