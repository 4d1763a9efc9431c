// Operations on the open orders of one symbol, of any kind, which also emit the events.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "obengine/core/expiry.hpp"
#include "obengine/core/orders.hpp"
#include "obengine/core/symbol_book.hpp"
#include "obengine/core/trade_window.hpp"
#include "obengine/io/event_sink.hpp"
#include "obengine/io/messages.hpp"

namespace obengine {

// State that the books of an engine share.
struct SharedState {
    NodePool pool;
    OrderAttributesPool attributes_pool;
    ExpiryList expiries;
    TradeWindow window;
    std::uint64_t sequence = 0;  // of the next event; while a batch is applied, less the size of its sink
    std::vector<Slot> cancelling;  // orders to be cancelled together
    std::vector<Share> shares;     // of the level at which a taker trades pro rata
    std::vector<Order> elected;  // elected stops that are not triggered yet
    std::uint64_t arrivals = 0;  // number of stops so far
};

// The open lots of an order, shown lots and reserve.
[[nodiscard]] inline std::uint32_t open_lots(const SharedState& shared, Slot slot) noexcept {
    const std::uint32_t plain = shared.pool[slot].qty();
    return plain != 0 ? plain : shared.attributes_pool[shared.pool.owner(slot)].order.open;
}

template <EventSink Sink>
class SymbolBookOps {
public:
    SymbolBookOps(SharedState& shared_parts, SymbolBook& symbol_book, std::uint16_t symbol_index, Sink& events)
        : shared(shared_parts), book(symbol_book), symbol(symbol_index), sink_(events) {}

    SharedState& shared;
    SymbolBook& book;
    const std::uint16_t symbol;

    void emit(EventKind kind, std::uint32_t detail, std::uint32_t qty, OrderId id, std::uint64_t other, Ticks price) {
        reserve_events(sink_, 1);
        sink_.push(Event::of(kind, detail, symbol, qty, id, other, price));
    }

    // Emits a trade and records its price for the stops.
    void emit_trade(std::uint32_t detail, std::uint32_t lots, OrderId taker, OrderId maker, Ticks price) {
        if (shared.window.size() != 0) {
            shared.window.add({shared.sequence + sink_.size(), price, lots, symbol, static_cast<std::uint8_t>(detail), 0});
        }
        emit(EventKind::traded, detail, lots, taker, maker, price);
        book.last = price;
        if (book.first_unseen == no_price) book.first_unseen = price;
    }

    [[nodiscard]] Node& node(Slot slot) const noexcept { return shared.pool[slot]; }
    // The attributes of an open order; nullptr for a plain order.
    [[nodiscard]] OrderAttributes* attributes(Slot slot) const noexcept {
        return node(slot).qty() != 0 ? nullptr : &shared.attributes_pool[shared.pool.owner(slot)];
    }
    [[nodiscard]] std::uint32_t open_lots(Slot slot) const noexcept { return obengine::open_lots(shared, slot); }
    [[nodiscard]] std::uint32_t shown_lots(Slot slot) const noexcept {
        const OrderAttributes* const special = attributes(slot);
        return special == nullptr ? node(slot).qty() : special->shown;
    }
    [[nodiscard]] std::uint32_t participant(Slot slot) const noexcept {
        const OrderAttributes* const special = attributes(slot);
        return special == nullptr ? shared.pool.owner(slot) : special->order.participant;
    }
    [[nodiscard]] bool is_waiting(Slot slot) const noexcept {
        const OrderAttributes* const special = attributes(slot);
        return special != nullptr && special->is_waiting;
    }

    [[nodiscard]] Ladder& ladder(std::uint32_t side, Queue queue) const noexcept {
        if (queue == Queue::displayed) return book.ladder(side);
        return queue == Queue::hidden ? book.special()->hidden[side] : book.special()->conditional[side];
    }

    // Whether the order is in no level: a waiting stop, or an order that waits for an auction.
    [[nodiscard]] bool is_outside_levels(Slot slot) const noexcept { return is_waiting(slot) || is_at_auction(slot); }
    [[nodiscard]] bool is_at_auction(Slot slot) const noexcept {
        const OrderAttributes* const special = attributes(slot);
        return special != nullptr && obengine::is_at_auction(special->order.tif);
    }

    // An open order with all its attributes.
    [[nodiscard]] Order order(Slot slot) const noexcept {
        if (const OrderAttributes* const special = attributes(slot)) return special->order;
        Order plain;
        plain.id = node(slot).id;
        plain.price = node(slot).price;
        plain.open = node(slot).qty();
        plain.participant = shared.pool.owner(slot);
        plain.side = static_cast<std::uint8_t>(node(slot).side());
        return plain;
    }

    // Appends an order to its queue, or to those that wait for an auction; returns its slot.
    Slot rest(const Order& order) {
        const Queue queue = order.queue();
        if (obengine::is_at_auction(order.tif)) {
            const Slot slot = insert(order);
            book.make_special().at_auction(queue).append(shared.pool, shared.attributes_pool, slot);
            return slot;
        }
        if (queue != Queue::displayed) static_cast<void>(book.make_special());
        const Slot slot = insert(order);
        const Key key = key_of(order.price, order.side);
        if (queue == Queue::displayed) note_top_order(order.side, key, slot);
        ladder(order.side, queue).append(shared.pool, slot, key);
        if (book.special() != nullptr) book.special()->note_rest(order.side, queue, key, order.open);
        return slot;
    }

