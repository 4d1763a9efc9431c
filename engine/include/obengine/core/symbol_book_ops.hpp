// One symbol at work: what can be done to one of its open orders, whatever its kind, and told of it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "obengine/core/expiry.hpp"
#include "obengine/io/messages.hpp"
#include "obengine/io/event_sink.hpp"
#include "obengine/core/symbol_book.hpp"
#include "obengine/core/orders.hpp"

namespace obengine {

// What all books of an engine share.
struct Shared {
    NodePool pool;
    TicketPool tickets;
    ExpiryList expiries;
    std::vector<Order> elected;  // stops that left the waiting ones and have not been triggered yet
    std::uint64_t arrivals = 0;  // stops so far
};

template <EventSink Sink>
class Desk {
public:
    Desk(Shared& shared_parts, SymbolBook& symbol_book, std::uint16_t symbol_index, Sink& events)
        : shared(shared_parts), book(symbol_book), symbol(symbol_index), sink_(events) {}

    Shared& shared;
    SymbolBook& book;
    const std::uint16_t symbol;

    void tell(EventKind kind, std::uint32_t detail, std::uint32_t qty, OrderId id, std::uint64_t other, Ticks price) {
        make_room(sink_, 1);
        sink_.push(Event::of(kind, detail, symbol, qty, id, other, price));
    }

    // Tells a trade, and keeps its price for the stops.
    void tell_trade(std::uint32_t detail, std::uint32_t lots, OrderId taker, OrderId maker, Ticks price) {
        tell(EventKind::traded, detail, lots, taker, maker, price);
        book.last = price;
        if (book.first_unseen == no_price) book.first_unseen = price;
    }

    [[nodiscard]] Node& node(Slot slot) const noexcept { return shared.pool[slot]; }
    // The ticket of an open order, or nullptr of a plain one.
    [[nodiscard]] Ticket* ticket(Slot slot) const noexcept {
        return node(slot).qty() != 0 ? nullptr : &shared.tickets[shared.pool.owner(slot)];
    }
    [[nodiscard]] std::uint32_t open_lots(Slot slot) const noexcept {
        const Ticket* const special = ticket(slot);
        return special == nullptr ? node(slot).qty() : special->order.open;
    }
    [[nodiscard]] std::uint32_t shown_lots(Slot slot) const noexcept {
        const Ticket* const special = ticket(slot);
        return special == nullptr ? node(slot).qty() : special->shown;
    }
    [[nodiscard]] std::uint32_t participant(Slot slot) const noexcept {
        const Ticket* const special = ticket(slot);
        return special == nullptr ? shared.pool.owner(slot) : special->order.participant;
    }
    [[nodiscard]] bool waits(Slot slot) const noexcept {
        const Ticket* const special = ticket(slot);
        return special != nullptr && special->waits;
    }

    [[nodiscard]] Ladder& ladder(std::uint32_t side, Queue queue) const noexcept {
        if (queue == Queue::displayed) return book.ladder(side);
        return queue == Queue::hidden ? book.special()->hidden[side] : book.special()->conditional[side];
    }

    // An open order in full.
    [[nodiscard]] Order order(Slot slot) const noexcept {
        if (const Ticket* const special = ticket(slot)) return special->order;
        Order plain;
        plain.id = node(slot).id;
        plain.price = node(slot).price;
        plain.open = node(slot).qty();
        plain.participant = shared.pool.owner(slot);
        plain.side = static_cast<std::uint8_t>(node(slot).side());
        return plain;
    }

    // Puts an order last in its queue; returns its slot.
    Slot rest(const Order& order) {
        const Queue queue = order.queue();
        if (queue != Queue::displayed) static_cast<void>(book.make_special());
        const Slot slot = enter(order);
        ladder(order.side, queue).append(shared.pool, slot, key_of(order.price, order.side));
        return slot;
    }

    // Lets a stop wait that has seen a price, or no_price.
    void wait(Order& order, Ticks seen) {
        order.arrival = shared.arrivals++;
        const Slot slot = enter(order);
        book.make_special().stops.add(shared.pool, shared.tickets, slot, seen);
    }

