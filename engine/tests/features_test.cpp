// Tests of all order kinds with audits, of snapshots, of memory use and of threads.
// usage: obengine_features_test [threads | fault buffer | fault overflow | fault threads]
// The faults are deliberate: they prove that the sanitizers detect such faults.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <set>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "flow.hpp"
#include "obengine/core/audit.hpp"
#include "obengine/core/engine.hpp"
#include "obengine/core/snapshot.hpp"
#include "obengine/feeds/feed_books.hpp"
#include "obengine/feeds/itch50.hpp"
#include "obengine/io/event_buffer.hpp"

namespace {

using namespace obengine;
using testing::feature_flow;
using testing::rule_flow;

int failures = 0;
std::atomic<std::size_t> allocations = 0;

void expect(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "FAILED: %s\n", what);
    ++failures;
}

std::vector<Event> run(Engine& engine, std::span<const Command> flow, std::size_t audit_every) {
    EventBuffer buffer;
    for (std::size_t done = 0; done < flow.size(); done += audit_every) {
        const auto batch = flow.subspan(done, std::min(audit_every, flow.size() - done));
        GrowingSink sink(buffer);
        engine.apply(batch, sink);
        if (const char* broken = audit(engine)) expect(false, broken);
    }
    return {buffer.data(), buffer.data() + buffer.size()};
}

bool same(const std::vector<Event>& a, const std::vector<Event>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(Event)) == 0);
}

std::unique_ptr<Engine> restored(const Engine& engine) {
    Restorer restorer(engine.symbols(), engine.limits());
    restorer.add(engine_record(engine), engine.next_sequence());
    for (const SymbolRecord& record : symbol_records(engine)) restorer.add(record);
    for (const RuleRecord& record : rule_records(engine)) restorer.add(record);
    for (const KeptTrade& trade : engine.shared().window.trades()) restorer.add(trade);
    std::vector<Resting> orders(engine.open_orders());
    write_orders(engine, orders.data());
    for (const Resting& record : orders) restorer.add(record);
    return restorer.finish();
}

void batches_and_snapshots_change_nothing() {
    std::set<std::uint8_t> kinds;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        const auto flow = rule_flow(seed, 6'000);
        const std::span<const Command> all(flow);
        Engine whole(2);
        Engine first(2);
        const auto expected = run(whole, all, all.size());
        auto events = run(first, all.first(3'001), 97);
        const auto second = restored(first);
        expect(audit(*second) == nullptr, "a restored engine is whole");
        const auto rest = run(*second, all.subspan(3'001), 1009);
        events.insert(events.end(), rest.begin(), rest.end());
        expect(same(events, expected), "neither batches nor snapshots change an event");
        expect(second->next_sequence() == whole.next_sequence(), "nor a sequence number");
        for (const Event& event : events) kinds.insert(code(event.kind()));
    }
    expect(kinds.size() == code(EventKind::indication), "every kind of event occurs");
}

void a_warm_engine_asks_for_no_memory() {
    const auto flow = feature_flow(7, 20'000, false);
    const std::span<const Command> all(flow);
    Engine engine(2);
    EventBuffer buffer;
    buffer.reserve(4'000'000);
    for (int round = 0; round < 8; ++round) {
        const std::size_t before = allocations;
        buffer.clear();
        for (const Command& command : all) {
            // The uncross and the clock are not on the hot path.
            if (command.op == code(Op::state) || command.op == code(Op::clock)) continue;
            GrowingSink sink(buffer);
            engine.apply(command, sink);
        }
        Command clear{};
        clear.op = code(Op::mass_cancel);
        clear.side = both_sides;
        clear.symbol = all_symbols;
        GrowingSink sink(buffer);
        engine.apply(clear, sink);
        expect(engine.open_orders() == 0, "a mass cancel takes all");
        expect(round < 4 || allocations == before, "a warm engine allocates nothing");
    }
}

void any_bytes_are_messages_of_a_feed() {
    testing::Random random(5);
    for (int k = 0; k < 500; ++k) {
        std::vector<unsigned char> bytes(static_cast<std::size_t>(random.below(120)));
        for (auto& byte : bytes) byte = static_cast<unsigned char>(random.once_in(2) ? 0 : random.next());
        if (bytes.size() > 40) bytes[1] = 36, bytes[2] = 'A';
        FeedBooks books;
        itch50::BookBuilder builder(books);
        const itch50::End end = itch50::read(bytes, builder);
        expect(end.offset <= bytes.size(), "reading ends inside the bytes");
    }
}

void engines_of_two_threads_do_not_meet(bool but_they_do = false) {
    const auto flow = feature_flow(11, 5'000);
    std::vector<Event> events[2];
    Engine engines[2] = {Engine(2), Engine(2)};
    std::vector<std::thread> threads;
    for (std::size_t k = 0; k < 2; ++k) {
        threads.emplace_back([&, k] {
            Engine& engine = engines[but_they_do ? 0 : k];
            EventBuffer buffer;
            GrowingSink sink(buffer);
            engine.apply(std::span(flow), sink);
            events[k].assign(buffer.data(), buffer.data() + sink.size());
        });
    }
    for (std::thread& thread : threads) thread.join();
    expect(same(events[0], events[1]), "two engines in two threads give the same events");
}

// Deliberate errors for the sanitizers to detect.
void write_past_a_buffer() {
    std::vector<Event> room(1);
    Engine engine;
    BufferSink sink(room.data(), room.size());
    Command order{};
    order.qty_lots = 1;
    for (order.order_id = 0; order.order_id < 3; ++order.order_id) engine.apply(order, sink);
}

void overflow() {
    volatile Ticks price = max_price;
    price = price + 1;
}

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t bytes) {
    ++allocations;
    if (void* const memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
    throw std::bad_alloc();
}
// Also this form, which std::stable_sort uses: a sanitizer's own does not call the one above.
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(bytes == 0 ? 1 : bytes);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

int main(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    const std::string_view fault = argc > 2 ? argv[2] : "";
    if (fault == "buffer") write_past_a_buffer();
    if (fault == "overflow") overflow();
    engines_of_two_threads_do_not_meet(fault == "threads");
    if (what.empty()) {
        batches_and_snapshots_change_nothing();
        a_warm_engine_asks_for_no_memory();
        any_bytes_are_messages_of_a_feed();
    }
    if (failures == 0) std::puts("features: all checks hold");
    return failures == 0 ? 0 : 1;
}
