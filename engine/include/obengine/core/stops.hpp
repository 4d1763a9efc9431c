// The stops of one symbol that wait: found by trigger, moved by prices, listed by arrival.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "obengine/containers/price_ladder.hpp"
#include "obengine/core/orders.hpp"

namespace obengine {

// How near a trigger is to being reached: a price p reaches it if its key is at least p's. Greatest is
// nearest on both sides; a trailing stop without a trigger has no_key, which no price has.
[[nodiscard]] inline Key trigger_key(Ticks ticks, std::uint32_t side) noexcept { return key_of(ticks, side ^ 1U); }

// Stops with a fixed trigger stand in a ladder by trigger, each level oldest first. Trailing ones are
// in a list by arrival, which is walked only when a price may move or reach one of them.
class WaitingStops {
public:
    explicit WaitingStops(const LadderLimits& limits) : sides_{OneSide(limits), OneSide(limits)} {}

    [[nodiscard]] bool empty() const noexcept { return sides_[0].oldest == null_slot && sides_[1].oldest == null_slot; }
    // The oldest waiting stop of a side; Ticket::newer leads on.
    [[nodiscard]] Slot oldest(std::uint32_t side) const noexcept { return sides_[side].oldest; }

    // The stop in `slot` waits, the last to arrive; `seen` is the last price, or no_price.
    void add(NodePool& pool, TicketPool& tickets, Slot slot, Ticks seen) {
        Ticket& ticket = tickets[pool.owner(slot)];
        OneSide& side = sides_[ticket.order.side];
        ticket.waits = true;
        ticket.older = side.newest;
        ticket.newer = null_slot;
        (side.newest == null_slot ? side.oldest : tickets[pool.owner(side.newest)].newer) = slot;
        side.newest = slot;
        const Key key = trigger_key(ticket.order.trigger, ticket.order.side);
        if (!is_trailing(ticket.order.kind)) return side.fixed.append(pool, slot, key);
        pool[slot].prev = side.last_trailing;
        pool[slot].next = null_slot;
        (side.last_trailing == null_slot ? side.first_trailing : pool[side.last_trailing].next) = slot;
        side.last_trailing = slot;
        side.seen = std::min(side.seen, trigger_key(seen, ticket.order.side));
        side.nearest = std::max(side.nearest, key);
    }

    // The stop in `slot` waits no longer.
    void remove(NodePool& pool, TicketPool& tickets, Slot slot) {
        const Ticket& ticket = tickets[pool.owner(slot)];
        OneSide& side = sides_[ticket.order.side];
        (ticket.older == null_slot ? side.oldest : tickets[pool.owner(ticket.older)].newer) = ticket.newer;
        (ticket.newer == null_slot ? side.newest : tickets[pool.owner(ticket.newer)].older) = ticket.older;
        if (!is_trailing(ticket.order.kind)) {
            return side.fixed.unlink(pool, slot, trigger_key(ticket.order.trigger, ticket.order.side));
        }
        const Node& node = pool[slot];
        (node.prev == null_slot ? side.first_trailing : pool[node.prev].next) = node.next;
        (node.next == null_slot ? side.last_trailing : pool[node.next].prev) = node.prev;
        if (side.first_trailing == null_slot) side.forget_prices();
    }

    // All stops of a side see a price; calls take(slot), which is to remove it, for each that it reaches.
    template <class Take>
    void see(NodePool& pool, TicketPool& tickets, std::uint32_t side, Ticks price, Take&& take) {
        OneSide& here = sides_[side];
        const Key seen = trigger_key(price, side);
        while (here.fixed.best() >= seen) take(here.fixed.head(here.fixed.best()));
        if (here.first_trailing == null_slot || (seen <= here.seen && seen > here.nearest)) return;
        here.seen = std::max(here.seen, seen);
        here.nearest = no_key;
        for (Slot slot = here.first_trailing; slot != null_slot;) {
            const Slot following = pool[slot].next;
            Order& order = tickets[pool.owner(slot)].order;
            follow(order, price);
            const Key key = trigger_key(order.trigger, side);
            if (key >= seen) {
                take(slot);
            } else {
                here.nearest = std::max(here.nearest, key);
            }
            slot = following;
        }
    }

    // Lets the trigger of a trailing stop follow a price that it sees.
    static void follow(Order& order, Ticks price) noexcept {
        if (!is_trailing(order.kind)) return;
        const Key seen = trigger_key(price, order.side);
        const Key moved = seen < min_price + order.trail ? min_price : seen - order.trail;
        order.trigger = trigger_key(std::max(trigger_key(order.trigger, order.side), moved), order.side);
    }

    [[nodiscard]] static bool reaches(Ticks price, const Order& order) noexcept {
        return trigger_key(order.trigger, order.side) >= trigger_key(price, order.side);
    }

private:
    struct OneSide {
        explicit OneSide(const LadderLimits& limits) : fixed(limits) {}

        void forget_prices() noexcept {
            seen = std::numeric_limits<Key>::max();
            nearest = no_key;
        }

        Ladder fixed;
        Slot oldest = null_slot;
        Slot newest = null_slot;
        Slot first_trailing = null_slot;
        Slot last_trailing = null_slot;
        // Every trailing stop has seen a price with at least this key, and none has a trigger key above
        // `nearest`: a price with a key between them moves and reaches none.
        Key seen = std::numeric_limits<Key>::max();
        Key nearest = no_key;
    };

    OneSide sides_[2];
};

}  // namespace obengine
