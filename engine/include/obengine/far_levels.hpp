// Price levels outside a ladder's window: an ordered map that recycles its nodes.
#pragma once

#include <cstddef>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "obengine/node_pool.hpp"

namespace obengine {

// A queue of orders at one price. Empty: both null_slot.
struct Level {
    Slot head = null_slot;
    Slot tail = null_slot;
};

// How good a price is for its own side: the price of a bid, the negated price of an ask. Best is
// greatest on both sides, so one ladder serves both; no_price stays the worst of all.
using Key = Ticks;

inline constexpr Key no_key = no_price;

[[nodiscard]] inline Key key_of(Ticks price, std::uint32_t side) noexcept {
    const auto sign = static_cast<std::uint64_t>(0) - side;
    return static_cast<Key>((static_cast<std::uint64_t>(price) ^ sign) - sign);
}

class FarLevels {
public:
    [[nodiscard]] bool empty() const noexcept { return levels_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return levels_.size(); }

    // The level of `key`, made empty where there is none.
    [[nodiscard]] Level& make(Key key) {
        const auto at = levels_.lower_bound(key);
        if (at != levels_.end() && at->first == key) return at->second;
        if (spare_.empty()) return levels_.emplace_hint(at, key, Level{})->second;
        auto node = std::move(spare_.back());
        spare_.pop_back();
        node.key() = key;
        node.mapped() = Level{};
        return levels_.insert(at, std::move(node))->second;
    }

    // The level of `key`, which is there.
    [[nodiscard]] Level& at(Key key) noexcept { return levels_.find(key)->second; }
    [[nodiscard]] const Level& at(Key key) const noexcept { return levels_.find(key)->second; }

    // The oldest order at `key`, or null_slot.
    [[nodiscard]] Slot head(Key key) const noexcept {
        const auto at = levels_.find(key);
        return at == levels_.end() ? null_slot : at->second.head;
    }

    void erase(Key key) { spare_.push_back(levels_.extract(key)); }

    // The greatest key, or no_key.
    [[nodiscard]] Key greatest() const noexcept { return levels_.empty() ? no_key : std::prev(levels_.end())->first; }

    // The greatest key below `bound`, or no_key.
    [[nodiscard]] Key below(Key bound) const noexcept {
        const auto at = levels_.lower_bound(bound);
        return at == levels_.begin() ? no_key : std::prev(at)->first;
    }

private:
    using Map = std::map<Key, Level>;

    Map levels_;
    std::vector<Map::node_type> spare_;
};

}  // namespace obengine
