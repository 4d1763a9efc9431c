// Commands in, events out: the rules of obengine/messages.py over the books of many symbols.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "obengine/messages.hpp"
#include "obengine/node_pool.hpp"
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
    Engine(std::size_t symbols, const BookLimits& limits) {
        books_.reserve(symbols);
        for (std::size_t k = 0; k < symbols; ++k) books_.emplace_back(limits);
    }

    // Applies one command; it gives at least one event.
    template <EventSink Sink>
    void apply(const Command& command, Sink& sink) {
        const std::size_t before = sink.size();
        dispatch(command, sink);
        next_sequence_ += sink.size() - before;
    }

    template <EventSink Sink>
    void apply(std::span<const Command> commands, Sink& sink) {
        apply_records(commands.data(), commands.size(), sink);
    }

    // Applies `count` 32-byte COMMAND records that may lie at any address.
    template <EventSink Sink>
    void apply_records(const void* records, std::size_t count, Sink& sink) {
        const std::size_t before = sink.size();
        const auto* const bytes = static_cast<const unsigned char*>(records);
        const std::size_t ahead = count > id_distance ? count - id_distance : 0;
        for (std::size_t k = 0; k < ahead; ++k) {
            prefetch(load(bytes, k + id_distance), load(bytes, k + node_distance));
            dispatch(load(bytes, k), sink);
        }
        for (std::size_t k = ahead; k < count; ++k) dispatch(load(bytes, k), sink);
        next_sequence_ += sink.size() - before;
    }

    [[nodiscard]] std::uint64_t next_sequence() const noexcept { return next_sequence_; }
    [[nodiscard]] std::size_t open_orders() const noexcept { return pool_.open(); }
    [[nodiscard]] std::size_t symbols() const noexcept { return books_.size(); }
    [[nodiscard]] const SymbolBook& book(std::size_t symbol) const noexcept { return books_[symbol]; }
    [[nodiscard]] const NodePool& pool() const noexcept { return pool_; }

