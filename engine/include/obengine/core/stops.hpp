// The waiting stops of one symbol, by trigger and by arrival.
#pragma once

#include <algorithm>
#include <cstdint>

#include "obengine/containers/price_ladder.hpp"
#include "obengine/containers/trailing_index.hpp"
#include "obengine/core/arrival_list.hpp"
#include "obengine/core/orders.hpp"

namespace obengine {

// The closeness of a trigger as a key: price p reaches it if its key is at least that of p. The greatest key is
// closest on both sides. A trailing stop without a trigger has no_key, which no price has.
[[nodiscard]] inline Key trigger_key(Ticks ticks, std::uint32_t side) noexcept { return key_of(ticks, side ^ 1U); }

// Stops with a fixed trigger are in a ladder by trigger, each level oldest first; trailing stops are in an index
// that keeps their triggers. OrderAttributes::order.trigger of a waiting trailing stop is not kept up to date.
class WaitingStops {
public:
    explicit WaitingStops(const LadderLimits& limits) : sides_{StopSide(limits), StopSide(limits)} {}

    [[nodiscard]] bool empty() const noexcept { return arrivals_.empty(); }
    // The oldest waiting stop of a side; follow OrderAttributes::newer.
    [[nodiscard]] Slot oldest(std::uint32_t side) const noexcept { return arrivals_.oldest(side); }

    // Adds the stop in `slot` as the newest.
    void add(NodePool& pool, OrderAttributesPool& attributes_pool, Slot slot) {
        OrderAttributes& attributes = attributes_pool[pool.owner(slot)];
        attributes.is_waiting = true;
        arrivals_.append(pool, attributes_pool, slot);
        place(pool, slot, attributes.order);
    }

    // Removes the stop in `slot`.
    void remove(NodePool& pool, OrderAttributesPool& attributes_pool, Slot slot) {
        arrivals_.remove(pool, attributes_pool, slot);
        displace(pool, slot, attributes_pool[pool.owner(slot)].order);
    }

    // Gives the stop in `slot` a new trigger, or trail if it is a trailing one; returns it with its current trigger.
    const Order& amend(NodePool& pool, OrderAttributesPool& attributes_pool, Slot slot, Ticks trigger_or_trail) {
        Order& order = attributes_pool[pool.owner(slot)].order;
        order.trigger = trigger(pool, slot, order);
        displace(pool, slot, order);
        if (!is_trailing(order.kind)) {
            order.trigger = trigger_or_trail;
        } else {
            const Key known = trigger_key(order.trigger, order.side);
            if (known != no_key) {
                const Key seen = known > max_price - order.trail ? max_price : known + order.trail;
                order.trigger = trigger_key(less_trail(seen, trigger_or_trail), order.side);
            }
            order.trail = trigger_or_trail;
        }
        place(pool, slot, order);
        return order;
    }

    // The current trigger of the stop in `slot`.
    [[nodiscard]] Ticks trigger(const NodePool& pool, Slot slot, const Order& order) const noexcept {
        if (!is_trailing(order.kind)) return order.trigger;
        return trigger_key(sides_[order.side].trailing.trigger(place_of(pool, slot)), order.side);
    }

    // Shows a price to all stops of a side; calls elect(slot), which must remove it, for each stop reached.
    template <class Elect>
    void on_price(NodePool& pool, OrderAttributesPool& attributes_pool, std::uint32_t side, Ticks price, Elect&& elect) {
        StopSide& here = sides_[side];
        const Key seen = trigger_key(price, side);
        while (here.fixed.best() >= seen) elect(here.fixed.head(here.fixed.best()));
        here.trailing.see(seen);
        for (std::uint32_t at = here.trailing.reached(seen); at != TrailingIndex::no_place; at = here.trailing.reached(seen)) {
            const Slot slot = here.trailing.slot(at);
            attributes_pool[pool.owner(slot)].order.trigger = trigger_key(here.trailing.trigger(at), side);
            elect(slot);
        }
    }

    // Moves the trigger of a trailing stop that does not wait yet after a price.
    static void update_trailing_trigger(Order& order, Ticks price) noexcept {
        if (!is_trailing(order.kind)) return;
        const Key moved = less_trail(trigger_key(price, order.side), order.trail);
        order.trigger = trigger_key(std::max(trigger_key(order.trigger, order.side), moved), order.side);
    }

    [[nodiscard]] static bool reaches(Ticks price, const Order& order) noexcept {
        return trigger_key(order.trigger, order.side) >= trigger_key(price, order.side);
    }

private:
    [[nodiscard]] static Key less_trail(Key seen, Ticks trail) noexcept {
        return seen < min_price + trail ? min_price : seen - trail;
    }

    struct StopSide {
        explicit StopSide(const LadderLimits& limits) : fixed(limits) {}

        Ladder fixed;
        TrailingIndex trailing;
    };

    // The node of a trailing stop is in no queue, so a link holds its place in the index.
    [[nodiscard]] static std::uint32_t place_of(const NodePool& pool, Slot slot) noexcept { return pool[slot].prev; }

    void place(NodePool& pool, Slot slot, const Order& order) {
        const Key key = trigger_key(order.trigger, order.side);
        if (!is_trailing(order.kind)) return sides_[order.side].fixed.append(pool, slot, key);
        pool[slot].prev = sides_[order.side].trailing.add(slot, key, order.trail);
    }

    void displace(NodePool& pool, Slot slot, const Order& order) {
        if (is_trailing(order.kind)) return sides_[order.side].trailing.remove(place_of(pool, slot));
        sides_[order.side].fixed.unlink(pool, slot, trigger_key(order.trigger, order.side));
    }

    StopSide sides_[2];
    ArrivalList arrivals_;
};

}  // namespace obengine
