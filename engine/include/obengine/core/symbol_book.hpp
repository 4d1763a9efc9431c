// The book of one symbol: ladders, order ids and trading state, with fast operations for plain orders.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "obengine/containers/id_table.hpp"
#include "obengine/containers/node_pool.hpp"
#include "obengine/containers/price_ladder.hpp"
#include "obengine/core/arrival_list.hpp"
#include "obengine/core/stops.hpp"
#include "obengine/core/symbol_rules.hpp"
#include "obengine/io/event_sink.hpp"
#include "obengine/io/messages.hpp"

namespace obengine {

// Initial and maximum memory of a book.
struct BookLimits {
    LadderLimits ladder{};
    unsigned id_cell_bits = 13;

    // With many symbols, each book gets less memory.
    [[nodiscard]] static BookLimits for_symbols(std::size_t symbols) noexcept {
        if (symbols <= 4) return {};
        if (symbols <= 256) return {.ladder = {.first_bits = 8, .max_bits = 16}, .id_cell_bits = 10};
        return {.ladder = {.first_bits = 7, .max_bits = 13}, .id_cell_bits = 10};
    }
};

// An arriving plain order. `reach` is the worst opposite key that it trades at, no_key without a limit.
struct Arrival {
    std::uint32_t side;
    std::uint16_t symbol;
    OrderId id;
    Key reach;
};

// Whether the resting AON orders of a side could have become fillable since they last looked at the other side.
struct ConditionalWatch {
    bool must_look = true;
    std::uint64_t added = 0;    // lots that came to rest within the limit of one of them
    std::uint64_t look_at = 0;  // they need not look before `added` reaches this,
    Key next = no_key;          // or before the best key of the other side reaches this
};

// The queues that only special orders need.
struct SpecialQueues {
    explicit SpecialQueues(const LadderLimits& limits)
        : hidden{Ladder(limits), Ladder(limits)}, conditional{Ladder(limits), Ladder(limits)}, stops(limits) {}

    Ladder hidden[2];
    Ladder conditional[2];
    WaitingStops stops;
    ArrivalList on_open;
    ArrivalList on_close;
    ConditionalWatch watches[2];

    // The orders that wait for an auction, Queue::on_open or on_close.
    [[nodiscard]] const ArrivalList& at_auction(Queue queue) const noexcept { return queue == Queue::on_open ? on_open : on_close; }
    [[nodiscard]] ArrivalList& at_auction(Queue queue) noexcept { return queue == Queue::on_open ? on_open : on_close; }

    // An order has come to rest.
    void note_rest(std::uint32_t side, Queue queue, Key key, std::uint32_t lots) noexcept {
        if (queue == Queue::conditional) return note_conditional_change();
        const Key best = conditional[side ^ 1U].best();
        if (best != no_key && key >= -best) watches[side ^ 1U].added += lots;
    }

    // An AON order has come, gone or shrunk, which can make others fillable in many ways.
    void note_conditional_change() noexcept { watches[0].must_look = watches[1].must_look = true; }
};

class SymbolBook {
    // The fields before the ladders fill one cache line, and each ladder has one for the common commands.
    IdTable ids_;

public:
    explicit SymbolBook(const BookLimits& limits)
        : ids_(limits.id_cell_bits), sides_{Ladder(limits.ladder), Ladder(limits.ladder)}, special_limits_(limits.ladder) {
        special_limits_.first_bits = std::min(special_limits_.first_bits, 9U);
    }

    // The displayed orders of a side.
    [[nodiscard]] const Ladder& ladder(std::uint32_t side) const noexcept { return sides_[side]; }
    [[nodiscard]] Ladder& ladder(std::uint32_t side) noexcept { return sides_[side]; }
    // The queues of special orders; nullptr until the first special order.
    [[nodiscard]] const SpecialQueues* special() const noexcept { return special_.get(); }
    [[nodiscard]] SpecialQueues* special() noexcept { return special_.get(); }
    [[nodiscard]] SpecialQueues& make_special() {
        if (special_ == nullptr) special_ = std::make_unique<SpecialQueues>(special_limits_);
        return *special_;
    }
    [[nodiscard]] const IdTable& ids() const noexcept { return ids_; }
    [[nodiscard]] IdTable& ids() noexcept { return ids_; }

    [[nodiscard]] bool has_rules() const noexcept { return rules_ != nullptr; }
    [[nodiscard]] const SymbolRules& rules() const noexcept { return rules_ == nullptr ? no_rules : *rules_; }
    void set_rules(const SymbolRules& rules) {
        rules_ = rules.any() ? std::make_unique<SymbolRules>(rules) : nullptr;
    }
    void set_timer(const std::optional<Timer>& timer) {
        SymbolRules changed = rules();
        changed.timer = timer;
        set_rules(changed);
    }
    // The parameters of pro-rata matching and the top orders; nullptr if orders match by time.
    [[nodiscard]] ProRata* pro_rata() noexcept {
        return rules_ != nullptr && rules_->pro_rata ? &*rules_->pro_rata : nullptr;
    }

