// Commands in, events out: the rules of obengine/messages.py over the books of many symbols.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "obengine/messages.hpp"
#include "obengine/node_pool.hpp"
#include "obengine/record.hpp"
#include "obengine/sink.hpp"
#include "obengine/symbol_book.hpp"

namespace obengine {

// Why a command is refused before any book is looked at; none where it is well formed.
[[nodiscard]] inline RejectCode check_form(const Command& command, std::size_t symbols) noexcept {
    const bool is_new = command.op == static_cast<std::uint8_t>(Op::new_order);
    const bool is_cancel = command.op == static_cast<std::uint8_t>(Op::cancel);
    if (command.op > static_cast<std::uint8_t>(Op::execute)) return RejectCode::unknown_op;
    if (is_new && command.side > 1) return RejectCode::unknown_side;
    if (is_new && command.kind > 1) return RejectCode::unknown_kind;
    if (is_new && command.tif > 1) return RejectCode::unknown_tif;
    if (command.flags != 0) return RejectCode::bad_flags;
    if (command.symbol >= symbols) return RejectCode::unknown_symbol;
    if (command.qty_lots < (is_cancel ? 0 : 1)) return RejectCode::bad_quantity;
    const bool unpriced = command.price_ticks == no_price;
    if (is_new && unpriced != (command.kind == static_cast<std::uint8_t>(OrderKind::market))) return RejectCode::bad_price;
    if (command.op == static_cast<std::uint8_t>(Op::modify) && unpriced) return RejectCode::bad_price;
    return RejectCode::none;
}

// A pure function of its commands. Not for two threads at once. Should memory run out
// (std::bad_alloc), the engine is to be thrown away: the command at hand may be half done.
class Engine {
public:
    static constexpr std::size_t max_symbols = 65536;

    explicit Engine(std::size_t symbols = 1) : Engine(symbols, BookLimits::for_symbols(symbols)) {}
    Engine(std::size_t symbols, const BookLimits& limits) : symbols_(symbols) {
        books_.reserve(symbols);
        for (std::size_t k = 0; k < symbols; ++k) books_.emplace_back(limits);
    }

    // Applies one command; it gives at least one event.
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
        const std::size_t before = sink.size();
        const auto* at = static_cast<const unsigned char*>(records);
        const auto* const end = at + count * sizeof(Command);
        if (pool_.open() > fetch_above && count > first_fetch) {
            for (const auto* const ahead = end - first_fetch * sizeof(Command); at != ahead; at += sizeof(Command)) {
                fetch(at);
                step(Record(at), sink);
            }
        }
        for (; at != end; at += sizeof(Command)) step(Record(at), sink);
        next_sequence_ += sink.size() - before;
    }

    [[nodiscard]] std::uint64_t next_sequence() const noexcept { return next_sequence_; }
    [[nodiscard]] std::size_t open_orders() const noexcept { return pool_.open(); }
    [[nodiscard]] std::size_t symbols() const noexcept { return books_.size(); }
    [[nodiscard]] const SymbolBook& book(std::size_t symbol) const noexcept { return books_[symbol]; }
    [[nodiscard]] const NodePool& pool() const noexcept { return pool_; }

private:
    // With fewer open orders than this all of them stay in a core's second-level cache.
    static constexpr std::size_t fetch_above = 8192;
    // How many commands ahead each step of fetching is.
    static constexpr std::size_t first_fetch = 16;
    static constexpr std::size_t second_fetch = 8;

    [[gnu::always_inline]] void fetch(const unsigned char* at) const noexcept {
        const Record first(at + first_fetch * sizeof(Command));
        const Record second(at + second_fetch * sizeof(Command));
        if (first.head().symbol() < symbols_) books_[first.head().symbol()].fetch_cell(first.id());
        if (second.head().symbol() < symbols_) books_[second.head().symbol()].fetch_order(pool_, second.id());
    }

    // The two commands that make up most streams are handled here, all others out of line.
    template <EventSink Sink>
    [[gnu::always_inline]] void step(Record record, Sink& sink) {
        const Record::Head head = record.head();
        if (head.symbol() >= symbols_) [[unlikely]] return others(record, sink);
        SymbolBook& book = books_[head.symbol()];
        if (head.is_plain_new()) {
            enter(book, head, record, sink);
        } else if (head.is_plain_cancel()) {
            cancel(book, head, record, sink);
        } else {
            others(record, sink);
        }
    }

