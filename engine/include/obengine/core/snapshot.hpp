// Converts the state of an engine to snapshot records and back; layout as in obengine/api/snapshot.py.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "obengine/core/engine.hpp"
#include "obengine/core/snapshot_order.hpp"
#include "obengine/io/messages.hpp"

namespace obengine {

struct EngineRecord {
    std::uint64_t clock_ns;
    std::uint32_t extended;
    std::int32_t display_lots;
    std::uint32_t min_lots;
    std::uint32_t trade_window;
    std::uint64_t expiry_ns;
    Ticks trigger_ticks;
};

inline constexpr std::uint8_t closing_auction = 4;

struct SymbolRecord {
    std::uint16_t symbol;
    std::uint8_t state;  // the trading state, plus closing_auction
    std::uint8_t has_last;
    std::uint16_t price_step;  // 0 for 1
    std::uint16_t lot_step;
    Ticks last_ticks;
};

struct RuleRecord {
    std::uint16_t symbol;
    std::uint8_t rule;
    std::uint8_t detail;
    std::uint32_t lots;
    std::uint64_t value;
    Ticks price_ticks;
    std::uint32_t number;
    std::uint32_t reserved;
};

struct Resting {
    std::uint16_t symbol;
    std::uint8_t side;
    std::uint8_t kind;
    std::uint8_t tif;
    std::uint8_t queue;
    std::uint16_t flags;
    std::uint32_t open_lots;
    std::uint32_t display_lots;
    std::uint32_t shown_lots;
    std::uint32_t participant;
    OrderId order_id;
    Ticks price_ticks;
    Ticks trigger_ticks;
    Ticks trail_ticks;
    std::uint64_t expiry_ns;
};

static_assert(is_wire_record<EngineRecord, 40> && offsetof(EngineRecord, expiry_ns) == 24);
static_assert(is_wire_record<SymbolRecord, 16> && offsetof(SymbolRecord, last_ticks) == 8);
static_assert(is_wire_record<RuleRecord, 32> && offsetof(RuleRecord, price_ticks) == 16);
static_assert(is_wire_record<Resting, 64> && offsetof(Resting, participant) == 20 && offsetof(Resting, expiry_ns) == 56);

[[nodiscard]] inline EngineRecord engine_record(const Engine& engine) noexcept {
    EngineRecord record{};
    record.clock_ns = engine.clock_ns();
    record.trade_window = static_cast<std::uint32_t>(engine.shared().window.size());
    if (const Extension* const pending = engine.pending_extension()) {
        record.extended = 1;
        record.display_lots = pending->display_lots;
        record.min_lots = pending->min_lots;
        record.expiry_ns = pending->expiry_ns;
        record.trigger_ticks = pending->trigger_ticks;
    }
    return record;
}

// Only symbols that have a last price or a step, or are not OPEN.
[[nodiscard]] inline std::vector<SymbolRecord> symbol_records(const Engine& engine) {
    std::vector<SymbolRecord> records;
    for (std::size_t symbol = 0; symbol < engine.symbols(); ++symbol) {
        const SymbolBook& book = engine.book(symbol);
        const bool has_last = book.last != no_price;
        const auto stored = [](std::uint16_t step) { return step == 1 ? std::uint16_t{0} : step; };
        const StepRow& first = book.rules().steps.rows().front();
        const bool has_steps = first.price_step != 1 || first.lot_step != 1;
        if (!has_last && !has_steps && book.state == TradingState::open) continue;
        const auto state = static_cast<std::uint8_t>(code(book.state) + (book.closing ? closing_auction : 0));
        records.push_back({static_cast<std::uint16_t>(symbol), state, has_last, stored(first.price_step),
                           stored(first.lot_step), has_last ? book.last : 0});
    }
    return records;
}

// The rules that are set, by symbol and rule.
[[nodiscard]] inline std::vector<RuleRecord> rule_records(const Engine& engine) {
    std::vector<RuleRecord> records;
    for (std::size_t symbol = 0; symbol < engine.symbols(); ++symbol) {
        if (!engine.book(symbol).has_rules()) continue;
        const SymbolRules& rules = engine.book(symbol).rules();
        const auto index = static_cast<std::uint16_t>(symbol);
        if (rules.band.is_set()) {
            records.push_back({index, code(Rule::band), code(rules.band.mode), rules.band.limit_ms,
                               static_cast<std::uint64_t>(rules.band.width), rules.band.reference, rules.band.pause_ms, 0});
        }
        for (const StepRow& row : std::span(rules.steps.rows()).subspan(1)) {
            records.push_back({index, code(Rule::steps_from), 0, row.lot_step, 0, row.from, row.price_step, 0});
        }
        if (rules.pro_rata) {
            records.push_back({index, code(Rule::matching), code(Matching::pro_rata), rules.pro_rata->least, 0, 0,
                               rules.pro_rata->most_of_top, 0});
        }
        if (rules.timer) {
            records.push_back({index, code(RuleState::timer), rules.timer->side, 0, rules.timer->until_ns, 0, 0, 0});
        }
        for (std::uint8_t side = 0; rules.pro_rata && side < 2; ++side) {
            const Slot top = rules.pro_rata->top[side];
            if (top == null_slot) continue;
            records.push_back({index, code(RuleState::top_order), side, 0, engine.pool()[top].id, 0, 0, 0});
        }
    }
    return records;
}

// The record of the open order in `slot`.
[[nodiscard]] inline Resting resting_record(const SharedState& shared, const SymbolBook& book, std::size_t symbol,
                                            Slot slot) noexcept {
    const Node& node = shared.pool[slot];
    Resting record{};
    record.symbol = static_cast<std::uint16_t>(symbol);
    record.side = static_cast<std::uint8_t>(node.side());
    record.order_id = node.id;
    record.price_ticks = node.price;
    if (node.qty() != 0) {
        record.open_lots = record.shown_lots = node.qty();
        record.participant = shared.pool.owner(slot);
        return record;
    }
    const OrderAttributes& attributes = shared.attributes_pool[shared.pool.owner(slot)];
    const Order& order = attributes.order;
    const Queue queue = attributes.is_waiting ? Queue::waiting : order.queue();
    record.kind = code(order.kind);
    record.tif = code(order.tif);
    record.queue = code(queue);
    record.flags = order.flags;
    record.open_lots = order.open;
    record.display_lots = order.display;
    record.shown_lots = queue == Queue::displayed ? attributes.shown : 0;
    record.participant = order.participant;
    record.trigger_ticks = attributes.is_waiting ? book.special()->stops.trigger(shared.pool, slot, order) : 0;
    const bool by_total = !attributes.is_waiting && (order.flags & flag::total) != 0;
    record.trail_ticks = by_total ? Ticks{order.filled} : order.trail;
    record.expiry_ns = order.expiry_ns;
    return record;
}

// Writes engine.open_orders() records in canonical order.
inline void write_orders(const Engine& engine, Resting* out) {
    for (std::size_t symbol = 0; symbol < engine.symbols(); ++symbol) {
        const SymbolBook& book = engine.book(symbol);
        for_each_open_order(engine.shared(), book,
                            [&](Slot slot) { *out++ = resting_record(engine.shared(), book, symbol, slot); });
    }
}

// Builds an engine from snapshot records. The records must satisfy obengine/api/snapshot_checks.py; they need
// no alignment.
class Restorer {
public:
    Restorer(std::size_t symbols, const BookLimits& limits) : engine_(std::make_unique<Engine>(symbols, limits)) {}

