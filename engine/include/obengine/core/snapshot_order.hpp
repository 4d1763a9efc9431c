// The canonical order of a symbol's open orders (section 11 of the specification).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "obengine/core/matching.hpp"
#include "obengine/core/symbol_book_ops.hpp"

namespace obengine {

// Calls visit(slot) for each open order: buys before sells, best price first, displayed, hidden, conditional,
// each oldest first; then waiting stops, on-open and on-close orders, each buys before sells, oldest first.
template <class Visit>
void for_each_open_order(const SharedState& shared, const SymbolBook& book, Visit&& visit) {
    const SpecialQueues* const special = book.special();
    const auto visit_queue = [&](Slot slot) {
        for (; slot != null_slot; slot = shared.pool[slot].next) visit(slot);
    };
    for (std::uint32_t side = 0; side < 2; ++side) {
        for (Key key = best_key(book, side); key != no_key; key = next_key(book, side, key)) {
            visit_queue(book.ladder(side).head(key));
            if (special == nullptr) continue;
            visit_queue(special->hidden[side].head(key));
            visit_queue(special->conditional[side].head(key));
        }
    }
    if (special == nullptr) return;
    const auto visit_arrivals = [&](const auto& arrivals) {
        for (std::uint32_t side = 0; side < 2; ++side) {
            for (Slot slot = arrivals.oldest(side); slot != null_slot;) {
                const Slot following = shared.attributes_pool[shared.pool.owner(slot)].newer;
                visit(slot);
                slot = following;
            }
        }
    };
    visit_arrivals(special->stops);
    visit_arrivals(special->on_open);
    visit_arrivals(special->on_close);
}

// Cancels the selected orders of a symbol in snapshot order; returns their number.
template <EventSink Sink, class Chosen>
std::size_t cancel_chosen(SymbolBookOps<Sink>& ops, CancelReason reason, Chosen&& chosen) {
    std::vector<Slot>& cancelling = ops.shared.cancelling;
    cancelling.clear();
    for_each_open_order(ops.shared, ops.book, [&](Slot slot) {
        if (chosen(slot)) cancelling.push_back(slot);
    });
    for (const Slot slot : cancelling) ops.cancel_lots(slot, ops.open_lots(slot), reason);
    return cancelling.size();
}

// Cancels the orders whose limits are outside the band, if it holds for them.
template <EventSink Sink>
void cancel_outside_band(SymbolBookOps<Sink>& ops) {
    const Band* const band = ops.book.band();
    if (band == nullptr) return;
    cancel_chosen(ops, CancelReason::band, [&](Slot slot) {
        const Ticks limit = ops.node(slot).price;
        const bool is_held = band->mode == BandMode::pause ? !ops.is_outside_levels(slot) : !ops.is_waiting(slot);
        return is_held && limit != no_price && band->is_outside(ops.node(slot).side(), limit);
    });
}

}  // namespace obengine
