// The waiting stops of one symbol, by trigger and by arrival.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "obengine/containers/price_ladder.hpp"
#include "obengine/core/orders.hpp"

namespace obengine {

// The closeness of a trigger as a key: price p reaches it if its key is at least that of p. The greatest key is
// closest on both sides. A trailing stop without a trigger has no_key, which no price has.
[[nodiscard]] inline Key trigger_key(Ticks ticks, std::uint32_t side) noexcept { return key_of(ticks, side ^ 1U); }

// Stops with a fixed trigger are in a ladder by trigger, each level oldest first. Trailing stops are in a list
// by arrival, which is scanned only when a price may move or reach one of them.
class WaitingStops {
public:
    explicit WaitingStops(const LadderLimits& limits) : sides_{StopSide(limits), StopSide(limits)} {}

    [[nodiscard]] bool empty() const noexcept { return sides_[0].oldest == null_slot && sides_[1].oldest == null_slot; }
    // The oldest waiting stop of a side; follow OrderAttributes::newer.
    [[nodiscard]] Slot oldest(std::uint32_t side) const noexcept { return sides_[side].oldest; }

    // Adds the stop in `slot` as the newest; `seen` is the last price, or no_price.
    void add(NodePool& pool, OrderAttributesPool& attributes_pool, Slot slot, Ticks seen) {
        OrderAttributes& attributes = attributes_pool[pool.owner(slot)];
        StopSide& side = sides_[attributes.order.side];
        attributes.is_waiting = true;
        attributes.older = side.newest;
        attributes.newer = null_slot;
        (side.newest == null_slot ? side.oldest : attributes_pool[pool.owner(side.newest)].newer) = slot;
        side.newest = slot;
        const Key key = trigger_key(attributes.order.trigger, attributes.order.side);
        if (!is_trailing(attributes.order.kind)) return side.fixed.append(pool, slot, key);
        pool[slot].prev = side.last_trailing;
        pool[slot].next = null_slot;
        (side.last_trailing == null_slot ? side.first_trailing : pool[side.last_trailing].next) = slot;
        side.last_trailing = slot;
        side.seen = std::min(side.seen, trigger_key(seen, attributes.order.side));
        side.nearest = std::max(side.nearest, key);
    }

    // Removes the stop in `slot`.
    void remove(NodePool& pool, OrderAttributesPool& attributes_pool, Slot slot) {
        const OrderAttributes& attributes = attributes_pool[pool.owner(slot)];
        StopSide& side = sides_[attributes.order.side];
        (attributes.older == null_slot ? side.oldest : attributes_pool[pool.owner(attributes.older)].newer) = attributes.newer;
        (attributes.newer == null_slot ? side.newest : attributes_pool[pool.owner(attributes.newer)].older) = attributes.older;
        if (!is_trailing(attributes.order.kind)) {
            return side.fixed.unlink(pool, slot, trigger_key(attributes.order.trigger, attributes.order.side));
        }
        const Node& node = pool[slot];
        (node.prev == null_slot ? side.first_trailing : pool[node.prev].next) = node.next;
        (node.next == null_slot ? side.last_trailing : pool[node.next].prev) = node.prev;
        if (side.first_trailing == null_slot) side.reset_price_bounds();
    }

    // Shows a price to all stops of a side; calls elect(slot), which must remove it, for each stop reached.
    template <class Elect>
    void on_price(NodePool& pool, OrderAttributesPool& attributes_pool, std::uint32_t side, Ticks price, Elect&& elect) {
        StopSide& here = sides_[side];
        const Key seen = trigger_key(price, side);
        while (here.fixed.best() >= seen) elect(here.fixed.head(here.fixed.best()));
        if (here.first_trailing == null_slot || (seen <= here.seen && seen > here.nearest)) return;
        here.seen = std::max(here.seen, seen);
        here.nearest = no_key;
        for (Slot slot = here.first_trailing; slot != null_slot;) {
            const Slot following = pool[slot].next;
            Order& order = attributes_pool[pool.owner(slot)].order;
            update_trailing_trigger(order, price);
            const Key key = trigger_key(order.trigger, side);
            if (key >= seen) {
                elect(slot);
            } else {
                here.nearest = std::max(here.nearest, key);
            }
            slot = following;
        }
    }

    // Moves the trigger of a trailing stop after a price.
    static void update_trailing_trigger(Order& order, Ticks price) noexcept {
        if (!is_trailing(order.kind)) return;
        const Key seen = trigger_key(price, order.side);
        const Key moved = seen < min_price + order.trail ? min_price : seen - order.trail;
        order.trigger = trigger_key(std::max(trigger_key(order.trigger, order.side), moved), order.side);
    }

    [[nodiscard]] static bool reaches(Ticks price, const Order& order) noexcept {
        return trigger_key(order.trigger, order.side) >= trigger_key(price, order.side);
    }

private:
    struct StopSide {
        explicit StopSide(const LadderLimits& limits) : fixed(limits) {}

        void reset_price_bounds() noexcept {
            seen = std::numeric_limits<Key>::max();
            nearest = no_key;
        }

        Ladder fixed;
        Slot oldest = null_slot;
        Slot newest = null_slot;
        Slot first_trailing = null_slot;
        Slot last_trailing = null_slot;
        // All trailing stops have seen a price with at least the key `seen`, and no trigger key is above `nearest`:
        // a price with a key between them moves and reaches none.
        Key seen = std::numeric_limits<Key>::max();
        Key nearest = no_key;
    };

    StopSide sides_[2];
};

}  // namespace obengine
