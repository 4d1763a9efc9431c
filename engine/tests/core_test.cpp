// Tests of the core: small cases with known results, and seeded flow with an audit of all invariants.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <vector>

#include "obengine/core/audit.hpp"
#include "obengine/core/engine.hpp"
#include "obengine/io/event_sink.hpp"

namespace {

using namespace obengine;

int failures = 0;

void expect(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "FAILED: %s\n", what);
    ++failures;
}

struct Recorder {
    std::vector<Event> events;
    void push(const Event& event) { events.push_back(event); }
    [[nodiscard]] std::size_t size() const noexcept { return events.size(); }
};

bool same(const std::vector<Event>& a, const std::vector<Event>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(Event)) == 0);
}

Command command(Op op, OrderId id, Side side, Lots qty, Ticks price) {
    Command made{};
    made.op = static_cast<std::uint8_t>(op);
    made.side = static_cast<std::uint8_t>(side);
    made.qty_lots = qty;
    made.order_id = id;
    made.price_ticks = price;
    return made;
}

bool is(const Event& event, EventKind kind, std::uint32_t detail, std::uint32_t qty, OrderId id, OrderId other, Ticks price) {
    const Event wanted = Event::of(kind, detail, 0, qty, id, other, price);
    return std::memcmp(&event, &wanted, sizeof(Event)) == 0;
}

void trades_at_the_makers_price_oldest_first() {
    Engine engine;
    Recorder out;
    engine.apply(command(Op::new_order, 1, Side::sell, 5, 101), out);
    engine.apply(command(Op::new_order, 2, Side::sell, 5, 100), out);
    engine.apply(command(Op::new_order, 3, Side::sell, 5, 100), out);
    engine.apply(command(Op::new_order, 4, Side::buy, 12, 105), out);
    expect(out.events.size() == 7, "four acceptances and three trades");
    expect(is(out.events[4], EventKind::traded, 0, 5, 4, 2, 100), "the best price first");
    expect(is(out.events[5], EventKind::traded, 0, 5, 4, 3, 100), "then the younger order of that price");
    expect(is(out.events[6], EventKind::traded, 0, 2, 4, 1, 101), "then the next price, in part");
    expect(engine.open_orders() == 1 && audit(engine) == nullptr, "what is left of the last maker rests");
    expect(engine.next_sequence() == 7, "each event has a number");
}

void both_ends_of_the_price_range_meet() {
    constexpr Ticks low = no_price + 1;
    constexpr Ticks high = std::numeric_limits<Ticks>::max();
    Engine engine;
    Recorder out;
    engine.apply(command(Op::new_order, 1, Side::buy, 1, low), out);
    engine.apply(command(Op::new_order, 2, Side::sell, 1, high), out);
    expect(engine.open_orders() == 2 && audit(engine) == nullptr, "the widest spread there is");
    engine.apply(command(Op::new_order, 3, Side::sell, 1, low), out);
    engine.apply(command(Op::new_order, 4, Side::buy, 1, high), out);
    expect(engine.open_orders() == 0 && audit(engine) == nullptr, "and orders that reach across it");
}

void the_worst_case_of_events_is_reached_and_never_passed() {
    Engine engine;
    Recorder out;
    for (OrderId id = 1; id <= 100; ++id) engine.apply(command(Op::new_order, id, Side::sell, 1, 7), out);
    const std::size_t before = out.events.size();
    const std::size_t bound = max_events(1, engine.open_orders());
    Command sweep = command(Op::new_order, 1000, Side::buy, 1000, no_price);
    sweep.kind = static_cast<std::uint8_t>(OrderKind::market);
    engine.apply(sweep, out);
    expect(out.events.size() - before == 102 && 102 <= bound, "an acceptance, every maker, a remainder");
}

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

private:
    std::uint64_t state_;
};

// Flow with a mid that jumps, so that windows slide, widen and are abandoned.
std::vector<Command> wandering_flow(std::uint64_t seed, std::size_t count) {
    Random random(seed);
    std::vector<Command> flow;
    Ticks mid = 0;
    for (std::size_t k = 0; k < count; ++k) {
        if (random.below(200) == 0) mid += random.below(200'000) - 100'000;
        const auto op = static_cast<Op>(random.below(10) < 6 ? 0 : 1 + random.below(3));
        Command made = command(op, static_cast<OrderId>(random.below(3000)) << (random.below(2) * 37),
                               static_cast<Side>(random.below(2)), static_cast<Lots>(1 + random.below(50)),
                               mid + random.below(2001) - 1000);
        made.tif = random.below(20) == 0;
        flow.push_back(made);
    }
    return flow;
}

std::vector<Event> events_of(const std::vector<Command>& flow, const BookLimits& limits, bool audited) {
    Engine engine(1, limits);
    Recorder out;
    if (!audited) {
        engine.apply(std::span(flow), out);
        return out.events;
    }
    for (std::size_t k = 0; k < flow.size(); ++k) {
        engine.apply(flow[k], out);
        if (k % 16 != 0) continue;
        if (const char* broken = audit(engine)) {
            expect(false, broken);
            break;
        }
    }
    return out.events;
}

void limits_change_speed_and_nothing_else() {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        const auto flow = wandering_flow(seed, 20'000);
        const auto usual = events_of(flow, BookLimits{}, false);
        const BookLimits narrow{.ladder = {.first_bits = 6, .max_bits = 9}, .id_cell_bits = 4};
        const BookLimits growing{.ladder = {.first_bits = 6, .max_bits = 18}, .id_cell_bits = 4};
        expect(same(usual, events_of(flow, narrow, true)), "a narrow window gives the same events");
        expect(same(usual, events_of(flow, growing, true)), "a growing window gives the same events");
    }
}

void any_bytes_are_commands() {
    Random random(99);
    std::vector<Command> flow(50'000);
    for (Command& made : flow) {
        std::uint64_t words[4];
        for (std::uint64_t& word : words) word = random.next();
        std::memcpy(&made, words, sizeof made);
        made.op &= 7;
        if (random.below(4) != 0) made.side = made.kind = made.tif = 0, made.flags = 0, made.symbol = 0;
    }
    Engine engine;
    Recorder out;
    engine.apply(std::span<const Command>(flow), out);
    const auto silent = std::count_if(flow.begin(), flow.end(), [](const Command& made) { return made.op == code(Op::extend); });
    expect(out.events.size() >= flow.size() - static_cast<std::size_t>(silent), "every command but EXTEND gives an event");
    expect(audit(engine) == nullptr, "and leaves the books whole");
}

}  // namespace

int main() {
    trades_at_the_makers_price_oldest_first();
    both_ends_of_the_price_range_meet();
    the_worst_case_of_events_is_reached_and_never_passed();
    limits_change_speed_and_nothing_else();
    any_bytes_are_commands();
    if (failures == 0) std::puts("core: all checks hold");
    return failures == 0 ? 0 : 1;
}
