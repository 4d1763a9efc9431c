// The messages of an ITCH 5.0 file, block after block, to COMMAND records with times, and to trades;
// obengine/feeds/itch50_decoder.py is the specification.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "obengine/feeds/itch50.hpp"
#include "obengine/feeds/open_orders.hpp"
#include "obengine/io/messages.hpp"

namespace obengine::itch50 {

// The TRADE record of obengine/feeds/trades.py.
struct [[gnu::packed]] Trade {
    std::int64_t time_ns;
    std::uint64_t match;
    OrderId order_id;
    Ticks price_ticks;
    std::int64_t qty_lots;
    std::uint16_t symbol;
    std::uint8_t kind;
    std::uint8_t side;
    std::uint8_t printable;
    std::uint8_t broken;
};
static_assert(sizeof(Trade) == 46);

struct Halt {
    std::int64_t time_ns;
    std::uint16_t locate;
    std::uint8_t state;
    std::array<char, 4> reason;
};

// Decodes the messages of one file. valid() is false after a frame that must be refused: the specification then says
// why. A frame whose length is 0 has the length of its type.
class StreamReader {
public:
    struct Part {
        std::vector<Command> commands;
        std::vector<std::int64_t> times_ns;
        std::vector<std::int64_t> frames;
        std::vector<Trade> trades;
    };

    using Stock = std::array<char, 8>;

    StreamReader() : symbol_of_(locates, no_symbol), stocks_(locates) {}

    // Decodes whole frames; returns the number of bytes read. A cut frame at the end is left.
    std::size_t read(std::span<const unsigned char> bytes) {
        reserve(bytes.size());
        std::array<const unsigned char*, ahead> messages;
        std::size_t at = 0;
        for (bool more = true; more && valid_;) {
            std::size_t found = 0;
            for (; found < ahead; ++found) {
                const unsigned char* const message = next(bytes, at);
                if (message == nullptr) {
                    more = false;
                    break;
                }
                messages[found] = message;
                if (Message(message).is_order_message()) orders_.prefetch(Message(message).order_id());
            }
            for (std::size_t k = 0; k < found; ++k) handle(Message(messages[k]));
        }
        return at;
    }

    // What was decoded since the last call.
    [[nodiscard]] Part take() noexcept { return std::exchange(part_, {}); }

    [[nodiscard]] bool valid() const noexcept { return valid_; }
    [[nodiscard]] std::uint64_t messages() const noexcept { return static_cast<std::uint64_t>(frame_); }
    [[nodiscard]] std::int64_t time_ns() const noexcept { return time_ns_; }
    [[nodiscard]] std::uint64_t unknown_orders() const noexcept { return unknown_orders_; }
    [[nodiscard]] const std::array<std::uint64_t, 256>& counts() const noexcept { return counts_; }
    [[nodiscard]] const std::vector<Halt>& halts() const noexcept { return halts_; }
    [[nodiscard]] const std::vector<std::uint64_t>& broken() const noexcept { return broken_; }
    [[nodiscard]] std::vector<OpenOrder> open_orders() const { return orders_.all(); }
    // The locate of each symbol, and its stock.
    [[nodiscard]] const std::vector<std::uint16_t>& symbols() const noexcept { return symbols_; }
    [[nodiscard]] const Stock& stock(std::uint16_t locate) const noexcept { return stocks_[locate]; }
    // The four bytes of each attribution, the first one lowest, in order of first appearance.
    [[nodiscard]] const std::vector<std::uint32_t>& attributions() const noexcept { return attributions_; }
    // The event of the first and of the last message, 0 if it is no system event.
    [[nodiscard]] char first_event() const noexcept { return first_event_; }
    [[nodiscard]] char last_event() const noexcept { return last_event_; }

private:
    static constexpr std::size_t ahead = 32;
    static constexpr std::size_t locates = std::size_t{1} << 16;
    static constexpr std::uint32_t no_symbol = 1U << 16;
    static constexpr std::int64_t day_ns = 86'400'000'000'000;
    static constexpr std::size_t prefix = 2;
    static constexpr std::size_t fewest_bytes_a_command = 18;  // a replace, 37 bytes with its length, gives two
    static constexpr std::uint8_t no_side = 2;
    enum TradeKind : std::uint8_t { visible, hidden, crossed };

