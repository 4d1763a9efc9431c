// Orders with all their attributes, and the pool of attributes of special orders.
#pragma once

#include <cstdint>
#include <vector>

#include "obengine/containers/node_pool.hpp"
#include "obengine/containers/price_key.hpp"
#include "obengine/io/messages.hpp"

namespace obengine {

[[nodiscard]] constexpr bool is_stop(OrderKind kind) noexcept { return kind >= OrderKind::stop; }
[[nodiscard]] constexpr bool is_trailing(OrderKind kind) noexcept { return kind >= OrderKind::trailing_stop; }
// Kinds whose price_ticks is a limit or the offset of one.
[[nodiscard]] constexpr bool is_limited(OrderKind kind) noexcept {
    return kind == OrderKind::limit || kind == OrderKind::stop_limit || kind == OrderKind::trailing_stop_limit;
}
[[nodiscard]] constexpr bool is_whole(TimeInForce tif) noexcept {
    return tif == TimeInForce::fok || tif == TimeInForce::aon;
}
[[nodiscard]] constexpr bool is_immediate(TimeInForce tif) noexcept {
    return tif == TimeInForce::ioc || tif == TimeInForce::fok;
}

// Times in force of orders that take part in one auction only.
[[nodiscard]] constexpr bool is_at_auction(TimeInForce tif) noexcept { return tif >= TimeInForce::on_open; }
// Times in force of orders that may rest in a displayed or hidden queue.
[[nodiscard]] constexpr bool is_lasting(TimeInForce tif) noexcept { return tif <= TimeInForce::gtd && tif != TimeInForce::ioc; }

// An order with all its attributes, while it arrives or after it left its queue.
struct Order {
    OrderId id = 0;
    Ticks price = no_price;  // limit or worst price; no_price if none; the offset of a trailing stop-limit
    Ticks trigger = 0;       // no_price for a trailing stop without a trigger; 0 for other kinds
    Ticks trail = 0;
    std::uint64_t expiry_ns = 0;
    std::uint64_t arrival = 0;  // stops: arrival number, ascending
    std::uint32_t open = 0;
    std::uint32_t display = 0;
    std::uint32_t participant = 0;
    std::uint32_t filled = 0;  // lots traded since it was entered
    std::uint16_t flags = 0;  // without EXTENDED
    std::uint8_t side = 0;
    OrderKind kind = OrderKind::limit;
    TimeInForce tif = TimeInForce::gtc;

    // Whether a resting order needs no attributes beyond its node.
    [[nodiscard]] bool is_plain() const noexcept { return tif == TimeInForce::gtc && flags == 0 && display == 0; }
    [[nodiscard]] bool is_imbalance_only() const noexcept { return (flags & flag::imbalance_only) != 0; }
    [[nodiscard]] SelfTrade self_trade() const noexcept { return static_cast<SelfTrade>(flags >> flag::self_trade_shift & flag::self_trade_mask); }

    [[nodiscard]] Queue queue() const noexcept {
        if (is_at_auction(tif)) return tif == TimeInForce::on_open ? Queue::on_open : Queue::on_close;
        if (tif == TimeInForce::aon) return Queue::conditional;
        return (flags & flag::hidden) != 0 ? Queue::hidden : Queue::displayed;
    }

    // The worst key of the opposite side that this order trades at; no_key without a limit.
    [[nodiscard]] Key reach() const noexcept { return key_of(price, side ^ 1U); }

    // The placement that ACCEPTED and TRIGGERED report (section 10 of the specification).
    [[nodiscard]] std::uint64_t placement() const noexcept {
        const std::uint64_t shows = std::uint64_t{display} << 32;
        if (is_stop(kind)) return code(Queue::waiting) | shows;
        if (!is_at_auction(tif) && (kind == OrderKind::market || is_immediate(tif))) return 0;
        return code(queue()) | (is_imbalance_only() ? 1U << 8 : 0U) | shows;
    }
};

// The attributes of an open special order. Its node has 0 lots, so code for plain orders cannot take it
// for a plain order.
struct OrderAttributes {
    Order order;  // order.open includes shown lots and reserve
    std::uint32_t shown = 0;
    Slot older = null_slot;  // linked list by arrival, of orders outside the levels
    Slot newer = null_slot;
    bool is_waiting = false;
};

// Attributes are addressed by 32-bit indexes, reused last in first out.
class OrderAttributesPool {
public:
    [[nodiscard]] OrderAttributes& operator[](std::uint32_t index) noexcept { return slots_[index]; }
    [[nodiscard]] const OrderAttributes& operator[](std::uint32_t index) const noexcept { return slots_[index]; }

    [[nodiscard]] std::uint32_t allocate(const OrderAttributes& index) {
        if (free_.empty()) {
            slots_.push_back(index);
            free_.reserve(slots_.capacity());
            return static_cast<std::uint32_t>(slots_.size() - 1);
        }
        const std::uint32_t number = free_.back();
        free_.pop_back();
        slots_[number] = index;
        return number;
    }

    void release(std::uint32_t index) noexcept { free_.push_back(index); }

    [[nodiscard]] std::size_t in_use() const noexcept { return slots_.size() - free_.size(); }

private:
    std::vector<OrderAttributes> slots_;
    std::vector<std::uint32_t> free_;
};

}  // namespace obengine
