// Processes commands for all order kinds and trading states (sections 2 to 9 of the specification).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "obengine/core/matching.hpp"
#include "obengine/core/pauses.hpp"
#include "obengine/core/snapshot_order.hpp"
#include "obengine/core/stop_elections.hpp"
#include "obengine/core/symbol_book_ops.hpp"
#include "obengine/core/validation.hpp"

namespace obengine {

// The state of an engine, without its limits and its position in the current batch.
struct EngineState {
    SharedState shared;
    std::vector<SymbolBook> books;
    std::vector<std::uint16_t> changed;  // symbols that lost orders together
    std::vector<std::uint16_t> timed;    // symbols, ascending, whose limit state or pause may be over some time
    std::size_t special_books = 0;  // books with special orders or not OPEN
    std::uint64_t clock_ns = 0;
};

template <EventSink Sink>
class CommandProcessor {
public:
    CommandProcessor(EngineState& state, Sink& sink) : state_(state), sink_(sink) {}

    // Applies any command except EXTEND; `pending` is the preceding EXTEND, or nullptr.
    void apply(const Command& command, const Extension* pending) {
        RejectCode reject_code = validate_command(command, pending, state_.books.size(), state_.clock_ns);
        if (reject_code == RejectCode::none) {
            const bool extended = (command.flags & flag::extended) != 0 && command.op <= code(Op::modify);
            reject_code = dispatch(command, extended ? *pending : Extension{});
        }
        if (reject_code != RejectCode::none) reject(command, reject_code);
    }

private:
    using Ops = SymbolBookOps<Sink>;

    [[nodiscard]] Ops ops_for(std::size_t symbol) {
        return Ops(state_.shared, state_.books[symbol], static_cast<std::uint16_t>(symbol), sink_);
    }

    void push(const Event& event) {
        reserve_events(sink_, 1);
        sink_.push(event);
    }

    void reject(const Command& command, RejectCode reason) {
        push(Event::of(EventKind::rejected, code(reason), command.symbol, static_cast<std::uint32_t>(command.qty_lots),
                       command.order_id, command.op, command.price_ticks));
    }

    // Keeps the count of books that are not plain.
    void update_special_count(SymbolBook& book) noexcept {
        if (book.is_plain() == book.counted_as_plain) return;
        book.counted_as_plain = !book.counted_as_plain;
        state_.special_books += book.counted_as_plain ? std::size_t(-1) : 1;
    }

    [[nodiscard]] RejectCode dispatch(const Command& command, const Extension& extension) {
        const Op op = static_cast<Op>(command.op);
        if (op == Op::mass_cancel) return mass_cancel(command);
        if (op == Op::clock) return set_clock(command);
        if (op == Op::trade_window) return set_trade_window(command);
        if (op == Op::bust) return bust(command);
        if (op == Op::indicate) return indicate(command);
        Ops ops = ops_for(command.symbol);
        const RejectCode reject_code = dispatch_to_symbol(ops, op, command, extension);
        if (reject_code == RejectCode::none && op != Op::steps) settle_symbol(ops);
        update_special_count(ops.book);
        if (state_.shared.expiries.needs_compaction()) compact_expiries();
        return reject_code;
    }

    [[nodiscard]] RejectCode dispatch_to_symbol(Ops& ops, Op op, const Command& command, const Extension& extension) {
        if (op == Op::state) return set_state(ops, command);
        if (op == Op::steps) return set_steps(ops, command);
        if (op == Op::rule) return set_rule(ops, command);
        const Slot known = ops.book.ids().find(state_.shared.pool, command.order_id);
        if (op == Op::new_order) {
            if (known != null_slot) return RejectCode::duplicate_id;
            return new_order(ops, command, extension);
        }
        if (known == null_slot) return RejectCode::unknown_order;
        if (op == Op::cancel) return cancel(ops, known, command);
        if (op == Op::modify) return modify(ops, known, command, extension);
        return execute(ops, known, command);
    }

