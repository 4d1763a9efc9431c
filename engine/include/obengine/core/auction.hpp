// The uncross of a call auction: section 6 of the specification.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "obengine/core/symbol_book_ops.hpp"
#include "obengine/core/matching.hpp"

namespace obengine {

// An order that takes part.
struct Interest {
    Slot slot;
    Ticks price;
    std::uint32_t lots;
    std::uint32_t traded;
};

// What an uncross would do at one price.
struct AuctionOffer {
    Ticks price;
    std::int64_t volume;
    std::int64_t surplus;

    [[nodiscard]] std::int64_t imbalance() const noexcept { return surplus < 0 ? -surplus : surplus; }
};

// Displayed and hidden orders of a side at or better than `worst`, best first.
template <EventSink Sink>
[[nodiscard]] std::vector<Interest> interests(const Desk<Sink>& desk, std::uint32_t side, Key worst) {
    std::vector<Interest> found;
    const auto add = [&](Slot slot) {
        for (; slot != null_slot; slot = desk.node(slot).next) {
            found.push_back({slot, desk.node(slot).price, desk.open_lots(slot), 0});
        }
    };
    for (Key key = firm_front(desk.book, side); key >= worst && key != no_key; key = behind(desk.book, side, key)) {
        add(desk.book.ladder(side).head(key));
        if (desk.book.special() != nullptr) add(desk.book.special()->hidden[side].head(key));
    }
    return found;
}

// The offers at all limits of crossing orders, by rising price.
[[nodiscard]] inline std::vector<AuctionOffer> offers_of(const std::vector<Interest>& buys, const std::vector<Interest>& sells) {
    std::vector<AuctionOffer> offers;
    for (const Interest& buy : buys) offers.push_back({buy.price, 0, 0});
    for (const Interest& sell : sells) offers.push_back({sell.price, 0, 0});
    std::sort(offers.begin(), offers.end(), [](const auto& a, const auto& b) { return a.price < b.price; });
    const auto same = [](const auto& a, const auto& b) { return a.price == b.price; };
    offers.erase(std::unique(offers.begin(), offers.end(), same), offers.end());
    std::int64_t demand = 0;
    std::int64_t supply = 0;
    for (const Interest& buy : buys) demand += buy.lots;
    std::size_t gone = buys.size();
    std::size_t come = 0;
    for (AuctionOffer& offer : offers) {
        while (gone != 0 && buys[gone - 1].price < offer.price) demand -= buys[--gone].lots;
        while (come != sells.size() && sells[come].price <= offer.price) supply += sells[come++].lots;
        offer.volume = std::min(demand, supply);
        offer.surplus = demand - supply;
    }
    return offers;
}

// The auction price among offers by rising price; `reference` may be no_price.
[[nodiscard]] inline AuctionOffer best_offer(std::vector<AuctionOffer> offers, Ticks reference) {
    const auto most = std::max_element(offers.begin(), offers.end(), [](const auto& a, const auto& b) {
        return a.volume != b.volume ? a.volume < b.volume : a.imbalance() > b.imbalance();
    });
    const AuctionOffer wanted = *most;
    std::erase_if(offers, [&](const auto& offer) {
        return offer.volume != wanted.volume || offer.imbalance() != wanted.imbalance();
    });
    const auto all = [&](auto&& holds) { return std::all_of(offers.begin(), offers.end(), holds); };
    if (all([](const auto& offer) { return offer.surplus > 0; })) return offers.back();
    if (reference == no_price || all([](const auto& offer) { return offer.surplus < 0; })) return offers.front();
    const auto distance = [&](const AuctionOffer& offer) {
        const auto from = static_cast<std::uint64_t>(std::min(offer.price, reference));
        return static_cast<std::uint64_t>(std::max(offer.price, reference)) - from;
    };
    AuctionOffer nearest = offers.front();
    for (const AuctionOffer& offer : offers) {
        if (distance(offer) <= distance(nearest)) nearest = offer;
    }
    return nearest;
}

// Trades at one price everything that crosses, if anything does.
template <EventSink Sink>
void uncross(Desk<Sink>& desk, Ticks reference) {
    const Key bid = firm_front(desk.book, 0);
    const Key ask = firm_front(desk.book, 1);
    if (bid == no_key || ask == no_key || bid < -ask) return;
    // What does not reach the other side's best price cannot trade, and no price there can be the best.
    std::vector<Interest> sides[2] = {interests(desk, 0, -ask), interests(desk, 1, -bid)};
    const AuctionOffer best = best_offer(offers_of(sides[0], sides[1]), reference);
    const auto told = static_cast<std::uint32_t>(std::min<std::int64_t>(best.volume, max_lots));
    desk.tell(EventKind::auction_price, 0, told, 0, 0, best.price);
    auto buy = sides[0].begin();
    auto sell = sides[1].begin();
    for (std::int64_t left = best.volume; left != 0;) {
        const std::uint32_t pair = std::min(buy->lots - buy->traded, sell->lots - sell->traded);
        const auto lots = static_cast<std::uint32_t>(std::min<std::int64_t>(left, pair));
        desk.tell_trade(cross, lots, desk.node(buy->slot).id, desk.node(sell->slot).id, best.price);
        left -= lots;
        if ((buy->traded += lots) == buy->lots) ++buy;
        if ((sell->traded += lots) == sell->lots) ++sell;
    }
    // Only now do orders leave, buys first.
    for (const auto& side : sides) {
        for (const Interest& order : side) {
            if (order.traded != 0) desk.take(order.slot, order.traded);
        }
    }
}

}  // namespace obengine
