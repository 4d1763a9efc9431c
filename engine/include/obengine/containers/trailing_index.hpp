// The trailing stops of one side, indexed by trigger: a price moves all of their triggers in O(log n), amortised.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "obengine/containers/node_pool.hpp"
#include "obengine/containers/price_key.hpp"

namespace obengine {

// Keys grow towards the market: a price with key k moves each trigger key to at least k - trail, and reaches
// each trigger key that is at least k.
//
// A binary tree over the stops ("segment tree beats"). The trigger of a stop is the best key that it has seen,
// less its trail. A price raises all keys below it, which at the root is one assignment unless the price
// lies between two different keys below it; each such step makes two keys equal for good.
class TrailingIndex {
public:
    [[nodiscard]] bool empty() const noexcept { return places_.size() == free_.size(); }

    // Adds a stop; `trigger` is no_key until it sees a price. Returns its place, for remove() and trigger().
    [[nodiscard]] std::uint32_t add(Slot slot, Key trigger, Ticks trail) {
        const std::uint32_t place = free_place();
        places_[place] = slot;
        set_leaf(place, leaf_of(trigger, trail));
        return place;
    }

    void remove(std::uint32_t place) noexcept {
        set_leaf(place, Part{});
        free_.push_back(place);
    }

    // The current trigger key of a stop, or no_key.
    [[nodiscard]] Key trigger(std::uint32_t place) const noexcept {
        std::size_t at = leaves_ + place;
        Part leaf = parts_[at];
        if (leaf.lowest == none) return leaf.nearest_other;
        while ((at /= 2) != 0) leaf.lowest = std::max(leaf.lowest, parts_[at].lowest);
        return leaf.nearest();
    }

    // Shows a price to all stops: their triggers move.
    void see(Key price) noexcept {
        if (!empty()) raise(1, price);
    }

    // The place of a stop that a price reaches, or no_place.
    [[nodiscard]] std::uint32_t reached(Key price) noexcept {
        if (empty() || parts_[1].nearest() < price) return no_place;
        std::size_t at = 1;
        while (at < leaves_) {
            push_down(at);
            at = parts_[2 * at].nearest() >= price ? 2 * at : 2 * at + 1;
        }
        return static_cast<std::uint32_t>(at - leaves_);
    }

    [[nodiscard]] Slot slot(std::uint32_t place) const noexcept { return places_[place]; }

    static constexpr std::uint32_t no_place = ~std::uint32_t{0};

private:
    // The key of stops that no price can move. A stop that has seen the greatest price is one of them.
    static constexpr Key none = std::numeric_limits<Key>::max();

    [[nodiscard]] static Key trigger_of(Key seen, Ticks trail) noexcept {
        if (seen == no_key) return no_key;
        return seen < min_price + trail ? min_price : seen - trail;
    }

    // The stops below a node of the tree.
    struct Part {
        Key lowest = none;           // the least key that one of them has seen
        Key second = none;           // the least such key above `lowest`
        Ticks trail = max_price;     // the least trail of those that have seen `lowest`
        Key nearest_other = no_key;  // the greatest trigger of those that have seen a better key, or that cannot move

        [[nodiscard]] Key nearest() const noexcept {
            return lowest == none ? nearest_other : std::max(nearest_other, trigger_of(lowest, trail));
        }
    };

    [[nodiscard]] static Part leaf_of(Key trigger, Ticks trail) noexcept {
        // A trigger that is saturated, or restored, may be further than its trail from every price.
        if (trigger != no_key && trigger >= none - trail) return {none, none, max_price, trigger};
        return {trigger == no_key ? no_key : trigger + trail, none, trail, no_key};
    }

    [[nodiscard]] static Part joined(const Part& a, const Part& b) noexcept {
        if (a.lowest == b.lowest) {
            return {a.lowest, std::min(a.second, b.second), std::min(a.trail, b.trail),
                    std::max(a.nearest_other, b.nearest_other)};
        }
        const Part& low = a.lowest < b.lowest ? a : b;
        const Part& high = a.lowest < b.lowest ? b : a;
        return {low.lowest, std::min(low.second, high.lowest), low.trail, std::max(low.nearest_other, high.nearest())};
    }

    void join(std::size_t at) noexcept { parts_[at] = joined(parts_[2 * at], parts_[2 * at + 1]); }

    void push_down(std::size_t at) noexcept {
        for (const std::size_t child : {2 * at, 2 * at + 1}) {
            parts_[child].lowest = std::max(parts_[child].lowest, parts_[at].lowest);
        }
    }

    void raise(std::size_t at, Key price) noexcept {
        Part& part = parts_[at];
        if (part.lowest >= price) return;
        if (price < part.second) {
            part.lowest = price;
        } else if (at >= leaves_) {
            part = {none, none, max_price, trigger_of(price, part.trail)};
        } else {
            push_down(at);
            raise(2 * at, price);
            raise(2 * at + 1, price);
            join(at);
        }
    }

    void set_leaf(std::uint32_t place, const Part& leaf) noexcept {
        const std::size_t at = leaves_ + place;
        for (unsigned height = height_; height != 0; --height) push_down(at >> height);
        parts_[at] = leaf;
        for (std::size_t above = at / 2; above != 0; above /= 2) join(above);
    }

    [[nodiscard]] std::uint32_t free_place() {
        if (!free_.empty()) {
            const std::uint32_t place = free_.back();
            free_.pop_back();
            return place;
        }
        if (places_.size() == leaves_) grow();
        places_.push_back(null_slot);
        return static_cast<std::uint32_t>(places_.size() - 1);
    }

    void grow() {
        const std::size_t wider = std::max<std::size_t>(2 * leaves_, 2);
        std::vector<Part> parts(2 * wider);
        places_.reserve(wider);
        free_.reserve(wider);
        for (std::size_t at = 1; at < leaves_; ++at) push_down(at);
        std::copy_n(parts_.begin() + static_cast<std::ptrdiff_t>(leaves_), leaves_ == 0 ? 0 : leaves_,
                    parts.begin() + static_cast<std::ptrdiff_t>(wider));
        parts_.swap(parts);
        leaves_ = wider;
        ++height_;
        for (std::size_t at = leaves_ - 1; at != 0; --at) join(at);
    }

    std::vector<Part> parts_;            // 1 is the root; the children of k are 2k and 2k + 1
    std::vector<Slot> places_;           // the stop of each leaf
    std::vector<std::uint32_t> free_;    // leaves without a stop
    std::size_t leaves_ = 0;
    unsigned height_ = 0;
};

}  // namespace obengine
