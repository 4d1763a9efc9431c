// Commands in, events out: a batch of records over the books of many symbols, the usual ones at speed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "obengine/core/validation.hpp"
#include "obengine/io/messages.hpp"
#include "obengine/containers/node_pool.hpp"
#include "obengine/io/command_record.hpp"
#include "obengine/core/commands.hpp"
#include "obengine/io/event_sink.hpp"
#include "obengine/core/symbol_book.hpp"

namespace obengine {

// A pure function of its commands. Not for two threads at once. Should memory run out
// (std::bad_alloc), the engine is to be thrown away: the command at hand may be half done.
class Engine {
public:
    static constexpr std::size_t max_symbols = 65536;

    explicit Engine(std::size_t symbols = 1) : Engine(symbols, BookLimits::for_symbols(symbols)) {}
    Engine(std::size_t symbols, const BookLimits& limits) : symbols_(symbols), plain_symbols_(symbols), limits_(limits) {
        state_.books.reserve(symbols);
        for (std::size_t k = 0; k < symbols; ++k) state_.books.emplace_back(limits);
    }

    // Applies one command; it gives at least one event, but EXTEND, which gives none.
    template <EventSink Sink>
    void apply(const Command& command, Sink& sink) {
        apply_records(&command, 1, sink);
    }

    template <EventSink Sink>
    void apply(std::span<const Command> commands, Sink& sink) {
        apply_records(commands.data(), commands.size(), sink);
    }

    // Applies `count` 32-byte COMMAND records that may lie at any address.
    template <EventSink Sink>
    [[gnu::hot, gnu::noinline]] void apply_records(const void* records, std::size_t count, Sink& sink) {
        if (count == 0) return;
        const std::size_t before = sink.size();
        const auto* at = static_cast<const unsigned char*>(records);
        const auto* const end = end_ = at + count * sizeof(Command);
        extended_ = extension_pending_ ? at : nullptr;
        PenOf<Sink> pen(sink);
        if (state_.shared.pool.open() > fetch_above && count > first_fetch) {
            for (const auto* const ahead = end - first_fetch * sizeof(Command); at != ahead; at += sizeof(Command)) {
                fetch(at);
                step<Sink>(Record(at), pen);
            }
        }
        for (; at != end; at += sizeof(Command)) {
            __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(at) + read_ahead));
            step<Sink>(Record(at), pen);
        }
        static_cast<void>(pen.lay_down());
        extension_pending_ = extended_ == end;
        next_sequence_ += sink.size() - before;
    }

    [[nodiscard]] std::uint64_t next_sequence() const noexcept { return next_sequence_; }
    [[nodiscard]] std::uint64_t clock_ns() const noexcept { return state_.clock_ns; }
    // What the last record brought, if it was an EXTEND, else nullptr.
    [[nodiscard]] const Extension* pending_extension() const noexcept { return extension_pending_ ? &extension_ : nullptr; }
    [[nodiscard]] std::size_t open_orders() const noexcept { return pool().open(); }
    [[nodiscard]] std::size_t symbols() const noexcept { return symbols_; }
    [[nodiscard]] const BookLimits& limits() const noexcept { return limits_; }
    [[nodiscard]] const SymbolBook& book(std::size_t symbol) const noexcept { return state_.books[symbol]; }
    [[nodiscard]] const NodePool& pool() const noexcept { return state_.shared.pool; }
    [[nodiscard]] const Shared& shared() const noexcept { return state_.shared; }
    [[nodiscard]] const State& state() const noexcept { return state_; }

