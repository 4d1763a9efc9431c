// What each command does, any order and any trading state: sections 2 to 9 of the specification.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "obengine/core/stop_elections.hpp"
#include "obengine/core/auction.hpp"
#include "obengine/core/symbol_book_ops.hpp"
#include "obengine/core/validation.hpp"
#include "obengine/core/matching.hpp"
#include "obengine/core/snapshot_order.hpp"

namespace obengine {

// All that an engine is, but its limits and its place in a batch.
struct State {
    Shared shared;
    std::vector<SymbolBook> books;
    std::vector<Slot> leaving;     // orders about to be cancelled together
    std::size_t special_books = 0;  // books that are not plain
    std::uint64_t clock_ns = 0;
};

template <EventSink Sink>
class Rules {
public:
    Rules(State& state, Sink& sink) : state_(state), sink_(sink) {}

    // Applies a command other than EXTEND; `given` is what the record before brought, or nullptr.
    void apply(const Command& command, const Extension* given) {
        RejectCode refused = check_form(command, given, state_.books.size(), state_.clock_ns);
        if (refused == RejectCode::none) {
            const bool extended = (command.flags & flag::extended) != 0 && command.op == code(Op::new_order);
            refused = dispatch(command, extended ? *given : Extension{});
        }
        if (refused != RejectCode::none) reject(command, refused);
    }

private:
    using DeskHere = Desk<Sink>;

    [[nodiscard]] DeskHere desk(std::size_t symbol) {
        return DeskHere(state_.shared, state_.books[symbol], static_cast<std::uint16_t>(symbol), sink_);
    }

    void push(const Event& event) {
        make_room(sink_, 1);
        sink_.push(event);
    }

    void reject(const Command& command, RejectCode why) {
        push(Event::of(EventKind::rejected, code(why), command.symbol, static_cast<std::uint32_t>(command.qty_lots),
                       command.order_id, command.op, command.price_ticks));
    }

    // Keeps the count of books that are not plain.
    void settle(SymbolBook& book) noexcept {
        if (book.is_plain() == book.counted_as_plain) return;
        book.counted_as_plain = !book.counted_as_plain;
        state_.special_books += book.counted_as_plain ? std::size_t(-1) : 1;
    }

    [[nodiscard]] RejectCode dispatch(const Command& command, const Extension& extension) {
        const Op op = static_cast<Op>(command.op);
        if (op == Op::mass_cancel) return mass_cancel(command);
        if (op == Op::clock) return set_clock(command);
        DeskHere here = desk(command.symbol);
        const RejectCode refused = at_a_desk(here, op, command, extension);
        settle(here.book);
        if (state_.shared.expiries.is_untidy()) tidy_expiries();
        return refused;
    }

    [[nodiscard]] RejectCode at_a_desk(DeskHere& here, Op op, const Command& command, const Extension& extension) {
        if (op == Op::state) return set_state(here, command);
        const Slot known = here.book.ids().find(state_.shared.pool, command.order_id);
        if (op == Op::new_order) {
            if (known != null_slot) return RejectCode::duplicate_id;
            return enter(here, command, extension);
        }
        if (known == null_slot) return RejectCode::unknown_order;
        if (op == Op::cancel) return cancel(here, known, command);
        if (op == Op::modify) return modify(here, known, command);
        return execute(here, known, command);
    }

    [[nodiscard]] static Order order_of(const Command& command, const Extension& extension) noexcept {
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
        order.price = is_limited(order.kind) || order.kind == OrderKind::market ? command.price_ticks : no_price;
        order.trigger = is_trailing(order.kind) ? no_price : extension.trigger_ticks;
        order.trail = is_trailing(order.kind) ? extension.trigger_ticks : 0;
        return order;
    }

