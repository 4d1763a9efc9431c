// A whole ITCH 5.0 file to COMMAND records with times; obengine/feeds/itch50.py is the specification.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "obengine/feeds/itch50.hpp"
#include "obengine/io/messages.hpp"

namespace obengine::itch50 {

// Side and owner of each order reference at its last introduction; entries are never removed.
class OrderOrigins {
public:
    static constexpr std::uint32_t unknown = 2;  // side value: introduced by a replace of an unknown order

    struct Origin {
        std::uint32_t side;
        std::uint32_t participant;
    };

    OrderOrigins() : cells_(first_cells) {}

    void prefetch(OrderId id) const noexcept { __builtin_prefetch(&cells_[place(id)]); }

    // nullptr if the reference was never introduced.
    [[nodiscard]] const Origin* find(OrderId id) const noexcept {
        const Cell& cell = cells_[search(id)];
        return cell.used ? &cell.origin : nullptr;
    }

    void set(OrderId id, Origin origin) {
        if (2 * (used_ + 1) > cells_.size()) grow();
        Cell& cell = cells_[search(id)];
        used_ += !cell.used;
        cell = {id, origin, true};
    }

private:
    struct Cell {
        OrderId id = 0;
        Origin origin{};
        bool used = false;
    };

    static constexpr std::size_t first_cells = std::size_t{1} << 12;

    [[nodiscard]] std::size_t place(OrderId id) const noexcept {
        const std::uint64_t mixed = id * 0x9E37'79B9'7F4A'7C15;
        return static_cast<std::size_t>((mixed ^ mixed >> 32) * 0x9E37'79B9'7F4A'7C15 >> shift_);
    }

    [[nodiscard]] std::size_t search(OrderId id) const noexcept {
        std::size_t at = place(id);
        while (cells_[at].used && cells_[at].id != id) at = (at + 1) & (cells_.size() - 1);
        return at;
    }

    void grow() {
        std::vector<Cell> old(cells_.size() * 2);
        old.swap(cells_);
        --shift_;
        for (const Cell& cell : old) {
            if (cell.used) cells_[search(cell.id)] = cell;
        }
    }

    std::vector<Cell> cells_;
    unsigned shift_ = 64 - static_cast<unsigned>(std::countr_zero(first_cells));
    std::size_t used_ = 0;
};

// Reads the messages of a day into columns. Symbols are stock locates; participants are numbered by the first
// appearance of their attribution. valid() is false after an invalid field or a time that decreases: the strict
// reader then reports the error.
class DayReader {
public:
    struct Columns {
        std::vector<Command> commands;
        std::vector<std::int64_t> times_ns;
        std::vector<std::int64_t> frames;
    };

    // The first messages of types R, A and F that name a stock.
    struct StockMentions {
        std::array<std::int64_t, 3> at{-1, -1, -1};
        bool has_orders = false;
    };

    // Reserves space for the maximum number of commands of so many bytes.
    explicit DayReader(std::span<const unsigned char> bytes) : bytes_(bytes), mentions_(std::size_t{1} << 16) {
        const std::size_t most = bytes.size() / fewest_bytes_a_command + 1;
        columns_.commands.reserve(most);
        columns_.times_ns.reserve(most);
        columns_.frames.reserve(most);
    }

    void prefetch_early(Message message) const noexcept {
        if (message.is_order_message()) origins_.prefetch(message.order_id());
    }
    void prefetch_late(Message) const noexcept {}

    void handle(Message message) {
        ++frame_;
        ++counts_[static_cast<unsigned char>(message.type())];
        const auto time_ns = static_cast<std::int64_t>(message.timestamp_ns());
        valid_ &= time_ns >= time_ns_ && time_ns < day_ns;
        time_ns_ = time_ns;
        switch (message.type()) {
            case 'R': return mention_stock(message, 0);
            case 'H': return halts_.push_back(offset_of(message));
            case 'A': return mention_stock(message, 1), add(message, 0);
            case 'F': return mention_stock(message, 2), add(message, participant_of(message.attribution()));
            case 'E':
            case 'C': return reduce_order(message, Op::execute, message.reduced_lots());
            case 'X': return reduce_order(message, Op::cancel, message.reduced_lots());
            case 'D': return reduce_order(message, Op::cancel, 0);
            case 'U': return replace(message);
            default: return;
        }
    }

