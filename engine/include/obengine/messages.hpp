// Command and event records: the 32-byte layouts and the codes of obengine/messages.py.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace obengine {

static_assert(std::endian::native == std::endian::little, "records are little-endian in memory");

using OrderId = std::uint64_t;
using Ticks = std::int64_t;
using Lots = std::int32_t;

inline constexpr Ticks no_price = std::numeric_limits<Ticks>::min();

enum class Op : std::uint8_t { new_order = 0, cancel = 1, modify = 2, execute = 3 };
enum class Side : std::uint8_t { buy = 0, sell = 1 };
enum class OrderKind : std::uint8_t { limit = 0, market = 1 };
enum class TimeInForce : std::uint8_t { gtc = 0, ioc = 1 };
enum class EventKind : std::uint8_t { accepted = 1, traded = 2, cancelled = 3, modified = 4, rejected = 5 };
enum class CancelReason : std::uint8_t { requested = 0, immediate = 1 };
enum class Priority : std::uint8_t { lost = 0, kept = 1 };

enum class RejectCode : std::uint8_t {
    none = 0,
    unknown_op = 1,
    unknown_side = 2,
    unknown_kind = 3,
    unknown_tif = 4,
    bad_flags = 5,
    unknown_symbol = 6,
    bad_quantity = 7,
    bad_price = 8,
    duplicate_id = 9,
    unknown_order = 10,
};

// Any bytes are a Command: the enumerated fields stay raw until they are checked.
struct Command {
    std::uint8_t op;
    std::uint8_t side;
    std::uint8_t kind;
    std::uint8_t tif;
    std::uint16_t symbol;
    std::uint16_t flags;
    Lots qty_lots;
    std::uint32_t participant;
    OrderId order_id;
    Ticks price_ticks;
};

// Four words, so that writing an event is four stores; the first holds, from its lowest byte: kind,
// detail, symbol (2 bytes), quantity (4).
struct Event {
    std::uint64_t head;
    OrderId order_id;
    OrderId other_id;
    Ticks price_ticks;

    [[nodiscard]] static Event of(EventKind kind, std::uint32_t detail, std::uint16_t symbol, std::uint32_t qty_lots,
                                  OrderId order_id, OrderId other_id, Ticks price_ticks) noexcept {
        const std::uint64_t head = static_cast<std::uint64_t>(kind) | std::uint64_t{detail} << 8 |
                                   std::uint64_t{symbol} << 16 | std::uint64_t{qty_lots} << 32;
        return {head, order_id, other_id, price_ticks};
    }
    [[nodiscard]] EventKind kind() const noexcept { return static_cast<EventKind>(head & 0xFF); }
    [[nodiscard]] std::uint8_t detail() const noexcept { return static_cast<std::uint8_t>(head >> 8); }
    [[nodiscard]] std::uint16_t symbol() const noexcept { return static_cast<std::uint16_t>(head >> 16); }
    [[nodiscard]] Lots qty_lots() const noexcept { return static_cast<Lots>(head >> 32); }
};

// One resting order of a snapshot: the RESTING record of obengine/book.py.
struct Resting {
    std::uint16_t symbol;
    std::uint8_t side;
    std::uint8_t reserved;
    Lots qty_lots;
    std::uint32_t participant;
    std::uint32_t reserved2;
    OrderId order_id;
    Ticks price_ticks;
};

template <class Record>
inline constexpr bool is_wire_record =
    sizeof(Record) == 32 && std::is_trivially_copyable_v<Record> && std::is_standard_layout_v<Record>;

static_assert(is_wire_record<Command> && offsetof(Command, qty_lots) == 8 && offsetof(Command, price_ticks) == 24);
static_assert(is_wire_record<Event> && offsetof(Event, order_id) == 8 && offsetof(Event, price_ticks) == 24);
static_assert(is_wire_record<Resting> && offsetof(Resting, participant) == 8 && offsetof(Resting, order_id) == 16);

}  // namespace obengine
