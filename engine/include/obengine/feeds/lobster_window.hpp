// Follows the window of a LOBSTER file row by row; obengine/feeds/lobster_window.py is the specification.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "obengine/io/messages.hpp"

namespace obengine::lobster {

inline constexpr std::int64_t no_ask = 9'999'999'999;
inline constexpr std::int64_t no_bid = -9'999'999'999;
inline constexpr OrderId first_unnamed = OrderId{1} << 63;

enum class Message : std::int64_t { none, new_order, reduce, remove, execute, hidden, cross, halt };

// Bits for each way in which a row differs from a plain change of a known order.
namespace cause {
inline constexpr unsigned seed = 1;
inline constexpr unsigned adopted_tail_level = 2;
inline constexpr unsigned unseen_order = 4;
inline constexpr unsigned left_window = 8;
inline constexpr unsigned outside_window = 16;
inline constexpr unsigned hidden_execution = 32;
inline constexpr unsigned cross_trade = 64;
inline constexpr unsigned halt = 128;
inline constexpr unsigned size_differs = 256;
inline constexpr unsigned unnamed_short = 512;
inline constexpr unsigned crossing_add = 1024;
inline constexpr unsigned duplicate_id = 2048;
inline constexpr unsigned unexplained = 4096;
}  // namespace cause

// A message row without its time, and its orderbook row; the participant is a number, 0 for nobody.
struct Row {
    Message kind;
    OrderId id;
    std::int64_t size;
    std::int64_t price;
    std::int64_t direction;
    const std::int64_t* book;
    std::uint32_t participant = 0;
};

// How messages fit known orders: deletions of the tracked size, executions at the head of the queue.
struct Queues {
    std::uint64_t deletions = 0;
    std::uint64_t exact_deletions = 0;
    std::uint64_t executions = 0;
    std::uint64_t head_executions = 0;
};

// Rows must satisfy obengine/feeds/lobster_checks.py and have `levels` levels.
class Window {
public:
    explicit Window(std::size_t levels) : limit_(levels) {}

    [[nodiscard]] std::vector<Command>& commands() noexcept { return commands_; }
    [[nodiscard]] const Queues& queues() const noexcept { return queues_; }

    // Starts from a row, which is the book after its message.
    unsigned seed(const Row& row) {
        for (Side* const side : {&asks_, &bids_}) {
            const bool own = row.kind == Message::new_order && (row.direction == 1) == (side == &bids_);
            for (std::size_t level = 0; level < limit_; ++level) {
                const std::int64_t price = field(row, *side, level);
                const std::int64_t lots = field(row, *side, level, 1);
                if (price == side->none) break;
                const std::int64_t named = own && price == row.price && row.size <= lots ? row.size : 0;
                if (lots > named) add_unnamed(*side, price * side->sign, lots - named);
                if (named != 0) add(*side, price * side->sign, row.id, named, row.participant);
            }
        }
        return cause::seed;
    }

    // Applies one row and returns its causes; call restart_if_touch_differs() after it.
    unsigned step(const Row& row) {
        unsigned causes = 0;
        switch (row.kind) {
            case Message::new_order: causes = add_order(row); break;
            case Message::reduce:
            case Message::remove:
            case Message::execute: causes = reduce_order(row); break;
            case Message::hidden: causes = cause::hidden_execution; break;
            case Message::halt:
                halted_ = row.price != 1;
                causes = cause::halt;
                break;
            default: causes = cause::cross_trade;
        }
        if (asks_.levels.size() < limit_) causes |= adopt(asks_, row);
        if (bids_.levels.size() < limit_) causes |= adopt(bids_, row);
        if (!touch_matches(row)) causes |= halted_ ? cause::halt : cause::unexplained;
        return causes;
    }

    // Replaces a book whose touch differs from the row, unless the row is crossed.
    void restart_if_touch_differs(const Row& row) {
        if (touch_matches(row) || row.book[0] <= row.book[2]) return;
        for (Side* const side : {&asks_, &bids_}) {
            while (!side->levels.empty()) drop_last(*side);
        }
        seed({Message::none, 0, 0, 0, 0, row.book});
    }

private:
    struct Order {
        OrderId id;
        std::int64_t lots;
    };
    using Queue = std::list<Order>;