    // Adds a waiting stop.
    void add_waiting_stop(Order& order) {
        order.arrival = shared.arrivals++;
        const Slot slot = insert(order);
        book.make_special().stops.add(shared.pool, shared.attributes_pool, slot);
    }

    // Removes an open order from the book.
    void remove(Slot slot) {
        const Node& gone = node(slot);
        drop_top_order(gone.side(), slot);
        book.ids().erase(shared.pool, slot);
        if (const OrderAttributes* const special = attributes(slot)) {
            if (special->is_waiting) {
                book.special()->stops.remove(shared.pool, shared.attributes_pool, slot);
            } else if (obengine::is_at_auction(special->order.tif)) {
                book.special()->at_auction(special->order.queue()).remove(shared.pool, shared.attributes_pool, slot);
            } else {
                note_if_conditional(special->order);
                ladder(gone.side(), special->order.queue()).unlink(shared.pool, slot, key_of(gone.price, gone.side()));
            }
            if (special->order.tif == TimeInForce::gtd) shared.expiries.remove_one();
            shared.attributes_pool.release(shared.pool.owner(slot));
            --book.special_orders;
        } else {
            book.ladder(gone.side()).unlink(shared.pool, slot, key_of(gone.price, gone.side()));
        }
        shared.pool.release(slot);
    }

    // Reduces an order to `lots`, at most its open lots, in place; the reserve is reduced first.
    void shrink(Slot slot, std::uint32_t lots) noexcept {
        if (OrderAttributes* const special = attributes(slot)) {
            note_if_conditional(special->order);
            special->order.open = lots;
            special->shown = std::min(special->shown, lots);
        } else {
            node(slot).qty_and_side = Node::pack(lots, node(slot).side());
        }
    }

    // Emits a trade of a resting order and fills it. Returns whether it was refilled.
    bool trade(std::uint32_t detail, std::uint32_t lots, OrderId taker, Slot maker) {
        emit_trade(detail, lots, taker, node(maker).id, node(maker).price);
        return fill(maker, lots);
    }

    // Removes traded lots from a resting order, shown lots first. Returns whether it was refilled.
    bool fill(Slot slot, std::uint32_t lots) {
        const std::uint32_t left = open_lots(slot) - lots;
        OrderAttributes* const special = attributes(slot);
        if (special != nullptr) special->order.filled += lots;
        if (left == 0) {
            remove(slot);
        } else if (special == nullptr) {
            shrink(slot, left);
        } else {
            note_if_conditional(special->order);
            special->order.open = left;
            if (lots >= special->shown) return refill(slot, *special);
            special->shown -= lots;
        }
        return false;
    }

    // Cancels lots of an open order, at most its open lots.
    void cancel_lots(Slot slot, std::uint32_t lots, CancelReason reason) {
        const Node& order = node(slot);
        emit(EventKind::cancelled, code(reason), lots, order.id, 0, order.price);
        const std::uint32_t left = open_lots(slot) - lots;
        if (left == 0) {
            remove(slot);
        } else {
            shrink(slot, left);
        }
    }

private:
    void note_if_conditional(const Order& order) noexcept {
        if (order.tif == TimeInForce::aon) book.special()->note_conditional_change();
    }

    // Gives an order that comes to rest displayed the status of the top order if it betters its side.
    void note_top_order(std::uint32_t side, Key key, Slot slot) noexcept {
        ProRata* const rule = book.pro_rata();
        if (rule != nullptr && book.state == TradingState::open && key > book.ladder(side).best()) rule->top[side] = slot;
    }

    void drop_top_order(std::uint32_t side, Slot slot) noexcept {
        ProRata* const rule = book.pro_rata();
        if (rule != nullptr && rule->top[side] == slot) rule->top[side] = null_slot;
    }

    // Allocates a slot, attributes if the order is special, and an id entry.
    [[nodiscard]] Slot insert(const Order& order) {
        const bool plain = order.is_plain() && !is_stop(order.kind);
        const Slot slot = shared.pool.allocate();
        Node& fresh = node(slot);
        fresh.id = order.id;
        fresh.price = order.price;
        fresh.qty_and_side = Node::pack(plain ? order.open : 0, order.side);
        if (plain) {
            shared.pool.owner(slot) = order.participant;
        } else {
            OrderAttributes special;
            special.order = order;
            special.shown = order.display != 0 ? std::min(order.display, order.open) : order.open;
            shared.pool.owner(slot) = shared.attributes_pool.allocate(special);
            ++book.special_orders;
            if (order.tif == TimeInForce::gtd) shared.expiries.add({order.expiry_ns, order.id, symbol});
        }
        book.ids().insert(shared.pool, book.ids().cell(order.id), slot);
        return slot;
    }

    [[nodiscard]] bool refill(Slot slot, OrderAttributes& special) {
        const Node& iceberg = node(slot);
        special.shown = std::min(special.order.display, special.order.open);
        drop_top_order(iceberg.side(), slot);
        if (iceberg.next != null_slot) {
            const Key key = key_of(iceberg.price, iceberg.side());
            book.ladder(iceberg.side()).unlink(shared.pool, slot, key);
            book.ladder(iceberg.side()).append(shared.pool, slot, key);
        }
        emit(EventKind::refilled, iceberg.side(), special.shown, iceberg.id, 0, iceberg.price);
        return true;
    }

    Sink& sink_;
};

}  // namespace obengine
