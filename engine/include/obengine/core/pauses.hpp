// Trading states, limit states and trading pauses (sections 4.12 and 5 of the specification).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "obengine/core/auction.hpp"
#include "obengine/core/snapshot_order.hpp"
#include "obengine/core/stop_elections.hpp"
#include "obengine/core/symbol_book_ops.hpp"

namespace obengine {

// Cancels what is left of the orders that waited for an auction.
template <EventSink Sink>
void cancel_at_auction(SymbolBookOps<Sink>& ops, Queue queue) {
    if (ops.book.special() == nullptr) return;
    const ArrivalList& orders = ops.book.special()->at_auction(queue);
    for (std::uint32_t side = 0; side < 2; ++side) {
        for (Slot slot = orders.oldest(side); slot != null_slot; slot = orders.oldest(side)) {
            ops.cancel_lots(slot, ops.open_lots(slot), CancelReason::auction);
        }
    }
}

// Moves the reference price of a band of mode pause to the price of an auction.
inline void recentre_band(SymbolBook& book, const std::optional<Ticks>& auction_price) {
    if (!auction_price || book.rules().band.mode != BandMode::pause) return;
    SymbolRules rules = book.rules();
    rules.band.reference = *auction_price;
    book.set_rules(rules);
}

// Sets the trading state with flags of STATE; on OPEN, uncrosses the book and elects stops. A pause ends.
template <EventSink Sink>
void change_state(SymbolBookOps<Sink>& ops, TradingState state, Ticks reference = no_price, std::uint16_t flags = 0) {
    SymbolBook& book = ops.book;
    const TradingState old = book.state;
    const std::optional<Queue> ending = book.auction_queue();
    book.state = state;
    book.closing = (flags & state_flag::closing) != 0;
    if (book.rules().timer && book.rules().timer->side == no_side) book.set_timer(std::nullopt);
    if (reference == no_price) reference = book.last;
    ops.emit(EventKind::state_changed, code(state), 0, code(old), flags, reference);
    const bool opens = state == TradingState::open;
    if (opens || (flags & state_flag::uncross) != 0) {
        const std::optional<Ticks> auction_price = uncross(ops, reference, ending);
        if (ending) cancel_at_auction(ops, *ending);
        recentre_band(book, auction_price);
    }
    if (!opens) return;
    if (book.rules().band.mode == BandMode::pause) cancel_outside_band(ops);
    book.first_unseen = no_price;
    if (book.last != no_price) elect(ops, book.last);
}

// The side whose best displayed order is at the end of the band; no_side if there is none.
[[nodiscard]] inline std::uint8_t limit_side(const SymbolBook& book) noexcept {
    const Band* const band = book.band();
    if (band == nullptr || band->mode != BandMode::pause) return no_side;
    for (std::uint8_t side = 0; side < 2; ++side) {
        const Key best = book.ladder(side).best();
        if (best != no_key && best >= key_of(last_inside(book, *band, side), side)) return side;
    }
    return no_side;
}

[[nodiscard]] inline std::uint64_t time_after(std::uint64_t clock_ns, std::uint32_t time_ms) noexcept {
    const std::uint64_t time_ns = std::uint64_t{time_ms} * 1'000'000;
    const std::uint64_t left = std::numeric_limits<std::uint64_t>::max() - clock_ns;
    return clock_ns + (time_ns < left ? time_ns : left);
}

// Determines the limit state again; returns whether it began.
template <EventSink Sink>
bool update_limit_state(SymbolBookOps<Sink>& ops, std::uint64_t clock_ns) {
    if (!ops.book.has_rules()) return false;
    const SymbolRules& rules = ops.book.rules();
    const std::uint8_t side = limit_side(ops.book);
    if (side == (rules.timer ? rules.timer->side : no_side)) return false;
    if (side == no_side) {
        ops.book.set_timer(std::nullopt);
        ops.emit(EventKind::limit_state, no_side, 0, 0, 0, 0);
        return false;
    }
    const Timer timer{side, time_after(clock_ns, rules.band.limit_ms)};
    ops.emit(EventKind::limit_state, side, 0, timer.until_ns, 0, last_inside(ops.book, rules.band, side));
    ops.book.set_timer(timer);
    return true;
}

// Begins a pause or reopens the symbol if its timer is due; returns whether it was.
template <EventSink Sink>
bool run_timer(SymbolBookOps<Sink>& ops, std::uint64_t clock_ns) {
    const std::optional<Timer> timer = ops.book.rules().timer;
    if (!timer || timer->until_ns > clock_ns) return false;
    if (timer->side == no_side) {
        change_state(ops, TradingState::open);
        return true;
    }
    const std::uint32_t pause_ms = ops.book.rules().band.pause_ms;
    change_state(ops, TradingState::auction);
    ops.emit(EventKind::limit_state, no_side, 0, 0, 0, 0);
    ops.book.set_timer(Timer{no_side, time_after(clock_ns, pause_ms)});
    return true;
}

}  // namespace obengine
