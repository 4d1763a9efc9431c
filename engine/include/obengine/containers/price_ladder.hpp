// The price levels of one side of a book, best first, for all 64-bit prices.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>

#include "obengine/containers/far_levels.hpp"
#include "obengine/containers/level_bitmap.hpp"
#include "obengine/containers/node_pool.hpp"

namespace obengine {

struct LadderLimits {
    unsigned first_bits = 12;  // initial window of 2^first_bits ticks
    unsigned max_bits = 20;    // maximum window of 2^max_bits ticks
};

// A window of consecutive prices is a flat ring (slot = price mod width) with a bitmap; levels outside are in
// pages. The window follows the best price and widens when there is much activity just outside. The cost of each
// move is amortised over accesses outside the window, so a drifting price costs O(log n) at worst.
class alignas(64) Ladder {
public:
    explicit Ladder(const LadderLimits& limits) : limits_(limits) {}

    // The best key, or no_key if the side is empty.
    [[nodiscard]] Key best() const noexcept { return best_; }

    // Appends the order in `slot` to the queue at `key`.
    [[gnu::always_inline]] void append(NodePool& pool, Slot slot, Key key) {
        if (in_window(key)) [[likely]] {
            Level& level = level_in_window(key);
            if (level.tail == null_slot) occupy(key);
            push_back(pool, level, slot);
        } else {
            append_far(pool, slot, key);
        }
    }

    // Removes the order in `slot` from the queue at `key`.
    [[gnu::always_inline]] void unlink(NodePool& pool, Slot slot, Key key) {
        Level& level = at(key);
        const Slot prev = pool[slot].prev;
        const Slot next = pool[slot].next;
        // The sentinel node absorbs writes through null links, which avoids unpredictable branches.
        pool[prev].next = next;
        pool[next].prev = prev;
        level.head = choose(prev, level.head, next);
        level.tail = choose(next, level.tail, prev);
        if ((prev | next) == null_slot) vacate(key);
    }

    // The level of `key`, which must have orders.
    [[nodiscard, gnu::always_inline]] Level& at(Key key) noexcept {
        return in_window(key) ? level_in_window(key) : far_.at(key);
    }
    [[nodiscard]] const Level& at(Key key) const noexcept {
        return in_window(key) ? levels_[slot_of(key)] : far_.at(key);
    }

    // The oldest order at `key`, or null_slot.
    [[nodiscard]] Slot head(Key key) const noexcept {
        if (in_window(key)) return levels_ == nullptr ? null_slot : levels_[slot_of(key)].head;
        return far_.empty() ? null_slot : far_.head(key);
    }

    // Removes the level of `key`, which has become empty.
    [[gnu::noinline]] void vacate(Key key) {
        if (!in_window(key)) [[unlikely]] {
            far_.erase(key);
            note_far_access(key);
            if (key == best_) best_ = below(key);
            return;
        }
        // Usually the next best price has its bit in the same word.
        const std::size_t down = occupied_.erase(slot_of(key));
        if (key != best_) return;
        const Key near = key - static_cast<Key>(down);
        best_ = down != 0 && near >= base_ ? near : below(key);
    }

    // The best key worse than `key`, or no_key.
    [[nodiscard]] Key below(Key key) const noexcept {
        if (far_.empty() && in_window(key)) [[likely]] return window_below(key);
        const Key inside = in_window(key) ? window_below(key) : key > base_ ? window_greatest() : no_key;
        return std::max(inside, far_.below(key));
    }

    // Prefetches the level of a key, if it is in the window; any key may be given.
    void prefetch_level(Key key) const noexcept {
        __builtin_prefetch(levels_ + slot_of(key), 1);
        occupied_.prefetch(slot_of(key));
    }

private:
    struct Free {
        void operator()(Level* memory) const noexcept { std::free(memory); }
    };
    static_assert(null_slot == 0 && std::is_trivially_copyable_v<Level>);

    static constexpr std::uint32_t min_move_threshold = 256;

    [[nodiscard]] bool in_window(Key key) const noexcept {
        return static_cast<std::uint64_t>(key) - static_cast<std::uint64_t>(base_) <= mask_;
    }
    [[nodiscard]] std::size_t slot_of(Key key) const noexcept { return static_cast<std::uint64_t>(key) & mask_; }
    [[nodiscard]] Level& level_in_window(Key key) noexcept { return levels_[slot_of(key)]; }

    // The key of a ring slot: its distance above the base, modulo the width.
    [[nodiscard]] Key key_in(std::size_t slot) const noexcept {
        const auto base = static_cast<std::uint64_t>(base_);
        return static_cast<Key>(base + ((slot - base) & mask_));
    }

    // The first occupied slot downwards from `slot`, around the ring.
    [[nodiscard]] std::size_t slot_below(std::size_t slot) const noexcept {
        const std::size_t found = occupied_.below(slot);
        return found != LevelBitmap::none ? found : occupied_.greatest();
    }

    [[nodiscard]] Key window_below(Key key) const noexcept {
        const std::size_t slot = slot_below(slot_of(key));
        if (slot == LevelBitmap::none) return no_key;
        const Key found = key_in(slot);
        return found < key ? found : no_key;
    }

    [[nodiscard]] Key window_greatest() const noexcept {
        if (levels_ == nullptr) return no_key;
        const std::size_t slot = slot_below(slot_of(base_));
        return slot == LevelBitmap::none ? no_key : key_in(slot);
    }

