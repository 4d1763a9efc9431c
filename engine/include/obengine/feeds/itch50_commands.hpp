// ITCH 5.0 messages as COMMAND records: what an engine is to be told so that its books follow the feed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "obengine/feeds/feed_books.hpp"
#include "obengine/feeds/itch50.hpp"
#include "obengine/io/messages.hpp"

namespace obengine::itch50 {

// A, F: NEW. E, C: EXECUTE. X: CANCEL of its lots. D: CANCEL. U: CANCEL and NEW, the side being that of the
// order it replaces, so books are kept here too. What cannot be becomes a command that is refused. The
// symbol is the stock locate. A feed's book may be crossed; in state AUCTION an engine lets it be.
class CommandWriter {
public:
    // `bytes` are to be read: room for the most commands that they can give is taken at once.
    CommandWriter(FeedBooks& books, std::size_t bytes) : books_(books), builder_(books) {
        commands_.reserve(bytes / fewest_bytes_a_command + 1);
    }

    void expect(Message message) const noexcept { builder_.expect(message); }
    void approach(Message message) const noexcept { builder_.approach(message); }

    void handle(Message message) {
        const std::uint16_t symbol = message.locate();
        switch (message.type()) {
            case 'A':
            case 'F':
                write(Op::new_order, symbol, message.order_id(), message.added_lots(), message.added_price(), message.side());
                break;
            case 'E':
            case 'C': write(Op::execute, symbol, message.order_id(), message.gone_lots()); break;
            case 'X':
                // No lots would mean all of them to CANCEL.
                if (message.gone_lots() != 0) write(Op::cancel, symbol, message.order_id(), message.gone_lots());
                break;
            case 'D': write(Op::cancel, symbol, message.order_id(), 0); break;
            case 'U': replace(symbol, message); break;
            default: return;
        }
        builder_.handle(message);
    }

    // The commands so far, which are given away.
    [[nodiscard]] std::vector<Command> take() noexcept { return std::exchange(commands_, {}); }

private:
    // A replace, 37 bytes with its length, gives two commands.
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