private:
    // How many commands ahead the id's cell, and then the order itself, are fetched.
    static constexpr std::size_t id_distance = 8;
    static constexpr std::size_t node_distance = 4;

    [[nodiscard]] static Command load(const unsigned char* bytes, std::size_t k) noexcept {
        Command command;
        std::memcpy(&command, bytes + k * sizeof(Command), sizeof(Command));
        return command;
    }

    void prefetch(const Command& later, const Command& sooner) const noexcept {
        if (later.symbol < books_.size()) books_[later.symbol].ids().prefetch(later.order_id);
        if (sooner.symbol < books_.size()) pool_.prefetch(books_[sooner.symbol].ids().hint(sooner.order_id));
    }

    template <EventSink Sink>
    void dispatch(const Command& command, Sink& sink) {
        const RejectCode malformed = check_form(command, books_.size());
        if (malformed != RejectCode::none) [[unlikely]] return reject(command, malformed, sink);
        SymbolBook& book = books_[command.symbol];
        switch (static_cast<Op>(command.op)) {
            case Op::new_order: return enter(book, command, sink);
            case Op::cancel: return cancel(book, command, sink);
            case Op::modify: return modify(book, command, sink);
            case Op::execute: return execute(book, command, sink);
        }
    }

    template <EventSink Sink>
    [[gnu::noinline, gnu::cold]] static void reject(const Command& command, RejectCode code, Sink& sink) {
        sink.push(make_event(EventKind::rejected, static_cast<std::uint8_t>(code), command.symbol, command.qty_lots,
                             command.order_id, command.op, command.price_ticks));
    }

    template <EventSink Sink>
    void enter(SymbolBook& book, const Command& command, Sink& sink) {
        if (book.ids().find(pool_, command.order_id) != null_slot) [[unlikely]]
            return reject(command, RejectCode::duplicate_id, sink);
        const auto qty = static_cast<std::uint32_t>(command.qty_lots);
        sink.push(make_event(EventKind::accepted, command.side, command.symbol, command.qty_lots, command.order_id, 0,
                             command.price_ticks));
        const bool is_market = command.kind == static_cast<std::uint8_t>(OrderKind::market);
        const Arrival taker{command.side, command.symbol, command.order_id,
                            is_market ? no_key : ~key_of(command.price_ticks, command.side)};
        const std::uint32_t left = book.match(pool_, taker, qty, sink);
        if (left == 0) return;
        if ((command.kind | command.tif) != 0) {
            sink.push(make_event(EventKind::cancelled, static_cast<std::uint8_t>(CancelReason::immediate), command.symbol,
                                 static_cast<Lots>(left), command.order_id, 0, command.price_ticks));
        } else {
            book.rest(pool_, command.order_id, command.price_ticks, left, command.side, command.participant);
        }
    }

    template <EventSink Sink>
    void cancel(SymbolBook& book, const Command& command, Sink& sink) {
        const Slot slot = book.ids().find(pool_, command.order_id);
        if (slot == null_slot) [[unlikely]] return reject(command, RejectCode::unknown_order, sink);
        Node& order = pool_[slot];
        const std::uint32_t open = order.qty();
        const auto asked = static_cast<std::uint32_t>(command.qty_lots);
        const std::uint32_t removed = asked == 0 || asked > open ? open : asked;
        sink.push(make_event(EventKind::cancelled, static_cast<std::uint8_t>(CancelReason::requested), command.symbol,
                             static_cast<Lots>(removed), command.order_id, 0, order.price));
        reduce(book, slot, removed);
    }

    template <EventSink Sink>
    void execute(SymbolBook& book, const Command& command, Sink& sink) {
        const Slot slot = book.ids().find(pool_, command.order_id);
        if (slot == null_slot) [[unlikely]] return reject(command, RejectCode::unknown_order, sink);
        Node& order = pool_[slot];
        const std::uint32_t filled = std::min(static_cast<std::uint32_t>(command.qty_lots), order.qty());
        sink.push(make_event(EventKind::traded, static_cast<std::uint8_t>(order.side() ^ 1), command.symbol,
                             static_cast<Lots>(filled), 0, command.order_id, order.price));
        reduce(book, slot, filled);
    }

    template <EventSink Sink>
    void modify(SymbolBook& book, const Command& command, Sink& sink) {
        const Slot slot = book.ids().find(pool_, command.order_id);
        if (slot == null_slot) [[unlikely]] return reject(command, RejectCode::unknown_order, sink);
        Node& order = pool_[slot];
        const auto qty = static_cast<std::uint32_t>(command.qty_lots);
        const std::uint32_t side = order.side();
        const bool in_place = command.price_ticks == order.price && qty <= order.qty();
        sink.push(make_event(EventKind::modified, static_cast<std::uint8_t>(in_place ? Priority::kept : Priority::lost),
                             command.symbol, command.qty_lots, command.order_id, 0, command.price_ticks));
        if (in_place) {
            order.qty_and_side = Node::pack(qty, side);
            return;
        }
        const std::uint32_t owner = pool_.owner(slot);
        book.remove(pool_, slot);
        const Arrival taker{side, command.symbol, command.order_id, ~key_of(command.price_ticks, side)};
        const std::uint32_t left = book.match(pool_, taker, qty, sink);
        if (left != 0) book.rest(pool_, command.order_id, command.price_ticks, left, side, owner);
    }

    // Takes lots off an open order, which goes when none are left.
    void reduce(SymbolBook& book, Slot slot, std::uint32_t lots) {
        Node& order = pool_[slot];
        if (lots == order.qty()) return book.remove(pool_, slot);
        order.qty_and_side -= lots;
    }

    NodePool pool_;
    std::vector<SymbolBook> books_;
    std::uint64_t next_sequence_ = 0;
};

}  // namespace obengine
