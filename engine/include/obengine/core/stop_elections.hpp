// Arrival of orders, and what follows: stops, and AON orders that look again (sections 4.2, 4.9 and 7 of the
// specification).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "obengine/core/matching.hpp"
#include "obengine/core/symbol_book_ops.hpp"

namespace obengine {

template <EventSink Sink>
void cancel_remainder(SymbolBookOps<Sink>& ops, const Order& order, CancelReason reason) {
    ops.emit(EventKind::cancelled, code(reason), order.open, order.id, 0, order.price);
}

// Matches an order in an OPEN book after its own event was emitted; the remainder rests or is cancelled.
template <EventSink Sink>
void arrive(SymbolBookOps<Sink>& ops, Order& taker, std::uint32_t min_lots = 0) {
    if ((taker.flags & flag::post_only) != 0) return static_cast<void>(ops.rest(taker));
    Matcher<Sink> matcher(ops, taker);
    const std::uint32_t wanted = is_whole(taker.tif) ? taker.open : min_lots;
    if (wanted != 0 && !matcher.can_fill(wanted)) {
        if (taker.tif == TimeInForce::aon) return static_cast<void>(ops.rest(taker));
        return cancel_remainder(ops, taker, is_whole(taker.tif) ? CancelReason::fill_or_kill : CancelReason::minimum);
    }
    matcher.match();
    if (taker.open == 0) return;
    const bool rests = taker.kind != OrderKind::market && taker.tif != TimeInForce::ioc;
    if (!rests) return cancel_remainder(ops, taker, CancelReason::immediate);
    static_cast<void>(ops.rest(taker));
}

// Appends the stops that a price reaches to the election queue.
template <EventSink Sink>
void elect(SymbolBookOps<Sink>& ops, Ticks price) {
    SpecialQueues* const special = ops.book.special();
    if (special == nullptr || special->stops.empty()) return;
    std::vector<Order>& elected = ops.shared.elected;
    const std::size_t before = elected.size();
    for (std::uint32_t side = 0; side < 2; ++side) {
        special->stops.on_price(ops.shared.pool, ops.shared.attributes_pool, side, price, [&](Slot slot) {
            elected.push_back(ops.order(slot));
            ops.remove(slot);
        });
    }
    std::sort(elected.begin() + static_cast<std::ptrdiff_t>(before), elected.end(), [](const Order& a, const Order& b) {
        if (a.side != b.side) return a.side < b.side;
        const Key first = trigger_key(a.trigger, a.side);
        const Key second = trigger_key(b.trigger, b.side);
        return first != second ? first > second : a.arrival < b.arrival;
    });
}

// Elects stops by the trades since the last election.
template <EventSink Sink>
void elect_by_trades(SymbolBookOps<Sink>& ops) {
    const Ticks first = ops.book.first_unseen;
    ops.book.first_unseen = no_price;
    if (first == no_price || ops.book.state != TradingState::open) return;
    elect(ops, first);
    if (ops.book.last != first) elect(ops, ops.book.last);
}

// Converts an elected stop to the order that it becomes.
inline void convert_to_order(const SymbolBook& book, Order& stop) noexcept {
    if (stop.kind == OrderKind::trailing_stop_limit) {
        const Ticks offset = stop.price;
        const bool over = offset > 0 && stop.trigger > max_price - offset;
        const bool under = offset < 0 && stop.trigger < min_price - offset;
        stop.price = over ? max_price : under ? min_price : stop.trigger + offset;
        if (book.rules().steps.rows().size() > 1) stop.price = round_limit(book, stop.side, stop.price).value_or(stop.price);
    }
    if (is_limited(stop.kind)) stop.price = inside_band(book, stop.side, stop.price);
    stop.kind = is_limited(stop.kind) ? OrderKind::limit : OrderKind::market;
    stop.trigger = stop.trail = 0;
}

template <EventSink Sink>
void emit_triggered(SymbolBookOps<Sink>& ops, const Order& order) {
    ops.emit(EventKind::triggered, order.side, order.open, order.id, order.placement(), order.price);
}

// Fills the first resting AON order, in snapshot order, that can be filled completely. Returns whether there is one.
template <EventSink Sink>
[[nodiscard]] bool fill_conditional(SymbolBookOps<Sink>& ops) {
    if (ops.book.special() == nullptr || ops.book.state != TradingState::open) return false;
    for (std::uint32_t side = 0; side < 2; ++side) {
        const Slot slot = first_fillable(ops, side);
        if (slot == null_slot) continue;
        Order order = ops.order(slot);
        ops.remove(slot);
        emit_triggered(ops, order);
        Matcher<Sink>(ops, order).match();
        return true;
    }
    return false;
}

// After a change of the book: elects stops by its trades, lets AON orders look again, and triggers the elected
// stops in order. It terminates because an order is triggered once.
template <EventSink Sink>
void settle(SymbolBookOps<Sink>& ops) {
    std::vector<Order>& elected = ops.shared.elected;
    for (std::size_t next = 0;;) {
        elect_by_trades(ops);
        if (fill_conditional(ops)) continue;
        if (next == elected.size()) break;
        Order stop = elected[next++];
        convert_to_order(ops.book, stop);
        emit_triggered(ops, stop);
        arrive(ops, stop);
    }
    elected.clear();
}

// Gives a waiting stop a new trigger or trail; it is elected at once if the last price reaches it.
template <EventSink Sink>
void amend_stop(SymbolBookOps<Sink>& ops, Slot slot, Ticks trigger) {
    const Order& stop = ops.book.special()->stops.amend(ops.shared.pool, ops.shared.attributes_pool, slot, trigger);
    const Ticks last = ops.book.last;
    if (last == no_price || ops.book.state != TradingState::open || !WaitingStops::reaches(last, stop)) return;
    ops.shared.elected.push_back(stop);
    ops.remove(slot);
}

// An accepted stop waits, or is elected at once if the last price reaches it.
template <EventSink Sink>
void accept_stop(SymbolBookOps<Sink>& ops, Order& stop) {
    const Ticks last = ops.book.last;
    if (last != no_price) {
        WaitingStops::update_trailing_trigger(stop, last);
        if (ops.book.state == TradingState::open && WaitingStops::reaches(last, stop)) {
            ops.shared.elected.push_back(stop);
            return;
        }
    }
    ops.add_waiting_stop(stop);
}

}  // namespace obengine
