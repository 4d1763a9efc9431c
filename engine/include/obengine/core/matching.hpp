// Matches an arriving order against resting orders of all kinds (sections 4.3 to 4.5, 4.9 and 4.13 of the
// specification).
// The refill of an iceberg is in symbol_book_ops.hpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "obengine/core/symbol_book_ops.hpp"

namespace obengine {

// The best key of the displayed and hidden orders of a side, or no_key.
[[nodiscard]] inline Key best_firm_key(const SymbolBook& book, std::uint32_t side) noexcept {
    const Key displayed = book.ladder(side).best();
    return book.special() == nullptr ? displayed : std::max(displayed, book.special()->hidden[side].best());
}

// The best key of all orders of a side, or no_key.
[[nodiscard]] inline Key best_key(const SymbolBook& book, std::uint32_t side) noexcept {
    const Key firm = best_firm_key(book, side);
    return book.special() == nullptr ? firm : std::max(firm, book.special()->conditional[side].best());
}

// The best key worse than `key` of all orders of a side, or no_key.
[[nodiscard]] inline Key next_key(const SymbolBook& book, std::uint32_t side, Key key) noexcept {
    const Key displayed = book.ladder(side).below(key);
    if (book.special() == nullptr) return displayed;
    return std::max({displayed, book.special()->hidden[side].below(key), book.special()->conditional[side].below(key)});
}

// The worst opposite key that an order may trade at: that of its limit, or of the band if that is nearer.
[[nodiscard]] inline Key reach_of(const SymbolBook& book, const Order& order) noexcept {
    const Band* const band = book.band();
    return band == nullptr ? order.reach() : std::max(order.reach(), key_of(band->worst(order.side), order.side ^ 1U));
}

// Matches one arriving order (the taker) against the opposite side.
template <EventSink Sink>
class Matcher {
public:
    Matcher(SymbolBookOps<Sink>& ops, Order& taker)
        : ops_(ops), taker_(taker), makers_(taker.side ^ 1U),
          prevents_self_trade_(taker.self_trade() != SelfTrade::none && taker.participant != 0) {}

    // Trades as far as the limit and the quantity allow; the taker keeps the remainder.
    void match() {
        const Key reach = reach_of(ops_.book, taker_);
        for (Key key = best_key(ops_.book, makers_); key >= reach && key != no_key; key = next_key(ops_.book, makers_, key)) {
            if (ops_.book.pro_rata() == nullptr) {
                trade_displayed(key);
            } else {
                share_displayed(key);
            }
            if (ops_.book.special() != nullptr) {
                trade_hidden(key);
                trade_conditional(key);
            }
            if (taker_.open == 0) return;
        }
    }

    // Whether match() would trade at least the wanted lots (section 4.4).
    [[nodiscard]] bool can_fill(std::uint32_t wanted) const {
        std::uint64_t found = 0;
        return can_fill(wanted, found);
    }

    // The same; `found` becomes the lots that it would trade, at least the wanted ones if it would.
    [[nodiscard]] bool can_fill(std::uint32_t wanted, std::uint64_t& found) const {
        const Key reach = reach_of(ops_.book, taker_);
        for (Key key = best_key(ops_.book, makers_); key >= reach && key != no_key; key = next_key(ops_.book, makers_, key)) {
            if (const auto answer = can_fill_at(key, wanted, found)) return *answer;
        }
        return false;
    }

    // Whether own orders are not traded with.
    [[nodiscard]] bool prevents_self_trade() const noexcept { return prevents_self_trade_; }

private:
    [[nodiscard]] bool is_own_order(Slot maker) const noexcept {
        return prevents_self_trade_ && ops_.participant(maker) == taker_.participant;
    }

    bool trade_with(Slot maker, std::uint32_t at_most) {
        const std::uint32_t lots = std::min(taker_.open, at_most);
        taker_.open -= lots;
        taker_.filled += lots;
        return ops_.trade(taker_.side, lots, taker_.id, maker);
    }

    void trade_displayed(Key key) {
        const Ladder& queue = ops_.book.ladder(makers_);
        Slot first_refilled = null_slot;
        bool whole = false;
        for (Slot maker = queue.head(key); maker != null_slot && taker_.open != 0; maker = queue.head(key)) {
            if (is_own_order(maker)) {
                prevent_self_trade(maker);
                continue;
            }
            whole = whole || maker == first_refilled;
            const bool refilled = trade_with(maker, whole ? ops_.open_lots(maker) : ops_.shown_lots(maker));
            if (refilled && first_refilled == null_slot) first_refilled = maker;
        }
    }

