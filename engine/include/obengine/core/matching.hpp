// How an arriving order meets resting ones of every kind: sections 4.3 to 4.5 of the specification.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "obengine/core/symbol_book_ops.hpp"

namespace obengine {

// The best key of a side's displayed and hidden orders, or no_key.
[[nodiscard]] inline Key firm_front(const SymbolBook& book, std::uint32_t side) noexcept {
    const Key displayed = book.ladder(side).best();
    return book.special() == nullptr ? displayed : std::max(displayed, book.special()->hidden[side].best());
}

// The best key of any order of a side, or no_key.
[[nodiscard]] inline Key front(const SymbolBook& book, std::uint32_t side) noexcept {
    const Key firm = firm_front(book, side);
    return book.special() == nullptr ? firm : std::max(firm, book.special()->conditional[side].best());
}

// The best key worse than `key` of any order of a side, or no_key.
[[nodiscard]] inline Key behind(const SymbolBook& book, std::uint32_t side, Key key) noexcept {
    const Key displayed = book.ladder(side).below(key);
    if (book.special() == nullptr) return displayed;
    return std::max({displayed, book.special()->hidden[side].below(key), book.special()->conditional[side].below(key)});
}

// The meeting of one arriving order with the other side of its book.
template <EventSink Sink>
class Meeting {
public:
    Meeting(Desk<Sink>& desk, Order& taker)
        : desk_(desk), taker_(taker), makers_(taker.side ^ 1U),
          keeps_apart_(taker.self_trade() != SelfTrade::none && taker.participant != 0) {}

    // Trades as far as the limit and the lots go; what is left is in the order.
    void trade() {
        const Key reach = taker_.reach();
        for (Key key = front(desk_.book, makers_); key >= reach && key != no_key; key = behind(desk_.book, makers_, key)) {
            trade_displayed(key);
            if (desk_.book.special() != nullptr) {
                trade_hidden(key);
                trade_conditional(key);
            }
            if (taker_.open == 0) return;
        }
    }

    // Whether trade() would trade the wanted lots.
    [[nodiscard]] bool finds(std::uint32_t wanted) const {
        std::uint64_t found = 0;
        const Key reach = taker_.reach();
        for (Key key = front(desk_.book, makers_); key >= reach && key != no_key; key = behind(desk_.book, makers_, key)) {
            if (const auto answer = finds_at(key, wanted, found)) return *answer;
        }
        return false;
    }

private:
    [[nodiscard]] bool is_own(Slot maker) const noexcept {
        return keeps_apart_ && desk_.participant(maker) == taker_.participant;
    }

    bool trade_with(Slot maker, std::uint32_t at_most) {
        const std::uint32_t lots = std::min(taker_.open, at_most);
        taker_.open -= lots;
        return desk_.trade(taker_.side, lots, taker_.id, maker);
    }

    void trade_displayed(Key key) {
        const Ladder& queue = desk_.book.ladder(makers_);
        Slot first_refilled = null_slot;
        bool whole = false;
        for (Slot maker = queue.head(key); maker != null_slot && taker_.open != 0; maker = queue.head(key)) {
            if (is_own(maker)) {
                prevent(maker);
                continue;
            }
            whole = whole || maker == first_refilled;
            const bool refilled = trade_with(maker, whole ? desk_.open_lots(maker) : desk_.shown_lots(maker));
            if (refilled && first_refilled == null_slot) first_refilled = maker;
        }
    }

    void trade_hidden(Key key) {
        const Ladder& queue = desk_.book.special()->hidden[makers_];
        for (Slot maker = queue.head(key); maker != null_slot && taker_.open != 0; maker = queue.head(key)) {
            if (is_own(maker)) {
                prevent(maker);
            } else {
                trade_with(maker, desk_.open_lots(maker));
            }
        }
    }

    void trade_conditional(Key key) {
        Slot maker = desk_.book.special()->conditional[makers_].head(key);
        while (maker != null_slot && taker_.open != 0) {
            const Slot following = desk_.node(maker).next;
            if (desk_.open_lots(maker) <= taker_.open) {
                if (is_own(maker)) {
                    prevent(maker);
                } else {
                    trade_with(maker, desk_.open_lots(maker));
                }
            }
            maker = following;
        }
    }

    // What happens in place of a trade with oneself.
    void prevent(Slot maker) {
        const SelfTrade mode = taker_.self_trade();
        std::uint32_t theirs = desk_.open_lots(maker);
        std::uint32_t mine = taker_.open;
        if (mode == SelfTrade::decrement) theirs = mine = std::min(theirs, mine);
        if (mode != SelfTrade::newest) desk_.withdraw(maker, theirs, CancelReason::self_trade);
        if (mode == SelfTrade::oldest) return;
        taker_.open -= mine;
        desk_.tell(EventKind::cancelled, code(CancelReason::self_trade), mine, taker_.id, 0, taker_.price);
    }

    // Adds what is to be had at a key; an answer once it is known.
    [[nodiscard]] std::optional<bool> finds_at(Key key, std::uint32_t wanted, std::uint64_t& found) const {
        const Slot displayed = desk_.book.ladder(makers_).head(key);
        const auto shown = [this](Slot slot) { return desk_.shown_lots(slot); };
        const auto reserve = [this](Slot slot) { return desk_.open_lots(slot) - desk_.shown_lots(slot); };
        const auto open = [this](Slot slot) { return desk_.open_lots(slot); };
        if (const auto answer = finds_in(displayed, shown, wanted, found)) return answer;
        if (desk_.book.special_orders == 0) return std::nullopt;
        if (const auto answer = finds_in(displayed, reserve, wanted, found)) return answer;
        const SpecialQueues* const special = desk_.book.special();
        if (special == nullptr) return std::nullopt;
        const auto covered = [&](Slot slot) { return open(slot) <= taker_.open - found ? open(slot) : 0U; };
        if (const auto answer = finds_in(special->hidden[makers_].head(key), open, wanted, found)) return answer;
        return finds_in(special->conditional[makers_].head(key), covered, wanted, found);
    }

    template <class LotsOf>
    [[nodiscard]] std::optional<bool> finds_in(Slot maker, LotsOf&& lots_of, std::uint32_t wanted,
                                               std::uint64_t& found) const {
        for (; maker != null_slot; maker = desk_.node(maker).next) {
            const std::uint32_t lots = lots_of(maker);
            if (lots == 0) continue;
            if (!is_own(maker)) {
                found += lots;
                if (found >= wanted) return true;
            } else if (taker_.self_trade() != SelfTrade::oldest) {
                return false;
            }
        }
        return std::nullopt;
    }

    Desk<Sink>& desk_;
    Order& taker_;
    const std::uint32_t makers_;
    const bool keeps_apart_;
};

// Whether a post-only order may arrive at `price`; with SLIDE the price may be changed.
[[nodiscard]] inline RejectCode place_post_only(const SymbolBook& book, std::uint32_t side, std::uint16_t flags,
                                                Ticks& price) noexcept {
    const Key best = firm_front(book, side ^ 1U);
    if (best == no_key || best < key_of(price, side ^ 1U)) return RejectCode::none;
    if ((flags & flag::slide) == 0) return RejectCode::would_take;
    // One tick behind the best price of the other side, as a key of this side.
    const Key touch = -best;
    if (touch == min_price) return RejectCode::bad_price;
    price = key_of(touch - 1, side);
    return RejectCode::none;
}

}  // namespace obengine
