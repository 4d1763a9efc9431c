// Applies batches of command records to the books of many symbols, with a fast path for plain orders.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "obengine/containers/node_pool.hpp"
#include "obengine/core/commands.hpp"
#include "obengine/core/symbol_book.hpp"
#include "obengine/core/validation.hpp"
#include "obengine/io/command_record.hpp"
#include "obengine/io/event_sink.hpp"
#include "obengine/io/messages.hpp"

namespace obengine {

// The events are a pure function of the commands. Not thread-safe. After std::bad_alloc the engine must be
// discarded, because the current command may be half applied. Engines of two threads share no cache line.
class alignas(64) Engine {
public:
    static constexpr std::size_t max_symbols = 65536;

    explicit Engine(std::size_t symbols = 1) : Engine(symbols, BookLimits::for_symbols(symbols)) {}
    Engine(std::size_t symbols, const BookLimits& limits) : symbols_(symbols), plain_symbols_(symbols), limits_(limits) {
        state_.books.reserve(symbols);
        for (std::size_t k = 0; k < symbols; ++k) state_.books.emplace_back(limits);
    }

    // Applies one command, without the loop and the prefetches of a batch. Every command except EXTEND emits at
    // least one event.
    template <EventSink Sink>
    [[gnu::hot]] void apply(const Command& command, Sink& sink) {
        state_.shared.sequence -= sink.size();
        const CommandRecord record(&command);
        end_ = record.end();
        extension_target_ = extension_pending_ ? record.begin() : nullptr;
        CursorOf<Sink> cursor(sink);
        process<Sink>(record, cursor);
        static_cast<void>(cursor.flush());
        extension_pending_ = extension_target_ == record.end();
        state_.shared.sequence += sink.size();
    }

    template <EventSink Sink>
    void apply(std::span<const Command> commands, Sink& sink) {
        apply_records(commands.data(), commands.size(), sink);
    }

    // Applies `count` 32-byte COMMAND records; they need no alignment.
    template <EventSink Sink>
    [[gnu::hot, gnu::noinline]] void apply_records(const void* records, std::size_t count, Sink& sink) {
        if (count == 0) return;
        state_.shared.sequence -= sink.size();
        const auto* at = static_cast<const unsigned char*>(records);
        const auto* const end = end_ = at + count * sizeof(Command);
        extension_target_ = extension_pending_ ? at : nullptr;
        CursorOf<Sink> cursor(sink);
        if (symbols_ > prefetch_above_symbols && count > book_prefetch_distance) {
            for (const auto* const ahead = end - book_prefetch_distance * sizeof(Command); at != ahead; at += sizeof(Command)) {
                prefetch_record(at);
                prefetch_across_books(at);
                process<Sink>(CommandRecord(at), cursor);
            }
        } else if (state_.shared.pool.open() > prefetch_above_orders && count > cell_prefetch_distance) {
            for (const auto* const ahead = end - cell_prefetch_distance * sizeof(Command); at != ahead; at += sizeof(Command)) {
                prefetch(at);
                process<Sink>(CommandRecord(at), cursor);
            }
        }
        for (; at != end; at += sizeof(Command)) {
            prefetch_record(at);
            process<Sink>(CommandRecord(at), cursor);
        }
        static_cast<void>(cursor.flush());
        extension_pending_ = extension_target_ == end;
        state_.shared.sequence += sink.size();
    }

    [[nodiscard]] std::uint64_t next_sequence() const noexcept { return state_.shared.sequence; }
    [[nodiscard]] std::uint64_t clock_ns() const noexcept { return state_.clock_ns; }
    // The preceding record if it was an EXTEND, else nullptr.
    [[nodiscard]] const Extension* pending_extension() const noexcept { return extension_pending_ ? &extension_ : nullptr; }
    [[nodiscard]] std::size_t open_orders() const noexcept { return pool().open(); }
    [[nodiscard]] std::size_t symbols() const noexcept { return symbols_; }
    [[nodiscard]] const BookLimits& limits() const noexcept { return limits_; }
    [[nodiscard]] const SymbolBook& book(std::size_t symbol) const noexcept { return state_.books[symbol]; }
    [[nodiscard]] const NodePool& pool() const noexcept { return state_.shared.pool; }
    [[nodiscard]] const SharedState& shared() const noexcept { return state_.shared; }
    [[nodiscard]] const EngineState& state() const noexcept { return state_; }

private:
    friend class Restorer;

