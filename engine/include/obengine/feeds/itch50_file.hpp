// A whole ITCH 5.0 file as COMMAND records with their times: obengine/feeds/itch50.py is its specification.
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

// What a file said of an order when it introduced it last, by order reference; orders are never forgotten.
class Introductions {
public:
    static constexpr std::uint32_t unknown = 2;  // as a side: brought by a replace of an order never introduced

    struct Origin {
        std::uint32_t side;
        std::uint32_t participant;
    };

    Introductions() : cells_(first_cells) {}

    void prefetch(OrderId id) const noexcept { __builtin_prefetch(&cells_[place(id)]); }

    // Null where the reference was never introduced.
    [[nodiscard]] const Origin* find(OrderId id) const noexcept {
        const Cell& cell = cells_[search(id)];
        return cell.used ? &cell.origin : nullptr;
    }

    void put(OrderId id, Origin origin) {
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

// Reads the messages of a day into columns. Symbols are stock locates; participants are numbers of
// attributions in order of first appearance. `plain` is false after a message with a field that has no
// meaning or a time that runs backwards: then nothing here counts, and the slow reader names the fault.
class DayReader {
public:
    struct Columns {
        std::vector<Command> commands;
        std::vector<std::int64_t> times_ns;
        std::vector<std::int64_t> frames;
    };

    // Where a stock is named first, by a message of each type that names one: R, A, F.
    struct Naming {
        std::array<std::int64_t, 3> at{-1, -1, -1};
        bool has_orders = false;
    };

    // Room is taken at once for the most commands that so many bytes can give.
    explicit DayReader(std::span<const unsigned char> bytes) : bytes_(bytes), namings_(std::size_t{1} << 16) {
        const std::size_t most = bytes.size() / fewest_bytes_a_command + 1;
        columns_.commands.reserve(most);
        columns_.times_ns.reserve(most);
        columns_.frames.reserve(most);
    }

    void expect(Message message) const noexcept {
        if (message.is_of_an_order()) introductions_.prefetch(message.order_id());
    }
    void approach(Message) const noexcept {}

    void handle(Message message) {
        ++frame_;
        ++counts_[static_cast<unsigned char>(message.type())];
        const auto time_ns = static_cast<std::int64_t>(message.timestamp_ns());
        plain_ &= time_ns >= time_ns_ && time_ns < day_ns;
        time_ns_ = time_ns;
        switch (message.type()) {
            case 'R': return name(message, 0);
            case 'H': return halts_.push_back(offset_of(message));
            case 'A': return name(message, 1), add(message, 0);
            case 'F': return name(message, 2), add(message, number_of(message.attribution()));
            case 'E':
            case 'C': return lessen(message, Op::execute, message.gone_lots());
            case 'X': return lessen(message, Op::cancel, message.gone_lots());
            case 'D': return lessen(message, Op::cancel, 0);
            case 'U': return replace(message);
            default: return;
        }
    }

    // Whether all bytes were whole messages, and none of them faulty.
    [[nodiscard]] bool plain() const noexcept {
        std::size_t read = 0;
        for (std::size_t type = 0; type < counts_.size(); ++type) read += counts_[type] * (length_of[type] + std::size_t{2});
        return plain_ && frame_ != 0 && read == bytes_.size();
    }
    // Symbols are numbered by their locates, those without orders left out; gives each symbol's naming.
    [[nodiscard]] std::vector<std::pair<std::uint16_t, Naming>> number_symbols() {
        std::vector<std::pair<std::uint16_t, Naming>> used;
        std::vector<std::uint16_t> number_of_locate(namings_.size());
        for (std::size_t locate = 0; locate < namings_.size(); ++locate) {
            if (!namings_[locate].has_orders) continue;
            number_of_locate[locate] = static_cast<std::uint16_t>(used.size());
            used.emplace_back(static_cast<std::uint16_t>(locate), namings_[locate]);
        }
        for (Command& command : columns_.commands) command.symbol = number_of_locate[command.symbol];
        return used;
    }
    // Where the messages of type H begin.
    [[nodiscard]] const std::vector<std::int64_t>& halts() const noexcept { return halts_; }
    [[nodiscard]] std::uint64_t unknown_orders() const noexcept { return unknown_; }
    [[nodiscard]] const std::array<std::uint64_t, 256>& counts() const noexcept { return counts_; }
    // The four bytes of each attribution, the first one lowest, in order of first appearance.
    [[nodiscard]] const std::vector<std::uint32_t>& attributions() const noexcept { return attributions_; }
    [[nodiscard]] Columns& columns() noexcept { return columns_; }

private:
    static constexpr std::int64_t day_ns = 86'400'000'000'000;
    static constexpr std::size_t fewest_bytes_a_command = 18;  // a replace, 37 with its length, gives two

    [[nodiscard]] std::int64_t offset_of(Message message) const noexcept { return message.begin() - bytes_.data(); }

    void name(Message message, std::size_t type) {
        std::int64_t& first = namings_[message.locate()].at[type];
        if (first < 0) first = offset_of(message);
    }

    void add(Message message, std::uint32_t participant) {
        const std::uint32_t side = message.side();
        const std::uint32_t lots = message.added_lots();
        plain_ &= side < 2 && lots - 1 < max_lots;
        introductions_.put(message.order_id(), {side, participant});
        write(message, Op::new_order, side, lots, participant, message.order_id(), message.added_price());
    }

    void lessen(Message message, Op op, std::uint32_t lots) {
        const Introductions::Origin* const origin = introductions_.find(message.order_id());
        unknown_ += origin == nullptr || origin->side == Introductions::unknown;
        write(message, op, 0, lots < max_lots ? lots : max_lots, 0, message.order_id(), no_price);
    }

    void replace(Message message) {
        lessen(message, Op::cancel, 0);
        plain_ &= message.new_lots() - 1 < max_lots;
        const Introductions::Origin* const found = introductions_.find(message.order_id());
        const Introductions::Origin origin = found == nullptr ? Introductions::Origin{Introductions::unknown, 0} : *found;
        introductions_.put(message.new_id(), origin);
        if (origin.side == Introductions::unknown) return;
        write(message, Op::new_order, origin.side, message.new_lots(), origin.participant, message.new_id(),
              message.new_price());
    }

    [[nodiscard]] std::uint32_t number_of(std::uint32_t attribution) {
        const auto [at, fresh] = numbers_.try_emplace(attribution, static_cast<std::uint32_t>(attributions_.size() + 1));
        if (fresh) attributions_.push_back(attribution);
        return at->second;
    }

    void write(Message message, Op op, std::uint32_t side, std::uint32_t lots, std::uint32_t participant, OrderId id,
               Ticks price) {
        namings_[message.locate()].has_orders = true;
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
    std::vector<Naming> namings_;
    std::vector<std::int64_t> halts_;
    bool plain_ = true;
    std::int64_t frame_ = 0;
    std::int64_t time_ns_ = 0;
    std::uint64_t unknown_ = 0;
    std::array<std::uint64_t, 256> counts_{};
    Introductions introductions_;
    std::unordered_map<std::uint32_t, std::uint32_t> numbers_;
    std::vector<std::uint32_t> attributions_;
    Columns columns_;
};

}  // namespace obengine::itch50
