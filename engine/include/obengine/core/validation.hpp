// Validation of command records: the format checks of section 3 of the specification.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "obengine/core/orders.hpp"
#include "obengine/io/messages.hpp"

namespace obengine {

// The parameters of an EXTEND; all 0 if there is none.
struct Extension {
    std::int32_t display_lots = 0;
    std::uint32_t min_lots = 0;
    std::uint64_t expiry_ns = 0;
    Ticks trigger_ticks = 0;

    [[nodiscard]] static Extension from(const Command& command) noexcept {
        return {command.qty_lots, command.participant, command.order_id, command.price_ticks};
    }
};

namespace validation {

struct Check {
    bool broken;
    RejectCode code;
};

// The code of the first check that fails.
[[nodiscard]] inline RejectCode first_broken(std::initializer_list<Check> checks) noexcept {
    for (const Check& check : checks) {
        if (check.broken) return check.code;
    }
    return RejectCode::none;
}

[[nodiscard]] inline bool bad_flags(const Command& command, OrderKind kind, TimeInForce tif) noexcept {
    const std::uint16_t flags = command.flags;
    const bool post_only = (flags & flag::post_only) != 0;
    const bool hidden = (flags & flag::hidden) != 0;
    return flags > flag::known || (flags >> flag::self_trade_shift & flag::self_trade_mask) > code(SelfTrade::decrement) ||
           ((flags & flag::imbalance_only) != 0 && (kind != OrderKind::limit || !is_at_auction(tif))) ||
           ((flags & flag::to_limit) != 0 && (kind != OrderKind::market || !is_lasting(tif))) ||
           ((flags & flag::slide) != 0 && !post_only) || (post_only && kind != OrderKind::limit) ||
           (hidden && !is_limited(kind)) || ((post_only || hidden) && !is_lasting(tif));
}

[[nodiscard]] inline bool bad_trigger(OrderKind kind, Ticks trigger) noexcept {
    if (is_trailing(kind)) return trigger <= 0;
    return is_stop(kind) ? trigger == no_price : trigger != 0;
}

[[nodiscard]] inline bool bad_display(const Command& command, OrderKind kind, TimeInForce tif, std::int32_t display) noexcept {
    return display != 0 && (display < 0 || display > command.qty_lots || (command.flags & flag::hidden) != 0 ||
                            !is_limited(kind) || !is_lasting(tif));
}

[[nodiscard]] inline bool bad_minimum(const Command& command, OrderKind kind, TimeInForce tif, std::uint32_t least) noexcept {
    return least != 0 && (least > static_cast<std::uint32_t>(command.qty_lots) || is_stop(kind) || is_whole(tif) || is_at_auction(tif) ||
                          (command.flags & flag::post_only) != 0);
}

[[nodiscard]] inline RejectCode validate_new(const Command& command, const Extension* pending, std::size_t symbols,
                                       std::uint64_t clock_ns) noexcept {
    const auto kind = static_cast<OrderKind>(command.kind);
    const auto tif = static_cast<TimeInForce>(command.tif);
    const bool extended = (command.flags & flag::extended) != 0;
    const Extension more = extended && pending != nullptr ? *pending : Extension{};
    return first_broken({
        {command.side > code(Side::sell), RejectCode::unknown_side},
        {command.kind > code(OrderKind::trailing_stop_limit), RejectCode::unknown_kind},
        {command.tif > code(TimeInForce::on_close) || (tif == TimeInForce::aon && kind != OrderKind::limit) ||
             (is_at_auction(tif) && is_stop(kind)),
         RejectCode::unknown_tif},
        {bad_flags(command, kind, tif), RejectCode::bad_flags},
        {command.symbol >= symbols, RejectCode::unknown_symbol},
        {command.qty_lots <= 0, RejectCode::bad_quantity},
        {is_limited(kind) && command.price_ticks == no_price, RejectCode::bad_price},
        {extended ? pending == nullptr : is_stop(kind), RejectCode::missing_extension},
        {bad_trigger(kind, more.trigger_ticks), RejectCode::bad_trigger},
        {bad_display(command, kind, tif, more.display_lots), RejectCode::bad_display},
        {bad_minimum(command, kind, tif, more.min_lots), RejectCode::bad_minimum},
        {tif == TimeInForce::gtd ? more.expiry_ns <= clock_ns : more.expiry_ns != 0, RejectCode::bad_expiry},
    });
}

// CANCEL, MODIFY, EXECUTE.
[[nodiscard]] inline RejectCode validate_by_id(const Command& command, const Extension* pending, std::size_t symbols) noexcept {
    const bool may_be_all = command.op == code(Op::cancel);
    const int allowed = command.op == code(Op::modify) ? flag::extended : 0;
    const Extension more = command.flags != 0 && pending != nullptr ? *pending : Extension{};
    return first_broken({
        {(command.flags & ~allowed) != 0, RejectCode::bad_flags},
        {command.symbol >= symbols, RejectCode::unknown_symbol},
        {command.qty_lots < (may_be_all ? 0 : 1), RejectCode::bad_quantity},
        {command.op == code(Op::modify) && command.price_ticks == no_price, RejectCode::bad_price},
        {command.flags != 0 && pending == nullptr, RejectCode::missing_extension},
        {more.display_lots != 0, RejectCode::bad_display},
        {more.min_lots != 0, RejectCode::bad_minimum},
        {more.expiry_ns != 0, RejectCode::bad_expiry},
    });
}

[[nodiscard]] inline bool bad_steps(const Command& command) noexcept {
    return command.participant < 1 || command.participant > max_step || command.qty_lots < 1 ||
           static_cast<std::uint32_t>(command.qty_lots) > max_step;
}

[[nodiscard]] inline bool bad_rule(const Command& command) noexcept {
    if (command.kind == code(Rule::steps_from)) return command.price_ticks == no_price || bad_steps(command);
    if (command.kind == code(Rule::matching)) return command.side > code(Matching::pro_rata) || command.qty_lots < 0;
    if (command.side == code(BandMode::none)) return false;
    if (command.side == code(BandMode::pause) && (command.qty_lots < 1 || command.participant == 0)) return true;
    return command.side > code(BandMode::pause) || command.price_ticks == no_price || command.order_id > OrderId{max_price};
}

// The flags that STATE may have with a new state.
[[nodiscard]] inline int allowed_state_flags(std::uint8_t state) noexcept {
    if (state == code(TradingState::auction)) return state_flag::closing;
    return state == code(TradingState::halt) ? state_flag::uncross : 0;
}

}  // namespace validation

// The reject code of an invalid command (any op except EXTEND), or none. `pending` is the preceding EXTEND, or
// nullptr.
[[nodiscard]] inline RejectCode validate_command(const Command& command, const Extension* pending, std::size_t symbols,
                                           std::uint64_t clock_ns) noexcept {
    switch (static_cast<Op>(command.op)) {
        case Op::new_order: return validation::validate_new(command, pending, symbols, clock_ns);
        case Op::cancel:
        case Op::modify:
        case Op::execute: return validation::validate_by_id(command, pending, symbols);
        case Op::mass_cancel:
            return validation::first_broken({
                {command.side > both_sides, RejectCode::unknown_side},
                {command.flags != 0, RejectCode::bad_flags},
                {command.symbol >= symbols && command.symbol != all_symbols, RejectCode::unknown_symbol},
            });
        case Op::state:
            return validation::first_broken({
                {(command.flags & ~validation::allowed_state_flags(command.side)) != 0, RejectCode::bad_flags},
                {command.symbol >= symbols, RejectCode::unknown_symbol},
                {command.side > code(TradingState::auction), RejectCode::unknown_state},
            });
        case Op::clock:
            return validation::first_broken({
                {(command.flags & ~end_of_day) != 0, RejectCode::bad_flags},
                {command.order_id < clock_ns, RejectCode::bad_time},
            });
        case Op::steps:
            return validation::first_broken({
                {command.flags != 0, RejectCode::bad_flags},
                {command.symbol >= symbols, RejectCode::unknown_symbol},
                {validation::bad_steps(command), RejectCode::bad_step},
            });
        case Op::rule:
            return validation::first_broken({
                {command.flags != 0, RejectCode::bad_flags},
                {command.symbol >= symbols, RejectCode::unknown_symbol},
                {command.kind > code(Rule::matching), RejectCode::unknown_rule},
                {validation::bad_rule(command), RejectCode::bad_rule},
            });
        case Op::trade_window:
            return validation::first_broken({
                {command.flags != 0, RejectCode::bad_flags},
                {command.qty_lots < 0 || command.qty_lots > max_kept_trades, RejectCode::bad_quantity},
            });
        case Op::indicate:
            return validation::first_broken({
                {command.flags != 0, RejectCode::bad_flags},
                {command.symbol >= symbols, RejectCode::unknown_symbol},
            });
        case Op::bust: return command.flags != 0 ? RejectCode::bad_flags : RejectCode::none;
        case Op::extend: return RejectCode::none;
    }
    return RejectCode::unknown_op;
}

}  // namespace obengine
