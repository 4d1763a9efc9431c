// The core behind the C interface of the field's open benchmark (matching_engine_api.h, which the user provides).
// With OBENGINE_OWN_RING reports go through EventRing, else through the benchmark's own queue.
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <thread>

#include "event_ring.hpp"
#include "matching_engine_api.h"
#include "queued_reports.hpp"
#include "obengine/core/engine.hpp"

namespace {

using namespace obengine;
using open_benchmark::EventRing;
using open_benchmark::QueuedReports;

#ifdef OBENGINE_OWN_RING
using Reports = EventRing;
#else
using Reports = QueuedReports;
#endif

// Reports the events of one message at a time.
class ReportSink {
public:
    ReportSink() = default;
    explicit ReportSink(Reports* reports) noexcept : reports_(reports) {}

    // Starts a message: its sequence number, and the report of its refusal.
    [[gnu::always_inline]] void start(std::uint64_t sequence, me_report_type_t refusal) noexcept {
        sequence_ = sequence;
        refusal_ = refusal;
    }

    [[gnu::always_inline]] void push(const Event& event) {
        if (event.kind() == EventKind::traded) return report(ME_TRADE, 0, event, event.other_id);
        if (event.kind() == EventKind::accepted) return report(ME_ORDER_ACK, event.detail(), event, sequence_);
        report(refusal_, 0, Event::of(EventKind::rejected, 0, 0, 0, event.order_id, 0, 0), sequence_);
    }
    [[gnu::always_inline]] void push(const Event& event, std::uint32_t side) {
        const bool is_cancel = event.kind() == EventKind::cancelled;
        report(is_cancel ? ME_CANCEL_ACK : ME_MODIFY_ACK, side, event, sequence_);
    }

    [[nodiscard]] std::size_t size() const noexcept { return reports_->pushed(); }

private:
    [[gnu::always_inline]] void report(me_report_type_t type, std::uint32_t side, const Event& event, std::uint64_t other) {
        reports_->push({static_cast<std::uint32_t>(type) | side << 8, event.lots, event.order_id, other, event.price_ticks},
                       sequence_);
    }

    Reports* reports_ = nullptr;
    std::uint64_t sequence_ = 0;
    me_report_type_t refusal_ = ME_CANCEL_REJECT;
};

// The benchmark's prices move over tens of thousands of ticks around one middle, with thousands of open orders.
constexpr BookLimits limits{.ladder = {.first_bits = 18, .max_bits = 20}, .id_cell_bits = 16};

std::unique_ptr<Engine> engine;
#ifndef OBENGINE_OWN_RING
std::unique_ptr<QueuedReports> queued;
#endif
ReportSink sink;

// The best price of a side as a key, or the price of an empty side.
std::int64_t best_price(std::uint32_t side, std::int64_t none) {
    const Key key = engine->book(0).ladder(side).best();
    return key == no_key ? none : key_of(key, side);
}

}  // namespace

extern "C" {

#ifdef OBENGINE_OWN_RING
const me_transport_t* engine_get_transport() {
    static const me_transport_t ring = {
        [](std::uint32_t capacity) -> void* { return new (std::nothrow) EventRing(capacity); },
        [](void*, const me_report_t*) { return 0; },  // the engine pushes packed reports instead
        [](void* handle, me_report_t* out, std::uint32_t most) { return static_cast<EventRing*>(handle)->drain(out, most); },
        [](void* handle) { static_cast<EventRing*>(handle)->publish(); },
        [](void* handle) { delete static_cast<EventRing*>(handle); }};
    return &ring;
}
#endif

#ifdef OBENGINE_OWN_RING
void engine_init(std::uint64_t, const me_transport_t*, void* handle) {
    engine = std::make_unique<Engine>(1, limits);
    sink = ReportSink(static_cast<EventRing*>(handle));
}

void engine_flush() {}
#else
void engine_init(std::uint64_t, const me_transport_t* transport, void* handle) {
    engine = std::make_unique<Engine>(1, limits);
    queued = std::make_unique<QueuedReports>(transport, handle);
    sink = ReportSink(queued.get());
}

void engine_flush() { queued->publish(); }
#endif

void engine_shutdown() { engine.reset(); }

[[gnu::flatten]] void engine_on_new_order(const new_order_t* order) {
    sink.start(order->sequence_number, ME_CANCEL_REJECT);
    engine->apply(Command::of(Op::new_order, order->side, order->ioc != 0 ? TimeInForce::ioc : TimeInForce::gtc, 0,
                              static_cast<Lots>(order->quantity), order->order_id, order->price_ticks),
                  sink);
}

[[gnu::flatten]] void engine_on_cancel(const cancel_t* cancel) {
    sink.start(cancel->sequence_number, ME_CANCEL_REJECT);
    engine->apply(Command::of(Op::cancel, 0, TimeInForce::gtc, 0, 0, cancel->order_id, 0), sink);
}

[[gnu::flatten]] void engine_on_modify(const modify_t* modify) {
    sink.start(modify->sequence_number, ME_MODIFY_REJECT);
    engine->apply(Command::of(Op::modify, 0, TimeInForce::gtc, 0, static_cast<Lots>(modify->new_quantity), modify->order_id,
                              modify->new_price_ticks),
                  sink);
}

std::int64_t engine_query_best_bid() { return best_price(0, std::numeric_limits<std::int64_t>::min()); }

std::int64_t engine_query_best_ask() { return best_price(1, std::numeric_limits<std::int64_t>::max()); }

std::uint64_t engine_query_depth_at(std::int64_t price_ticks, std::uint8_t side) {
    const Ladder& ladder = engine->book(0).ladder(side);
    std::uint64_t lots = 0;
    if (ladder.best() == no_key) return 0;
    for (Slot slot = ladder.head(key_of(price_ticks, side)); slot != null_slot; slot = engine->pool()[slot].next) {
        lots += engine->pool()[slot].qty();
    }
    return lots;
}

}  // extern "C"
