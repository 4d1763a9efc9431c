// What an order has beyond a plain one: arriving orders in full, and the tickets of special ones.
#pragma once

#include <cstdint>
#include <vector>

#include "obengine/containers/price_key.hpp"
#include "obengine/io/messages.hpp"
#include "obengine/containers/node_pool.hpp"

namespace obengine {

[[nodiscard]] constexpr bool is_stop(OrderKind kind) noexcept { return kind >= OrderKind::stop; }
[[nodiscard]] constexpr bool is_trailing(OrderKind kind) noexcept { return kind >= OrderKind::trailing_stop; }
// Kinds whose price_ticks is read as a limit or as the offset of one.
[[nodiscard]] constexpr bool is_limited(OrderKind kind) noexcept {
    return kind == OrderKind::limit || kind == OrderKind::stop_limit || kind == OrderKind::trailing_stop_limit;
}
[[nodiscard]] constexpr bool is_whole(TimeInForce tif) noexcept {
    return tif == TimeInForce::fok || tif == TimeInForce::aon;
}
[[nodiscard]] constexpr bool is_immediate(TimeInForce tif) noexcept {
    return tif == TimeInForce::ioc || tif == TimeInForce::fok;
}

// An order with all that the rules need to know of it; as it arrives, or has left its place.
struct Order {
    OrderId id = 0;
    Ticks price = no_price;  // limit or worst price; no_price for none; the offset of a trailing stop-limit
    Ticks trigger = 0;       // no_price while a trailing stop has none; 0 for what is no stop
    Ticks trail = 0;
    std::uint64_t expiry_ns = 0;
    std::uint64_t arrival = 0;  // stops: earlier ones have lower numbers
    std::uint32_t open = 0;
    std::uint32_t display = 0;
    std::uint32_t participant = 0;
    std::uint16_t flags = 0;  // without EXTENDED
    std::uint8_t side = 0;
    OrderKind kind = OrderKind::limit;
    TimeInForce tif = TimeInForce::gtc;

    // Whether a book needs no ticket to know all of it while it rests.
    [[nodiscard]] bool is_plain() const noexcept { return tif == TimeInForce::gtc && flags == 0 && display == 0; }
    [[nodiscard]] SelfTrade self_trade() const noexcept { return static_cast<SelfTrade>(flags >> flag::self_trade_shift); }

    [[nodiscard]] Queue queue() const noexcept {
        if (tif == TimeInForce::aon) return Queue::conditional;
        return (flags & flag::hidden) != 0 ? Queue::hidden : Queue::displayed;
    }

    // The worst key on the other side that it trades at, no_key where it has no limit.
    [[nodiscard]] Key reach() const noexcept { return key_of(price, side ^ 1U); }

    // What ACCEPTED and TRIGGERED say of where it stands if it comes to rest.
    [[nodiscard]] std::uint64_t placement() const noexcept {
        const std::uint64_t shows = std::uint64_t{display} << 32;
        if (is_stop(kind)) return code(Queue::waiting) | shows;
        if (kind == OrderKind::market || is_immediate(tif)) return 0;
        return code(queue()) | shows;
    }
};

// The ticket of an open order that is not plain. Its node says 0 lots: they stand here, so that no
// code for plain orders can take it for one.
struct Ticket {
    Order order;  // order.open counts reserve and shown lots
    std::uint32_t shown = 0;
    Slot older = null_slot;  // waiting stops of a side, by arrival
    Slot newer = null_slot;
    bool waits = false;
};

// Tickets are named by 32-bit numbers, recycled last in first out.
class TicketPool {
public:
    [[nodiscard]] Ticket& operator[](std::uint32_t ticket) noexcept { return tickets_[ticket]; }
    [[nodiscard]] const Ticket& operator[](std::uint32_t ticket) const noexcept { return tickets_[ticket]; }

    [[nodiscard]] std::uint32_t take(const Ticket& ticket) {
        if (free_.empty()) {
            tickets_.push_back(ticket);
            free_.reserve(tickets_.capacity());
            return static_cast<std::uint32_t>(tickets_.size() - 1);
        }
        const std::uint32_t number = free_.back();
        free_.pop_back();
        tickets_[number] = ticket;
        return number;
    }

    void give_back(std::uint32_t ticket) noexcept { free_.push_back(ticket); }

    [[nodiscard]] std::size_t in_use() const noexcept { return tickets_.size() - free_.size(); }

private:
    std::vector<Ticket> tickets_;
    std::vector<std::uint32_t> free_;
};

}  // namespace obengine