    // With fewer open orders than this, all of them fit into the second-level cache.
    static constexpr std::size_t prefetch_above_orders = 8192;
    // So do the orders and the levels of this many books.
    static constexpr std::size_t prefetch_above_symbols = 64;
    // How far ahead records are prefetched; the hardware prefetcher stops at page ends.
    static constexpr std::size_t record_prefetch_bytes = 1024;
    // How many commands ahead each prefetch step works.
    static constexpr std::size_t book_prefetch_distance = 24;
    static constexpr std::size_t cell_prefetch_distance = 16;
    static constexpr std::size_t order_prefetch_distance = 8;

    [[gnu::always_inline]] static void prefetch_record(const unsigned char* at) noexcept {
        __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(at) + record_prefetch_bytes));
    }

    [[gnu::always_inline]] void prefetch(const unsigned char* at) const noexcept {
        const CommandRecord first(at + cell_prefetch_distance * sizeof(Command));
        const CommandRecord second(at + order_prefetch_distance * sizeof(Command));
        if (first.head().symbol() < symbols_) state_.books[first.head().symbol()].prefetch_cell(first.id());
        if (second.head().symbol() < symbols_) state_.books[second.head().symbol()].prefetch_order(pool(), second.id());
    }

    // The same with many books, whose own memory is not in the cache either. Without conditions on the kind of command,
    // which would be mispredicted; what is prefetched in vain is a line that the book uses anyway.
    [[gnu::always_inline]] void prefetch_across_books(const unsigned char* at) const noexcept {
        const auto record_at = [at](std::size_t distance) { return CommandRecord(at + distance * sizeof(Command)); };
        const auto book_of = [this](CommandRecord record) -> const SymbolBook& {
            const std::size_t symbol = record.head().symbol();
            return state_.books[symbol < symbols_ ? symbol : 0];
        };
        book_of(record_at(book_prefetch_distance)).prefetch_header();
        const CommandRecord first = record_at(cell_prefetch_distance);
        book_of(first).prefetch_cell(first.id());
        book_of(first).prefetch_level(first.head().side(), first.price());
        const CommandRecord second = record_at(order_prefetch_distance);
        book_of(second).prefetch_order(pool(), second.id());
    }

    // The fast path: NEW and CANCEL, which make up most streams, are handled inline. While any book is not
    // plain, or trades are kept, plain_symbols_ is 0, so the check for special orders costs nothing in the usual case.
    template <EventSink Sink>
    [[gnu::always_inline]] void process(CommandRecord record, CursorOf<Sink>& cursor) {
        const CommandRecord::Head head = record.head();
        if (head.symbol() >= plain_symbols_) [[unlikely]]
            return with_sink<Sink>(cursor, [&](Sink& sink) { process_mixed(record, sink); });
        SymbolBook& book = state_.books[head.symbol()];
        if (head.is_plain_new()) {
            new_plain_order<Sink>(book, head, record, cursor);
        } else if (head.is_plain_cancel()) {
            cancel_plain_order<Sink>(book, head, record, cursor);
        } else {
            with_sink<Sink>(cursor, [&](Sink& sink) { process_general(record, sink); });
        }
    }

    // The fast path keeps no trades.
    [[nodiscard]] bool keeps_trades() const noexcept { return state_.shared.window.size() != 0; }
    void update_plain_symbols() noexcept { plain_symbols_ = state_.special_books == 0 && !keeps_trades() ? symbols_ : 0; }

    // Flushes the cursor, lets `act` write to the sink, and reloads the cursor.
    template <EventSink Sink, class Act>
    [[gnu::always_inline]] static void with_sink(CursorOf<Sink>& cursor, Act&& act) {
        act(cursor.flush());
        cursor.reload();
    }

    // The same as process(), with a check whether this symbol's book is plain.
    template <EventSink Sink>
    [[gnu::noinline]] void process_mixed(CommandRecord record, Sink& sink) {
        const CommandRecord::Head head = record.head();
        if (head.symbol() >= symbols_) return process_general(record, sink);
        SymbolBook& book = state_.books[head.symbol()];
        if (head.is_plain_new() && book.is_plain() && !keeps_trades()) {
            CursorOf<Sink> cursor(sink);
            new_plain_order<Sink>(book, head, record, cursor);
            static_cast<void>(cursor.flush());
        } else if (head.is_plain_cancel() && (book.is_plain() || book.is_plain_auction())) {
            CursorOf<Sink> cursor(sink);
            cancel_plain_order<Sink>(book, head, record, cursor);
            static_cast<void>(cursor.flush());
        } else if (head.is_plain_new() && head.rests() && book.is_plain_auction()) {
            rest_plain_order(book, head, record, sink);
        } else {
            process_general(record, sink);
        }
    }

    // A plain order in an AUCTION rests without matching.
    template <EventSink Sink>
    void rest_plain_order(SymbolBook& book, CommandRecord::Head head, CommandRecord record, Sink& sink) {
        NodePool& pool = state_.shared.pool;
        const Ticks price = record.price();
        if (record.qty() <= 0 || price == no_price) [[unlikely]] return process_general(record, sink);
        Slot* const cell = book.ids().cell(record.id());
        if (*cell != null_slot && book.ids().find(pool, record.id()) != null_slot) [[unlikely]]
            return emit_reject(record, RejectCode::duplicate_id, sink);
        const std::uint32_t side = head.side();
        sink.push(Event::of(EventKind::accepted, side, head.symbol(), record.lots(), record.id(), 0, price));
        book.rest(pool, cell, record.id(), price, record.lots(), key_of(price, side), side, record.participant());
    }

    template <EventSink Sink>
    [[gnu::always_inline]] void new_plain_order(SymbolBook& book, CommandRecord::Head head, CommandRecord record,
                                                CursorOf<Sink>& cursor) {
        NodePool& pool = state_.shared.pool;
        const Ticks price = record.price();
        const std::uint32_t side = head.side();
        std::uint32_t left = record.lots();
        if (record.qty() <= 0 || (price == no_price && !head.is_market())) [[unlikely]]
            return with_sink<Sink>(cursor, [&](Sink& sink) { process_general(record, sink); });
        Slot* const cell = book.ids().cell(record.id());
        if (*cell != null_slot && book.ids().find(pool, record.id()) != null_slot) [[unlikely]]
            return with_sink<Sink>(cursor, [&](Sink& sink) { emit_reject(record, RejectCode::duplicate_id, sink); });
        cursor.push(Event::of(EventKind::accepted, side, head.symbol(), left, record.id(), 0, price));
        // Without a limit, price is no_price and its reach is no_key, which every level satisfies.
        const Key reach = key_of(price, side ^ 1);
        if (book.ladder(side ^ 1).best() >= reach) {
            left = book.match(pool, {side, head.symbol(), record.id(), reach}, left, cursor.flush());
            cursor.reload();
            if (left == 0) return;
        }
        if (head.rests()) {
            book.rest(pool, cell, record.id(), price, left, -reach, side, record.participant());
        } else {
            push_of_side(cursor, Event::of(EventKind::cancelled, code(CancelReason::immediate), head.symbol(), left,
                                           record.id(), 0, price), side);
        }
    }

    template <EventSink Sink>
    [[gnu::always_inline]] void cancel_plain_order(SymbolBook& book, CommandRecord::Head head, CommandRecord record,
                                                   CursorOf<Sink>& cursor) {
        NodePool& pool = state_.shared.pool;
        const std::uint32_t asked = record.lots();
        if (record.qty() < 0) [[unlikely]]
            return with_sink<Sink>(cursor, [&](Sink& sink) { process_general(record, sink); });
        Slot* const link = book.ids().locate(pool, record.id());
        if (*link == null_slot) [[unlikely]]
            return with_sink<Sink>(cursor, [&](Sink& sink) { emit_reject(record, RejectCode::unknown_order, sink); });
        Node& order = pool[*link];
        const std::uint32_t open = order.qty();
        // 0 lots cancel everything: 0 - 1, unsigned, exceeds every open quantity.
        const std::uint32_t lots = asked - 1 < open ? asked : open;
        push_of_side(cursor, Event::of(EventKind::cancelled, code(CancelReason::requested), head.symbol(), lots,
                                       record.id(), 0, order.price), order.side());
        if (lots == open) [[likely]] {
            book.remove(pool, link);
        } else {
            order.qty_and_side -= lots;
        }
    }

    template <EventSink Sink>
    [[gnu::noinline, gnu::cold]] void emit_reject(CommandRecord record, RejectCode reason, Sink& sink) {
        const Command command = record.command();
        sink.push(Event::of(EventKind::rejected, code(reason), command.symbol, record.lots(), command.order_id, command.op,
                            command.price_ticks));
    }

    // Handles any record, including those that the fast path rejects or does not support.
    template <EventSink Sink>
    [[gnu::noinline]] void process_general(CommandRecord record, Sink& sink) {
        const Command command = record.command();
        if (command.op == code(Op::extend)) {
            extension_ = Extension::from(command);
            extension_target_ = record.end();
            return;
        }
        const bool is_plain = command.op <= code(Op::execute) && command.symbol < symbols_ &&
                              state_.books[command.symbol].is_plain() && !keeps_trades();
        const bool executes = command.op == code(Op::execute);
        if ((is_plain && (command.op == code(Op::modify) || executes)) ||
            (executes && !keeps_trades() && command.symbol < symbols_ && state_.books[command.symbol].is_plain_auction())) {
            if (modify_or_execute_plain(state_.books[command.symbol], command, sink)) return;
        }
        CommandProcessor<Sink>(state_, sink).apply(command, extension_target_ == record.begin() ? &extension_ : nullptr);
        update_plain_symbols();
        const auto left = static_cast<std::size_t>(end_ - record.end()) / sizeof(Command);
        reserve_events(sink, max_events(left, open_orders()));
    }

    // MODIFY and EXECUTE in a plain book. Returns false if the command must be rejected.
    template <EventSink Sink>
    [[nodiscard]] bool modify_or_execute_plain(SymbolBook& book, const Command& command, Sink& sink) {
        NodePool& pool = state_.shared.pool;
        const bool is_modify = command.op == code(Op::modify);
        if (command.flags != 0 || command.qty_lots <= 0 || (is_modify && command.price_ticks == no_price)) return false;
        Slot* const link = book.ids().locate(pool, command.order_id);
        if (*link == null_slot) return false;
        if (is_modify) {
            modify_plain(book, link, command, sink);
        } else {
            execute_plain(book, link, command, sink);
        }
        return true;
    }

    template <EventSink Sink>
    void execute_plain(SymbolBook& book, Slot* link, const Command& command, Sink& sink) {
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
    void modify_plain(SymbolBook& book, Slot* link, const Command& command, Sink& sink) {
        NodePool& pool = state_.shared.pool;
        const Slot slot = *link;
        Node& order = pool[slot];
        const auto qty = static_cast<std::uint32_t>(command.qty_lots);
        const std::uint32_t side = order.side();
        const bool in_place = command.price_ticks == order.price && qty <= order.qty();
        push_of_side(sink, Event::of(EventKind::modified, code(in_place ? Priority::kept : Priority::lost), command.symbol,
                                     qty, command.order_id, 0, command.price_ticks), side);
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

    EngineState state_;
    std::size_t symbols_;
    std::size_t plain_symbols_;
    const unsigned char* end_ = nullptr;       // of the current batch
    const unsigned char* extension_target_ = nullptr;  // the record after the last EXTEND of the current batch
    Extension extension_;                      // the parameters of that EXTEND
    bool extension_pending_ = false;
    BookLimits limits_;
};

}  // namespace obengine