    void reserve(std::size_t bytes) {
        const std::size_t most = bytes / fewest_bytes_a_command + 1;
        part_.commands.reserve(most);
        part_.times_ns.reserve(most);
        part_.frames.reserve(most);
    }

    // The next whole message, or nullptr.
    [[nodiscard]] const unsigned char* next(std::span<const unsigned char> bytes, std::size_t& at) noexcept {
        const std::size_t left = bytes.size() - at;
        if (left <= prefix) return nullptr;
        const unsigned char* const frame = bytes.data() + at;
        const std::size_t stated = std::size_t{frame[0]} << 8 | frame[1];
        const std::size_t length = length_of[frame[prefix]];
        if (length == 0) [[unlikely]] {
            valid_ = false;
            return nullptr;
        }
        if (left - prefix < length) return nullptr;
        if (stated != length && stated != 0) [[unlikely]] {
            valid_ = false;
            return nullptr;
        }
        at += prefix + length;
        return frame + prefix;
    }

    void handle(Message message) {
        ++frame_;
        ++counts_[static_cast<unsigned char>(message.type())];
        const auto time_ns = static_cast<std::int64_t>(message.timestamp_ns());
        valid_ &= time_ns >= time_ns_ && time_ns < day_ns;
        time_ns_ = time_ns;
        last_event_ = 0;
        switch (message.type()) {
            case 'A':
            case 'F': return add(message);
            case 'D': return static_cast<void>(close(message, symbol(message)));
            case 'U': return replace(message);
            case 'E':
            case 'C': return execute(message);
            case 'X': return static_cast<void>(reduce(message, Op::cancel, symbol(message)));
            case 'P': return trade(message);
            case 'Q': return cross_trade(message);
            case 'B': return broken_.push_back(message.order_id());
            case 'R': return name_stock(message, 11);
            case 'H': return halt(message);
            case 'S': return system_event(message);
            default: return;
        }
    }

    void system_event(Message message) noexcept {
        last_event_ = static_cast<char>(message.begin()[11]);
        if (frame_ == 1) first_event_ = last_event_;
    }

    void halt(Message message) {
        Halt found{time_ns_, message.locate(), message.begin()[19], {}};
        std::memcpy(found.reason.data(), message.begin() + 21, found.reason.size());
        halts_.push_back(found);
    }

    void add(Message message) {
        const std::uint32_t lots = message.added_lots();
        valid_ &= message.side() < 2 && lots - 1 < max_lots;
        name_stock(message, 24);
        const std::uint32_t participant = message.type() == 'F' ? participant_of(message.attribution()) : 0;
        const std::uint16_t number = symbol(message);
        open({message.order_id(), message.added_price(), participant, lots, number, static_cast<std::uint8_t>(message.side())});
    }

    void replace(Message message) {
        valid_ &= message.new_lots() - 1 < max_lots;
        const OpenOrder old = close(message, symbol(message));
        if (old.lots == 0) return;
        open({message.new_id(), message.new_price(), old.mark, message.new_lots(), old.symbol, old.side});
    }

    void open(const OpenOrder& order) {
        write(Op::new_order, order.symbol, order.side, order.lots, static_cast<std::uint32_t>(order.mark), order.id, order.price);
        orders_.add(order);
    }

    // The order as it was, without lots if it was not open.
    OpenOrder close(Message message, std::uint16_t symbol) {
        write(Op::cancel, symbol, 0, 0, 0, message.order_id(), no_price);
        OpenOrder* const order = orders_.find(symbol, message.order_id());
        unknown_orders_ += order == nullptr;
        if (order == nullptr) return {};
        const OpenOrder old = *order;
        orders_.remove(order);
        return old;
    }

    // Takes lots from an order; returns it as it was, without lots if it was not open.
    OpenOrder reduce(Message message, Op op, std::uint16_t symbol) {
        const std::uint32_t lots = message.reduced_lots();
        valid_ &= lots != 0;
        write(op, symbol, 0, lots < max_lots ? lots : max_lots, 0, message.order_id(), no_price);
        OpenOrder* const order = orders_.find(symbol, message.order_id());
        unknown_orders_ += order == nullptr;
        if (order == nullptr) return {};
        const OpenOrder old = *order;
        if (lots < order->lots) {
            order->lots -= lots;
        } else {
            orders_.remove(order);
        }
        return old;
    }

