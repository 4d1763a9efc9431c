// The uncross of a call auction (section 6 of the specification).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "obengine/core/matching.hpp"
#include "obengine/core/symbol_book_ops.hpp"

namespace obengine {

// An order that takes part in the uncross.
struct AuctionOrder {
    Slot slot;
    Ticks price;  // of a market order: the worst price at which it may trade
    std::uint32_t lots;
    std::uint32_t traded;
    bool is_market;
};

// The worst price at which a market order may trade, as a key of its side.
[[nodiscard]] inline Key market_key(const SymbolBook& book, std::uint32_t side) noexcept {
    return book.auction_band() == nullptr ? max_price : key_of(book.auction_band()->worst(side), side);
}

// The result of an uncross at one price.
struct AuctionCandidate {
    Ticks price;
    std::int64_t volume;
    std::int64_t surplus;

    [[nodiscard]] std::int64_t imbalance() const noexcept { return surplus < 0 ? -surplus : surplus; }
};

// Calls visit(slot, key) for each order of a side that waits for the auction `ending`, oldest first: the imbalance-only
// orders, or all others.
template <class Visit>
void for_each_at_auction(const SharedState& shared, const SymbolBook& book, std::uint32_t side, std::optional<Queue> ending,
                         bool imbalance_only, Visit&& visit) {
    if (!ending || book.special() == nullptr) return;
    Slot slot = book.special()->at_auction(*ending).oldest(side);
    for (Slot newer; slot != null_slot; slot = newer) {
        const OrderAttributes& attributes = shared.attributes_pool[shared.pool.owner(slot)];
        newer = attributes.newer;
        if (attributes.order.is_imbalance_only() != imbalance_only) continue;
        const Ticks price = attributes.order.price;
        visit(slot, price == no_price ? market_key(book, side) : key_of(price, side));
    }
}

// The best key of the orders of a side that take part in an uncross, or no_key.
[[nodiscard]] inline Key best_auction_key(const SharedState& shared, const SymbolBook& book, std::uint32_t side,
                                          std::optional<Queue> ending) {
    Key best = best_firm_key(book, side);
    for_each_at_auction(shared, book, side, ending, false, [&](Slot, Key key) { best = std::max(best, key); });
    return best;
}

// The orders of a side that take part, at `worst` or better, in the order in which they trade.
[[nodiscard]] inline std::vector<AuctionOrder> auction_orders(const SharedState& shared, const SymbolBook& book,
                                                              std::uint32_t side, Key worst, std::optional<Queue> ending) {
    std::vector<AuctionOrder> found;
    const auto add = [&](Slot slot) {
        for (; slot != null_slot; slot = shared.pool[slot].next) {
            found.push_back({slot, shared.pool[slot].price, open_lots(shared, slot), 0, false});
        }
    };
    for (Key key = best_firm_key(book, side); key >= worst && key != no_key; key = next_key(book, side, key)) {
        add(book.ladder(side).head(key));
        if (book.special() != nullptr) add(book.special()->hidden[side].head(key));
    }
    const std::size_t firm = found.size();
    for_each_at_auction(shared, book, side, ending, false, [&](Slot slot, Key key) {
        const bool is_market = shared.pool[slot].price == no_price;
        if (key >= worst) found.push_back({slot, key_of(key, side), open_lots(shared, slot), 0, is_market});
    });
    if (found.size() != firm) {
        std::stable_sort(found.begin(), found.end(), [&](const AuctionOrder& a, const AuctionOrder& b) {
            if (a.is_market != b.is_market) return a.is_market;
            return key_of(a.price, side) > key_of(b.price, side);
        });
    }
    return found;
}

// The candidate prices, ascending: the limits of the crossing orders, and the reference price, if it is a price, if
// market orders take part on both sides.
[[nodiscard]] inline std::vector<AuctionCandidate> auction_candidates(const std::vector<AuctionOrder>& buys,
                                                                       const std::vector<AuctionOrder>& sells,
                                                                       Ticks reference) {
    std::vector<AuctionCandidate> candidates;
    for (const auto* side : {&buys, &sells}) {
        for (const AuctionOrder& order : *side) {
            if (!order.is_market) candidates.push_back({order.price, 0, 0});
        }
    }
    // Market orders are the first of their side.
    if (buys.front().is_market && sells.front().is_market && reference != no_price) candidates.push_back({reference, 0, 0});
    std::sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) { return a.price < b.price; });
    const auto same = [](const auto& a, const auto& b) { return a.price == b.price; };
    candidates.erase(std::unique(candidates.begin(), candidates.end(), same), candidates.end());
    std::int64_t demand = 0;
    std::int64_t supply = 0;
    for (const AuctionOrder& buy : buys) demand += buy.lots;
    std::size_t gone = buys.size();
    std::size_t come = 0;
    for (AuctionCandidate& candidate : candidates) {
        while (gone != 0 && buys[gone - 1].price < candidate.price) demand -= buys[--gone].lots;
        while (come != sells.size() && sells[come].price <= candidate.price) supply += sells[come++].lots;
        candidate.volume = std::min(demand, supply);
        candidate.surplus = demand - supply;
    }
    return candidates;
}

// What an auction at a price would give.
[[nodiscard]] inline AuctionCandidate auction_at(Ticks price, const std::vector<AuctionOrder>& buys,
                                                 const std::vector<AuctionOrder>& sells) noexcept {
    std::int64_t demand = 0;
    std::int64_t supply = 0;
    for (const AuctionOrder& buy : buys) demand += buy.price >= price ? buy.lots : 0;
    for (const AuctionOrder& sell : sells) supply += sell.price <= price ? sell.lots : 0;
    return {price, std::min(demand, supply), demand - supply};
}

