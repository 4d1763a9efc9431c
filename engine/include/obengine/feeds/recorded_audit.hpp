// The audit of the event log of a replayed feed: rebuilds the open orders from the events alone and counts faults.
// obengine/audit/events.py is the audit of any log; on a log of a feed without faults both have the same counts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "obengine/feeds/open_orders.hpp"
#include "obengine/io/messages.hpp"

namespace obengine {

// A feed reports its executions itself: orders rest at once in a symbol whose state is AUCTION, and are executed without
// a taker or cancelled. Every other event but a reject is a fault.
class RecordedAudit {
public:
    enum Fault : std::uint8_t {
        unknown_event,
        bad_quantity,
        duplicate_accept,
        orphan_cancel,
        orphan_trade,
        wrong_quantity,
        wrong_price,
        wrong_state,
    };
    static constexpr std::size_t faults = wrong_state + 1;

    struct Lots {
        std::uint64_t entered = 0;
        std::uint64_t traded = 0;
        std::uint64_t cancelled = 0;
    };

    RecordedAudit() : in_auction_(std::size_t{1} << 16) {}

    void feed(std::span<const Event> events) {
        constexpr std::size_t ahead = 16;
        for (std::size_t at = 0; at < events.size(); ++at) {
            if (at + ahead < events.size()) orders_.prefetch(owner(events[at + ahead]));
            read(events[at]);
        }
    }

    [[nodiscard]] const std::array<std::uint64_t, faults>& counts() const noexcept { return counts_; }
    [[nodiscard]] const Lots& lots() const noexcept { return lots_; }
    // The mark of each order is its rank of arrival.
    [[nodiscard]] std::vector<OpenOrder> open_orders() const { return orders_.all(); }

private:
    // The resting order that an event is about: its own id, or that of the maker.
    [[nodiscard]] static OrderId owner(const Event& event) noexcept {
        return event.kind() == EventKind::traded ? event.other_id : event.order_id;
    }

    void read(const Event& event) {
        if (event.kind() == EventKind::rejected) return;
        if (event.kind() == EventKind::state_changed) return change_state(event);
        if (event.lots - 1 >= max_lots) return count(bad_quantity);
        switch (event.kind()) {
            case EventKind::accepted: return accept(event);
            case EventKind::traded: return trade(event);
            case EventKind::cancelled: return cancel(event);
            default: return count(unknown_event);
        }
    }

    void count(Fault fault) noexcept { ++counts_[fault]; }

    void change_state(const Event& event) {
        const bool first = event.detail() == code(TradingState::auction) && event.order_id == code(TradingState::open);
        if (!first || in_auction_[event.symbol()]) count(wrong_state);
        in_auction_[event.symbol()] = true;
    }

    void accept(const Event& event) {
        if (!in_auction_[event.symbol()]) count(wrong_state);
        if (event.detail() > 1 || event.other_id != code(Queue::displayed) || event.price_ticks == no_price) {
            return count(unknown_event);
        }
        if (orders_.find(event.symbol(), event.order_id) != nullptr) return count(duplicate_accept);
        lots_.entered += event.lots;
        orders_.add({event.order_id, event.price_ticks, arrivals_++, event.lots, event.symbol(), event.detail()});
    }

    void trade(const Event& event) {
        OpenOrder* const order = orders_.find(event.symbol(), event.other_id);
        if (event.order_id != 0 || order == nullptr || event.detail() != (order->side ^ 1U)) return count(orphan_trade);
        lots_.traded += event.lots;
        take(*order, event);
    }

    void cancel(const Event& event) {
        OpenOrder* const order = orders_.find(event.symbol(), event.order_id);
        if (event.detail() != code(CancelReason::requested) || event.other_id != 0 || order == nullptr) {
            return count(orphan_cancel);
        }
        lots_.cancelled += event.lots;
        take(*order, event);
    }

    void take(OpenOrder& order, const Event& event) {
        if (event.price_ticks != order.price) count(wrong_price);
        if (event.lots > order.lots) count(wrong_quantity);
        if (event.lots < order.lots) {
            order.lots -= event.lots;
        } else {
            orders_.remove(&order);
        }
    }

    OpenOrders orders_;
    std::vector<bool> in_auction_;
    std::array<std::uint64_t, faults> counts_{};
    Lots lots_;
    std::uint64_t arrivals_ = 0;
};

}  // namespace obengine