    // Keys are prices, negated for bids, so that the best key is smallest.
    struct Level {
        std::int64_t key = 0;
        std::int64_t total = 0;
        OrderId unnamed_id = 0;
        std::int64_t unnamed = 0;
        Queue named;
    };

    struct Side {
        std::uint8_t code;
        std::size_t offset;
        std::int64_t sign;
        std::int64_t none;
        std::vector<Level> levels;
    };

    struct Place {
        Side* side;
        std::int64_t key;
        Queue::iterator order;
    };

    [[nodiscard]] static std::int64_t field(const Row& row, const Side& side, std::size_t level, std::size_t of = 0) {
        return row.book[4 * level + side.offset + of];
    }

    [[nodiscard]] bool touch_matches(const Row& row) const { return touch_matches(row, asks_) && touch_matches(row, bids_); }

    [[nodiscard]] static bool touch_matches(const Row& row, const Side& side) {
        if (side.levels.empty()) return field(row, side, 0) == side.none && field(row, side, 0, 1) == 0;
        const Level& best = side.levels.front();
        return field(row, side, 0) == best.key * side.sign && field(row, side, 0, 1) == best.total;
    }

    [[nodiscard]] Side& side_of(std::int64_t direction) noexcept { return direction == 1 ? bids_ : asks_; }
    [[nodiscard]] const Side& opposite(const Side& side) const noexcept { return &side == &asks_ ? bids_ : asks_; }

    [[nodiscard]] bool crosses(const Side& side, std::int64_t key) const noexcept {
        const Side& other = opposite(side);
        return !other.levels.empty() && key <= -other.levels.front().key;
    }

    [[nodiscard]] static std::vector<Level>::iterator place_of(Side& side, std::int64_t key) {
        return std::lower_bound(side.levels.begin(), side.levels.end(), key,
                                [](const Level& level, std::int64_t wanted) { return level.key < wanted; });
    }

    [[nodiscard]] static Level* find(Side& side, std::int64_t key) {
        const auto at = place_of(side, key);
        return at == side.levels.end() || at->key != key ? nullptr : &*at;
    }

    [[nodiscard]] static Level& find_or_add(Side& side, std::int64_t key) {
        const auto at = place_of(side, key);
        if (at != side.levels.end() && at->key == key) return *at;
        Level level;
        level.key = key;
        return *side.levels.insert(at, std::move(level));
    }

    unsigned add_order(const Row& row) {
        Side& side = side_of(row.direction);
        const std::int64_t key = row.price * side.sign;
        if (places_.contains(row.id)) return cause::duplicate_id;
        if (crosses(side, key)) return cause::crossing_add;
        if (side.levels.size() >= limit_ && key > side.levels.back().key) return cause::outside_window;
        add(side, key, row.id, row.size, row.participant);
        if (side.levels.size() > limit_) drop_last(side);
        return 0;
    }

    unsigned reduce_order(const Row& row) {
        const auto found = places_.find(row.id);
        if (found == places_.end()) return reduce_unnamed(row);
        const Place place = found->second;
        Level& level = *find(*place.side, place.key);
        const std::int64_t lots = place.order->lots;
        const std::int64_t removed = row.kind == Message::remove || row.size > lots ? lots : row.size;
        const bool exact = size_fits(row, lots) && row.price * place.side->sign == place.key;
        if (row.kind == Message::remove) {
            ++queues_.deletions;
            queues_.exact_deletions += exact;
        } else if (row.kind == Message::execute) {
            ++queues_.executions;
            queues_.head_executions += level.named.begin() == place.order;
        }
        write_reduction(row.kind, *place.side, row.id, removed, lots);
        if (removed == lots) {
            level.named.erase(place.order);
            places_.erase(found);
        } else {
            place.order->lots = lots - removed;
        }
        shrink(*place.side, level, removed);
        return exact ? 0 : cause::size_differs;
    }