    // Whether the trading state lets an order arrive, or arrive anew.
    [[nodiscard]] static RejectCode refused_by_state(TradingState state, const Order& order, bool has_minimum) noexcept {
        if (state == TradingState::halt) return RejectCode::halted;
        if (state == TradingState::open || is_stop(order.kind)) return RejectCode::none;
        const bool needs_a_match = order.kind == OrderKind::market || is_immediate(order.tif) || is_whole(order.tif) ||
                                   (order.flags & flag::post_only) != 0 || has_minimum;
        return needs_a_match ? RejectCode::not_in_auction : RejectCode::none;
    }

    // The same, and whether the book lets it; a post-only order may be given another price.
    [[nodiscard]] static RejectCode refused_on_arrival(const SymbolBook& book, Order& order, bool has_minimum) noexcept {
        const RejectCode refused = refused_by_state(book.state, order, has_minimum);
        if (refused != RejectCode::none) return refused;
        if (book.state != TradingState::open || (order.flags & flag::post_only) == 0) return RejectCode::none;
        return place_post_only(book, order.side, order.flags, order.price);
    }

    [[nodiscard]] RejectCode enter(DeskHere& here, const Command& command, const Extension& extension) {
        Order order = order_of(command, extension);
        const RejectCode refused = refused_on_arrival(here.book, order, extension.min_lots != 0);
        if (refused != RejectCode::none) return refused;
        here.tell(EventKind::accepted, order.side, order.open, order.id, order.placement(), order.price);
        if (is_stop(order.kind)) {
            arrive_as_stop(here, order);
        } else {
            settle_down(here, order, extension.min_lots);
        }
        return RejectCode::none;
    }

    // An order arrives, or where there is no matching rests at once.
    void settle_down(DeskHere& here, Order& order, std::uint32_t min_lots) {
        if (here.book.state != TradingState::open) return static_cast<void>(here.rest(order));
        arrive(here, order, min_lots);
        follow_trades(here);
    }

    void follow_trades(DeskHere& here) {
        elect_by_trades(here);
        trigger_elected(here);
    }

    [[nodiscard]] RejectCode cancel(DeskHere& here, Slot slot, const Command& command) {
        const std::uint32_t open = here.open_lots(slot);
        const auto asked = static_cast<std::uint32_t>(command.qty_lots);
        here.withdraw(slot, asked == 0 ? open : std::min(asked, open), CancelReason::requested);
        return RejectCode::none;
    }

    [[nodiscard]] RejectCode execute(DeskHere& here, Slot slot, const Command& command) {
        if (here.waits(slot)) return RejectCode::unknown_order;
        const std::uint32_t lots = std::min(static_cast<std::uint32_t>(command.qty_lots), here.open_lots(slot));
        here.trade(here.node(slot).side() ^ 1U, lots, 0, slot);
        follow_trades(here);
        return RejectCode::none;
    }

    [[nodiscard]] RejectCode modify(DeskHere& here, Slot slot, const Command& command) {
        const auto qty = static_cast<std::uint32_t>(command.qty_lots);
        if (here.waits(slot)) {
            Order& stop = here.ticket(slot)->order;
            stop.open = qty;
            if (is_limited(stop.kind)) stop.price = here.node(slot).price = command.price_ticks;
            tell_modified(here, Priority::kept, stop);
            return RejectCode::none;
        }
        if (command.price_ticks == here.node(slot).price && qty <= here.open_lots(slot)) {
            here.shrink(slot, qty);
            here.tell(EventKind::modified, code(Priority::kept), qty, command.order_id, 0, command.price_ticks);
            return RejectCode::none;
        }
        return move(here, slot, command);
    }

    // An order leaves its place and arrives anew.
    [[nodiscard]] RejectCode move(DeskHere& here, Slot slot, const Command& command) {
        Order order = here.order(slot);
        order.price = command.price_ticks;
        order.open = static_cast<std::uint32_t>(command.qty_lots);
        const RejectCode refused = refused_on_arrival(here.book, order, false);
        if (refused != RejectCode::none) return refused;
        here.remove(slot);
        tell_modified(here, Priority::lost, order);
        settle_down(here, order, 0);
        return RejectCode::none;
    }

