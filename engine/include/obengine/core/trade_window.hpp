// The trades that are kept, so that they can be busted (section 9.1 of the specification).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "obengine/io/messages.hpp"

namespace obengine {

// A trade, with the detail of its TRADED event; the layout of KEPT_TRADE in obengine/api/snapshot.py.
struct KeptTrade {
    std::uint64_t sequence;
    Ticks price_ticks;
    std::uint32_t lots;
    std::uint16_t symbol;
    std::uint8_t detail;
    std::uint8_t is_busted;
};
static_assert(is_wire_record<KeptTrade, 24> && offsetof(KeptTrade, lots) == 16);

// The last trades of an engine, at most size() of them.
class TradeWindow {
public:
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] const std::deque<KeptTrade>& trades() const noexcept { return trades_; }

    // Sets the number of trades that are kept; the oldest are forgotten.
    void resize(std::size_t size) {
        size_ = size;
        forget();
    }

    void add(const KeptTrade& trade) {
        trades_.push_back(trade);
        forget();
    }

    // The kept trade with this id, or nullptr.
    [[nodiscard]] KeptTrade* find(std::uint64_t sequence) noexcept {
        const auto before = [](const KeptTrade& trade, std::uint64_t id) { return trade.sequence < id; };
        const auto found = std::lower_bound(trades_.begin(), trades_.end(), sequence, before);
        return found == trades_.end() || found->sequence != sequence ? nullptr : &*found;
    }

private:
    void forget() noexcept {
        while (trades_.size() > size_) trades_.pop_front();
    }

    std::size_t size_ = 0;
    std::deque<KeptTrade> trades_;
};

}  // namespace obengine
