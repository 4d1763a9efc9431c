// The books of all symbols as reported by a market data feed; nothing is matched.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "obengine/containers/id_table.hpp"
#include "obengine/containers/node_pool.hpp"
#include "obengine/containers/price_ladder.hpp"
#include "obengine/feeds/itch50.hpp"

namespace obengine {

// Counts of invalid messages; they have no effect.
struct FeedFaults {
    std::uint64_t unknown_order = 0;
    std::uint64_t duplicate_order = 0;
    std::uint64_t bad_quantity = 0;  // none, above 2^31 - 1, or above the open lots (the order is then removed)
    std::uint64_t bad_side = 0;

    [[nodiscard]] std::uint64_t all() const noexcept {
        return unknown_order + duplicate_order + bad_quantity + bad_side;
    }
};

// Order ids are unique over all symbols; prices are in the feed's units.
class FeedBooks {
public:
    explicit FeedBooks(const LadderLimits& limits = {.first_bits = 12, .max_bits = 18}, unsigned id_cell_bits = 18)
        : ids_(id_cell_bits), limits_(limits) {}

    void add(std::uint16_t symbol, OrderId id, std::uint32_t side, std::uint32_t lots, Ticks price) {
        if (side > 1) [[unlikely]] return void(++faults_.bad_side);
        if (lots - 1 >= most_lots) [[unlikely]] return void(++faults_.bad_quantity);
        Slot* const cell = ids_.cell(id);
        if (*cell != null_slot && ids_.find(pool_, id) != null_slot) [[unlikely]] return void(++faults_.duplicate_order);
        rest(symbol, cell, id, side, lots, price);
    }

    // Lots of an order were traded or cancelled.
    void reduce(OrderId id, std::uint32_t lots) {
        Slot* const link = ids_.locate(pool_, id);
        if (*link == null_slot) [[unlikely]] return void(++faults_.unknown_order);
        Node& order = pool_[*link];
        if (lots < order.qty()) {
            order.qty_and_side -= lots;
            faults_.bad_quantity += lots == 0;
            return;
        }
        faults_.bad_quantity += lots > order.qty();
        erase(link);
    }

    void remove(OrderId id) {
        Slot* const link = ids_.locate(pool_, id);
        if (*link == null_slot) [[unlikely]] return void(++faults_.unknown_order);
        erase(link);
    }

    // Replaces an order by another of the same side and symbol.
    void replace(OrderId id, OrderId new_id, std::uint32_t lots, Ticks price) {
        Slot* const link = ids_.locate(pool_, id);
        if (*link == null_slot) [[unlikely]] return void(++faults_.unknown_order);
        const std::uint32_t side = pool_[*link].side();
        const auto symbol = static_cast<std::uint16_t>(pool_.owner(*link));
        if (lots - 1 >= most_lots) [[unlikely]] return void(++faults_.bad_quantity);
        if (new_id != id && ids_.find(pool_, new_id) != null_slot) [[unlikely]] return void(++faults_.duplicate_order);
        erase(link);
        rest(symbol, ids_.cell(new_id), new_id, side, lots, price);
    }

    [[nodiscard]] const FeedFaults& faults() const noexcept { return faults_; }
    [[nodiscard]] std::size_t open_orders() const noexcept { return pool_.open(); }
    [[nodiscard]] const NodePool& pool() const noexcept { return pool_; }
    // The slot of an open order, or null_slot.
    [[nodiscard]] Slot find(OrderId id) const noexcept { return ids_.find(pool_, id); }
    // A side of a symbol; nullptr if the symbol never had orders.
    [[nodiscard]] const Ladder* ladder(std::uint16_t symbol, std::uint32_t side) const noexcept {
        return symbol >= books_.size() || books_[symbol] == nullptr ? nullptr : &books_[symbol]->sides[side];
    }

    void prefetch_cell(OrderId id) const noexcept { ids_.prefetch(id); }
    void prefetch_order(OrderId id) const noexcept { pool_.prefetch(ids_.hint(id)); }

private:
    static constexpr std::uint32_t most_lots = 0x7FFF'FFFF;

    struct Book {
        explicit Book(const LadderLimits& limits) : sides{Ladder(limits), Ladder(limits)} {}
        std::array<Ladder, 2> sides;
    };

    [[nodiscard]] Ladder& make_ladder(std::uint32_t symbol, std::uint32_t side) {
        if (symbol >= books_.size()) [[unlikely]] books_.resize(symbol + 1);
        if (books_[symbol] == nullptr) [[unlikely]] books_[symbol] = std::make_unique<Book>(limits_);
        return books_[symbol]->sides[side];
    }

    void rest(std::uint16_t symbol, Slot* cell, OrderId id, std::uint32_t side, std::uint32_t lots, Ticks price) {
        const Slot slot = pool_.allocate();
        Node& node = pool_[slot];
        node.id = id;
        node.price = price;
        node.qty_and_side = Node::pack(lots, side);
        pool_.owner(slot) = symbol;
        ids_.insert(pool_, cell, slot);
        make_ladder(symbol, side).append(pool_, slot, key_of(price, side));
    }

    void erase(Slot* link) {
        const Slot slot = *link;
        const Node& node = pool_[slot];
        *link = node.chain;
        books_[pool_.owner(slot)]->sides[node.side()].unlink(pool_, slot, key_of(node.price, node.side()));
        pool_.release(slot);
    }

    NodePool pool_;
    IdTable ids_;
    std::vector<std::unique_ptr<Book>> books_;
    LadderLimits limits_;
    FeedFaults faults_;
};

namespace itch50 {

// Builds books from ITCH messages; the symbol is the stock locate.
class BookBuilder {
public:
    explicit BookBuilder(FeedBooks& books) : books_(books) {}

    void prefetch_early(Message message) const noexcept {
        if (message.is_order_message()) books_.prefetch_cell(message.order_id());
    }
    void prefetch_late(Message message) const noexcept {
        if (message.is_order_message()) books_.prefetch_order(message.order_id());
    }
    void handle(Message message) {
        switch (message.type()) {
            case 'A':
            case 'F':
                return books_.add(message.locate(), message.order_id(), message.side(), message.added_lots(), message.added_price());
            case 'E':
            case 'C':
            case 'X': return books_.reduce(message.order_id(), message.reduced_lots());
            case 'D': return books_.remove(message.order_id());
            case 'U': return books_.replace(message.order_id(), message.new_id(), message.new_lots(), message.new_price());
            default: return;
        }
    }

private:
    FeedBooks& books_;
};

}  // namespace itch50
}  // namespace obengine
