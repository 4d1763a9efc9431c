// Arrivals, and the stops that their trades elect: sections 4.2 and 7 of the specification.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "obengine/core/symbol_book_ops.hpp"
#include "obengine/core/matching.hpp"

namespace obengine {

template <EventSink Sink>
void kill(Desk<Sink>& desk, const Order& order, CancelReason reason) {
    desk.tell(EventKind::cancelled, code(reason), order.open, order.id, 0, order.price);
}

// An order whose own event was told meets an open book; it is gone or rests afterwards.
template <EventSink Sink>
void arrive(Desk<Sink>& desk, Order& taker, std::uint32_t min_lots = 0) {
    if ((taker.flags & flag::post_only) != 0) return static_cast<void>(desk.rest(taker));
    Meeting<Sink> meeting(desk, taker);
    const std::uint32_t wanted = is_whole(taker.tif) ? taker.open : min_lots;
    if (wanted != 0 && !meeting.finds(wanted)) {
        if (taker.tif == TimeInForce::aon) return static_cast<void>(desk.rest(taker));
        return kill(desk, taker, is_whole(taker.tif) ? CancelReason::fill_or_kill : CancelReason::minimum);
    }
    meeting.trade();
    if (taker.open == 0) return;
    if (taker.kind == OrderKind::market || taker.tif == TimeInForce::ioc) return kill(desk, taker, CancelReason::immediate);
    static_cast<void>(desk.rest(taker));
}

// Moves the stops that a price reaches to the end of the election queue.
template <EventSink Sink>
void elect(Desk<Sink>& desk, Ticks price) {
    SpecialQueues* const special = desk.book.special();
    if (special == nullptr || special->stops.empty()) return;
    std::vector<Order>& elected = desk.shared.elected;
    const std::size_t before = elected.size();
    for (std::uint32_t side = 0; side < 2; ++side) {
        special->stops.see(desk.shared.pool, desk.shared.tickets, side, price, [&](Slot slot) {
            elected.push_back(desk.order(slot));
            desk.remove(slot);
        });
    }
    std::sort(elected.begin() + static_cast<std::ptrdiff_t>(before), elected.end(), [](const Order& a, const Order& b) {
        if (a.side != b.side) return a.side < b.side;
        const Key first = trigger_key(a.trigger, a.side);
        const Key second = trigger_key(b.trigger, b.side);
        return first != second ? first > second : a.arrival < b.arrival;
    });
}

// Lets the waiting stops see the trades since the last time.
template <EventSink Sink>
void elect_by_trades(Desk<Sink>& desk) {
    const Ticks first = desk.book.first_unseen;
    desk.book.first_unseen = no_price;
    if (first == no_price || desk.book.state != TradingState::open) return;
    elect(desk, first);
    if (desk.book.last != first) elect(desk, desk.book.last);
}

// Turns an elected stop into the order that it arrives as.
inline void become_an_order(Order& stop) noexcept {
    if (stop.kind == OrderKind::trailing_stop_limit) {
        const Ticks offset = stop.price;
        const bool over = offset > 0 && stop.trigger > max_price - offset;
        const bool under = offset < 0 && stop.trigger < min_price - offset;
        stop.price = over ? max_price : under ? min_price : stop.trigger + offset;
    }
    stop.kind = is_limited(stop.kind) ? OrderKind::limit : OrderKind::market;
    stop.trigger = stop.trail = 0;
}

// Triggers the elected stops one after another; those that their trades elect come last. It ends,
// since an order is triggered once.
template <EventSink Sink>
void trigger_elected(Desk<Sink>& desk) {
    std::vector<Order>& elected = desk.shared.elected;
    for (std::size_t k = 0; k < elected.size(); ++k) {
        Order stop = elected[k];
        become_an_order(stop);
        desk.tell(EventKind::triggered, stop.side, stop.open, stop.id, stop.placement(), stop.price);
        arrive(desk, stop);
        elect_by_trades(desk);
    }
    elected.clear();
}

// A stop that was accepted waits, or is triggered at once by the last price.
template <EventSink Sink>
void arrive_as_stop(Desk<Sink>& desk, Order& stop) {
    const Ticks last = desk.book.last;
    if (last != no_price) {
        WaitingStops::follow(stop, last);
        if (desk.book.state == TradingState::open && WaitingStops::reaches(last, stop)) {
            desk.shared.elected.push_back(stop);
            return trigger_elected(desk);
        }
    }
    desk.wait(stop, last);
}

}  // namespace obengine
