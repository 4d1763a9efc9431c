// The canonical order of a symbol's open orders (section 11 of the specification).
#pragma once

#include <algorithm>
#include <cstdint>

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

}  // namespace obengine