    void add(const EngineRecord& record, std::uint64_t next_sequence) {
        engine_->state_.shared.sequence = next_sequence;
        engine_->state_.shared.window.resize(record.trade_window);
        engine_->state_.clock_ns = record.clock_ns;
        engine_->extension_pending_ = record.extended != 0;
        engine_->extension_ = {record.display_lots, record.min_lots, record.expiry_ns, record.trigger_ticks};
    }

    void add(const SymbolRecord& record) {
        SymbolBook& book = engine_->state_.books[record.symbol];
        book.closing = record.state >= closing_auction;
        book.state = static_cast<TradingState>(record.state % closing_auction);
        book.last = record.has_last != 0 ? record.last_ticks : no_price;
        SymbolRules rules = book.rules();
        rules.steps = StepTable(std::max<std::uint16_t>(record.price_step, 1), std::max<std::uint16_t>(record.lot_step, 1));
        book.set_rules(rules);
    }

    void add(const RuleRecord& record) {
        SymbolBook& book = engine_->state_.books[record.symbol];
        SymbolRules rules = book.rules();
        if (record.rule == code(RuleState::top_order)) return top_orders_.push_back(record);
        if (record.rule == code(Rule::matching)) {
            rules.pro_rata = ProRata{record.lots, record.number};
        } else if (record.rule == code(Rule::band)) {
            rules.band = {static_cast<BandMode>(record.detail), record.price_ticks, static_cast<Ticks>(record.value),
                          record.lots, record.number};
        } else if (record.rule == code(RuleState::timer)) {
            rules.timer = Timer{record.detail, record.value};
            engine_->state_.timed.push_back(record.symbol);
        } else {
            static_cast<void>(rules.steps.add({record.price_ticks, static_cast<std::uint16_t>(record.number),
                                               static_cast<std::uint16_t>(record.lots)}));
        }
        book.set_rules(rules);
    }