    void tell_modified(DeskHere& here, Priority priority, const Order& order) {
        here.tell(EventKind::modified, code(priority), order.open, order.id, 0, order.price);
    }

    [[nodiscard]] RejectCode set_state(DeskHere& here, const Command& command) {
        const TradingState old = here.book.state;
        here.book.state = static_cast<TradingState>(command.side);
        const Ticks reference = command.price_ticks == no_price ? here.book.last : command.price_ticks;
        here.tell(EventKind::state_changed, command.side, 0, code(old), 0, reference);
        if (here.book.state == TradingState::open) {
            uncross(here, reference);
            here.book.first_unseen = no_price;
            if (here.book.last != no_price) elect(here, here.book.last);
            trigger_elected(here);
        }
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
        for (std::size_t symbol = first; symbol < behind_last; ++symbol) {
            DeskHere here = desk(symbol);
            cancelled += cancel_all(here, CancelReason::mass, [&](Slot slot) {
                const bool on_side = command.side == both_sides || command.side == here.node(slot).side();
                return on_side && (command.participant == 0 || command.participant == here.participant(slot));
            });
        }
        tell_of_all(EventKind::mass_cancelled, command.side, command.symbol, cancelled, command.participant);
        return RejectCode::none;
    }

    [[nodiscard]] RejectCode set_clock(const Command& command) {
        state_.clock_ns = command.order_id;
        std::size_t expired = 0;
        while (state_.shared.expiries.is_due(state_.clock_ns)) {
            const Expiry due = state_.shared.expiries.pop();
            DeskHere here = desk(due.symbol);
            const Slot slot = named_by(due);
            if (slot == null_slot) continue;
            here.withdraw(slot, here.open_lots(slot), CancelReason::expired);
            settle(here.book);
            ++expired;
        }
        if ((command.flags & end_of_day) != 0) {
            for (std::size_t symbol = 0; symbol < state_.books.size(); ++symbol) {
                DeskHere here = desk(symbol);
                if (here.book.special_orders == 0) continue;
                expired += cancel_all(here, CancelReason::expired, [&](Slot slot) {
                    return here.ticket(slot) != nullptr && here.ticket(slot)->order.tif == TimeInForce::day;
                });
            }
        }
        tell_of_all(EventKind::clock_set, command.flags, command.symbol, expired, command.order_id);
        return RejectCode::none;
    }

    // Cancels in snapshot order the orders of a symbol that are chosen; returns how many.
    template <class Chosen>
    std::size_t cancel_all(DeskHere& here, CancelReason reason, Chosen&& chosen) {
        state_.leaving.clear();
        for_each_open_order(state_.shared, here.book, [&](Slot slot) {
            if (chosen(slot)) state_.leaving.push_back(slot);
        });
        for (const Slot slot : state_.leaving) here.withdraw(slot, here.open_lots(slot), reason);
        settle(here.book);
        return state_.leaving.size();
    }

    // Tells what was done to any number of symbols.
    void tell_of_all(EventKind kind, std::uint32_t detail, std::uint16_t symbol, std::size_t orders, OrderId id) {
        const auto told = static_cast<std::uint32_t>(std::min<std::size_t>(orders, max_lots));
        push(Event::of(kind, detail, symbol, told, id, 0, 0));
    }

    // The open order that an entry of the expiry list is about, or null_slot where it has gone.
    [[nodiscard]] Slot named_by(const Expiry& entry) {
        DeskHere here = desk(entry.symbol);
        const Slot slot = here.book.ids().find(state_.shared.pool, entry.id);
        const Ticket* const special = slot == null_slot ? nullptr : here.ticket(slot);
        const bool is_it = special != nullptr && special->order.tif == TimeInForce::gtd && special->order.expiry_ns == entry.time_ns;
        return is_it ? slot : null_slot;
    }

    void tidy_expiries() {
        state_.shared.expiries.tidy([this](const Expiry& entry) { return named_by(entry) != null_slot; });
    }

    State& state_;
    Sink& sink_;
};

}  // namespace obengine