    [[nodiscard]] static Order order_from(const Command& command, const Extension& extension) noexcept {
        Order order;
        order.kind = static_cast<OrderKind>(command.kind);
        order.tif = static_cast<TimeInForce>(command.tif);
        order.side = command.side;
        order.id = command.order_id;
        order.open = static_cast<std::uint32_t>(command.qty_lots);
        order.participant = command.participant;
        order.flags = command.flags & static_cast<std::uint16_t>(~flag::extended);
        order.display = static_cast<std::uint32_t>(extension.display_lots);
        order.expiry_ns = extension.expiry_ns;
        if (is_at_auction(order.tif) && command.price_ticks != no_price) order.kind = OrderKind::limit;
        order.price = is_limited(order.kind) || order.kind == OrderKind::market ? command.price_ticks : no_price;
        order.trigger = is_trailing(order.kind) ? no_price : extension.trigger_ticks;
        order.trail = is_trailing(order.kind) ? extension.trigger_ticks : 0;
        return order;
    }

    // Whether the trading state accepts an arriving order.
    [[nodiscard]] static RejectCode check_trading_state(TradingState state, const Order& order, bool has_minimum) noexcept {
        if (state == TradingState::halt) return RejectCode::halted;
        if (state == TradingState::open || is_stop(order.kind) || is_at_auction(order.tif)) return RejectCode::none;
        const bool needs_a_match = order.kind == OrderKind::market || is_immediate(order.tif) || is_whole(order.tif) ||
                                   (order.flags & flag::post_only) != 0 || has_minimum;
        return needs_a_match ? RejectCode::not_in_auction : RejectCode::none;
    }

    // As above, and the post-only check of the book, which may change the price (SLIDE).
    [[nodiscard]] static RejectCode check_arrival(const SymbolBook& book, Order& order, bool has_minimum) noexcept {
        const RejectCode reject_code = check_trading_state(book.state, order, has_minimum);
        if (reject_code != RejectCode::none) return reject_code;
        if (book.state != TradingState::open || (order.flags & flag::post_only) == 0) return RejectCode::none;
        return reprice_post_only(book, order.side, order.flags, order.price);
    }

    [[nodiscard]] RejectCode new_order(Ops& ops, const Command& command, const Extension& extension) {
        Order order = order_from(command, extension);
        const RejectCode off_step = check_steps(ops.book, order);
        if (off_step != RejectCode::none) return off_step;
        if (order.kind == OrderKind::limit) {
            if (is_outside_band(ops.book, order)) return RejectCode::outside_band;
            if (!is_at_auction(order.tif)) order.price = bring_inside(ops.book, order.side, order.price);
        }
        const RejectCode reject_code = check_arrival(ops.book, order, extension.min_lots != 0);
        if (reject_code != RejectCode::none) return reject_code;
        if ((order.flags & flag::to_limit) != 0) convert_market_to_limit(ops.book, order);
        ops.emit(EventKind::accepted, order.side, order.open, order.id, order.placement(), order.price);
        if (is_stop(order.kind)) {
            accept_stop(ops, order);
        } else {
            arrive_or_rest(ops, order, extension.min_lots);
        }
        return RejectCode::none;
    }

    // Matches an order if the symbol is OPEN; otherwise, and if it waits for an auction, the order rests.
    void arrive_or_rest(Ops& ops, Order& order, std::uint32_t min_lots) {
        if (ops.book.state != TradingState::open || is_at_auction(order.tif)) return static_cast<void>(ops.rest(order));
        arrive(ops, order, min_lots);
    }

    [[nodiscard]] RejectCode cancel(Ops& ops, Slot slot, const Command& command) {
        const std::uint32_t open = ops.open_lots(slot);
        const auto asked = static_cast<std::uint32_t>(command.qty_lots);
        ops.cancel_lots(slot, asked == 0 ? open : std::min(asked, open), CancelReason::requested);
        return RejectCode::none;
    }

    [[nodiscard]] RejectCode execute(Ops& ops, Slot slot, const Command& command) {
        if (ops.is_outside_levels(slot)) return RejectCode::unknown_order;
        const std::uint32_t lots = std::min(static_cast<std::uint32_t>(command.qty_lots), ops.open_lots(slot));
        ops.trade(ops.node(slot).side() ^ 1U, lots, 0, slot);
        return RejectCode::none;
    }

