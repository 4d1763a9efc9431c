// The adapter of the open benchmark, with its own ring and with a queue as the benchmark has one: what it reports, in
// order, across two threads.
#include <cstdio>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "../bench/open_benchmark/adapter.cpp"

namespace {

#ifndef OBENGINE_OWN_RING
// A queue of few reports.
struct ShortQueue {
    std::mutex lock;
    std::deque<me_report_t> reports;
};

int push_short(void* handle, const me_report_t* report) {
    auto* const queue = static_cast<ShortQueue*>(handle);
    const std::scoped_lock held(queue->lock);
    if (queue->reports.size() == 40) return 0;
    queue->reports.push_back(*report);
    return 1;
}

std::uint32_t drain_short(void* handle, me_report_t* out, std::uint32_t most) {
    auto* const queue = static_cast<ShortQueue*>(handle);
    const std::scoped_lock held(queue->lock);
    std::uint32_t count = 0;
    for (; count != most && !queue->reports.empty(); ++count) {
        out[count] = queue->reports.front();
        queue->reports.pop_front();
    }
    return count;
}

const me_transport_t* engine_get_transport() {
    static const me_transport_t queue = {[](std::uint32_t) -> void* { return new ShortQueue; }, push_short, drain_short,
                                         [](void*) {}, [](void* handle) { delete static_cast<ShortQueue*>(handle); }};
    return &queue;
}
#endif

int failures = 0;

void expect(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "FAILED: %s\n", what);
    ++failures;
}

new_order_t order(std::uint64_t id, std::uint64_t sequence, std::uint8_t side, std::uint32_t quantity, std::int64_t price) {
    new_order_t made{};
    made.order_id = id;
    made.sequence_number = sequence;
    made.side = side;
    made.quantity = quantity;
    made.price_ticks = price;
    return made;
}

bool is(const me_report_t& report, int type, int side, std::uint64_t sequence, std::uint64_t id, std::int64_t price,
        std::uint32_t quantity, std::uint64_t maker) {
    const bool is_trade = report.type == ME_TRADE;
    return report.type == type && report.side == side && report.sequence_number == sequence && report.order_id == id &&
           report.price_ticks == price && report.quantity == quantity && report.maker_order_id == maker &&
           report.taker_order_id == (is_trade ? id : 0);
}

std::vector<me_report_t> drained(const me_transport_t* ring, void* handle) {
    std::vector<me_report_t> reports(64);
    engine_flush();
    ring->flush(handle);
    reports.resize(ring->drain(handle, reports.data(), 64));
    return reports;
}

void every_kind_of_report() {
    const me_transport_t* const ring = engine_get_transport();
    void* const handle = ring->create(8);
    engine_init(1, ring, handle);
    const new_order_t sell = order(1, 10, 1, 5, 100);
    const new_order_t buy = order(2, 11, 0, 2, 100);
    new_order_t ioc = order(3, 12, 0, 4, 100);
    ioc.ioc = 1;
    engine_on_new_order(&sell);
    expect(engine_query_best_ask() == 100 && engine_query_depth_at(100, 1) == 5, "a level can be queried");
    engine_on_new_order(&buy);
    engine_on_new_order(&ioc);
    const modify_t late{1, 13, 100, 5, 1};
    engine_on_modify(&late);
    const new_order_t second = order(4, 14, 1, 5, 101);
    engine_on_new_order(&second);
    const modify_t up{4, 15, 102, 6, 1};
    engine_on_modify(&up);
    const cancel_t gone{4, 16};
    engine_on_cancel(&gone);
    engine_on_cancel(&gone);
    const auto reports = drained(ring, handle);
    expect(reports.size() == 11, "eleven reports");
    if (reports.size() == 11) {
        expect(is(reports[0], ME_ORDER_ACK, 1, 10, 1, 100, 5, 0), "an order");
        expect(is(reports[2], ME_TRADE, 0, 11, 2, 100, 2, 1), "a trade has the sequence number of its taker");
        expect(is(reports[5], ME_CANCEL_ACK, 0, 12, 3, 100, 1, 0), "what an IOC order leaves has its side");
        expect(is(reports[6], ME_MODIFY_REJECT, 0, 13, 1, 0, 0, 0), "a modify of a filled order");
        expect(is(reports[8], ME_MODIFY_ACK, 1, 15, 4, 102, 6, 0), "a modify has the side of its order");
        expect(is(reports[9], ME_CANCEL_ACK, 1, 16, 4, 102, 6, 0), "a cancel has the side of its order");
        expect(is(reports[10], ME_CANCEL_REJECT, 0, 16, 4, 0, 0, 0), "a cancel of an order that has gone");
    }
    expect(engine_query_best_bid() == std::numeric_limits<std::int64_t>::min(), "no bid is left");
    engine_shutdown();
    ring->destroy(handle);
}

void a_full_queue_waits_for_its_reader() {
    constexpr std::uint64_t count = 20'000;
    const me_transport_t* const ring = engine_get_transport();
    void* const handle = ring->create(64);
    engine_init(1, ring, handle);
    std::thread matcher([&] {
        for (std::uint64_t k = 1; k <= count; ++k) {
            const new_order_t made = order(k, k, 0, 1, static_cast<std::int64_t>(k % 50));
            engine_on_new_order(&made);
        }
        engine_flush();
        ring->flush(handle);
    });
    std::uint64_t next = 1;
    std::vector<me_report_t> reports(7);
    while (next <= count) {
        const std::uint32_t read = ring->drain(handle, reports.data(), 7);
        for (std::uint32_t k = 0; k < read; ++k, ++next) expect(reports[k].order_id == next, "no report is lost or moved");
        if (read == 0) std::this_thread::yield();
    }
    matcher.join();
    engine_shutdown();
    ring->destroy(handle);
}

}  // namespace

int main() {
    every_kind_of_report();
    a_full_queue_waits_for_its_reader();
    if (failures == 0) std::puts("open benchmark: all checks hold");
    return failures == 0 ? 0 : 1;
}