    unsigned reduce_unnamed(const Row& row) {
        Side& side = side_of(row.direction);
        Level* const level = find(side, row.price * side.sign);
        if (level == nullptr) return cause::outside_window;
        unsigned causes = left_.contains(row.id) ? cause::left_window : cause::unseen_order;
        const std::int64_t removed = std::min(row.size, level->unnamed);
        if (removed < row.size) causes |= cause::unnamed_short;
        if (removed != 0) {
            write_reduction(row.kind, side, level->unnamed_id, removed, level->unnamed);
            level->unnamed -= removed;
            shrink(side, *level, removed);
        }
        return causes;
    }

    // Whether the size of a message fits an order with `lots` open lots.
    [[nodiscard]] static bool size_fits(const Row& row, std::int64_t lots) noexcept {
        if (row.kind == Message::remove) return row.size == lots;
        return row.kind == Message::execute ? row.size <= lots : row.size < lots;
    }

    static void shrink(Side& side, Level& level, std::int64_t removed) {
        level.total -= removed;
        if (level.total == 0) side.levels.erase(side.levels.begin() + (&level - side.levels.data()));
    }

    // Adopts the row's last level of a side if it is the only one that the window lacks.
    unsigned adopt(Side& side, const Row& row) {
        const std::size_t have = side.levels.size();
        const std::int64_t price = field(row, side, have);
        if (price == side.none || (have + 1 < limit_ && field(row, side, have + 1) != side.none)) return 0;
        const std::int64_t key = price * side.sign;
        if ((have != 0 && key <= side.levels.back().key) || crosses(side, key)) return 0;
        add_unnamed(side, key, field(row, side, have, 1));
        return cause::adopted_tail_level;
    }

    void add(Side& side, std::int64_t key, OrderId id, std::int64_t lots, std::uint32_t participant) {
        Level& level = find_or_add(side, key);
        level.total += lots;
        level.named.push_back({id, lots});
        places_.insert_or_assign(id, Place{&side, key, std::prev(level.named.end())});
        write(Op::new_order, side, lots, id, key * side.sign, participant);
    }

    void add_unnamed(Side& side, std::int64_t key, std::int64_t lots) {
        Level& level = find_or_add(side, key);
        level.total += lots;
        level.unnamed = lots;
        level.unnamed_id = next_unnamed_++;
        write(Op::new_order, side, lots, level.unnamed_id, key * side.sign);
    }

    void drop_last(Side& side) {
        const Level& level = side.levels.back();
        if (level.unnamed != 0) write(Op::cancel, side, 0, level.unnamed_id, 0);
        for (const Order& order : level.named) {
            write(Op::cancel, side, 0, order.id, 0);
            places_.erase(order.id);
            left_.insert(order.id);
        }
        side.levels.pop_back();
    }

    void write_reduction(Message kind, const Side& side, OrderId id, std::int64_t removed, std::int64_t lots) {
        if (kind == Message::execute) return write(Op::execute, side, removed, id, 0);
        write(Op::cancel, side, removed < lots ? removed : 0, id, 0);
    }

    void write(Op op, const Side& side, std::int64_t lots, OrderId id, std::int64_t price, std::uint32_t participant = 0) {
        Command command{};
        command.op = code(op);
        command.side = side.code;
        command.qty_lots = static_cast<Lots>(lots);
        command.participant = participant;
        command.order_id = id;
        command.price_ticks = price;
        commands_.push_back(command);
    }

    std::size_t limit_;
    bool halted_ = false;
    OrderId next_unnamed_ = first_unnamed;
    Side asks_{code(obengine::Side::sell), 0, 1, no_ask, {}};
    Side bids_{code(obengine::Side::buy), 2, -1, no_bid, {}};
    std::unordered_map<OrderId, Place> places_;
    std::unordered_set<OrderId> left_;
    std::vector<Command> commands_;
    Queues queues_;
};

}  // namespace obengine::lobster
