// ITCH 5.0 messages to COMMAND records that keep an engine in step with the feed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "obengine/feeds/feed_books.hpp"
#include "obengine/feeds/itch50.hpp"
#include "obengine/io/messages.hpp"

namespace obengine::itch50 {

// A, F: NEW. E, C: EXECUTE. X: CANCEL of the lots. D: CANCEL. U: CANCEL and NEW; the side is that of the replaced
// order, so books are kept here too. Invalid messages become commands that are rejected. The symbol is the stock
// locate. The books of a feed may be crossed; an engine allows that in state AUCTION.
class CommandWriter {
public:
    // Reserves space for the maximum number of commands of `bytes` bytes.
    CommandWriter(FeedBooks& books, std::size_t bytes) : books_(books), builder_(books) {
        commands_.reserve(bytes / fewest_bytes_a_command + 1);
    }

    void prefetch_early(Message message) const noexcept { builder_.prefetch_early(message); }
    void prefetch_late(Message message) const noexcept { builder_.prefetch_late(message); }

    void handle(Message message) {
        const std::uint16_t symbol = message.locate();
        switch (message.type()) {
            case 'A':
            case 'F':
                write(Op::new_order, symbol, message.order_id(), message.added_lots(), message.added_price(), message.side());
                break;
            case 'E':
            case 'C': write(Op::execute, symbol, message.order_id(), message.reduced_lots()); break;
            case 'X':
                // CANCEL of 0 lots would cancel the whole order.
                if (message.reduced_lots() != 0) write(Op::cancel, symbol, message.order_id(), message.reduced_lots());
                break;
            case 'D': write(Op::cancel, symbol, message.order_id(), 0); break;
            case 'U': replace(symbol, message); break;
            default: return;
        }
        builder_.handle(message);
    }

    // Returns the commands so far and clears them.
    [[nodiscard]] std::vector<Command> take() noexcept { return std::exchange(commands_, {}); }

private:
    // A replace message, 37 bytes with its length, gives two commands.
    static constexpr std::size_t fewest_bytes_a_command = 18;

    void replace(std::uint16_t symbol, Message message) {
        const Slot slot = books_.find(message.order_id());
        write(Op::cancel, symbol, message.order_id(), 0);
        if (slot == null_slot) return;
        write(Op::new_order, symbol, message.new_id(), message.new_lots(), message.new_price(), books_.pool()[slot].side());
    }

    void write(Op op, std::uint16_t symbol, OrderId id, std::uint32_t lots, Ticks price = 0, std::uint32_t side = 0) {
        Command command{};
        command.op = code(op);
        command.side = static_cast<std::uint8_t>(side);
        command.symbol = symbol;
        command.qty_lots = static_cast<Lots>(lots);
        command.order_id = id;
        command.price_ticks = price;
        commands_.push_back(command);
    }

    FeedBooks& books_;
    BookBuilder builder_;
    std::vector<Command> commands_;
};

}  // namespace obengine::itch50