    // Whether all bytes were complete and valid messages.
    [[nodiscard]] bool valid() const noexcept {
        std::size_t read = 0;
        for (std::size_t type = 0; type < counts_.size(); ++type) read += counts_[type] * (length_of[type] + std::size_t{2});
        return valid_ && frame_ != 0 && read == bytes_.size();
    }
    // Numbers the symbols that have orders by locate; returns the mentions of each.
    [[nodiscard]] std::vector<std::pair<std::uint16_t, StockMentions>> number_symbols() {
        std::vector<std::pair<std::uint16_t, StockMentions>> used;
        std::vector<std::uint16_t> number_of_locate(mentions_.size());
        for (std::size_t locate = 0; locate < mentions_.size(); ++locate) {
            if (!mentions_[locate].has_orders) continue;
            number_of_locate[locate] = static_cast<std::uint16_t>(used.size());
            used.emplace_back(static_cast<std::uint16_t>(locate), mentions_[locate]);
        }
        for (Command& command : columns_.commands) command.symbol = number_of_locate[command.symbol];
        return used;
    }
    // The offsets of the messages of type H.
    [[nodiscard]] const std::vector<std::int64_t>& halts() const noexcept { return halts_; }
    [[nodiscard]] std::uint64_t unknown_orders() const noexcept { return unknown_orders_; }
    [[nodiscard]] const std::array<std::uint64_t, 256>& counts() const noexcept { return counts_; }
    // The four bytes of each attribution, the first one lowest, in order of first appearance.
    [[nodiscard]] const std::vector<std::uint32_t>& attributions() const noexcept { return attributions_; }
    [[nodiscard]] Columns& columns() noexcept { return columns_; }

private:
    static constexpr std::int64_t day_ns = 86'400'000'000'000;
    static constexpr std::size_t fewest_bytes_a_command = 18;  // a replace, 37 bytes with its length, gives two

    [[nodiscard]] std::int64_t offset_of(Message message) const noexcept { return message.begin() - bytes_.data(); }

    void mention_stock(Message message, std::size_t type) {
        std::int64_t& first = mentions_[message.locate()].at[type];
        if (first < 0) first = offset_of(message);
    }

    void add(Message message, std::uint32_t participant) {
        const std::uint32_t side = message.side();
        const std::uint32_t lots = message.added_lots();
        valid_ &= side < 2 && lots - 1 < max_lots;
        origins_.set(message.order_id(), {side, participant});
        write(message, Op::new_order, side, lots, participant, message.order_id(), message.added_price());
    }

    void reduce_order(Message message, Op op, std::uint32_t lots) {
        const OrderOrigins::Origin* const origin = origins_.find(message.order_id());
        unknown_orders_ += origin == nullptr || origin->side == OrderOrigins::unknown;
        write(message, op, 0, lots < max_lots ? lots : max_lots, 0, message.order_id(), no_price);
    }

    void replace(Message message) {
        reduce_order(message, Op::cancel, 0);
        valid_ &= message.new_lots() - 1 < max_lots;
        const OrderOrigins::Origin* const found = origins_.find(message.order_id());
        const OrderOrigins::Origin origin = found == nullptr ? OrderOrigins::Origin{OrderOrigins::unknown, 0} : *found;
        origins_.set(message.new_id(), origin);
        if (origin.side == OrderOrigins::unknown) return;
        write(message, Op::new_order, origin.side, message.new_lots(), origin.participant, message.new_id(),
              message.new_price());
    }

    [[nodiscard]] std::uint32_t participant_of(std::uint32_t attribution) {
        const auto [at, fresh] = numbers_.try_emplace(attribution, static_cast<std::uint32_t>(attributions_.size() + 1));
        if (fresh) attributions_.push_back(attribution);
        return at->second;
    }

    void write(Message message, Op op, std::uint32_t side, std::uint32_t lots, std::uint32_t participant, OrderId id,
               Ticks price) {
        mentions_[message.locate()].has_orders = true;
        Command command{};
        command.op = code(op);
        command.side = static_cast<std::uint8_t>(side);
        command.symbol = message.locate();
        command.qty_lots = static_cast<Lots>(lots);
        command.participant = participant;
        command.order_id = id;
        command.price_ticks = price;
        columns_.commands.push_back(command);
        columns_.times_ns.push_back(time_ns_);
        columns_.frames.push_back(frame_);
    }

    std::span<const unsigned char> bytes_;
    std::vector<StockMentions> mentions_;
    std::vector<std::int64_t> halts_;
    bool valid_ = true;
    std::int64_t frame_ = 0;
    std::int64_t time_ns_ = 0;
    std::uint64_t unknown_orders_ = 0;
    std::array<std::uint64_t, 256> counts_{};
    OrderOrigins origins_;
    std::unordered_map<std::uint32_t, std::uint32_t> numbers_;
    std::vector<std::uint32_t> attributions_;
    Columns columns_;
};

}  // namespace obengine::itch50
