// Expiry times of GTD orders: a heap with lazy deletion.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <vector>

#include "obengine/io/messages.hpp"

namespace obengine {

struct Expiry {
    std::uint64_t time_ns;
    OrderId id;
    std::uint16_t symbol;

    [[nodiscard]] bool operator==(const Expiry&) const noexcept = default;
    [[nodiscard]] bool operator>(const Expiry& other) const noexcept {
        return std::tie(time_ns, symbol, id) > std::tie(other.time_ns, other.symbol, other.id);
    }
};

// Orders that leave early are only counted. Their entries are dropped when due, or by compact() when stale
// entries dominate. An order that left and returned may have two entries.
class ExpiryList {
public:
    void add(const Expiry& expiry) {
        ++open_;
        entries_.push_back(expiry);
        std::push_heap(entries_.begin(), entries_.end(), std::greater<>{});
    }

    // An order of this list has left the book.
    void remove_one() noexcept { --open_; }

    [[nodiscard]] bool is_due(std::uint64_t time_ns) const noexcept {
        return !entries_.empty() && entries_.front().time_ns <= time_ns;
    }

    // Removes and returns the earliest entry.
    [[nodiscard]] Expiry pop() {
        std::pop_heap(entries_.begin(), entries_.end(), std::greater<>{});
        const Expiry earliest = entries_.back();
        entries_.pop_back();
        return earliest;
    }

    // Whether enough entries are stale to make compact() worthwhile.
    [[nodiscard]] bool needs_compaction() const noexcept { return entries_.size() > 64 && entries_.size() / 4 > open_; }

    // Keeps one entry for each order for which is_open(entry) holds.
    template <class IsOpen>
    void compact(IsOpen&& is_open) {
        std::erase_if(entries_, [&](const Expiry& entry) { return !is_open(entry); });
        std::sort(entries_.begin(), entries_.end(), [](const Expiry& a, const Expiry& b) { return b > a; });
        entries_.erase(std::unique(entries_.begin(), entries_.end()), entries_.end());
    }

private:
    std::vector<Expiry> entries_;
    std::size_t open_ = 0;
};

}  // namespace obengine