    template <EventSink Sink>
    [[gnu::always_inline]] void enter(SymbolBook& book, Record::Head head, Record record, Sink& sink) {
        const Ticks price = record.price();
        const std::uint32_t side = head.side();
        std::uint32_t left = record.lots();
        if (record.qty() <= 0 || (price == no_price) != head.is_market()) [[unlikely]] return others(record, sink);
        Slot* const cell = book.ids().cell(record.id());
        if (*cell != null_slot && book.ids().find(pool_, record.id()) != null_slot) [[unlikely]]
            return refuse(record, RejectCode::duplicate_id, sink);
        sink.push(Event::of(EventKind::accepted, side, head.symbol(), left, record.id(), 0, price));
        // A market order's price is no_price, and its reach then no_key: it is stopped by nothing.
        const Key reach = key_of(price, side ^ 1);
        if (book.ladder(side ^ 1).best() >= reach) {
            left = book.match(pool_, {side, head.symbol(), record.id(), reach}, left, sink);
            if (left == 0) return;
        }
        if (head.rests()) {
            book.rest(pool_, cell, record.id(), price, left, -reach, side, record.participant());
        } else {
            sink.push(Event::of(EventKind::cancelled, static_cast<std::uint32_t>(CancelReason::immediate), head.symbol(),
                                left, record.id(), 0, price));
        }
    }

    template <EventSink Sink>
    [[gnu::always_inline]] void cancel(SymbolBook& book, Record::Head head, Record record, Sink& sink) {
        const std::uint32_t asked = record.lots();
        if (record.qty() < 0) [[unlikely]] return others(record, sink);
        Slot* const link = book.ids().locate(pool_, record.id());
        if (*link == null_slot) [[unlikely]] return refuse(record, RejectCode::unknown_order, sink);
        Node& order = pool_[*link];
        const std::uint32_t open = order.qty();
        // 0 lots ask for all: one less, unsigned, is more than any open quantity.
        const std::uint32_t lots = asked - 1 < open ? asked : open;
        sink.push(Event::of(EventKind::cancelled, static_cast<std::uint32_t>(CancelReason::requested), head.symbol(), lots,
                            record.id(), 0, order.price));
        if (lots == open) [[likely]] {
            book.remove(pool_, link);
        } else {
            order.qty_and_side -= lots;
        }
    }

    template <EventSink Sink>
    [[gnu::noinline, gnu::cold]] void refuse(Record record, RejectCode code, Sink& sink) {
        const Command command = record.whole();
        sink.push(Event::of(EventKind::rejected, static_cast<std::uint32_t>(code), command.symbol, record.lots(),
                            command.order_id, command.op, command.price_ticks));
    }

    // MODIFY, EXECUTE, and all that is malformed.
    template <EventSink Sink>
    [[gnu::noinline]] void others(Record record, Sink& sink) {
        const Command command = record.whole();
        const RejectCode malformed = check_form(command, symbols_);
        if (malformed != RejectCode::none) return refuse(record, malformed, sink);
        SymbolBook& book = books_[command.symbol];
        Slot* const link = book.ids().locate(pool_, command.order_id);
        if (*link == null_slot) return refuse(record, RejectCode::unknown_order, sink);
        if (command.op == static_cast<std::uint8_t>(Op::modify)) {
            modify(book, link, command, sink);
        } else {
            execute(book, link, command, sink);
        }
    }

    template <EventSink Sink>
    void execute(SymbolBook& book, Slot* link, const Command& command, Sink& sink) {
        Node& order = pool_[*link];
        const std::uint32_t filled = std::min(static_cast<std::uint32_t>(command.qty_lots), order.qty());
        sink.push(Event::of(EventKind::traded, order.side() ^ 1, command.symbol, filled, 0, command.order_id, order.price));
        if (filled == order.qty()) {
            book.remove(pool_, link);
        } else {
            order.qty_and_side -= filled;
        }
    }

    template <EventSink Sink>
    void modify(SymbolBook& book, Slot* link, const Command& command, Sink& sink) {
        const Slot slot = *link;
        Node& order = pool_[slot];
        const auto qty = static_cast<std::uint32_t>(command.qty_lots);
        const std::uint32_t side = order.side();
        const bool in_place = command.price_ticks == order.price && qty <= order.qty();
        sink.push(Event::of(EventKind::modified, static_cast<std::uint32_t>(in_place ? Priority::kept : Priority::lost),
                            command.symbol, qty, command.order_id, 0, command.price_ticks));
        if (in_place) {
            order.qty_and_side = Node::pack(qty, side);
            return;
        }
        const std::uint32_t owner = pool_.owner(slot);
        book.remove(pool_, link);
        const Arrival taker{side, command.symbol, command.order_id, key_of(command.price_ticks, side ^ 1)};
        const std::uint32_t left = book.match(pool_, taker, qty, sink);
        if (left == 0) return;
        Slot* const cell = book.ids().cell(command.order_id);
        book.rest(pool_, cell, command.order_id, command.price_ticks, left, -taker.reach, side, owner);
    }

    NodePool pool_;
    std::vector<SymbolBook> books_;
    std::size_t symbols_;
    std::uint64_t next_sequence_ = 0;
};

}  // namespace obengine