    // The price band, if there is one that holds in auctions.
    [[nodiscard]] const Band* auction_band() const noexcept {
        return rules_ != nullptr && rules_->band.mode == BandMode::reject ? &rules_->band : nullptr;
    }
    // The price band, if there is one that holds in the trading state.
    [[nodiscard]] const Band* band() const noexcept {
        if (rules_ == nullptr || !rules_->band.is_set()) return nullptr;
        return rules_->band.mode == BandMode::reject || state == TradingState::open ? &rules_->band : nullptr;
    }

    // Whether the fast path may handle this book: OPEN, without special orders and without rules.
    [[nodiscard]] bool is_plain() const noexcept {
        return state == TradingState::open && has_plain_orders();
    }
    // The same in an AUCTION, where arriving orders rest without matching, as in the replay of a feed.
    [[nodiscard]] bool is_plain_auction() const noexcept {
        return state == TradingState::auction && has_plain_orders();
    }

    // The queue of the orders that wait for the auction that runs, if one runs.
    [[nodiscard]] std::optional<Queue> auction_queue() const noexcept {
        if (state != TradingState::auction) return std::nullopt;
        return closing ? Queue::on_close : Queue::on_open;
    }

    TradingState state = TradingState::open;
    bool counted_as_plain = true;        // as counted by the engine
    bool closing = false;                // whether the auction that runs is the closing one
    std::uint32_t special_orders = 0;    // open orders with attributes
    Ticks last = no_price;               // price of the last trade, or no_price
    Ticks first_unseen = no_price;       // price of the first trade that waiting stops have not seen

    // Trades against the opposite side while its best key is within reach; returns the remaining lots. Only for
    // plain books.
    template <EventSink Sink>
    [[nodiscard, gnu::noinline]] std::uint32_t match(NodePool& pool, const Arrival& taker, std::uint32_t qty, Sink& sink) {
        Ladder& makers = sides_[taker.side ^ 1];
        for (Key key = makers.best(); key >= taker.reach && key != no_key; key = makers.best()) {
            Level& level = makers.at(key);
            Slot slot = level.head;
            do {
                Node& maker = pool[slot];
                const std::uint32_t open = maker.qty();
                const std::uint32_t filled = qty < open ? qty : open;
                sink.push(
                    Event::of(EventKind::traded, taker.side, taker.symbol, filled, taker.id, maker.id, maker.price));
                last = maker.price;
                qty -= filled;
                if (filled < open) {
                    maker.qty_and_side -= filled;
                    break;
                }
                const Slot following = maker.next;
                ids_.erase(pool, slot);
                pool.release(slot);
                slot = following;
            } while (slot != null_slot && qty != 0);
            level.head = slot;
            pool[slot].prev = null_slot;
            if (slot == null_slot) {
                level.tail = null_slot;
                makers.vacate(key);
            }
            if (qty == 0) break;
        }
        return qty;
    }

    // Appends an order to the queue of its price; `cell` is the table cell of its id.
    [[gnu::always_inline]] void rest(NodePool& pool, Slot* cell, OrderId id, Ticks price, std::uint32_t qty, Key key,
                                     std::uint32_t side, std::uint32_t owner) {
        const Slot slot = pool.allocate();
        Node& node = pool[slot];
        node.id = id;
        node.price = price;
        node.qty_and_side = Node::pack(qty, side);
        pool.owner(slot) = owner;
        ids_.insert(pool, cell, slot);
        sides_[side].append(pool, slot, key);
    }

    // Removes the open order that `link` points to.
    [[gnu::always_inline]] void remove(NodePool& pool, Slot* link) {
        const Slot slot = *link;
        const Node& node = pool[slot];
        const std::uint32_t side = node.side();
        *link = node.chain;
        sides_[side].unlink(pool, slot, key_of(node.price, side));
        pool.release(slot);
    }

    // Prefetches what a later command with this id will access, in two steps: the second step needs the result
    // of the first.
    void prefetch_cell(OrderId id) const noexcept { ids_.prefetch(id); }
    void prefetch_order(const NodePool& pool, OrderId id) const noexcept { pool.prefetch(ids_.hint(id)); }

    // The same for the book itself, before prefetch_cell().
    void prefetch_header() const noexcept {
        __builtin_prefetch(this, 1);
        __builtin_prefetch(&sides_[0], 1);
        __builtin_prefetch(&sides_[1], 1);
    }
    // The level at which an order would rest.
    [[gnu::always_inline]] void prefetch_level(std::uint32_t side, Ticks price) const noexcept {
        sides_[side].prefetch_level(key_of(price, side));
    }

private:
    [[nodiscard]] bool has_plain_orders() const noexcept {
        return special_orders == 0 && rules_ == nullptr;
    }

    Ladder sides_[2];
    std::unique_ptr<SpecialQueues> special_;
    std::unique_ptr<SymbolRules> rules_;
    LadderLimits special_limits_;
};

}  // namespace obengine