    void occupy(Key key) noexcept {
        occupied_.insert(slot_of(key));
        // A new level is better in about half of all cases, so a branch would be mispredicted.
        best_ = __builtin_expect_with_probability(key > best_, 1, 0.5) ? key : best_;
    }

    // `some` if `link` is not null, else `none`; by arithmetic, because compilers turn the conditional operator into
    // a branch that is mispredicted.
    [[nodiscard]] static Slot choose(Slot link, Slot some, Slot none) noexcept {
        const Slot all = static_cast<Slot>(0) - static_cast<Slot>(link != null_slot);
        return none ^ ((some ^ none) & all);
    }

    static void push_back(NodePool& pool, Level& level, Slot slot) noexcept {
        Node& node = pool[slot];
        node.prev = level.tail;
        node.next = null_slot;
        (level.tail != null_slot ? pool[level.tail].next : level.head) = slot;
        level.tail = slot;
    }

    [[gnu::noinline]] void append_far(NodePool& pool, Slot slot, Key key) {
        if (levels_ == nullptr) {
            open_window(limits_.first_bits, key);
        } else if (window_greatest() == no_key) {
            slide_to(base_around(key));
        } else {
            note_far_access(key);
        }
        if (in_window(key)) {
            if (level_in_window(key).tail == null_slot) occupy(key);
            return push_back(pool, level_in_window(key), slot);
        }
        push_back(pool, far_.make(key), slot);
        best_ = std::max(best_, key);
    }

    // Counts an access outside the window; after enough accesses, moves or widens the window.
    [[gnu::noinline]] void note_far_access(Key key) {
        const auto apart = static_cast<std::uint64_t>(std::max(key, best_)) - static_cast<std::uint64_t>(std::min(key, best_));
        near_accesses_ += apart >> (limits_.max_bits - 1) == 0;
        if (++far_accesses_ < move_threshold_ || best_ == no_key) return;
        const std::size_t moved = follow_best();
        const std::size_t threshold = std::min<std::size_t>(2 * moved, std::numeric_limits<std::uint32_t>::max());
        move_threshold_ = std::max(min_move_threshold, static_cast<std::uint32_t>(threshold));
        far_accesses_ = near_accesses_ = 0;
    }

    // Returns the number of levels that moved.
    std::size_t follow_best() {
        const std::uint64_t above_base = static_cast<std::uint64_t>(best_) - static_cast<std::uint64_t>(base_);
        const bool centred = above_base >= (mask_ + 1) / 4 && above_base <= mask_ - mask_ / 8;
        if (!centred) return slide_to(base_around(best_));
        if (near_accesses_ < far_accesses_ / 2 || bits_ >= limits_.max_bits) return 0;
        const std::size_t evicted = evict(window_greatest(), base_);
        open_window(std::min(bits_ + 3, limits_.max_bits), best_);
        return evicted + admit();
    }

    void open_window(unsigned bits, Key around) {
        // Zero-initialised but untouched: pages of a wide window are mapped when levels use them.
        ring_.reset(static_cast<Level*>(std::calloc(std::size_t{1} << bits, sizeof(Level))));
        levels_ = ring_.get();
        if (levels_ == nullptr) throw std::bad_alloc();
        occupied_ = LevelBitmap(bits);
        bits_ = bits;
        mask_ = (std::uint64_t{1} << bits) - 1;
        base_ = base_around(around);
    }

    // More space below than above, because orders rest behind the best price.
    [[nodiscard]] Key base_around(Key key) const noexcept {
        const Key width = static_cast<Key>(mask_);
        const Key under = width - width / 4 - width / 8;
        if (key < std::numeric_limits<Key>::min() + under) return std::numeric_limits<Key>::min();
        return std::min(key - under, std::numeric_limits<Key>::max() - width);
    }

    std::size_t slide_to(Key base) {
        std::size_t moved = 0;
        if (base > base_) {
            moved = evict(in_window(base) ? window_below(base) : window_greatest(), base_);
        } else {
            const Key first_out = base + static_cast<Key>(mask_) + 1;
            moved = evict(window_greatest(), std::max(first_out, base_));
        }
        base_ = base;
        return moved + admit();
    }

    // Moves the window's levels from `from` down to `last` to the pages.
    std::size_t evict(Key from, Key last) {
        std::size_t moved = 0;
        for (Key key = from; key != no_key && key >= last; ++moved) {
            Level& level = level_in_window(key);
            far_.make(key) = level;
            level = Level{};
            const Key following = window_below(key);
            static_cast<void>(occupied_.erase(slot_of(key)));
            key = following;
        }
        return moved;
    }

    // Moves the levels of pages that are now inside the window to the ring.
    std::size_t admit() {
        std::size_t moved = 0;
        const Key top = base_ + static_cast<Key>(mask_);
        for (Key key = top == std::numeric_limits<Key>::max() ? far_.greatest() : far_.below(top + 1);
             key != no_key && key >= base_; ++moved) {
            level_in_window(key) = far_.at(key);
            occupied_.insert(slot_of(key));
            far_.erase(key);
            key = far_.below(key);
        }
        return moved;
    }

    // The first cache line holds all that the common commands access.
    Level* levels_ = nullptr;
    Key base_ = no_key;
    std::uint64_t mask_ = 0;
    Key best_ = no_key;
    LevelBitmap occupied_;

    FarLevels far_;
    std::unique_ptr<Level[], Free> ring_;
    LadderLimits limits_;
    unsigned bits_ = 0;
    std::uint32_t far_accesses_ = 0;
    std::uint32_t near_accesses_ = 0;
    std::uint32_t move_threshold_ = min_move_threshold;
};

}  // namespace obengine