    // Takes an open order off the book.
    void remove(Slot slot) {
        const Node& gone = node(slot);
        book.ids().erase(shared.pool, slot);
        if (const Ticket* const special = ticket(slot)) {
            if (special->waits) {
                book.special()->stops.remove(shared.pool, shared.tickets, slot);
            } else {
                ladder(gone.side(), special->order.queue()).unlink(shared.pool, slot, key_of(gone.price, gone.side()));
            }
            if (special->order.tif == TimeInForce::gtd) shared.expiries.forget_one();
            shared.tickets.give_back(shared.pool.owner(slot));
            --book.special_orders;
        } else {
            book.ladder(gone.side()).unlink(shared.pool, slot, key_of(gone.price, gone.side()));
        }
        shared.pool.give_back(slot);
    }

    // Leaves an order `lots`, at most its open lots, in its place: the reserve goes first.
    void shrink(Slot slot, std::uint32_t lots) noexcept {
        if (Ticket* const special = ticket(slot)) {
            special->order.open = lots;
            special->shown = std::min(special->shown, lots);
        } else {
            node(slot).qty_and_side = Node::pack(lots, node(slot).side());
        }
    }

    // A trade of a resting order, of at most its open lots: shown ones first. Whether it was refilled.
    bool trade(std::uint32_t detail, std::uint32_t lots, OrderId taker, Slot maker) {
        tell_trade(detail, lots, taker, node(maker).id, node(maker).price);
        return take(maker, lots);
    }

    // Takes traded lots from a resting order. Whether it was refilled.
    bool take(Slot slot, std::uint32_t lots) {
        const std::uint32_t left = open_lots(slot) - lots;
        Ticket* const special = ticket(slot);
        if (left == 0) {
            remove(slot);
        } else if (special == nullptr) {
            shrink(slot, left);
        } else {
            special->order.open = left;
            if (lots >= special->shown) return refill(slot, *special);
            special->shown -= lots;
        }
        return false;
    }

    // Cancels lots of an open order, at most those it has.
    void withdraw(Slot slot, std::uint32_t lots, CancelReason reason) {
        const Node& order = node(slot);
        tell(EventKind::cancelled, code(reason), lots, order.id, 0, order.price);
        const std::uint32_t left = open_lots(slot) - lots;
        if (left == 0) {
            remove(slot);
        } else {
            shrink(slot, left);
        }
    }

private:
    // Gives an order a slot, a ticket unless it is plain, and its id.
    [[nodiscard]] Slot enter(const Order& order) {
        const bool plain = order.is_plain() && !is_stop(order.kind);
        const Slot slot = shared.pool.take();
        Node& fresh = node(slot);
        fresh.id = order.id;
        fresh.price = order.price;
        fresh.qty_and_side = Node::pack(plain ? order.open : 0, order.side);
        if (plain) {
            shared.pool.owner(slot) = order.participant;
        } else {
            Ticket special;
            special.order = order;
            special.shown = order.display != 0 ? std::min(order.display, order.open) : order.open;
            shared.pool.owner(slot) = shared.tickets.take(special);
            ++book.special_orders;
            if (order.tif == TimeInForce::gtd) shared.expiries.add({order.expiry_ns, order.id, symbol});
        }
        book.ids().insert(shared.pool, book.ids().cell(order.id), slot);
        return slot;
    }

    [[nodiscard]] bool refill(Slot slot, Ticket& special) {
        const Node& iceberg = node(slot);
        special.shown = std::min(special.order.display, special.order.open);
        if (iceberg.next != null_slot) {
            const Key key = key_of(iceberg.price, iceberg.side());
            book.ladder(iceberg.side()).unlink(shared.pool, slot, key);
            book.ladder(iceberg.side()).append(shared.pool, slot, key);
        }
        tell(EventKind::refilled, iceberg.side(), special.shown, iceberg.id, 0, iceberg.price);
        return true;
    }

    Sink& sink_;
};

}  // namespace obengine