private:
    friend class Restorer;

    // With fewer open orders than this all of them stay in a core's second-level cache.
    static constexpr std::size_t fetch_above = 8192;
    // How many bytes ahead of the command at hand records are fetched: a page ends before the processor guesses so far.
    static constexpr std::size_t read_ahead = 1024;
    // How many commands ahead each step of fetching is.
    static constexpr std::size_t first_fetch = 16;
    static constexpr std::size_t second_fetch = 8;

    [[gnu::always_inline]] void fetch(const unsigned char* at) const noexcept {
        const Record first(at + first_fetch * sizeof(Command));
        const Record second(at + second_fetch * sizeof(Command));
        if (first.head().symbol() < symbols_) state_.books[first.head().symbol()].fetch_cell(first.id());
        if (second.head().symbol() < symbols_) state_.books[second.head().symbol()].fetch_order(pool(), second.id());
    }

    // The two commands that make up most streams are handled here, all others out of line. While any
    // book is not plain, no symbol is below `plain_symbols_`: what does not occur costs nothing.
    template <EventSink Sink>
    [[gnu::always_inline]] void step(Record record, PenOf<Sink>& pen) {
        const Record::Head head = record.head();
        if (head.symbol() >= plain_symbols_) [[unlikely]]
            return lend<Sink>(pen, [&](Sink& sink) { step_with_care(record, sink); });
        SymbolBook& book = state_.books[head.symbol()];
        if (head.is_plain_new()) {
            enter<Sink>(book, head, record, pen);
        } else if (head.is_plain_cancel()) {
            cancel<Sink>(book, head, record, pen);
        } else {
            lend<Sink>(pen, [&](Sink& sink) { by_the_rules(record, sink); });
        }
    }

    // Lets somebody else write to the sink.
    template <EventSink Sink, class Act>
    [[gnu::always_inline]] static void lend(PenOf<Sink>& pen, Act&& act) {
        act(pen.lay_down());
        pen.take_up();
    }

    // What step() does, once it is known whether the book at hand is plain.
    template <EventSink Sink>
    [[gnu::noinline]] void step_with_care(Record record, Sink& sink) {
        const Record::Head head = record.head();
        if (head.symbol() >= symbols_) return by_the_rules(record, sink);
        SymbolBook& book = state_.books[head.symbol()];
        if (head.is_plain_new() && book.is_plain()) {
            PenOf<Sink> pen(sink);
            enter<Sink>(book, head, record, pen);
            static_cast<void>(pen.lay_down());
        } else if (head.is_plain_cancel() && book.is_plain()) {
            PenOf<Sink> pen(sink);
            cancel<Sink>(book, head, record, pen);
            static_cast<void>(pen.lay_down());
        } else {
            by_the_rules(record, sink);
        }
    }

    template <EventSink Sink>
    [[gnu::always_inline]] void enter(SymbolBook& book, Record::Head head, Record record, PenOf<Sink>& pen) {
        NodePool& pool = state_.shared.pool;
        const Ticks price = record.price();
        const std::uint32_t side = head.side();
        std::uint32_t left = record.lots();
        if (record.qty() <= 0 || (price == no_price && !head.is_market())) [[unlikely]]
            return lend<Sink>(pen, [&](Sink& sink) { by_the_rules(record, sink); });
        Slot* const cell = book.ids().cell(record.id());
        if (*cell != null_slot && book.ids().find(pool, record.id()) != null_slot) [[unlikely]]
            return lend<Sink>(pen, [&](Sink& sink) { refuse(record, RejectCode::duplicate_id, sink); });
        pen.push(Event::of(EventKind::accepted, side, head.symbol(), left, record.id(), 0, price));
        // Where there is no limit, price is no_price, and its reach no_key: it is stopped by nothing.
        const Key reach = key_of(price, side ^ 1);
        if (book.ladder(side ^ 1).best() >= reach) {
            left = book.match(pool, {side, head.symbol(), record.id(), reach}, left, pen.lay_down());
            pen.take_up();
            if (left == 0) return;
        }
        if (head.rests()) {
            book.rest(pool, cell, record.id(), price, left, -reach, side, record.participant());
        } else {
            pen.push(Event::of(EventKind::cancelled, code(CancelReason::immediate), head.symbol(), left, record.id(), 0, price));
        }
    }

    template <EventSink Sink>
    [[gnu::always_inline]] void cancel(SymbolBook& book, Record::Head head, Record record, PenOf<Sink>& pen) {
        NodePool& pool = state_.shared.pool;
        const std::uint32_t asked = record.lots();
        if (record.qty() < 0) [[unlikely]]
            return lend<Sink>(pen, [&](Sink& sink) { by_the_rules(record, sink); });
        Slot* const link = book.ids().locate(pool, record.id());
        if (*link == null_slot) [[unlikely]]
            return lend<Sink>(pen, [&](Sink& sink) { refuse(record, RejectCode::unknown_order, sink); });
        Node& order = pool[*link];
        const std::uint32_t open = order.qty();
        // 0 lots ask for all: one less, unsigned, is more than any open quantity.
        const std::uint32_t lots = asked - 1 < open ? asked : open;
        pen.push(Event::of(EventKind::cancelled, code(CancelReason::requested), head.symbol(), lots, record.id(), 0,
                            order.price));
        if (lots == open) [[likely]] {
            book.remove(pool, link);
        } else {
            order.qty_and_side -= lots;
        }
    }

    template <EventSink Sink>
    [[gnu::noinline, gnu::cold]] void refuse(Record record, RejectCode why, Sink& sink) {
        const Command command = record.whole();
        sink.push(Event::of(EventKind::rejected, code(why), command.symbol, record.lots(), command.order_id, command.op,
                            command.price_ticks));
    }

    // Any record: those that the usual way does not know, and those that it found to be refused.
    template <EventSink Sink>
    [[gnu::noinline]] void by_the_rules(Record record, Sink& sink) {
        const Command command = record.whole();
        if (command.op == code(Op::extend)) {
            extension_ = Extension::of(command);
            extended_ = record.behind();
            return;
        }
        const bool usual = command.op <= code(Op::execute) && command.symbol < symbols_ && state_.books[command.symbol].is_plain();
        if (usual && (command.op == code(Op::modify) || command.op == code(Op::execute))) {
            if (plain_by_name(state_.books[command.symbol], command, sink)) return;
        }
        Rules<Sink>(state_, sink).apply(command, extended_ == record.begin() ? &extension_ : nullptr);
        plain_symbols_ = state_.special_books == 0 ? symbols_ : 0;
        const auto left = static_cast<std::size_t>(end_ - record.behind()) / sizeof(Command);
        make_room(sink, max_events(left, open_orders()));
    }

    // MODIFY and EXECUTE in a plain book. Whether it was not refused.
    template <EventSink Sink>
    [[nodiscard]] bool plain_by_name(SymbolBook& book, const Command& command, Sink& sink) {
        NodePool& pool = state_.shared.pool;
        const bool is_modify = command.op == code(Op::modify);
        if (command.flags != 0 || command.qty_lots <= 0 || (is_modify && command.price_ticks == no_price)) return false;
        Slot* const link = book.ids().locate(pool, command.order_id);
        if (*link == null_slot) return false;
        if (is_modify) {
            modify(book, link, command, sink);
        } else {
            execute(book, link, command, sink);
        }
        return true;
    }

    template <EventSink Sink>
    void execute(SymbolBook& book, Slot* link, const Command& command, Sink& sink) {
        Node& order = state_.shared.pool[*link];
        const std::uint32_t filled = std::min(static_cast<std::uint32_t>(command.qty_lots), order.qty());
        sink.push(Event::of(EventKind::traded, order.side() ^ 1, command.symbol, filled, 0, command.order_id, order.price));
        book.last = order.price;
        if (filled == order.qty()) {
            book.remove(state_.shared.pool, link);
        } else {
            order.qty_and_side -= filled;
        }
    }

    template <EventSink Sink>
    void modify(SymbolBook& book, Slot* link, const Command& command, Sink& sink) {
        NodePool& pool = state_.shared.pool;
        const Slot slot = *link;
        Node& order = pool[slot];
        const auto qty = static_cast<std::uint32_t>(command.qty_lots);
        const std::uint32_t side = order.side();
        const bool in_place = command.price_ticks == order.price && qty <= order.qty();
        sink.push(Event::of(EventKind::modified, code(in_place ? Priority::kept : Priority::lost), command.symbol, qty,
                            command.order_id, 0, command.price_ticks));
        if (in_place) {
            order.qty_and_side = Node::pack(qty, side);
            return;
        }
        const std::uint32_t owner = pool.owner(slot);
        book.remove(pool, link);
        const Arrival taker{side, command.symbol, command.order_id, key_of(command.price_ticks, side ^ 1)};
        const std::uint32_t left = book.match(pool, taker, qty, sink);
        if (left == 0) return;
        Slot* const cell = book.ids().cell(command.order_id);
        book.rest(pool, cell, command.order_id, command.price_ticks, left, -taker.reach, side, owner);
    }

    State state_;
    std::size_t symbols_;
    std::size_t plain_symbols_;
    const unsigned char* end_ = nullptr;       // of the batch at hand
    const unsigned char* extended_ = nullptr;  // the record behind the last EXTEND of the batch at hand
    Extension extension_;                      // what that EXTEND brought
    bool extension_pending_ = false;
    std::uint64_t next_sequence_ = 0;
    BookLimits limits_;
};

}  // namespace obengine
