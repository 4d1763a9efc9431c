// Orders outside the price levels, by side and arrival: waiting stops, and orders that wait for an auction.
#pragma once

#include <cstdint>

#include "obengine/core/orders.hpp"

namespace obengine {

// A linked list per side through OrderAttributes::older and newer.
class ArrivalList {
public:
    [[nodiscard]] bool empty() const noexcept { return ends_[0].oldest == null_slot && ends_[1].oldest == null_slot; }
    // The oldest order of a side; follow OrderAttributes::newer.
    [[nodiscard]] Slot oldest(std::uint32_t side) const noexcept { return ends_[side].oldest; }

    // Appends the order in `slot` as the newest of its side.
    void append(const NodePool& pool, OrderAttributesPool& attributes_pool, Slot slot) noexcept {
        OrderAttributes& attributes = attributes_pool[pool.owner(slot)];
        Ends& ends = ends_[attributes.order.side];
        attributes.older = ends.newest;
        attributes.newer = null_slot;
        (ends.newest == null_slot ? ends.oldest : attributes_pool[pool.owner(ends.newest)].newer) = slot;
        ends.newest = slot;
    }

    // Removes the order in `slot`.
    void remove(const NodePool& pool, OrderAttributesPool& attributes_pool, Slot slot) noexcept {
        const OrderAttributes& attributes = attributes_pool[pool.owner(slot)];
        Ends& ends = ends_[attributes.order.side];
        (attributes.older == null_slot ? ends.oldest : attributes_pool[pool.owner(attributes.older)].newer) = attributes.newer;
        (attributes.newer == null_slot ? ends.newest : attributes_pool[pool.owner(attributes.newer)].older) = attributes.older;
    }

private:
    struct Ends {
        Slot oldest = null_slot;
        Slot newest = null_slot;
    };

    Ends ends_[2];
};

}  // namespace obengine