    // Trades pro rata with the shown lots, then once more with icebergs that were refilled (section 4.13).
    void share_displayed(Key key) {
        const Ladder& queue = ops_.book.ladder(makers_);
        for (Slot maker = queue.head(key); maker != null_slot && taker_.open != 0;) {
            const Slot following = ops_.node(maker).next;
            if (is_own_order(maker)) prevent_self_trade(maker);
            maker = following;
        }
        std::vector<Share>& level = ops_.shared.shares;
        for (const bool whole : {false, true}) {
            if (taker_.open == 0) return;
            level.clear();
            for (Slot maker = queue.head(key); maker != null_slot; maker = ops_.node(maker).next) {
                level.push_back({maker, whole ? ops_.open_lots(maker) : ops_.shown_lots(maker)});
            }
            allocate(*ops_.book.pro_rata(), taker_.open, level);
            for (const Share& share : level) {
                if (share.lots != 0) trade_with(share.slot, share.lots);
            }
        }
    }

    void trade_hidden(Key key) {
        const Ladder& queue = ops_.book.special()->hidden[makers_];
        for (Slot maker = queue.head(key); maker != null_slot && taker_.open != 0; maker = queue.head(key)) {
            if (is_own_order(maker)) {
                prevent_self_trade(maker);
            } else {
                trade_with(maker, ops_.open_lots(maker));
            }
        }
    }

    void trade_conditional(Key key) {
        Slot maker = ops_.book.special()->conditional[makers_].head(key);
        while (maker != null_slot && taker_.open != 0) {
            const Slot following = ops_.node(maker).next;
            if (ops_.open_lots(maker) <= taker_.open) {
                if (is_own_order(maker)) {
                    prevent_self_trade(maker);
                } else {
                    trade_with(maker, ops_.open_lots(maker));
                }
            }
            maker = following;
        }
    }

    // Applies the taker's self-trade prevention mode in place of a trade.
    void prevent_self_trade(Slot maker) {
        const SelfTrade mode = taker_.self_trade();
        std::uint32_t theirs = ops_.open_lots(maker);
        std::uint32_t mine = taker_.open;
        if (mode == SelfTrade::decrement) theirs = mine = std::min(theirs, mine);
        if (mode != SelfTrade::newest) ops_.cancel_lots(maker, theirs, CancelReason::self_trade);
        if (mode == SelfTrade::oldest) return;
        taker_.open -= mine;
        ops_.emit(EventKind::cancelled, code(CancelReason::self_trade), mine, taker_.id, 0, taker_.price);
    }

    // Adds the lots available at a key; returns a result as soon as it is known.
    [[nodiscard]] std::optional<bool> can_fill_at(Key key, std::uint32_t wanted, std::uint64_t& found) const {
        const Slot displayed = ops_.book.ladder(makers_).head(key);
        if (ops_.book.pro_rata() != nullptr && ends_at(displayed)) return false;
        const auto shown = [this](Slot slot) { return ops_.shown_lots(slot); };
        const auto reserve = [this](Slot slot) { return ops_.open_lots(slot) - ops_.shown_lots(slot); };
        const auto open = [this](Slot slot) { return ops_.open_lots(slot); };
        if (const auto answer = can_fill_from(displayed, shown, wanted, found)) return answer;
        if (ops_.book.special_orders == 0) return std::nullopt;
        if (const auto answer = can_fill_from(displayed, reserve, wanted, found)) return answer;
        const SpecialQueues* const special = ops_.book.special();
        if (special == nullptr) return std::nullopt;
        const auto covered = [&](Slot slot) { return open(slot) <= taker_.open - found ? open(slot) : 0U; };
        if (const auto answer = can_fill_from(special->hidden[makers_].head(key), open, wanted, found)) return answer;
        return can_fill_from(special->conditional[makers_].head(key), covered, wanted, found);
    }

    // Whether self-trade prevention with an order of a queue would end the taker, or a part of it.
    [[nodiscard]] bool ends_at(Slot maker) const noexcept {
        if (!prevents_self_trade_ || taker_.self_trade() == SelfTrade::oldest) return false;
        while (maker != null_slot && !is_own_order(maker)) maker = ops_.node(maker).next;
        return maker != null_slot;
    }

