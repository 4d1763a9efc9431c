// Seeded commands for the C++ tests: all order kinds, all trading states, and invalid commands.
#pragma once

#include <cstdint>
#include <vector>

#include "obengine/io/messages.hpp"

namespace obengine::testing {

// SplitMix64.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9E37'79B9'7F4A'7C15);
        z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9;
        z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EB;
        return z ^ (z >> 31);
    }
    std::int64_t below(std::int64_t bound) { return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(bound)); }
    bool once_in(std::int64_t times) { return below(times) == 0; }

private:
    std::uint64_t state_;
};

inline Command plain_command(Random& random, Ticks mid) {
    Command made{};
    made.op = static_cast<std::uint8_t>(random.below(10) < 6 ? 0 : 1 + random.below(3));
    made.side = static_cast<std::uint8_t>(random.below(2));
    made.symbol = static_cast<std::uint16_t>(random.below(2));
    made.qty_lots = static_cast<Lots>(1 + random.below(50));
    made.order_id = static_cast<OrderId>(random.below(600));
    made.participant = static_cast<std::uint32_t>(random.below(4));
    made.price_ticks = mid + random.below(31) - 15;
    return made;
}

// An EXTEND and a NEW that is usually accepted and usually not plain.
inline void add_special(std::vector<Command>& flow, Random& random, Ticks mid) {
    Command order = plain_command(random, mid);
    order.op = code(Op::new_order);
    order.kind = static_cast<std::uint8_t>(random.below(6));
    order.tif = static_cast<std::uint8_t>(random.below(order.kind == 0 ? 6 : 5));
    if (order.kind <= 1 && random.once_in(6)) order.tif = static_cast<std::uint8_t>(6 + random.below(2));
    order.flags = static_cast<std::uint16_t>(flag::extended | random.below(5) << flag::self_trade_shift);
    if (order.tif >= 6 && order.kind == 0 && random.once_in(2)) order.flags |= flag::imbalance_only;
    if (random.once_in(4)) order.flags |= flag::total;
    if (order.kind == 1 && (order.tif == 0 || order.tif == 2) && random.once_in(2)) order.flags |= flag::to_limit;
    const bool lasting = order.tif == 0 || order.tif == 2 || order.tif == 3;
    const bool limited = order.kind == 0 || order.kind == 3 || order.kind == 5;
    Command extend{};
    extend.op = code(Op::extend);
    if (order.kind == 5) order.price_ticks = random.below(5) - 2;
    if (order.tif == 3) extend.order_id = static_cast<std::uint64_t>(random.below(100'000));
    if (order.kind >= 2) extend.price_ticks = order.kind >= 4 ? 1 + random.below(9) : mid + random.below(31) - 15;
    switch (random.below(5)) {
        case 0:
            if (lasting && limited) order.flags |= flag::hidden;
            break;
        case 1:
            if (lasting && limited) extend.qty_lots = static_cast<Lots>(1 + random.below(order.qty_lots));
            break;
        case 2:
            if (!lasting || order.kind != 0) break;
            order.flags |= flag::post_only;
            if (random.once_in(2)) order.flags |= flag::slide;
            break;
        case 3:
            if (order.kind <= 1 && order.tif < 4) extend.participant = static_cast<std::uint32_t>(1 + random.below(order.qty_lots));
            break;
        default: break;
    }
    flow.push_back(extend);
    flow.push_back(order);
}

// An EXTEND and a MODIFY that gives a stop a new trigger or trail.
inline void add_amendment(std::vector<Command>& flow, Random& random, Ticks mid) {
    Command extend{};
    extend.op = code(Op::extend);
    extend.price_ticks = random.once_in(2) ? 1 + random.below(9) : mid + random.below(31) - 15;
    Command amendment = plain_command(random, mid);
    amendment.op = code(Op::modify);
    amendment.flags = flag::extended;
    flow.push_back(extend);
    flow.push_back(amendment);
}

inline Command rare_command(Random& random, std::uint64_t clock_ns) {
    Command made{};
    made.op = static_cast<std::uint8_t>(code(Op::mass_cancel) + random.below(3));
    made.side = static_cast<std::uint8_t>(random.once_in(3) ? random.below(3) : 0);
    made.symbol = static_cast<std::uint16_t>(random.below(2));
    made.participant = static_cast<std::uint32_t>(1 + random.below(3));
    made.order_id = clock_ns;
    made.flags = made.op == code(Op::clock) && random.once_in(10) ? end_of_day : 0;
    if (made.op == code(Op::state) && random.once_in(2)) made.flags = made.side == 2 ? state_flag::closing : made.side == 1 ? state_flag::uncross : 0;
    made.price_ticks = no_price;
    return made;
}

// With `wanders`, prices jump, so that windows slide, widen and are abandoned.
inline std::vector<Command> feature_flow(std::uint64_t seed, std::size_t count, bool wanders = true) {
    Random random(seed);
    std::vector<Command> flow;
    Ticks mid = 1000;
    while (flow.size() < count) {
        if (wanders && random.once_in(300)) mid += random.below(20'001) - 10'000;
        if (random.once_in(3)) {
            add_special(flow, random, mid);
        } else if (random.once_in(20)) {
            add_amendment(flow, random, mid);
        } else if (random.once_in(60)) {
            flow.push_back(rare_command(random, flow.size()));
        } else {
            flow.push_back(plain_command(random, mid));
        }
        if (random.once_in(100)) flow.back().flags = static_cast<std::uint16_t>(random.next());
    }
    return flow;
}

// A rule of a symbol near a price, a window of trades, a bust, or an indication.
inline Command rule_command(Random& random, Ticks near, std::uint64_t commands) {
    Command made{};
    made.op = static_cast<std::uint8_t>(code(Op::steps) + random.below(2));
    if (random.once_in(2)) made.op = static_cast<std::uint8_t>(code(Op::trade_window) + random.below(3));
    made.symbol = static_cast<std::uint16_t>(random.below(2));
    made.price_ticks = (near == no_price ? 1000 : near) + random.below(21) - 10;
    made.order_id = made.op == code(Op::rule) ? static_cast<std::uint64_t>(random.below(20)) : commands * 3 / 4 + random.next() % (commands + 1);
    made.qty_lots = static_cast<Lots>(made.op == code(Op::trade_window) ? random.below(5'000) : 1 + random.below(3));
    made.participant = static_cast<std::uint32_t>(1 + random.below(3));
    if (made.op == code(Op::rule)) {
        made.kind = static_cast<std::uint8_t>(random.below(3));
        made.side = static_cast<std::uint8_t>(random.below(made.kind == code(Rule::band) ? 3 : 2));
    }
    return made;
}

// A feature_flow with such commands among it, in which milliseconds pass, so that limit states and pauses end.
inline std::vector<Command> rule_flow(std::uint64_t seed, std::size_t count) {
    Random random(~seed);
    std::vector<Command> flow;
    for (Command command : feature_flow(seed, count)) {
        const bool extends = command.op == code(Op::extend);
        if (extends || command.op == code(Op::clock)) command.order_id *= 20'000;
        const bool extended = !flow.empty() && flow.back().op == code(Op::extend);
        if (!extended && random.once_in(20)) flow.push_back(rule_command(random, command.price_ticks, flow.size()));
        flow.push_back(command);
    }
    return flow;
}

}  // namespace obengine::testing
