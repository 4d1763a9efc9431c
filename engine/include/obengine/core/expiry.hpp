// When GTD orders expire: a heap that forgets those which left before.
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

// An order that leaves is only counted; its entry is dropped when it is due, or when entries of gone
// orders are the most. An order that left and came back may be named twice.
class ExpiryList {
public:
    void add(const Expiry& expiry) {
        ++open_;
        entries_.push_back(expiry);
        std::push_heap(entries_.begin(), entries_.end(), std::greater<>{});
    }

    // One of the orders named here has left.
    void forget_one() noexcept { --open_; }

    [[nodiscard]] bool is_due(std::uint64_t time_ns) const noexcept {
        return !entries_.empty() && entries_.front().time_ns <= time_ns;
    }

    // The earliest entry, which is taken out.
    [[nodiscard]] Expiry pop() {
        std::pop_heap(entries_.begin(), entries_.end(), std::greater<>{});
        const Expiry earliest = entries_.back();
        entries_.pop_back();
        return earliest;
    }

    // Whether so many entries are of gone orders that tidy() is worth its cost.
    [[nodiscard]] bool is_untidy() const noexcept { return entries_.size() > 64 && entries_.size() / 4 > open_; }

    // Keeps the entries for which is_open(entry) holds, each once.
    template <class IsOpen>
    void tidy(IsOpen&& is_open) {
        std::erase_if(entries_, [&](const Expiry& entry) { return !is_open(entry); });
        std::sort(entries_.begin(), entries_.end(), [](const Expiry& a, const Expiry& b) { return b > a; });
        entries_.erase(std::unique(entries_.begin(), entries_.end()), entries_.end());
    }

private:
    std::vector<Expiry> entries_;
    std::size_t open_ = 0;
};

}  // namespace obengine
