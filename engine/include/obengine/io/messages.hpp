// Command and event records: 32-byte layouts and codes, as in obengine/api/messages.py.
#pragma once

#include <array>
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

inline constexpr Ticks max_price = std::numeric_limits<Ticks>::max();
inline constexpr Ticks min_price = no_price + 1;
inline constexpr std::uint32_t max_lots = 0x7FFF'FFFF;

inline constexpr std::uint8_t both_sides = 2;        // MASS_CANCEL: side value for both sides
inline constexpr std::uint16_t all_symbols = 65535;  // MASS_CANCEL: symbol value for all symbols
inline constexpr std::uint8_t cross = 2;             // TRADED: detail of an uncross, where neither order is the taker
inline constexpr std::uint8_t no_side = 2;           // LIMIT_STATE: detail if there is no limit state any more
inline constexpr std::uint32_t max_step = 65535;     // STEPS: the greatest price step and lot step
inline constexpr std::size_t max_step_rows = 64;      // the greatest number of rows of a table of steps
inline constexpr std::int32_t max_kept_trades = 1 << 20;  // TRADE_WINDOW: the greatest number of trades
inline constexpr std::uint16_t end_of_day = 1;       // CLOCK: flag that expires DAY orders

enum class Op : std::uint8_t { new_order, cancel, modify, execute, extend, mass_cancel, state, clock, steps, rule, trade_window, bust, indicate };
enum class Side : std::uint8_t { buy = 0, sell = 1 };
enum class OrderKind : std::uint8_t { limit, market, stop, stop_limit, trailing_stop, trailing_stop_limit };
enum class TimeInForce : std::uint8_t { gtc, ioc, day, gtd, fok, aon, on_open, on_close };
enum class SelfTrade : std::uint8_t { none, newest, oldest, both, decrement };
enum class TradingState : std::uint8_t { open, halt, auction };
enum class Rule : std::uint8_t { band, steps_from, matching };
enum class BandMode : std::uint8_t { none, reject, pause };
enum class Matching : std::uint8_t { time, pro_rata };
enum class RuleState : std::uint8_t { timer = 128, top_order };
enum class Queue : std::uint8_t { displayed, hidden, conditional, waiting, on_open, on_close };
enum class CancelReason : std::uint8_t { requested, immediate, fill_or_kill, minimum, self_trade, expired, mass, band, auction };
enum class Priority : std::uint8_t { lost = 0, kept = 1 };

enum class EventKind : std::uint8_t {
    accepted = 1,
    traded,
    cancelled,
    modified,
    rejected,
    refilled,
    triggered,
    state_changed,
    auction_price,
    mass_cancelled,
    clock_set,
    steps_set,
    rule_set,
    limit_state,
    trade_window_set,
    trade_busted,
    indication,
};

// Single-bit order flags; the self-trade mode uses bits 4 to 6.
namespace flag {
inline constexpr std::uint16_t extended = 1;
inline constexpr std::uint16_t post_only = 2;
inline constexpr std::uint16_t slide = 4;
inline constexpr std::uint16_t hidden = 8;
inline constexpr unsigned self_trade_shift = 4;
inline constexpr std::uint16_t self_trade_mask = 7;
inline constexpr std::uint16_t total = 128;
inline constexpr std::uint16_t to_limit = 256;
inline constexpr std::uint16_t imbalance_only = 512;
inline constexpr std::uint16_t known = 1023;
}  // namespace flag

// Flags of STATE.
namespace state_flag {
inline constexpr std::uint16_t closing = 1;
inline constexpr std::uint16_t uncross = 4;
}  // namespace state_flag

enum class RejectCode : std::uint8_t {
    none = 0,
    unknown_op,
    unknown_side,
    unknown_kind,
    unknown_tif,
    bad_flags,
    unknown_symbol,
    bad_quantity,
    bad_price,
    duplicate_id,
    unknown_order,
    missing_extension,
    bad_trigger,
    bad_display,
    bad_minimum,
    bad_expiry,
    would_take,
    halted,
    not_in_auction,
    unknown_state,
    bad_time,
    bad_step,
    off_step_price,
    off_step_quantity,
    unknown_rule,
    bad_rule,
    outside_band,
    unknown_trade,
    already_busted,
};

// The numeric value of a code, as stored in records.
template <class Code>
    requires std::is_enum_v<Code>
[[nodiscard]] constexpr std::uint8_t code(Code value) noexcept {
    return static_cast<std::uint8_t>(value);
}

// Any bytes are a valid Command object: enumerated fields are raw until validated.
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

    // A command of a LIMIT order without flags. Its first eight bytes are stored at once, because the core loads them
    // at once: a load that follows stores of its parts has to wait for the cache.
    [[nodiscard]] static Command of(Op op, std::uint8_t side, TimeInForce tif, std::uint16_t symbol, Lots qty_lots,
                                    OrderId order_id, Ticks price_ticks) noexcept {
        const std::uint64_t head = static_cast<std::uint64_t>(op) | std::uint64_t{side} << 8 |
                                   static_cast<std::uint64_t>(tif) << 24 | std::uint64_t{symbol} << 32;
        const std::uint64_t lots = static_cast<std::uint32_t>(qty_lots);
        return std::bit_cast<Command>(
            std::array<std::uint64_t, 4>{head, lots, order_id, static_cast<std::uint64_t>(price_ticks)});
    }
};

// `about` packs kind, detail and symbol (2 bytes) from the lowest byte, so that writing an event takes five stores.
struct Event {
    std::uint32_t about;
    std::uint32_t lots;
    OrderId order_id;
    OrderId other_id;
    Ticks price_ticks;

    [[nodiscard]] static Event of(EventKind kind, std::uint32_t detail, std::uint16_t symbol, std::uint32_t qty_lots,
                                  OrderId order_id, OrderId other_id, Ticks price_ticks) noexcept {
        const std::uint32_t about = static_cast<std::uint32_t>(kind) | detail << 8 | std::uint32_t{symbol} << 16;
        return {about, qty_lots, order_id, other_id, price_ticks};
    }
    [[nodiscard]] EventKind kind() const noexcept { return static_cast<EventKind>(about & 0xFF); }
    [[nodiscard]] std::uint8_t detail() const noexcept { return static_cast<std::uint8_t>(about >> 8); }
    [[nodiscard]] std::uint16_t symbol() const noexcept { return static_cast<std::uint16_t>(about >> 16); }
    [[nodiscard]] Lots qty_lots() const noexcept { return static_cast<Lots>(lots); }
};

template <class Record, std::size_t bytes>
inline constexpr bool is_wire_record =
    sizeof(Record) == bytes && std::is_trivially_copyable_v<Record> && std::is_standard_layout_v<Record>;

static_assert(is_wire_record<Command, 32> && offsetof(Command, qty_lots) == 8 && offsetof(Command, price_ticks) == 24);
static_assert(is_wire_record<Event, 32> && offsetof(Event, order_id) == 8 && offsetof(Event, price_ticks) == 24);

}  // namespace obengine