    [[nodiscard]] RejectCode modify(Ops& ops, Slot slot, const Command& command, const Extension& extension) {
        if (ops.is_waiting(slot)) return modify_stop(ops, slot, command, extension);
        if ((command.flags & flag::extended) != 0) return RejectCode::bad_trigger;
        // A market order that waits for an auction stays one.
        Ticks price = ops.node(slot).price == no_price ? no_price : command.price_ticks;
        Order entered;
        entered.price = price;
        entered.open = static_cast<std::uint32_t>(command.qty_lots);
        const RejectCode off_step = check_steps(ops.book, entered);
        if (off_step != RejectCode::none) return off_step;
        auto qty = static_cast<std::uint32_t>(command.qty_lots);
        const OrderAttributes* const special = ops.attributes(slot);
        if (special != nullptr && (special->order.flags & flag::total) != 0) {
            if (qty <= special->order.filled) {
                ops.cancel_lots(slot, special->order.open, CancelReason::requested);
                return RejectCode::none;
            }
            qty -= special->order.filled;
        }
        if (!ops.is_outside_levels(slot)) price = bring_inside(ops.book, ops.node(slot).side(), price);
        if (price == ops.node(slot).price && qty <= ops.open_lots(slot)) {
            ops.shrink(slot, qty);
            ops.emit(EventKind::modified, code(Priority::kept), qty, command.order_id, 0, price);
            return RejectCode::none;
        }
        return move(ops, slot, qty, price);
    }

    [[nodiscard]] RejectCode modify_stop(Ops& ops, Slot slot, const Command& command, const Extension& extension) {
        Order& stop = ops.attributes(slot)->order;
        const bool amended = (command.flags & flag::extended) != 0;
        const Ticks trigger = extension.trigger_ticks;
        if (amended && (is_trailing(stop.kind) ? trigger <= 0 : trigger == no_price)) return RejectCode::bad_trigger;
        Order entered = stop;
        entered.display = 0;
        entered.open = static_cast<std::uint32_t>(command.qty_lots);
        entered.price = is_limited(stop.kind) ? command.price_ticks : no_price;
        if (amended && !is_trailing(stop.kind)) entered.trigger = trigger;
        entered.trail = amended && is_trailing(stop.kind) ? trigger : 0;
        const RejectCode off_step = check_steps(ops.book, entered, amended);
        if (off_step != RejectCode::none) return off_step;
        stop.open = static_cast<std::uint32_t>(command.qty_lots);
        if (is_limited(stop.kind)) stop.price = ops.node(slot).price = command.price_ticks;
        emit_modified(ops, Priority::kept, stop);
        if (amended) amend_stop(ops, slot, trigger);
        return RejectCode::none;
    }

    // Removes an order from its queue and lets it arrive again with a new price and quantity.
    [[nodiscard]] RejectCode move(Ops& ops, Slot slot, std::uint32_t qty, Ticks price) {
        Order order = ops.order(slot);
        order.price = price;
        order.open = qty;
        if (is_outside_band(ops.book, order)) return RejectCode::outside_band;
        const RejectCode reject_code = check_arrival(ops.book, order, false);
        if (reject_code != RejectCode::none) return reject_code;
        ops.remove(slot);
        emit_modified(ops, Priority::lost, order);
        arrive_or_rest(ops, order, 0);
        return RejectCode::none;
    }

    void emit_modified(Ops& ops, Priority priority, const Order& order) {
        ops.emit(EventKind::modified, code(priority), order.open, order.id, 0, order.price);
    }

    [[nodiscard]] RejectCode set_state(Ops& ops, const Command& command) {
        change_state(ops, static_cast<TradingState>(command.side), command.price_ticks, command.flags);
        return RejectCode::none;
    }

    // The reject code if a price or quantity that an order enters is not valid. A trigger that is not entered can only
    // determine the row.
    [[nodiscard]] static RejectCode check_steps(const SymbolBook& book, const Order& order, bool enters_trigger = true) noexcept {
        if (!book.has_rules()) return RejectCode::none;
        const StepTable& steps = book.rules().steps;
        const bool trailing = is_trailing(order.kind);
        const bool stop = is_stop(order.kind) && !trailing;
        const auto off = [](Ticks price, const StepRow& row) { return price != no_price && price % row.price_step != 0; };
        const StepRow& row = steps.row_of(trailing                  ? book.last
                                          : order.price != no_price ? order.price
                                          : stop                    ? order.trigger
                                                                    : book.last);
        const bool off_price = off(order.price, trailing ? row : steps.row_of(order.price)) || order.trail % row.price_step != 0 ||
                               (stop && enters_trigger && off(order.trigger, steps.row_of(order.trigger)));
        if (off_price) return RejectCode::off_step_price;
        const bool off_lots = order.open % row.lot_step != 0 || order.display % row.lot_step != 0;
        return off_lots ? RejectCode::off_step_quantity : RejectCode::none;
    }

