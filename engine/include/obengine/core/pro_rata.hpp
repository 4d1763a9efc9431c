// Pro-rata allocation with a top order (section 4.13 of the specification).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "obengine/containers/node_pool.hpp"

namespace obengine {

// The parameters of pro-rata matching: the least allocation, the most lots of the top order; and the top orders.
struct ProRata {
    std::uint32_t least = 0;
    std::uint32_t most_of_top = 0;
    Slot top[2] = {null_slot, null_slot};
};

// What an order of a level is allocated; `left` are the lots that it may trade beyond that.
struct Share {
    Slot slot;
    std::uint32_t left;
    std::uint32_t lots = 0;

    void give(std::uint32_t more) noexcept {
        lots += more;
        left -= more;
    }
};

// Allocates the lots of a taker to the orders of a level, which are in queue order.
inline void allocate(const ProRata& rule, std::uint32_t lots, std::vector<Share>& level) noexcept {
    std::uint64_t total = 0;
    for (Share& share : level) {
        if (share.slot == rule.top[0] || share.slot == rule.top[1]) {
            const std::uint32_t first = std::min({lots, share.left, rule.most_of_top});
            share.give(first);
            lots -= first;
        }
        total += share.left;
    }
    if (lots >= total) {
        for (Share& share : level) share.give(share.left);
        return;
    }
    std::uint32_t rest = lots;
    for (Share& share : level) {
        const auto part = static_cast<std::uint32_t>(std::uint64_t{lots} * share.left / total);
        if (part < rule.least) continue;
        share.give(part);
        rest -= part;
    }
    for (Share& share : level) {
        const std::uint32_t more = std::min(rest, share.left);
        share.give(more);
        rest -= more;
    }
}

}  // namespace obengine