// The reference price, if it is a price, rounded down to the price step and moved into the band.
[[nodiscard]] inline Ticks valid_reference(const SymbolBook& book, Ticks reference) noexcept {
    if (reference == no_price) return no_price;
    reference = book.rules().steps.floor(reference).value_or(min_price);
    const Band* const band = book.auction_band();
    return band == nullptr ? reference : std::clamp(reference, band->lower(), band->upper());
}

// Selects the auction price of crossing orders, if there is a candidate; `reference` may be no_price.
[[nodiscard]] inline std::optional<AuctionCandidate> choose_auction_price(const std::vector<AuctionOrder>& buys,
                                                                          const std::vector<AuctionOrder>& sells,
                                                                          Ticks reference) {
    std::vector<AuctionCandidate> candidates = auction_candidates(buys, sells, reference);
    if (candidates.empty()) return std::nullopt;
    const auto most = std::max_element(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) {
        return a.volume != b.volume ? a.volume < b.volume : a.imbalance() > b.imbalance();
    });
    const AuctionCandidate wanted = *most;
    if (wanted.volume == 0) return std::nullopt;
    std::erase_if(candidates, [&](const auto& candidate) {
        return candidate.volume != wanted.volume || candidate.imbalance() != wanted.imbalance();
    });
    const auto all = [&](auto&& holds) { return std::all_of(candidates.begin(), candidates.end(), holds); };
    if (all([](const auto& candidate) { return candidate.surplus > 0; })) return candidates.back();
    if (reference == no_price || all([](const auto& candidate) { return candidate.surplus < 0; })) return candidates.front();
    return auction_at(std::clamp(reference, candidates.front().price, candidates.back().price), buys, sells);
}

// The orders and the result of an uncross.
struct Auction {
    std::vector<AuctionOrder> sides[2];
    AuctionCandidate best;
};

// Appends the imbalance-only orders that trade to the side with fewer lots, all of whose orders that accept the price trade
// completely.
inline void offset_imbalance(const SharedState& shared, const SymbolBook& book, std::optional<Queue> ending, Auction& auction) {
    AuctionCandidate& best = auction.best;
    if (!ending || best.surplus == 0) return;
    const std::uint32_t side = best.surplus > 0 ? 1 : 0;
    std::vector<AuctionOrder>& orders = auction.sides[side];
    std::size_t trading = 0;
    for (std::int64_t left = best.volume; left != 0; ++trading) left -= orders[trading].lots;
    orders.resize(trading);
    for_each_at_auction(shared, book, side, ending, true, [&](Slot slot, Key key) {
        if (key >= key_of(best.price, side)) orders.push_back({slot, key_of(key, side), open_lots(shared, slot), 0, false});
    });
    std::stable_sort(orders.begin() + static_cast<std::ptrdiff_t>(trading), orders.end(), [&](const auto& a, const auto& b) {
        return key_of(a.price, side) > key_of(b.price, side);
    });
    std::int64_t offered = 0;
    for (std::size_t at = trading; at != orders.size(); ++at) offered += orders[at].lots;
    const std::int64_t offset = std::min(offered, best.imbalance());
    best.volume += offset;
    best.surplus += side == 0 ? offset : -offset;
}

// What an uncross would give, if the book is crossed; `ending` is the queue of the auction that ends, if one does.
[[nodiscard]] inline std::optional<Auction> find_auction(const SharedState& shared, const SymbolBook& book, Ticks reference,
                                                         std::optional<Queue> ending) {
    const Key bid = best_auction_key(shared, book, 0, ending);
    const Key ask = best_auction_key(shared, book, 1, ending);
    if (bid == no_key || ask == no_key || bid < -ask) return std::nullopt;
    // Orders that do not reach the opposite best price cannot trade, so their limits need no evaluation.
    Auction auction{{auction_orders(shared, book, 0, -ask, ending), auction_orders(shared, book, 1, -bid, ending)}, {}};
    const auto best = choose_auction_price(auction.sides[0], auction.sides[1], valid_reference(book, reference));
    if (!best) return std::nullopt;
    auction.best = *best;
    offset_imbalance(shared, book, ending, auction);
    return auction;
}

// Trades all crossing orders at one price and returns it. Does nothing if the book is not crossed.
template <EventSink Sink>
std::optional<Ticks> uncross(SymbolBookOps<Sink>& ops, Ticks reference, std::optional<Queue> ending) {
    std::optional<Auction> auction = find_auction(ops.shared, ops.book, reference, ending);
    if (!auction) return std::nullopt;
    auto& [sides, best] = *auction;
    const auto volume = static_cast<std::uint32_t>(std::min<std::int64_t>(best.volume, max_lots));
    ops.emit(EventKind::auction_price, 0, volume, 0, 0, best.price);
    auto buy = sides[0].begin();
    auto sell = sides[1].begin();
    for (std::int64_t left = best.volume; left != 0;) {
        const std::uint32_t pair = std::min(buy->lots - buy->traded, sell->lots - sell->traded);
        const auto lots = static_cast<std::uint32_t>(std::min<std::int64_t>(left, pair));
        ops.emit_trade(cross, lots, ops.node(buy->slot).id, ops.node(sell->slot).id, best.price);
        left -= lots;
        if ((buy->traded += lots) == buy->lots) ++buy;
        if ((sell->traded += lots) == sell->lots) ++sell;
    }
    // Orders are removed only after all trades, buys first.
    for (const auto& side : sides) {
        for (const AuctionOrder& order : side) {
            if (order.traded != 0) ops.fill(order.slot, order.traded);
        }
    }
    return best.price;
}

}  // namespace obengine