    [[nodiscard]] RejectCode set_steps(Ops& ops, const Command& command) {
        SymbolRules rules = ops.book.rules();
        rules.steps = StepTable(static_cast<std::uint16_t>(command.participant), static_cast<std::uint16_t>(command.qty_lots));
        ops.book.set_rules(rules);
        ops.emit(EventKind::steps_set, 0, static_cast<std::uint32_t>(command.qty_lots), command.participant, 0, 0);
        return RejectCode::none;
    }

    [[nodiscard]] static bool is_outside_band(const SymbolBook& book, const Order& order) noexcept {
        const Band* const band = book.band();
        return band != nullptr && band->mode == BandMode::reject && order.price != no_price &&
               band->is_outside(order.side, order.price);
    }

    [[nodiscard]] RejectCode set_rule(Ops& ops, const Command& command) {
        SymbolRules rules = ops.book.rules();
        const bool is_band = command.kind == code(Rule::band);
        if (command.kind == code(Rule::matching)) {
            rules.pro_rata.reset();
            if (command.side == code(Matching::pro_rata)) {
                rules.pro_rata = ProRata{static_cast<std::uint32_t>(command.qty_lots), command.participant};
            }
        } else if (is_band) {
            rules.band = band_of(command);
        } else if (!rules.steps.add({command.price_ticks, static_cast<std::uint16_t>(command.participant),
                                     static_cast<std::uint16_t>(command.qty_lots)})) {
            return RejectCode::bad_rule;
        }
        ops.book.set_rules(rules);
        const std::uint64_t about = command.participant | std::uint64_t{command.side} << 32;
        ops.emit(EventKind::rule_set, command.kind, static_cast<std::uint32_t>(command.qty_lots), command.order_id, about,
                 command.price_ticks);
        if (is_band) cancel_outside_band(ops);
        return RejectCode::none;
    }

    [[nodiscard]] static Band band_of(const Command& command) noexcept {
        Band band{static_cast<BandMode>(command.side), command.price_ticks, static_cast<Ticks>(command.order_id)};
        if (band.mode != BandMode::pause) return band;
        band.limit_ms = static_cast<std::uint32_t>(command.qty_lots);
        band.pause_ms = command.participant;
        return band;
    }

    [[nodiscard]] RejectCode set_trade_window(const Command& command) {
        state_.shared.window.resize(static_cast<std::size_t>(command.qty_lots));
        emit_summary(EventKind::trade_window_set, 0, command.symbol, state_.shared.window.size(), 0);
        return RejectCode::none;
    }

    // Publishes what an uncross would give now.
    [[nodiscard]] RejectCode indicate(const Command& command) {
        const SymbolBook& book = state_.books[command.symbol];
        const Ticks reference = command.price_ticks == no_price ? book.last : command.price_ticks;
        const auto found = find_auction(state_.shared, book, reference, book.auction_queue());
        const AuctionCandidate best = found ? found->best : AuctionCandidate{no_price, 0, 0};
        const std::uint32_t side = best.surplus == 0 ? 2 : best.surplus > 0 ? 0 : 1;
        const auto volume = static_cast<std::uint32_t>(std::min<std::int64_t>(best.volume, max_lots));
        push(Event::of(EventKind::indication, side, command.symbol, volume, static_cast<OrderId>(best.imbalance()), 0,
                       best.price));
        return RejectCode::none;
    }

    [[nodiscard]] RejectCode bust(const Command& command) {
        KeptTrade* const trade = state_.shared.window.find(command.order_id);
        if (trade == nullptr) return RejectCode::unknown_trade;
        if (trade->is_busted != 0) return RejectCode::already_busted;
        trade->is_busted = 1;
        push(Event::of(EventKind::trade_busted, trade->detail, trade->symbol, trade->lots, trade->sequence, 0,
                       trade->price_ticks));
        return RejectCode::none;
    }

    [[nodiscard]] RejectCode mass_cancel(const Command& command) {
        std::size_t first = command.symbol;
        std::size_t behind_last = first + 1;
        if (command.symbol == all_symbols) {
            first = 0;
            behind_last = state_.books.size();
        }
        std::size_t cancelled = 0;
        state_.changed.clear();
        for (std::size_t symbol = first; symbol < behind_last; ++symbol) {
            Ops ops = ops_for(symbol);
            cancelled += cancel_all(ops, CancelReason::mass, [&](Slot slot) {
                const bool on_side = command.side == both_sides || command.side == ops.node(slot).side();
                return on_side && (command.participant == 0 || command.participant == ops.participant(slot));
            });
        }
        emit_summary(EventKind::mass_cancelled, command.side, command.symbol, cancelled, command.participant);
        settle_changed();
        return RejectCode::none;
    }

