// Price levels outside a ladder's window: pages of consecutive prices, found through a small cache or a tree.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "obengine/containers/key_tree.hpp"
#include "obengine/containers/node_pool.hpp"
#include "obengine/containers/price_key.hpp"

namespace obengine {

// A queue of orders at one price; null_slot twice if empty.
struct Level {
    Slot head = null_slot;
    Slot tail = null_slot;
};

// Only pages with levels exist. The tree is used for the order of the pages, and when one comes or goes; a level of a
// recently used page is found without it.
class FarLevels {
public:
    [[nodiscard]] bool empty() const noexcept { return tree_.empty(); }

    // The level of `key`, created if missing; the reference is valid until the next make() or erase().
    [[nodiscard]] Level& make(Key key) {
        const Key number = number_of(key);
        std::uint32_t at = find(number);
        if (at == KeyTree::none) at = add_page(number);
        Page& page = remember(number, at);
        page.occupied |= bit(key);
        return page.levels[place_in(key)];
    }

    // The level of `key`, which must exist.
    [[nodiscard]] Level& at(Key key) noexcept {
        const Key number = number_of(key);
        return remember(number, find(number)).levels[place_in(key)];
    }
    [[nodiscard]] const Level& at(Key key) const noexcept { return pages_[find(number_of(key))].levels[place_in(key)]; }

    // The oldest order at `key`, or null_slot.
    [[nodiscard]] Slot head(Key key) const noexcept {
        const std::uint32_t at = find(number_of(key));
        return at == KeyTree::none ? null_slot : pages_[at].levels[place_in(key)].head;
    }

    // Removes a key, which must exist, and its level.
    void erase(Key key) noexcept {
        const Key number = number_of(key);
        const std::uint32_t at = find(number);
        pages_[at].levels[place_in(key)] = Level{};
        pages_[at].occupied &= ~bit(key);
        if (pages_[at].occupied != 0) return;
        tree_.erase(number);
        spare_.push_back(at);
        if (recent(number).number == number) recent(number) = Recent{};
    }

    // The greatest key, or no_key.
    [[nodiscard]] Key greatest() const noexcept { return empty() ? no_key : greatest_in(tree_.greatest()); }

    // The greatest key below `bound`, or no_key.
    [[nodiscard]] Key below(Key bound) const noexcept {
        if (empty()) return no_key;
        const Key number = number_of(bound);
        const std::uint32_t at = find(number);
        const std::uint64_t lower = at == KeyTree::none ? 0 : pages_[at].occupied & (bit(bound) - 1);
        if (lower != 0) return greatest_of(number, lower);
        const Key next = tree_.below(number);
        return next == no_key ? no_key : greatest_in(next);
    }

private:
    static constexpr unsigned page_bits = 6;

    struct Page {
        std::array<Level, std::size_t{1} << page_bits> levels{};
        std::uint64_t occupied = 0;
    };

    struct Recent {
        Key number = no_key;  // no page has this number
        std::uint32_t page = KeyTree::none;
    };

    [[nodiscard]] static Key number_of(Key key) noexcept { return key >> page_bits; }
    [[nodiscard]] static std::size_t place_in(Key key) noexcept { return static_cast<std::uint64_t>(key) & ((1U << page_bits) - 1); }
    [[nodiscard]] static std::uint64_t bit(Key key) noexcept { return std::uint64_t{1} << place_in(key); }

    [[nodiscard]] static Key greatest_of(Key number, std::uint64_t occupied) noexcept {
        return static_cast<Key>(static_cast<std::uint64_t>(number) << page_bits) + (63 - std::countl_zero(occupied));
    }
    [[nodiscard]] Key greatest_in(Key number) const noexcept {
        return greatest_of(number, pages_[find(number)].occupied);
    }

    [[nodiscard]] Recent& recent(Key number) noexcept { return recent_[place_of(number)]; }
    [[nodiscard]] std::size_t place_of(Key number) const noexcept {
        return static_cast<std::uint64_t>(number) & (recent_.size() - 1);
    }

    // The page of a number, or none.
    [[nodiscard]] std::uint32_t find(Key number) const noexcept {
        if (empty()) return KeyTree::none;
        const Recent& last = recent_[place_of(number)];
        return last.number == number ? last.page : tree_.find(number);
    }

    Page& remember(Key number, std::uint32_t at) noexcept {
        recent(number) = {number, at};
        return pages_[at];
    }

    [[gnu::noinline]] std::uint32_t add_page(Key number) {
        if (spare_.empty()) {
            pages_.emplace_back();
            spare_.reserve(pages_.capacity());
            if (recent_.size() < pages_.size()) recent_.assign(std::bit_ceil(pages_.capacity()), Recent{});
            spare_.push_back(static_cast<std::uint32_t>(pages_.size() - 1));
        }
        const std::uint32_t at = spare_.back();
        tree_.insert(number, at);
        spare_.pop_back();
        return at;
    }

    KeyTree tree_;  // from the numbers of pages to their indexes
    std::vector<Page> pages_;
    std::vector<std::uint32_t> spare_;
    std::vector<Recent> recent_;  // at least as many as pages, a power of two; each at its number modulo their count
};

}  // namespace obengine