    void add(const KeptTrade& record) { engine_->state_.shared.window.add(record); }

    // Orders must be added in snapshot order, after all symbols and rules.
    void add(const Resting& record) {
        EngineState& state = engine_->state_;
        CountingSink discarded;
        SymbolBookOps<CountingSink> ops(state.shared, state.books[record.symbol], record.symbol, discarded);
        Order order;
        order.id = record.order_id;
        order.price = record.price_ticks;
        order.trigger = record.trigger_ticks;
        const bool waits = record.queue == code(Queue::waiting);
        order.trail = waits ? record.trail_ticks : 0;
        order.filled = waits ? 0 : static_cast<std::uint32_t>(record.trail_ticks);
        order.expiry_ns = record.expiry_ns;
        order.open = record.open_lots;
        order.display = record.display_lots;
        order.participant = record.participant;
        order.flags = record.flags;
        order.side = record.side;
        order.kind = static_cast<OrderKind>(record.kind);
        order.tif = static_cast<TimeInForce>(record.tif);
        if (waits) return ops.add_waiting_stop(order);
        const Slot slot = ops.rest(order);
        if (order.display != 0) ops.attributes(slot)->shown = record.shown_lots;
    }

    [[nodiscard]] std::unique_ptr<Engine> finish() {
        EngineState& state = engine_->state_;
        restore_top_orders();
        for (SymbolBook& book : state.books) {
            book.counted_as_plain = book.is_plain();
            state.special_books += !book.counted_as_plain;
        }
        engine_->update_plain_symbols();
        return std::move(engine_);
    }

private:
    // Gives the status of the top order to those that had it, whatever order came to rest last.
    void restore_top_orders() noexcept {
        EngineState& state = engine_->state_;
        for (SymbolBook& book : state.books) {
            if (ProRata* const rule = book.pro_rata()) rule->top[0] = rule->top[1] = null_slot;
        }
        for (const RuleRecord& record : top_orders_) {
            SymbolBook& book = state.books[record.symbol];
            book.pro_rata()->top[record.detail] = book.ids().find(state.shared.pool, record.value);
        }
    }

    std::unique_ptr<Engine> engine_;
    std::vector<RuleRecord> top_orders_;
};

}  // namespace obengine