    template <class LotsOf>
    [[nodiscard]] std::optional<bool> can_fill_from(Slot maker, LotsOf&& lots_of, std::uint32_t wanted,
                                               std::uint64_t& found) const {
        for (; maker != null_slot; maker = ops_.node(maker).next) {
            const std::uint32_t lots = lots_of(maker);
            if (lots == 0) continue;
            if (!is_own_order(maker)) {
                found += lots;
                if (found >= wanted) return true;
            } else if (taker_.self_trade() != SelfTrade::oldest) {
                return false;
            }
        }
        return std::nullopt;
    }

    SymbolBookOps<Sink>& ops_;
    Order& taker_;
    const std::uint32_t makers_;
    const bool prevents_self_trade_;
};

// The first AON order of a side, in queue order, that can be filled completely, or null_slot.
template <EventSink Sink>
[[nodiscard]] Slot first_fillable(SymbolBookOps<Sink>& ops, std::uint32_t side) {
    SpecialQueues& special = *ops.book.special();
    const Ladder& queues = special.conditional[side];
    ConditionalWatch& watch = special.watches[side];
    const Key touch = best_key(ops.book, side ^ 1U);
    const bool reached = watch.next != no_key && touch >= -watch.next;
    if (queues.best() == no_key || !(watch.must_look || reached || watch.added >= watch.look_at)) return null_slot;
    std::uint64_t missing = ~std::uint64_t{0} - watch.added;
    bool simple = true;
    Key key = queues.best();
    for (; key != no_key && touch >= -key; key = queues.below(key)) {
        for (Slot slot = queues.head(key); slot != null_slot; slot = ops.node(slot).next) {
            Order order = ops.order(slot);
            const Matcher<Sink> matcher(ops, order);
            std::uint64_t found = 0;
            if (matcher.can_fill(order.open, found)) return slot;
            missing = std::min(missing, order.open - found);
            simple = simple && !matcher.prevents_self_trade();
        }
    }
    // Without AON orders on the other side and without self-trade prevention, what an order would trade grows only
    // by what is added.
    watch.must_look = !simple || special.conditional[side ^ 1U].best() != no_key;
    watch.look_at = watch.added + missing;
    watch.next = key;
    return null_slot;
}

// The next valid price that is not more aggressive than a limit of a side.
[[nodiscard]] inline std::optional<Ticks> round_limit(const SymbolBook& book, std::uint32_t side, Ticks limit) noexcept {
    return side != 0 ? book.rules().steps.ceil(limit) : book.rules().steps.floor(limit);
}

// The last valid price of a side inside a band.
[[nodiscard]] inline Ticks last_inside(const SymbolBook& book, const Band& band, std::uint32_t side) noexcept {
    const Ticks worst = band.worst(side);
    return round_limit(book, side, worst).value_or(worst);
}

// The limit itself, or the last valid price inside the band if it is outside.
[[nodiscard]] inline Ticks inside_band(const SymbolBook& book, std::uint32_t side, Ticks limit) noexcept {
    const Band* const band = book.band();
    return band == nullptr || !band->is_outside(side, limit) ? limit : last_inside(book, *band, side);
}

// The limit with which an order arrives: a band of mode pause brings it inside.
[[nodiscard]] inline Ticks bring_inside(const SymbolBook& book, std::uint32_t side, Ticks limit) noexcept {
    return book.band() != nullptr && book.band()->mode == BandMode::pause ? inside_band(book, side, limit) : limit;
}

// Whether a post-only order may arrive at `price`; SLIDE may change the price.
[[nodiscard]] inline RejectCode reprice_post_only(const SymbolBook& book, std::uint32_t side, std::uint16_t flags,
                                                Ticks& price) noexcept {
    const Key best = best_firm_key(book, side ^ 1U);
    if (best == no_key || best < key_of(price, side ^ 1U)) return RejectCode::none;
    if ((flags & flag::slide) == 0) return RejectCode::would_take;
    const Ticks touch = key_of(best, side ^ 1U);
    if (touch == (side != 0 ? max_price : min_price)) return RejectCode::bad_price;
    const std::optional<Ticks> slid = round_limit(book, side, side != 0 ? touch + 1 : touch - 1);
    if (!slid) return RejectCode::bad_price;
    price = *slid;
    return RejectCode::none;
}

// Makes a market-to-limit order a LIMIT at the best opposite price, if there is one that it accepts.
inline void convert_market_to_limit(const SymbolBook& book, Order& order) noexcept {
    const Key best = best_firm_key(book, order.side ^ 1U);
    if (best == no_key || best < reach_of(book, order)) return;
    order.kind = OrderKind::limit;
    order.price = key_of(best, order.side ^ 1U);
    order.flags &= static_cast<std::uint16_t>(~flag::to_limit);
}

}  // namespace obengine