    void execute(Message message) {
        const std::uint16_t number = symbol(message);
        const OpenOrder order = reduce(message, Op::execute, number);
        const bool priced = message.type() == 'C';
        const unsigned char printable = priced ? message.begin()[31] == 'Y' : 1;
        const Ticks price = priced ? message.number<std::uint32_t>(32) : order.price;
        part_.trades.push_back({time_ns_, message.number<std::uint64_t>(23), message.order_id(), price,
                                message.reduced_lots(), number, visible, order.lots == 0 ? no_side : order.side, printable, 0});
    }

    void trade(Message message) {
        name_stock(message, 24);
        part_.trades.push_back({time_ns_, message.number<std::uint64_t>(36), 0, message.added_price(), message.added_lots(),
                                symbol(message), hidden, static_cast<std::uint8_t>(message.side()), 1, 0});
    }

    void cross_trade(Message message) {
        const auto lots = static_cast<std::int64_t>(message.number<std::uint64_t>(11));
        valid_ &= lots >= 0;
        name_stock(message, 19);
        part_.trades.push_back({time_ns_, message.number<std::uint64_t>(31), 0, message.number<std::uint32_t>(27), lots,
                                symbol(message), crossed, no_side, 1, 0});
    }

    // Keeps the first stock name of a locate that is not blank.
    void name_stock(Message message, std::size_t offset) noexcept {
        Stock& stock = stocks_[message.locate()];
        if (stock[0] != 0) [[likely]] return;
        const unsigned char* const name = message.begin() + offset;
        const bool blank = std::all_of(name, name + stock.size(), [](unsigned char byte) { return byte <= ' '; });
        if (!blank) std::memcpy(stock.data(), name, stock.size());
    }

    // The index of the symbol of a message; a new one is set to AUCTION.
    [[nodiscard]] std::uint16_t symbol(Message message) {
        std::uint32_t& number = symbol_of_[message.locate()];
        if (number == no_symbol) [[unlikely]] {
            number = static_cast<std::uint32_t>(symbols_.size());
            symbols_.push_back(message.locate());
            write(Op::state, static_cast<std::uint16_t>(number), code(TradingState::auction), 0, 0, 0, no_price);
            part_.frames.back() = 0;
        }
        return static_cast<std::uint16_t>(number);
    }

    [[nodiscard]] std::uint32_t participant_of(std::uint32_t attribution) {
        const auto [at, fresh] = participants_.try_emplace(attribution, static_cast<std::uint32_t>(attributions_.size() + 1));
        if (fresh) attributions_.push_back(attribution);
        return at->second;
    }

    void write(Op op, std::uint16_t symbol, std::uint8_t side, std::uint32_t lots, std::uint32_t participant, OrderId id,
               Ticks price) {
        Command command{};
        command.op = code(op);
        command.side = side;
        command.symbol = symbol;
        command.qty_lots = static_cast<Lots>(lots);
        command.participant = participant;
        command.order_id = id;
        command.price_ticks = price;
        part_.commands.push_back(command);
        part_.times_ns.push_back(time_ns_);
        part_.frames.push_back(frame_);
    }

    Part part_;
    OpenOrders orders_;  // the mark is the participant
    std::vector<std::uint32_t> symbol_of_;
    std::vector<Stock> stocks_;
    std::vector<std::uint16_t> symbols_;
    std::vector<Halt> halts_;
    std::vector<std::uint64_t> broken_;
    std::unordered_map<std::uint32_t, std::uint32_t> participants_;
    std::vector<std::uint32_t> attributions_;
    std::array<std::uint64_t, 256> counts_{};
    bool valid_ = true;
    char first_event_ = 0;
    char last_event_ = 0;
    std::int64_t frame_ = 0;
    std::int64_t time_ns_ = 0;
    std::uint64_t unknown_orders_ = 0;
};

}  // namespace obengine::itch50
