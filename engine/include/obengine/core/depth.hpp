// The displayed levels of a book (L2), and what an auction would give.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "obengine/core/auction.hpp"
#include "obengine/core/engine.hpp"
#include "obengine/feeds/feed_books.hpp"
#include "obengine/io/messages.hpp"

namespace obengine {

struct LevelView {
    Ticks price_ticks;
    std::int64_t qty_lots;
    std::int64_t orders;
};

// The shown lots of a displayed order.
[[nodiscard]] inline std::uint32_t shown_lots(const SharedState& shared, Slot slot) noexcept {
    const Node& node = shared.pool[slot];
    return node.qty() != 0 ? node.qty() : shared.attributes_pool[shared.pool.owner(slot)].shown;
}

// The displayed level at `key`; it may have no orders.
[[nodiscard]] inline LevelView level_at(const Engine& engine, std::size_t symbol, std::uint32_t side, Key key) noexcept {
    LevelView view{key_of(key, side), 0, 0};
    for (Slot slot = engine.book(symbol).ladder(side).head(key); slot != null_slot; slot = engine.pool()[slot].next) {
        view.qty_lots += shown_lots(engine.shared(), slot);
        ++view.orders;
    }
    return view;
}

// The best `count` displayed levels of a side, best first.
[[nodiscard]] inline std::vector<LevelView> depth(const Engine& engine, std::size_t symbol, std::uint32_t side,
                                                  std::size_t count) {
    std::vector<LevelView> levels;
    const Ladder& ladder = engine.book(symbol).ladder(side);
    for (Key key = ladder.best(); key != no_key && levels.size() < count; key = ladder.below(key)) {
        levels.push_back(level_at(engine, symbol, side, key));
    }
    return levels;
}

// The same for the books of a market data feed.
[[nodiscard]] inline std::vector<LevelView> depth(const FeedBooks& books, std::uint16_t symbol, std::uint32_t side,
                                                  std::size_t count) {
    std::vector<LevelView> levels;
    const Ladder* const ladder = books.ladder(symbol, side);
    if (ladder == nullptr) return levels;
    for (Key key = ladder->best(); key != no_key && levels.size() < count; key = ladder->below(key)) {
        LevelView view{key_of(key, side), 0, 0};
        for (Slot slot = ladder->head(key); slot != null_slot; slot = books.pool()[slot].next) {
            view.qty_lots += books.pool()[slot].qty();
            ++view.orders;
        }
        levels.push_back(view);
    }
    return levels;
}

// What the uncross of a symbol would give now, if anything; `reference` as in the STATE command that would open it.
[[nodiscard]] inline std::optional<AuctionCandidate> indication(const Engine& engine, std::size_t symbol, Ticks reference) {
    const SymbolBook& book = engine.book(symbol);
    const auto found = find_auction(engine.shared(), book, reference == no_price ? book.last : reference, book.auction_queue());
    return found ? std::optional(found->best) : std::nullopt;
}

}  // namespace obengine