    [[nodiscard]] RejectCode set_clock(const Command& command) {
        state_.clock_ns = command.order_id;
        std::size_t expired = 0;
        state_.changed.clear();
        while (state_.shared.expiries.is_due(state_.clock_ns)) {
            const Expiry due = state_.shared.expiries.pop();
            Ops ops = ops_for(due.symbol);
            const Slot slot = find_expiring(due);
            if (slot == null_slot) continue;
            ops.cancel_lots(slot, ops.open_lots(slot), CancelReason::expired);
            note_changed(ops);
            ++expired;
        }
        if ((command.flags & end_of_day) != 0) {
            for (std::size_t symbol = 0; symbol < state_.books.size(); ++symbol) {
                Ops ops = ops_for(symbol);
                if (ops.book.special_orders == 0) continue;
                expired += cancel_all(ops, CancelReason::expired, [&](Slot slot) {
                    const OrderAttributes* const special = ops.attributes(slot);
                    return special != nullptr && (special->order.tif == TimeInForce::day || is_at_auction(special->order.tif));
                });
            }
        }
        emit_summary(EventKind::clock_set, command.flags, command.symbol, expired, command.order_id);
        std::sort(state_.changed.begin(), state_.changed.end());
        settle_changed();
        run_timers();
        return RejectCode::none;
    }

    // The same as cancel_chosen, and notes the change.
    template <class Chosen>
    std::size_t cancel_all(Ops& ops, CancelReason reason, Chosen&& chosen) {
        const std::size_t cancelled = cancel_chosen(ops, reason, chosen);
        if (cancelled != 0) note_changed(ops);
        return cancelled;
    }

    // Notes that a symbol lost orders. Books without AON orders and rules need not be settled.
    void note_changed(Ops& ops) {
        update_special_count(ops.book);
        if (ops.book.special() != nullptr || ops.book.has_rules()) state_.changed.push_back(ops.symbol);
    }

    // A symbol may be noted twice; to settle it again changes nothing.
    void settle_changed() {
        for (const std::uint16_t symbol : state_.changed) {
            Ops ops = ops_for(symbol);
            settle_symbol(ops);
            update_special_count(ops.book);
        }
    }

    // What follows a change of a book.
    void settle_symbol(Ops& ops) {
        settle(ops);
        if (update_limit_state(ops, state_.clock_ns)) note_timer(ops.symbol);
    }

    void note_timer(std::uint16_t symbol) {
        const auto at = std::lower_bound(state_.timed.begin(), state_.timed.end(), symbol);
        if (at == state_.timed.end() || *at != symbol) state_.timed.insert(at, symbol);
    }

    // Begins the pauses that are due, and reopens the symbols whose pause is over.
    void run_timers() {
        for (const std::uint16_t symbol : std::exchange(state_.timed, {})) {
            Ops ops = ops_for(symbol);
            if (run_timer(ops, state_.clock_ns)) settle_symbol(ops);
            if (ops.book.rules().timer) note_timer(symbol);
            update_special_count(ops.book);
        }
    }

    // Emits the final event of a command that affects many orders.
    void emit_summary(EventKind kind, std::uint32_t detail, std::uint16_t symbol, std::size_t orders, OrderId id) {
        const auto reported = static_cast<std::uint32_t>(std::min<std::size_t>(orders, max_lots));
        push(Event::of(kind, detail, symbol, reported, id, 0, 0));
    }

    // The open order of an expiry entry, or null_slot if it has gone.
    [[nodiscard]] Slot find_expiring(const Expiry& entry) {
        Ops ops = ops_for(entry.symbol);
        const Slot slot = ops.book.ids().find(state_.shared.pool, entry.id);
        const OrderAttributes* const special = slot == null_slot ? nullptr : ops.attributes(slot);
        const bool is_due = special != nullptr && special->order.tif == TimeInForce::gtd &&
                            special->order.expiry_ns == entry.time_ns;
        return is_due ? slot : null_slot;
    }

    void compact_expiries() {
        state_.shared.expiries.compact([this](const Expiry& entry) { return find_expiring(entry) != null_slot; });
    }

    EngineState& state_;
    Sink& sink_;
};

}  // namespace obengine
